import type { IExecuteSingleFunctions, IHttpRequestOptions } from 'n8n-workflow';

import { textOf } from './text';

/**
 * Makes the `preSend` of a query parameter with several values, which Candid expects in one text. Without any
 * value, or with an empty one among them, it is empty, so that `checkedRequest` refuses it.
 */
export function commaSeparated(name: string) {
	return async function (
		this: IExecuteSingleFunctions,
		request: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		const given: unknown = request.qs?.[name];
		const list: unknown[] = Array.isArray(given) ? given : textOf(given).split(',');
		const values = list.map((value) => textOf(value).trim());
		const text = values.includes('') ? '' : values.join(',');
		return { ...request, qs: { ...request.qs, [name]: text } };
	};
}
