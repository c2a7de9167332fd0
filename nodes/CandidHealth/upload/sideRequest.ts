import type {
	IDataObject,
	IExecutePaginationFunctions,
	IHttpRequestMethods,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
} from 'n8n-workflow';

import { paceFor } from '../request/account';
import { sendInTurn } from '../request/sendInTurn';
import type { Result } from '../request/sendInTurn';
import type { Run } from '../run/run';
import type { Parent, Shipment } from './shipment';

/** A charge capture or encounter, and the request with the credential and network settings to use for it. */
export type Place = Pick<Shipment, 'parent' | 'request'>;

/**
 * Sends one request that an upload needs besides its own, with the upload's credential and network
 * settings.
 *
 * @throws what n8n's request helper throws
 */
export async function sendSideRequest(
	context: IExecutePaginationFunctions,
	{ options }: Place['request'],
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
 * node still has to find out whether uploads that were not acknowledged are stored.
 */
export async function readInTurn<T>(
	run: Run,
	{ account }: Parent,
	attempt: () => Promise<Result<T>>,
): Promise<Result<T>> {
	const isAborted = () => run.isCancelled || run.abortReasonFor(account) !== undefined;
	return await sendInTurn(run, paceFor(account), attempt, { isAborted });
}
