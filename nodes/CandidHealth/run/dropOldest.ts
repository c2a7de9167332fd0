/**
 * Keeps the newest entries of a map, by when their keys were set for the first time.
 *
 * @returns the keys that were dropped
 */
export function dropOldest<T>(map: Map<string, T>, most: number): string[] {
	const dropped = [...map.keys()].slice(0, Math.max(0, map.size - most));
	for (const key of dropped) map.delete(key);
	return dropped;
}
