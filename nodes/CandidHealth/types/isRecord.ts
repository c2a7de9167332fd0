/** Narrows a value from outside, whose type is not known, so that its properties can be read. */
export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null;
}
