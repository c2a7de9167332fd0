import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { requiredTexts } from '../../request/requiredTexts';
import { writeRequest } from '../../request/writeRequest';
import { encounterIdField } from '../encounter/encounter.locator';
import { SAVE_CLAIM_ENTRY } from './claimEntry';
import { reportTypes } from './reportTypes';

const REQUIRED = {
	attachment_report_type_code: 'Report Type',
	attachment_transmission_code: 'Transmission',
	attachment_inclusion: 'When',
};

export const sendWithClaimOperation: INodePropertyOptions = {
	name: 'Send with Claim',
	value: 'sendWithClaim',
	action: 'Send attachment with claim',
	description: 'Choose whether and how Candid sends an attachment of an encounter with the claim',
	routing: {
		request: {
			method: 'PUT',
			url: '/api/encounter-supplemental-information/v1/{encounter_id}',
		},
		send: {
			paginate: true,
			preSend: [
				encounterIdField,
				requiredTexts(REQUIRED, { attachment_control_number: 'Control Number' }),
			],
		},
		operations: { pagination: writeRequest(SAVE_CLAIM_ENTRY) },
	},
};

const properties: INodeProperties[] = [
	{
		displayName: 'Report Type',
		name: 'reportType',
		type: 'options',
		required: true,
		options: reportTypes,
		// No type is right for most documents.
		default: '',
		description: 'What the document is, as it is reported to the payer',
		routing: { send: { type: 'body', property: 'attachment_report_type_code' } },
	},
	{
		displayName: 'Transmission',
		name: 'transmission',
		type: 'options',
		options: [
			{ name: 'Electronic Only (EL)', value: 'EL' },
			{ name: 'By Fax (FX)', value: 'FX' },
			{ name: 'By Mail (BM)', value: 'BM' },
			{ name: 'Available on Request (AA)', value: 'AA' },
		],
		default: 'EL',
		description: 'How the payer gets the document',
		routing: { send: { type: 'body', property: 'attachment_transmission_code' } },
	},
	{
		displayName: 'When',
		name: 'inclusion',
		type: 'options',
		options: [
			{ name: 'With Next Submission', value: 'included_on_next_submission' },
			{ name: 'With All Submissions', value: 'included_on_all_submissions' },
			{ name: 'Not Included', value: 'not_included' },
		],
		default: 'included_on_next_submission',
		description: 'Which submissions of the claim include the document',
		routing: { send: { type: 'body', property: 'attachment_inclusion' } },
	},
	{
		displayName: 'Additional Fields',
		name: 'claimFields',
		type: 'collection',
		placeholder: 'Add Field',
		default: {},
		options: [
			{
				displayName: 'Control Number',
				name: 'controlNumber',
				type: 'string',
				default: '',
				placeholder: 'e.g. DOC-2025-0142',
				description: 'The number that the payer uses to match the document with the claim',
				routing: { send: { type: 'body', property: 'attachment_control_number' } },
			},
		],
	},
];

export const sendWithClaimProperties = updateDisplayOptions(
	{ show: { resource: ['attachment'], operation: ['sendWithClaim'] } },
	properties,
);
