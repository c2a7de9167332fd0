import { isRecord } from '../types/isRecord';
import { CHECK_EXPRESSION, textOf } from './text';

/** Why something cannot be sent; `reason` completes '… was not stored: '. */
export interface Invalid {
	reason: string;
	advice: string;
}

/** A value, and how the user entered it: one from Candid's own list is not checked for typing mistakes. */
export class LocatedValue {
	constructor(
		readonly value: unknown,
		readonly from: 'list' | 'locator',
	) {}
}

/** Replaces a value that cannot be sent; `checkedRequest` refuses any request that has one. */
export class InvalidValue {
	constructor(readonly refusal: Invalid) {}
}

/** @param locator value of a resource locator, read without `extractValue`: an object with its mode */
export function valueOfLocator(locator: unknown): LocatedValue {
	const { mode, value } = isRecord(locator) && '__rl' in locator ? locator : { value: locator };
	return new LocatedValue(value, mode === 'list' ? 'list' : 'locator');
}

/** Refuses values that sending would change: long numbers lose digits, half a surrogate pair is replaced. */
export function inexact(value: unknown): Invalid | undefined {
	if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
		return {
			reason: 'the number is too long to be exact',
			advice: 'Read it as text in the node that it comes from.',
		};
	}
	if (typeof value !== 'string' || !/\p{Surrogate}/u.test(value)) return undefined;
	return { reason: 'a character is cut in half', advice: `Enter it again. ${CHECK_EXPRESSION}` };
}

/** The text of a field with this label, or why it is not sent. Numbers become text; see `textOf`. */
export function exactText(label: string, value: unknown): string | Invalid {
	const invalid = inexact(value);
	return invalid ? { ...invalid, reason: `in '${label}', ${invalid.reason}` } : textOf(value);
}
