/**
 * The value of a key in a map that keeps only the entries used last. Makes the value if there is none.
 *
 * @param most how many entries the map keeps
 */
export function latestUsed<T>(map: Map<string, T>, key: string, make: () => T, most: number): T {
	const value = map.get(key) ?? make();
	// A map keeps the order in which keys were set.
	map.delete(key);
	map.set(key, value);
	dropOldest(map, most);
	return value;
}

/**
 * Keeps only the newest entries of a map, in the order in which their keys were added.
 *
 * @param most how many entries the map keeps
 * @returns the keys that were dropped
 */
export function dropOldest<T>(map: Map<string, T>, most: number): string[] {
	const dropped = [...map.keys()].slice(0, Math.max(0, map.size - most));
	for (const key of dropped) map.delete(key);
	return dropped;
}
