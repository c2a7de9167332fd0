import type {
	IDataObject,
	IExecutePaginationFunctions,
	IHttpRequestMethods,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
} from 'n8n-workflow';

import type { Run } from '../run/run';
import { paceFor } from './account';
import type { Request } from './part';
import { sendInTurn } from './sendInTurn';
import type { Result } from './sendInTurn';

/**
 * Sends one request that an operation needs besides its own, with the operation's credential and network
 * settings. Its answer does not go through `postReceive`.
 *
 * @throws what n8n's request helper throws
 */
export async function sendSideRequest(
	context: IExecutePaginationFunctions,
	{ options }: Pick<Request, 'options'>,
	method: IHttpRequestMethods,
	url: string,
	{ qs = {}, body }: { qs?: IDataObject; body?: IDataObject } = {},
): Promise<IN8nHttpFullResponse> {
	const request: IHttpRequestOptions = {
		...(options as IHttpRequestOptions),
		method,
		url,
		qs,
		body,
		json: true,
		returnFullResponse: true,
	};
	return (await context.helpers.httpRequestWithAuthentication.call(
		context,
		'candidHealthApi',
		request,
	)) as IN8nHttpFullResponse;
}

/**
 * Sends a read request in its turn, with retries. It continues after another item has failed, because the
 * node still has to find out whether writes that were not answered were carried out.
 */
export async function readInTurn<T>(
	run: Run,
	account: string,
	attempt: () => Promise<Result<T>>,
): Promise<Result<T>> {
	const isAborted = () => run.isCancelled || run.abortReasonFor(account) !== undefined;
	return await sendInTurn(run, paceFor(account), attempt, { isAborted });
}
