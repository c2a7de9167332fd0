import type { IDataObject, IExecutePaginationFunctions, INodeExecutionData } from 'n8n-workflow';

import { candidApiError } from '../errors/candidApiError';
import type { ReadAction } from '../errors/explain';
import type { Run } from '../run/run';
import { runItem } from '../run/runItem';
import { REQUEST_SLOTS } from '../run/slots';
import { checkedRequest } from './checkedRequest';
import type { CheckedRequest } from './checkedRequest';
import { checkedPart, invalidAnswerError, recordsIn, sendWithRetries } from './part';
import type { Intent, Part, Request } from './part';

/** An operation that only reads; see `writeRequest` for one that changes something. */
export interface ReadIntent extends Intent {
	action: ReadAction;
	/** Whether the answer is a list in which exactly one entry must match the query. */
	exactlyOne?: true;
}

/**
 * Makes the engine's pagination function for an operation that sends what `routing` describes, once
 * the values of all items are checked. It follows `next_page_token` until there are `maxResults`; the
 * engine cuts off the rest of the last page.
 *
 * The function throws a NodeOperationError before anything is sent if an ID or a filter is invalid, and
 * a NodeApiError if Candid refuses or does not answer.
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
				const entries = intent.exactlyOne ? [onlyMatch(this, intent, found, part)] : found;
				return entries.map((json) => ({ json }));
			},
			subject: () => intent.subject,
			details: ({ ids }) => ids,
		});
	};
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
		// A page token that comes twice would make this loop endless.
		if (token !== undefined && tokens.has(token)) throw invalidAnswerError(context, intent, token);
		if (token !== undefined) tokens.add(token);
	} while (token !== undefined && found.length < wanted && !run.isAborted);
	return found;
}

/** The entries of a page; any other answer is one entry. */
function entries(answer: IDataObject): IDataObject[] {
	return Array.isArray(answer.items) ? (answer.items as IDataObject[]) : [answer];
}

function nextPageToken({ items, next_page_token: token }: IDataObject): string | undefined {
	return Array.isArray(items) && typeof token === 'string' && token !== '' ? token : undefined;
}

/** @throws NodeApiError unless exactly one entry matches the query */
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
			? 'List them with Get Many, and use the Candid ID of the right one.'
			: 'Check the ID, and that the Environment of the credential is the one it belongs to.',
		outcome: 'refused',
		tryAgain: false,
	});
}
