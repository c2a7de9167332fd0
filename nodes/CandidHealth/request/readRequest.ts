import type {
	DeclarativeRestApiSettings,
	IDataObject,
	IExecutePaginationFunctions,
	INodeExecutionData,
	NodeApiError,
} from 'n8n-workflow';

import { candidApiError, explain, unusableAnswer } from '../errors/candidApiError';
import type { Action, ReadAction } from '../errors/candidApiError';
import { isRecord } from '../errors/candidFailure';
import type { CandidFailure } from '../errors/candidFailure';
import type { Run } from '../run/run';
import { REQUEST_SLOTS, runItem } from '../run/runItem';
import type { Refusal } from '../run/runItem';
import { checkedAccount, paceFor } from './account';
import { checkedRequest } from './checkedRequest';
import type { CheckedRequest, Unusable } from './checkedRequest';
import { sendInTurn } from './sendInTurn';
import type { Result } from './sendInTurn';

/** What the engine made of the item's `routing`. */
export type Request = DeclarativeRestApiSettings.ResultOptions;

/** What an operation is for, in the words of its messages: 'The charge capture was not read: …'. */
export interface Intent {
	subject: string;
	action: Action;
}

/** What only asks; see `writeRequest` for what changes something. */
export interface ReadIntent extends Intent {
	action: ReadAction;
	/** Whether the answer is a list in which only what was asked for counts, and just one of it. */
	exactlyOne?: true;
}

/**
 * Makes the engine's pagination function for an operation that sends what `routing` describes, once
 * the values of all items are checked. It follows `next_page_token` until there are `maxResults`; the
 * engine cuts off what the last page has too much.
 *
 * The function throws a NodeOperationError before anything is sent, when an ID or a filter is
 * invalid, and a NodeApiError when Candid refuses or does not answer.
 */
export function readRequest(intent: ReadIntent) {
	return async function (
		this: IExecutePaginationFunctions,
		request: Request,
	): Promise<INodeExecutionData[]> {
		return await runItem<Part>(this, {
			action: intent.action,
			slots: REQUEST_SLOTS,
			check: async () => [await checkedPart(this, checkedRequest(request.options), intent)],
			send: async (part, run) => {
				const found = await allPages(this, run, request, part, intent);
				return found.map((json) => ({ json }));
			},
			subject: () => intent.subject,
			details: ({ ids }) => ids,
		});
	};
}

/** A request whose values are checked, and the account that it is made for. */
export interface Part extends CheckedRequest {
	account: string;
}

/** @returns a part that is refused, for an invalid value or a credential that is not complete */
export async function checkedPart(
	context: IExecutePaginationFunctions,
	checked: CheckedRequest | Unusable,
	{ subject, action }: Intent,
): Promise<Part | Refusal> {
	if ('reason' in checked) return { ...checked, subject, details: {} };
	const account = await checkedAccount(context, action);
	if (typeof account === 'string') return { ...checked, account };
	return { ...account, subject, details: checked.ids };
}

async function allPages(
	context: IExecutePaginationFunctions,
	run: Run,
	request: Request,
	part: Part,
	intent: ReadIntent,
): Promise<IDataObject[]> {
	const wanted = Number(request.maxResults ?? Infinity);
	const found: IDataObject[] = [];
	const tokens = new Set<string>();
	let token: string | undefined;
	do {
		const page: Record<string, string> = token === undefined ? {} : { page_token: token };
		const qs = { ...part.qs, ...page };
		const result = await sendWithRetries(context, run, request, { ...part, qs });
		const answers = recordsIn(context, intent, result);
		found.push(...answers.flatMap(entries));
		token = answers.map(nextPageToken).find((next) => next !== undefined);
		// A list that leads back to a page of its own would have no end.
		if (token !== undefined && tokens.has(token)) throw unusableAnswerError(context, intent, token);
		if (token !== undefined) tokens.add(token);
	} while (token !== undefined && found.length < wanted && !run.isAborted);
	return intent.exactlyOne ? [onlyMatch(context, intent, found, part)] : found;
}

/** What Candid answers, at the first try or a later one. */
export async function sendWithRetries(
	context: IExecutePaginationFunctions,
	run: Run,
	request: Request,
	part: Pick<Part, 'account' | 'url' | 'qs' | 'body'>,
): Promise<Result<unknown[]>> {
	return await sendInTurn(run, paceFor(part.account), async (): Promise<Result<unknown[]>> => {
		const value = await sendOnce(context, request, part);
		run.recordSuccess();
		return { value };
	});
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

/** @throws NodeApiError for an answer that is not from Candid: a proxy's page, say */
export function recordsOf(
	context: IExecutePaginationFunctions,
	intent: Intent,
	answers: unknown[],
): IDataObject[] {
	if (answers.every(isRecord)) return answers as IDataObject[];
	throw unusableAnswerError(context, intent, answers[0]);
}

/** A request that did not succeed, as an n8n error in plain words. */
export function requestError(
	context: IExecutePaginationFunctions,
	intent: Intent,
	failure: CandidFailure,
): NodeApiError {
	return candidApiError(context, intent, explain(failure, intent.action), failure.status);
}

/** A page's entries; any other answer is one itself. */
function entries(answer: IDataObject): IDataObject[] {
	return Array.isArray(answer.items) ? (answer.items as IDataObject[]) : [answer];
}

function nextPageToken({ items, next_page_token: token }: IDataObject): string | undefined {
	return Array.isArray(items) && typeof token === 'string' && token !== '' ? token : undefined;
}

function onlyMatch(
	context: IExecutePaginationFunctions,
	intent: Intent,
	found: IDataObject[],
	{ qs }: CheckedRequest,
): IDataObject {
	const matching = found.filter((entry) =>
		Object.entries(qs).every(([name, value]) => String(entry[name]) === value),
	);
	const [one, another] = matching;
	if (one && !another) return one;
	throw candidApiError(context, intent, {
		reason: one ? 'Candid has more than one with this ID' : 'Candid has none with this ID',
		advice: one
			? 'Look at them with Get Many, and use the ID that Candid gave to the right one.'
			: 'Check the ID, and that the Environment of the credential is the one it belongs to.',
		outcome: 'refused',
		tryAgain: false,
	});
}

function unusableAnswerError(
	context: IExecutePaginationFunctions,
	intent: Intent,
	answer: unknown,
) {
	return candidApiError(
		context,
		intent,
		unusableAnswer(answer, 'what was asked for', intent.action),
	);
}
