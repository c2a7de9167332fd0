/** What to look at when a value is not what it should be. */
export const CHECK_EXPRESSION = 'If it is an expression, check what that gives for this item.';

/** Empty for what is not text: NaN, true or an object would name a charge capture that does not exist. */
export function textOf(value: unknown): string {
	if (typeof value === 'string') return value;
	if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
	if (typeof value !== 'object' || value === null) return '';
	// Dates, Luxon's and JavaScript's, give their text this way, and invalid ones none.
	const { toJSON } = value as { toJSON?: unknown };
	const text: unknown = typeof toJSON === 'function' ? toJSON.call(value) : '';
	return typeof text === 'string' ? text : '';
}

/** Whether `textOf` says all that a value does. */
export const isText = (value: unknown): boolean => value === '' || textOf(value) !== '';
