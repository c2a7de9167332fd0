import type { IDataObject, IExecuteSingleFunctions, IHttpRequestOptions } from 'n8n-workflow';

/**
 * Makes a `preSend` that puts a parameter's value into the body, for checks to find it there. `routing`
 * on the parameter itself does that too, and has the engine evaluate its expression once more (2.41.1).
 */
export function fieldFrom(parameter: string, field: string) {
	return async function (
		this: IExecuteSingleFunctions,
		options: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		const value = this.getNodeParameter(parameter, undefined, { extractValue: true });
		return { ...options, body: { [field]: value, ...(options.body as IDataObject) } };
	};
}
