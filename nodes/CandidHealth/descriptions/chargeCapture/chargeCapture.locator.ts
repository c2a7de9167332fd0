import type {
	IDataObject,
	IExecuteSingleFunctions,
	IHttpRequestOptions,
	INodeProperties,
} from 'n8n-workflow';

import { valueOfLocator } from '../../request/values';
import { isRecord } from '../../types/isRecord';

/** How a user selects the charge capture of attachments. */
export const chargeCaptureLocator: INodeProperties = {
	displayName: 'Charge Capture',
	name: 'chargeCaptureExternalId',
	type: 'resourceLocator',
	required: true,
	default: { mode: 'list', value: '' },
	// The editor shows 'By ID' for each mode named 'id', whatever its displayName (2.41.1), so the
	// description says which ID.
	description: 'Identified by its external ID, which is its ID in your own system',
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			placeholder: 'Select a charge capture...',
			typeOptions: { searchListMethod: 'searchChargeCaptures', searchable: true },
		},
		{
			displayName: 'By External ID',
			name: 'id',
			type: 'string',
			placeholder: 'e.g. CC-1001',
			hint: 'The ID of the charge capture in your own system',
		},
	],
};

/**
 * The charge capture of its own operations. With the name that attachments use, each upload would evaluate it
 * twice more (attachment/parent.ts).
 */
export const chargeCaptureProperty: INodeProperties = {
	...chargeCaptureLocator,
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
	displayOptions: {
		show: { resource: ['chargeCapture'], operation: ['get', 'getEncounter', 'update'] },
	},
};

/**
 * `preSend` that puts a Candid ID into the path of the URL. An external ID stays a filter of the list,
 * because Candid has no other way to look one up.
 */
export async function chargeCaptureIdField(
	this: IExecuteSingleFunctions,
	options: IHttpRequestOptions,
): Promise<IHttpRequestOptions> {
	const locator: unknown = this.getNodeParameter('chargeCapture');
	const isCandidId = isRecord(locator) && locator.mode === 'candidId';
	const name = isCandidId ? 'charge_capture_id' : 'charge_external_id';
	const qs = { ...options.qs, [name]: valueOfLocator(locator) } as IDataObject;
	return { ...options, url: isCandidId ? `${options.url}/{charge_capture_id}` : options.url, qs };
}
