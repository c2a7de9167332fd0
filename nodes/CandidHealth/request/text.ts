/** Advice about a value that is not what it should be. */
export const CHECK_EXPRESSION = 'If it is an expression, check what it gives for this item.';

/**
 * The text of a value that an expression gave; empty for anything that is not text, because NaN, true or
 * an object as an ID would be that of a charge capture that does not exist.
 */
export function textOf(value: unknown): string {
	if (typeof value === 'string') return value;
	if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
	if (typeof value !== 'object' || value === null) return '';
	// Luxon's and JavaScript's dates give their text this way, and invalid ones give none.
	const { toJSON } = value as { toJSON?: unknown };
	const text: unknown = typeof toJSON === 'function' ? toJSON.call(value) : '';
	return typeof text === 'string' ? text : '';
}

/** Whether a value is text for `textOf`. */
export const isText = (value: unknown): boolean => value === '' || textOf(value) !== '';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

export const isUuid = (value: unknown): value is string =>
	typeof value === 'string' && UUID.test(value);
