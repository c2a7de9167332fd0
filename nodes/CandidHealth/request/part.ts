import type {
	DeclarativeRestApiSettings,
	IDataObject,
	IExecutePaginationFunctions,
	NodeApiError,
} from 'n8n-workflow';

import { candidApiError } from '../errors/candidApiError';
import type { CandidFailure } from '../errors/candidFailure';
import { explain, invalidAnswer } from '../errors/explain';
import type { Action, Unanswered } from '../errors/explain';
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
	/** for an action that changes something in Candid */
	unanswered?: Unanswered;
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
	if ('failure' in result) throw requestError(context, intent, result.failure);
	return recordsOf(context, intent, result.value);
}

/** @throws NodeApiError for an answer that is not from Candid, such as a proxy's page */
export function recordsOf(
	context: IExecutePaginationFunctions,
	intent: Intent,
	answers: unknown[],
): IDataObject[] {
	if (answers.every(isRecord)) return answers as IDataObject[];
	throw invalidAnswerError(context, intent, answers[0]);
}

/** The n8n error for a request that did not succeed. */
export function requestError(
	context: IExecutePaginationFunctions,
	intent: Intent,
	failure: CandidFailure,
): NodeApiError {
	return candidApiError(context, intent, explain(failure, intent.unanswered), failure.status);
}

/** The n8n error for a 200 that is not what was asked for. */
export function invalidAnswerError(
	context: IExecutePaginationFunctions,
	intent: Intent,
	answer: unknown,
): NodeApiError {
	const explanation = invalidAnswer(answer, 'what was asked for', intent.unanswered);
	return candidApiError(context, intent, explanation);
}
