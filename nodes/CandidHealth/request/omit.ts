/** A copy of `values` that lacks the entries called `names`. */
export function omit<T>(values: Record<string, T>, ...names: string[]): Record<string, T> {
	return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
}
