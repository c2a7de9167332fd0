import type { IExecutePaginationFunctions } from 'n8n-workflow';

import { accountOf } from '../auth/environment';
import { inPlainWords } from '../errors/candidApiError';
import type { Action } from '../errors/candidApiError';
import { failureOf } from '../errors/candidFailure';
import type { Unusable } from './values';

/**
 * Host and client of an item's credential. It may hold expressions, so that each item can have others.
 *
 * @throws UserError for a credential that is not complete
 */
export const accountOfItem = async (context: IExecutePaginationFunctions) =>
	accountOf(await context.getCredentials('candidHealthApi'));

/** The same for a check, which refuses an item whose credential is not complete. */
export async function checkedAccount(
	context: IExecutePaginationFunctions,
	action: Action,
): Promise<string | Unusable> {
	try {
		return await accountOfItem(context);
	} catch (error) {
		const { what, advice } = inPlainWords(failureOf(error), action);
		return { why: what, advice };
	}
}
