import { isRecord } from '../types/isRecord';

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
