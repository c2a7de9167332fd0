import type {
	DeclarativeRestApiSettings,
	IDataObject,
	IExecutePaginationFunctions,
	INodeExecutionData,
	NodeApiError,
} from 'n8n-workflow';

import { candidApiError, inPlainWords, unusableAnswer } from '../errors/candidApiError';
import type { Action, ReadAction } from '../errors/candidApiError';
import { failureOf, isRecord } from '../errors/candidFailure';
import type { CandidFailure } from '../errors/candidFailure';
import type { Run } from '../run/run';
import { REQUEST_SLOTS, runItem } from '../run/runItem';
import type { Refusal } from '../run/runItem';
import { checkedRequest } from './checkedRequest';
import type { CheckedRequest, Unusable } from './checkedRequest';
import { read } from './read';
import type { Result } from './read';

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
export function sendRequest(intent: ReadIntent) {
	return async function (
		this: IExecutePaginationFunctions,
		request: Request,
	): Promise<INodeExecutionData[]> {
		return await runItem<CheckedRequest>(this, {
			action: intent.action,
			slots: REQUEST_SLOTS,
			check: async () => {
				return [orRefusal(checkedRequest(request.options), intent)];
			},
			send: async (checked, run) => {
				const found = await allPages(this, run, request, checked, intent);
				return found.map((json) => ({ json }));
			},
			subject: () => intent.subject,
			details: ({ ids }) => ids,
		});
	};
}

/** A request with an invalid value, as a part of the run that is refused. */
export function orRefusal(
	checked: CheckedRequest | Unusable,
	{ subject }: Intent,
): CheckedRequest | Refusal {
	return 'why' in checked ? { ...checked, subject, details: {} } : checked;
}

async function allPages(
	context: IExecutePaginationFunctions,
	run: Run,
	request: Request,
	checked: CheckedRequest,
	intent: ReadIntent,
): Promise<IDataObject[]> {
	const wanted = Number(request.maxResults ?? Infinity);
	const found: IDataObject[] = [];
	const tokens = new Set<string>();
	let token: string | undefined;
	do {
		const page: Record<string, string> = token === undefined ? {} : { page_token: token };
		const qs = { ...checked.qs, ...page };
		const result = await answered(context, run, request, { ...checked, qs });
		const answers = answersIn(context, intent, result);
		found.push(...answers.flatMap(entries));
		token = answers.map(nextPageToken).find((next) => next !== undefined);
		// A list that leads back to a page of its own would have no end.
		if (token !== undefined && tokens.has(token)) throw unusable(context, intent, token);
		if (token !== undefined) tokens.add(token);
	} while (token !== undefined && found.length < wanted && !run.stopped);
	return intent.exactlyOne ? [theOne(context, intent, found, checked)] : found;
}

/** What Candid answers, at the first try or a later one. */
export async function answered(
	context: IExecutePaginationFunctions,
	run: Run,
	request: Request,
	checked: Pick<CheckedRequest, 'url' | 'qs' | 'body'>,
): Promise<Result<unknown[]>> {
	return await read(run, async (): Promise<Result<unknown[]>> => {
		try {
			return { value: await ask(context, request, checked) };
		} catch (error) {
			return { failure: failureOf(error) };
		}
	});
}

/** @throws NodeApiError when the request did not succeed, or the answer is not from Candid */
export function answersIn(
	context: IExecutePaginationFunctions,
	intent: Intent,
	result: Result<unknown[]>,
): IDataObject[] {
	if ('failure' in result) throw notDone(context, intent, result.failure);
	return usable(context, intent, result.value);
}

/** @returns what `postReceive` left of the answer; a list as its entries */
export async function ask(
	context: IExecutePaginationFunctions,
	request: Request,
	{ url, qs, body }: Pick<CheckedRequest, 'url' | 'qs' | 'body'>,
): Promise<unknown[]> {
	const options = { ...request.options, url, qs, body };
	const items = await context.makeRoutingRequest({ ...request, options });
	return items.flatMap(({ json }) => json as unknown);
}

/** @throws NodeApiError for an answer that is not from Candid: a proxy's page, say */
export function usable(
	context: IExecutePaginationFunctions,
	intent: Intent,
	answers: unknown[],
): IDataObject[] {
	if (answers.every(isRecord)) return answers as IDataObject[];
	throw unusable(context, intent, answers[0]);
}

/** A request that did not succeed, as an n8n error in plain words. */
export function notDone(
	context: IExecutePaginationFunctions,
	intent: Intent,
	failure: CandidFailure,
): NodeApiError {
	return candidApiError(context, intent, inPlainWords(failure, intent.action), failure.status);
}

/** A page's entries; any other answer is one itself. */
function entries(answer: IDataObject): IDataObject[] {
	return Array.isArray(answer.items) ? (answer.items as IDataObject[]) : [answer];
}

function nextPageToken({ items, next_page_token: token }: IDataObject): string | undefined {
	return Array.isArray(items) && typeof token === 'string' && token !== '' ? token : undefined;
}

function theOne(
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
		what: one ? 'Candid has more than one with this ID' : 'Candid has none with this ID',
		advice: one
			? 'Look at them with Get Many, and use the ID that Candid gave to the right one.'
			: 'Check the ID, and that the Environment of the credential is the one it belongs to.',
		outcome: 'refused',
		tryAgain: false,
	});
}

function unusable(context: IExecutePaginationFunctions, intent: Intent, answer: unknown) {
	return candidApiError(
		context,
		intent,
		unusableAnswer(answer, 'what was asked for', intent.action),
	);
}
