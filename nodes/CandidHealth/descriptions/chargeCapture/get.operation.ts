import { updateDisplayOptions } from 'n8n-workflow';
import type {
	IDataObject,
	IExecuteSingleFunctions,
	IHttpRequestOptions,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';

import { omit } from '../../request/omit';
import { readRequest } from '../../request/readRequest';
import { simplify } from '../../request/simplify';
import { valueOfLocator } from '../../request/values';
import { isRecord } from '../../types/isRecord';
import { chargeCaptureFields } from './chargeCapture.fields';
import { chargeCaptureLocator } from './chargeCapture.locator';

export const getOperation: INodePropertyOptions = {
	name: 'Get',
	value: 'get',
	action: 'Get charge capture',
	description: 'Retrieve a charge capture by its external ID or its Candid ID',
	routing: {
		request: { method: 'GET', url: '/api/charge_captures/v1' },
		send: { paginate: true },
		operations: {
			pagination: readRequest({
				subject: 'the charge capture',
				action: 'read',
				exactlyOne: true,
			}),
		},
		output: { postReceive: [simplify(chargeCaptureFields)] },
	},
};

const properties: INodeProperties[] = [
	{
		...chargeCaptureLocator,
		// With the name that attachments use, each upload would evaluate it twice more (attachment/parent.ts).
		name: 'chargeCapture',
		modes: [
			...chargeCaptureLocator.modes!,
			{
				displayName: 'By Candid ID',
				name: 'candidId',
				type: 'string',
				placeholder: 'e.g. d5e9c84f-c2b2-4bf4-b4b0-7ffd7a9ffc32',
				hint: "The 'id' in the output of Get Many",
			},
		],
		routing: {
			send: { type: 'query', property: 'charge_external_id', preSend: [byCandidId] },
		},
	},
];

export const getProperties = updateDisplayOptions(
	{ show: { resource: ['chargeCapture'], operation: ['get'] } },
	properties,
);

/**
 * `preSend` that puts a Candid ID into the path of the URL. An external ID stays a filter of the list,
 * because Candid has no other way to look one up.
 */
async function byCandidId(
	this: IExecuteSingleFunctions,
	options: IHttpRequestOptions,
): Promise<IHttpRequestOptions> {
	const locator: unknown = this.getNodeParameter('chargeCapture');
	const isCandidId = isRecord(locator) && locator.mode === 'candidId';
	const name = isCandidId ? 'charge_capture_id' : 'charge_external_id';
	const qs = {
		...omit(options.qs ?? {}, 'charge_external_id'),
		[name]: valueOfLocator(locator),
	} as IDataObject;
	return { ...options, url: isCandidId ? `${options.url}/{charge_capture_id}` : options.url, qs };
}
