import type { IExecutePaginationFunctions } from 'n8n-workflow';

import { accountOf, baseUrlOfAccount } from '../auth/environment';
import { failureOf } from '../errors/candidFailure';
import { explain } from '../errors/explain';
import type { Action } from '../errors/explain';
import { paceOf } from '../run/pace';
import type { Pace } from '../run/pace';
import type { Invalid } from './values';

/** The pace of the requests that are sent for an account. */
export const paceFor = (account: string): Pace => paceOf(baseUrlOfAccount(account));

/**
 * The account (`accountOf`) of an item's credential. A credential may have expressions, so that it can be
 * another one for each item.
 *
 * @returns why the item is refused, for a credential that is not complete
 */
export async function checkedAccount(
	context: IExecutePaginationFunctions,
	action: Action,
): Promise<string | Invalid> {
	try {
		return accountOf(await context.getCredentials('candidHealthApi'));
	} catch (error) {
		const { reason, advice } = explain(failureOf(error), action);
		return { reason, advice };
	}
}
