import type { IDataObject, IExecuteSingleFunctions, IHttpRequestOptions } from 'n8n-workflow';

import { without } from '../request/omit';

/** `preSend` of an endpoint that takes no description: Candid would drop it without a word. */
export async function withoutDescription(
	this: IExecuteSingleFunctions,
	options: IHttpRequestOptions,
): Promise<IHttpRequestOptions> {
	return { ...options, body: without(options.body as IDataObject, 'description') };
}
