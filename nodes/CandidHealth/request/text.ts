/** Advice about a value that is not what it should be. */
export const CHECK_EXPRESSION = 'If it is an expression, check its result for this item.';

/**
 * Converts the result of an expression to text. Anything that is not text becomes empty, because 'NaN',
 * 'true' or '[object Object]' would be the ID of a charge capture that does not exist.
 */
export function textOf(value: unknown): string {
	if (typeof value === 'string') return value;
	if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
	if (typeof value !== 'object' || value === null) return '';
	// Dates of Luxon and JavaScript are converted this way; `toJSON` of invalid ones returns null.
	const { toJSON } = value as { toJSON?: unknown };
	const text: unknown = typeof toJSON === 'function' ? toJSON.call(value) : '';
	return typeof text === 'string' ? text : '';
}

/** Whether a value is text, or `textOf` can convert it to text. */
export const isText = (value: unknown): boolean => value === '' || textOf(value) !== '';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

export const isUuid = (value: unknown): value is string =>
	typeof value === 'string' && UUID.test(value);
