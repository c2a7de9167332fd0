import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { requiredTexts } from '../../request/requiredTexts';
import { writeRequest } from '../../request/writeRequest';
import { encounterIdField } from '../encounter/encounter.locator';
import { CREATE_NOTE } from './createdNote';

export const createOperation: INodePropertyOptions = {
	name: 'Create',
	value: 'create',
	action: 'Create billing note',
	description: 'Add a billing note to an encounter',
	routing: {
		request: { method: 'POST', url: '/api/billing_notes/v2' },
		send: { paginate: true, preSend: [encounterIdField, requiredTexts({ text: 'Text' })] },
		operations: { pagination: writeRequest(CREATE_NOTE) },
	},
};

const properties: INodeProperties[] = [
	{
		displayName: 'Text',
		name: 'text',
		type: 'string',
		typeOptions: { rows: 4 },
		required: true,
		default: '',
		placeholder: 'e.g. Medical records sent with the claim on 2025-01-31',
		description: 'The text of the note',
		routing: { send: { type: 'body', property: 'text' } },
	},
];

export const createProperties = updateDisplayOptions(
	{ show: { resource: ['billingNote'], operation: ['create'] } },
	properties,
);
