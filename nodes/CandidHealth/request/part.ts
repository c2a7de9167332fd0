import type {
	DeclarativeRestApiSettings,
	IDataObject,
	IExecutePaginationFunctions,
} from 'n8n-workflow';

import { candidApiError } from '../errors/candidApiError';
import { explain } from '../errors/explain';
import type { Action } from '../errors/explain';
import type { Refusal } from '../run/job';
import type { Run } from '../run/run';
import { isRecord } from '../types/isRecord';
import { checkedAccount, paceFor } from './account';
import type { CheckedRequest } from './checkedRequest';
import { sendInTurn } from './sendInTurn';
import type { Result } from './sendInTurn';
import type { Invalid } from './values';

/** The request that the engine built from the item's `routing`. */
export type Request = DeclarativeRestApiSettings.ResultOptions;

/** How messages describe an operation: 'The charge capture was not read: …'. */
export interface Intent {
	subject: string;
	action: Action;
}

/** A request whose values are checked, and the account that it is sent for. */
export interface Part extends CheckedRequest {
	account: string;
}

/** @returns a refusal for an invalid value or an incomplete credential */
export async function checkedPart(
	context: IExecutePaginationFunctions,
	checked: CheckedRequest | Invalid,
	{ subject }: Intent,
): Promise<Part | Refusal> {
	if ('reason' in checked) return { ...checked, subject, details: {} };
	const account = await checkedAccount(context);
	if (typeof account === 'string') return { ...checked, account };
	return { ...account, subject, details: checked.ids };
}

/** Sends a request that only reads, and retries it. */
export async function sendWithRetries(
	context: IExecutePaginationFunctions,
	run: Run,
	request: Request,
	part: Pick<Part, 'account' | 'url' | 'qs' | 'body'>,
): Promise<Result<unknown[]>> {
	return await sendInTurn(run, paceFor(part.account), async (): Promise<Result<unknown[]>> => {
		const value = await sendOnce(context, request, part);
		run.recordAnswered();
		return { value };
	});
}

/** @returns the answer after `postReceive`; for a list, its entries */
export async function sendOnce(
	context: IExecutePaginationFunctions,
	request: Request,
	{ url, qs, body }: Pick<CheckedRequest, 'url' | 'qs' | 'body'>,
): Promise<unknown[]> {
	const options = { ...request.options, url, qs, body };
	const items = await context.makeRoutingRequest({ ...request, options });
	return items.flatMap(({ json }) => json as unknown);
}

/** @throws NodeApiError when the request did not succeed, or the answer is not from Candid */
export function recordsIn(
	context: IExecutePaginationFunctions,
	intent: Intent,
	result: Result<unknown[]>,
): IDataObject[] {
	if ('failure' in result) {
		const { failure } = result;
		throw candidApiError(context, intent, explain(failure), failure.status);
	}
	const records = recordsOf(result.value);
	if ('value' in records) return records.value;
	throw candidApiError(context, intent, explain(records.failure));
}

/**
 * The records of an answer. Anything else, such as a proxy's page, is not Candid's answer.
 *
 * @param id a field that the one record of the answer must have
 */
export function recordsOf(answer: unknown, id?: string): Result<IDataObject[]> {
	const records = Array.isArray(answer) ? (answer as unknown[]) : [answer];
	const [first] = records;
	const hasId = id === undefined || (isRecord(first) && typeof first[id] === 'string');
	if (hasId && records.every(isRecord)) return { value: records as IDataObject[] };
	return { failure: { status: 200, answer: records[0] } };
}
