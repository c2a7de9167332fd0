import type { IDataObject, IExecuteSingleFunctions, IHttpRequestOptions } from 'n8n-workflow';

import { isRecord } from '../types/isRecord';
import { valueOfLocator } from './values';
import { omit } from './omit';

/**
 * `preSend` of a charge capture that may be named by Candid's ID: that one stands in the path. Candid
 * finds an external ID only by way of its list.
 */
export async function byCandidsId(
	this: IExecuteSingleFunctions,
	options: IHttpRequestOptions,
): Promise<IHttpRequestOptions> {
	const locator: unknown = this.getNodeParameter('chargeCapture');
	const isCandids = isRecord(locator) && locator.mode === 'candidId';
	const name = isCandids ? 'charge_capture_id' : 'charge_external_id';
	const qs = {
		...omit(options.qs ?? {}, 'charge_external_id'),
		[name]: valueOfLocator(locator),
	} as IDataObject;
	return { ...options, url: isCandids ? `${options.url}/{charge_capture_id}` : options.url, qs };
}
