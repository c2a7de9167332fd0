import type { IDataObject, IExecuteSingleFunctions, IHttpRequestOptions } from 'n8n-workflow';

import { isRecord } from '../errors/candidFailure';

/** A value that the user chose from a list: it is Candid's own, as it is. */
export class ListedValue {
	constructor(private readonly value: unknown) {}

	toJSON(): unknown {
		return this.value;
	}
}

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
		const chosen: unknown = this.getNodeParameter(parameter, undefined);
		const { mode, value } = isRecord(chosen) && '__rl' in chosen ? chosen : { value: chosen };
		const known = mode === 'list' ? new ListedValue(value) : value;
		return {
			...options,
			body: { [field]: known, ...(options.body as IDataObject) } as IDataObject,
		};
	};
}
