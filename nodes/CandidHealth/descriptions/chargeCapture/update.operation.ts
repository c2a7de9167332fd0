import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeExecutionData, INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { RECORD_UPDATE, changesOf } from '../../request/changes';
import { simplify } from '../../request/simplify';
import { writeRequest } from '../../request/writeRequest';
import type { WriteIntent } from '../../request/writeRequest';
import type { Writer } from '../../request/writer';
import { chargeCaptureFields } from './chargeCapture.fields';
import { ID_MISMATCH, findChargeCapture, identified } from './chargeCapture.find';
import { chargeCaptureIdField } from './chargeCapture.locator';
import { statusOptions } from './chargeCapture.status';

const UPDATE: WriteIntent = {
	...RECORD_UPDATE,
	subject: 'the charge capture',
	nouns: ['charge capture', 'charge captures'],
	named: ({ charge_external_id: externalId, charge_capture_id: id }) => externalId ?? id,
	send: update,
};

export const updateOperation: INodePropertyOptions = {
	name: 'Update',
	value: 'update',
	action: 'Update charge capture',
	description: 'Change the status of a charge capture, for example to billable, or other fields',
	routing: {
		request: { method: 'PATCH', url: '/api/charge_captures/v1' },
		send: {
			paginate: true,
			preSend: [
				chargeCaptureIdField,
				changesOf({
					status: 'Status',
					claim_creation_category: 'Claim Creation Category',
					ehr_source_url: 'EHR Source URL',
					originating_system: 'Originating System',
				}),
			],
		},
		operations: { pagination: writeRequest(UPDATE) },
		output: { postReceive: [simplify(chargeCaptureFields)] },
	},
};

const properties: INodeProperties[] = [
	{
		displayName: 'Update Fields',
		name: 'updateFields',
		type: 'collection',
		placeholder: 'Add Field',
		default: {},
		options: [
			{
				displayName: 'Claim Creation Category',
				name: 'claimCreationCategory',
				type: 'string',
				default: '',
				placeholder: 'e.g. Office visit',
				description: 'Your own category for the creation of the claim',
				routing: { send: { type: 'body', property: 'claim_creation_category' } },
			},
			{
				displayName: 'EHR Source URL',
				name: 'ehrSourceUrl',
				type: 'string',
				default: '',
				placeholder: 'e.g. https://ehr.example.com/visits/123',
				description: 'The page of the visit in your EHR',
				routing: { send: { type: 'body', property: 'ehr_source_url' } },
			},
			{
				displayName: 'Originating System',
				name: 'originatingSystem',
				type: 'string',
				default: '',
				placeholder: 'e.g. Clinic EHR',
				description: 'The system that the charge comes from',
				routing: { send: { type: 'body', property: 'originating_system' } },
			},
			{
				displayName: 'Status',
				name: 'status',
				type: 'options',
				options: statusOptions,
				default: 'billable',
				description:
					'The new status. Once a charge capture is billable, Candid may create its claim. Choose Billable only when the documents are there and the charges are complete.',
				routing: { send: { type: 'body', property: 'status' } },
			},
		],
	},
];

export const updateProperties = updateDisplayOptions(
	{ show: { resource: ['chargeCapture'], operation: ['update'] } },
	properties,
);

/** By an external ID, the charge capture is looked up first: Candid updates it by its own ID only. */
async function update(writer: Writer): Promise<INodeExecutionData[]> {
	const { url, ids } = writer.part;
	const given = ids.charge_capture_id;
	const id = given ?? (await findChargeCapture(writer, writer.part)).id;
	const items = await writer.write(given === undefined ? { url: `${url}/${id}`, qs: {} } : {});
	const { unanswered } = UPDATE;
	const advice = `${unanswered.advice} ${ID_MISMATCH.advice}`;
	const error = () => writer.error({ ...ID_MISMATCH, ...unanswered, advice });
	identified({ error }, items[0]?.json ?? {}, id);
	return items;
}
