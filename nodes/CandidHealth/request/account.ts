import type { IExecutePaginationFunctions } from 'n8n-workflow';

import { accountOf, baseUrlOfAccount } from '../auth/environment';
import { failureOf } from '../errors/candidFailure';
import { explain } from '../errors/explain';
import { paceOf } from '../run/pace';
import type { Pace } from '../run/pace';
import type { Invalid } from './values';

/** The pace of requests to the host of an account. */
export const paceFor = (account: string): Pace => paceOf(baseUrlOfAccount(account));

/**
 * The account (`accountOf`) of an item's credential. A credential may have expressions, so the account may
 * differ from item to item.
 *
 * @returns the account; or why the item is refused, if the credential is incomplete
 */
export async function checkedAccount(
	context: IExecutePaginationFunctions,
): Promise<string | Invalid> {
	try {
		return accountOf(await context.getCredentials('candidHealthApi'));
	} catch (error) {
		const { reason, advice } = explain(failureOf(error));
		return { reason, advice };
	}
}
