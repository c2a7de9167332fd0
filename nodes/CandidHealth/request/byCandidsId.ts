import type {
	IExecuteSingleFunctions,
	IHttpRequestOptions,
	INodeParameterResourceLocator,
} from 'n8n-workflow';

import { without } from './without';

/**
 * `preSend` of a charge capture that may be named by Candid's ID: that one stands in the path. Candid
 * finds an external ID only by way of its list.
 */
export async function byCandidsId(
	this: IExecuteSingleFunctions,
	options: IHttpRequestOptions,
): Promise<IHttpRequestOptions> {
	const { mode, value } = this.getNodeParameter('chargeCapture') as INodeParameterResourceLocator;
	if (mode !== 'candidId') return options;
	const url = `${options.url}/{charge_capture_id}`;
	const qs = { ...without(options.qs ?? {}, 'charge_external_id'), charge_capture_id: value };
	return { ...options, url, qs };
}
