import type { IDataObject, IExecuteSingleFunctions, IHttpRequestOptions } from 'n8n-workflow';

import { valueOfLocator } from './values';

/**
 * Makes a `preSend` that puts a resource locator's value into the body, where `checkedRequest` finds it.
 * `routing` on the parameter itself would do that too, but makes the engine evaluate the parameter's
 * expression a second time (2.41.1).
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
