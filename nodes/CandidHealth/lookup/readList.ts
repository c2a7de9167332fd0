import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import type {
	IDataObject,
	IHttpRequestOptions,
	ILoadOptionsFunctions,
	JsonObject,
} from 'n8n-workflow';

import { baseUrlOf } from '../auth/environment';
import { failureOf } from '../errors/candidFailure';
import { explain, invalidAnswer } from '../errors/explain';
import type { Explanation } from '../errors/explain';
import { capitalized } from '../errors/messageText';
import { checkedRequest } from '../request/checkedRequest';
import type { RoutedRequest } from '../request/checkedRequest';
import { nextPageToken } from '../request/reader';
import { paceOf } from '../run/pace';
import { isRecord } from '../types/isRecord';

export interface ListPage {
	entries: IDataObject[];
	/** undefined on the last page, and for lists that Candid does not divide into pages */
	nextPageToken?: string;
}

/**
 * Reads a list, or one page of it, for the editor.
 *
 * @throws an n8n error whose message includes the advice, because the editor shows only the message
 */
export async function readList(
	context: ILoadOptionsFunctions,
	request: RoutedRequest,
): Promise<ListPage> {
	const answer = await requestList(context, request);
	const { items } = isRecord(answer) ? answer : {};
	const entries = Array.isArray(answer) ? answer : items;
	if (!Array.isArray(entries)) throw notRead(context, invalidAnswer(answer, 'a list'));
	return {
		entries: entries.filter(isRecord) as IDataObject[],
		nextPageToken: isRecord(answer) ? nextPageToken(answer) : undefined,
	};
}

async function requestList(
	context: ILoadOptionsFunctions,
	request: RoutedRequest,
): Promise<unknown> {
	const checked = checkedRequest(request);
	if ('reason' in checked) throw new NodeOperationError(context.getNode(), messageOf(checked));
	const { httpRequestWithAuthentication } = context.helpers;
	const options: IHttpRequestOptions = {
		method: 'GET',
		url: checked.url,
		qs: checked.qs,
		headers: { Accept: 'application/json' },
		json: true,
	};
	try {
		const baseUrl = baseUrlOf(await context.getCredentials('candidHealthApi'));
		return await paceOf(baseUrl).immediately(
			async () => await httpRequestWithAuthentication.call(context, 'candidHealthApi', options),
		);
	} catch (error) {
		throw notRead(context, explain(failureOf(error)));
	}
}

function notRead(context: ILoadOptionsFunctions, explanation: Explanation): NodeApiError {
	const message = messageOf(explanation);
	const details: JsonObject = { message };
	return new NodeApiError(context.getNode(), details, { message });
}

const messageOf = ({ reason, advice }: Pick<Explanation, 'reason' | 'advice'>) =>
	`${capitalized(reason)}. ${advice}`.trim();
