import { isRecord } from '../errors/candidFailure';
import type { Refusal } from '../run/runItem';

export type Unusable = Pick<Refusal, 'why' | 'advice'>;

/** A value with the way in which the user named it: what comes from Candid's own list needs no correction. */
export class NamedValue {
	constructor(
		readonly value: unknown,
		readonly from: 'list' | 'locator',
	) {}
}

/** Takes the place of a value that cannot be sent; `checkedRequest` refuses any request that has one. */
export class RefusedValue {
	constructor(readonly refusal: Unusable) {}
}

/** @param locator what a resource locator gives, without `extractValue`: with its mode */
export function locatedValue(locator: unknown): NamedValue {
	const { mode, value } = isRecord(locator) && '__rl' in locator ? locator : { value: locator };
	return new NamedValue(value, mode === 'list' ? 'list' : 'locator');
}
