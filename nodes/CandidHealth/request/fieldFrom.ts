import type { IDataObject, IExecuteSingleFunctions, IHttpRequestOptions } from 'n8n-workflow';

import { valueOfLocator } from './values';

/**
 * Makes a `preSend` that puts a resource locator's value into the body, for checks to find it there.
 * `routing` on the parameter itself does that too, and has the engine evaluate its expression once more
 * (2.41.1).
 */
export function fieldFrom(parameter: string, field: string) {
	return async function (
		this: IExecuteSingleFunctions,
		options: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		const body = {
			[field]: valueOfLocator(this.getNodeParameter(parameter, undefined)),
			...(options.body as IDataObject),
		};
		return { ...options, body: body as unknown as IDataObject };
	};
}
