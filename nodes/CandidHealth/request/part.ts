import type {
	DeclarativeRestApiSettings,
	IDataObject,
	IExecutePaginationFunctions,
	NodeApiError,
} from 'n8n-workflow';

import { candidApiError } from '../errors/candidApiError';
import type { CandidFailure } from '../errors/candidFailure';
import { explain, invalidAnswer } from '../errors/explain';
import type { Action } from '../errors/explain';
import type { Refusal } from '../run/job';
import type { Run } from '../run/run';
import { isRecord } from '../types/isRecord';
import { checkedAccount, paceFor } from './account';
import type { CheckedRequest } from './checkedRequest';
import { sendInTurn } from './sendInTurn';
import type { Result } from './sendInTurn';
import type { Invalid } from './values';

/** What the engine made of the item's `routing`. */
export type Request = DeclarativeRestApiSettings.ResultOptions;

/** What an operation is for, in the words of its messages: 'The charge capture was not read: …'. */
export interface Intent {
	subject: string;
	action: Action;
}

/** A request whose values are checked, and the account that it is made for. */
export interface Part extends CheckedRequest {
	account: string;
}

/** @returns a part that is refused, for an invalid value or a credential that is not complete */
export async function checkedPart(
	context: IExecutePaginationFunctions,
	checked: CheckedRequest | Invalid,
	{ subject, action }: Intent,
): Promise<Part | Refusal> {
	if ('reason' in checked) return { ...checked, subject, details: {} };
	const account = await checkedAccount(context, action);
	if (typeof account === 'string') return { ...checked, account };
	return { ...account, subject, details: checked.ids };
}

/** Candid's answer, at the first try or a later one. */
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

/** @returns what `postReceive` left of the answer; a list as its entries */
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

/** @throws NodeApiError for an answer that is not from Candid: a proxy's page, say */
export function recordsOf(
	context: IExecutePaginationFunctions,
	intent: Intent,
	answers: unknown[],
): IDataObject[] {
	if (answers.every(isRecord)) return answers as IDataObject[];
	throw invalidAnswerError(context, intent, answers[0]);
}

/** A request that did not succeed, as an n8n error in plain words. */
export function requestError(
	context: IExecutePaginationFunctions,
	intent: Intent,
	failure: CandidFailure,
): NodeApiError {
	return candidApiError(context, intent, explain(failure, intent.action), failure.status);
}

/** A 200 that is not what was asked for, as an n8n error in plain words. */
export function invalidAnswerError(
	context: IExecutePaginationFunctions,
	intent: Intent,
	answer: unknown,
): NodeApiError {
	const explanation = invalidAnswer(answer, 'what was asked for', intent.action);
	return candidApiError(context, intent, explanation);
}
