import type { IDataObject, IExecuteSingleFunctions, IHttpRequestOptions } from 'n8n-workflow';

import { omit } from '../request/omit';

/** `preSend` of an endpoint that takes no description: Candid would drop it without a word. */
export async function withoutDescription(
	this: IExecuteSingleFunctions,
	options: IHttpRequestOptions,
): Promise<IHttpRequestOptions> {
	return { ...options, body: omit(options.body as IDataObject, 'description') };
}
