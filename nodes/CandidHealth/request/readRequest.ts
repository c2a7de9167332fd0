import type { IExecutePaginationFunctions, INodeExecutionData } from 'n8n-workflow';

import type { ReadAction } from '../errors/explain';
import { runItem } from '../run/runItem';
import { REQUEST_SLOTS } from '../run/slots';
import { checkedRequest } from './checkedRequest';
import { checkedPart } from './part';
import type { Intent, Part, Request } from './part';
import { readOnlyMatch, readPages, routedReader } from './reader';

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
		const wanted = Number(request.maxResults ?? Infinity);
		return await runItem<Part>(this, {
			action: intent.action,
			slots: REQUEST_SLOTS,
			check: async () => [await checkedPart(this, checkedRequest(request.options), intent)],
			send: async (part, run) => {
				const reader = routedReader(this, run, request, part, intent);
				const found = intent.exactlyOne
					? [await readOnlyMatch(reader, part)]
					: await readPages(reader, part, ({ length }) => length >= wanted || run.isAborted);
				return found.map((json) => ({ json }));
			},
			subject: () => intent.subject,
			details: ({ ids }) => ids,
		});
	};
}
