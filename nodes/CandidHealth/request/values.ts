import { isRecord } from '../errors/candidFailure';
import type { Refusal } from '../run/runItem';

export type Invalid = Pick<Refusal, 'reason' | 'advice'>;

/** A value with the way in which the user named it: what comes from Candid's own list needs no correction. */
export class LocatedValue {
	constructor(
		readonly value: unknown,
		readonly from: 'list' | 'locator',
	) {}
}

/** Takes the place of a value that cannot be sent; `checkedRequest` refuses any request that has one. */
export class InvalidValue {
	constructor(readonly refusal: Invalid) {}
}

/** @param locator what a resource locator gives, without `extractValue`: with its mode */
export function valueOfLocator(locator: unknown): LocatedValue {
	const { mode, value } = isRecord(locator) && '__rl' in locator ? locator : { value: locator };
	return new LocatedValue(value, mode === 'list' ? 'list' : 'locator');
}
