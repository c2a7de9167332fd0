export function median(values: number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = sorted.length >> 1;
	const upper = sorted[middle] ?? NaN;
	return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** The median with minimum and maximum, formatted by `show`. */
export function withSpread(values: number[], show: (value: number) => string): string {
	if (values.length === 0) return '–';
	if (values.length === 1) return show(values[0]!);
	return `${show(median(values))} (${show(Math.min(...values))}–${show(Math.max(...values))})`;
}
