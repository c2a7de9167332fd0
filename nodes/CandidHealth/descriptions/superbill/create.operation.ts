import { updateDisplayOptions } from 'n8n-workflow';
import type {
	IExecuteSingleFunctions,
	IHttpRequestOptions,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';

import { checkOutputField } from '../../download/downloadFile';
import { choice, refuse } from '../../request/choice';
import { requiredTexts } from '../../request/requiredTexts';
import { textOf } from '../../request/text';
import { writeRequest } from '../../request/writeRequest';
import { dayIn } from '../fieldRules';
import { CREATE } from './createSuperbills';

const FORMATS = { PDF: 'PDF', DOCX: 'DOCX' };

const REQUIRED = {
	patient_external_id: 'Patient External ID',
	date_range_min: 'Date From',
	date_range_max: 'Date To',
};

export const createOperation: INodePropertyOptions = {
	name: 'Create',
	value: 'create',
	action: 'Create superbill',
	description: "Create a superbill of a patient's visits and get its file",
	routing: {
		request: { method: 'POST', url: '/api/superbill/v1' },
		send: { paginate: true, preSend: [checkOutputField, requiredTexts(REQUIRED), checkOrder] },
		operations: { pagination: writeRequest(CREATE) },
	},
};

/** Refuses dates in the wrong order. `fieldRules.ts` refuses what is not a date. */
async function checkOrder(
	this: IExecuteSingleFunctions,
	request: IHttpRequestOptions,
): Promise<IHttpRequestOptions> {
	const fields = (request.body ?? {}) as Record<string, unknown>;
	const from = dayIn(textOf(fields.date_range_min));
	const to = dayIn(textOf(fields.date_range_max));
	if (!from || !to || from <= to) return request;
	return refuse(request, {
		reason: `'Date From' (${from}) is after 'Date To' (${to})`,
		advice: "Enter the earlier date in 'Date From'.",
	});
}

const properties: INodeProperties[] = [
	{
		displayName: 'Patient External ID',
		name: 'patientExternalId',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. PAT-1',
		description: 'The complete ID of the patient in your own system',
		routing: { send: { type: 'body', property: 'patient_external_id' } },
	},
	{
		displayName: 'Date From',
		name: 'dateFrom',
		type: 'dateTime',
		typeOptions: { dateOnly: true },
		required: true,
		default: '',
		description: 'The first date of service to include',
		routing: { send: { type: 'body', property: 'date_range_min' } },
	},
	{
		displayName: 'Date To',
		name: 'dateTo',
		type: 'dateTime',
		typeOptions: { dateOnly: true },
		required: true,
		default: '',
		description: 'The last date of service to include',
		routing: { send: { type: 'body', property: 'date_range_max' } },
	},
	{
		displayName: 'Format',
		name: 'format',
		type: 'options',
		options: Object.entries(FORMATS).map(([value, name]) => ({ name, value })),
		default: 'PDF',
		description: 'The kind of file to create',
		routing: {
			// Without a format, Candid makes a DOCX.
			send: {
				type: 'body',
				property: 'output_format',
				preSend: [choice('format', 'Format', FORMATS)],
			},
		},
	},
	{
		displayName: 'Include Merged Patient Records',
		name: 'includeMergedPatientRecords',
		type: 'boolean',
		default: false,
		description:
			'Whether to include the visits of other patient records that were merged with this one',
		routing: { send: { type: 'body', property: 'include_merged_patient_data' } },
	},
];

/** The binary field for the file is Download's parameter. */
export const createProperties = updateDisplayOptions(
	{ show: { resource: ['superbill'], operation: ['create'] } },
	properties,
);
