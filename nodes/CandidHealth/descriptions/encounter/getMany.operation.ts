import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { readRequest } from '../../request/readRequest';
import { simplify } from '../../request/simplify';
import { FIELD_AND_DIRECTION, sort, visitFilters } from '../getMany';
import { encounterFields } from './encounter.fields';

export const getManyOperation: INodePropertyOptions = {
	name: 'Get Many',
	value: 'getAll',
	action: 'Get many encounters',
	description:
		'Retrieve a list of encounters, filtered by external ID, claim status, patient or date of service',
	routing: {
		request: { method: 'GET', url: '/api/encounters/v4' },
		send: { paginate: true },
		operations: { pagination: readRequest({ subject: 'the list of encounters', action: 'read' }) },
		output: { postReceive: [simplify(encounterFields)] },
	},
};

const claimStatus: INodeProperties = {
	displayName: 'Status',
	name: 'status',
	type: 'options',
	options: [
		{ name: 'Biller Received', value: 'biller_received' },
		{ name: 'Coded', value: 'coded' },
		{ name: 'Denied', value: 'denied' },
		{ name: 'ERA Received', value: 'era_received' },
		{ name: 'ERA Requires Review', value: 'era_requires_review' },
		{ name: 'Finalized Denied', value: 'finalized_denied' },
		{ name: 'Finalized Paid', value: 'finalized_paid' },
		{ name: 'Held by Customer', value: 'held_by_customer' },
		{ name: 'Missing Information', value: 'missing_information' },
		{ name: 'Not Billable', value: 'not_billable' },
		{ name: 'Paid', value: 'paid' },
		{ name: 'Paid Incorrectly', value: 'paid_incorrectly' },
		{ name: 'Rejected', value: 'rejected' },
		{ name: 'Submitted to Payer', value: 'submitted_to_payer' },
		{ name: 'Waiting for Provider', value: 'waiting_for_provider' },
	],
	default: 'biller_received',
	description: "The status of one of the encounter's claims",
	routing: { send: { type: 'query', property: 'claim_status' } },
};

const properties: INodeProperties[] = [
	visitFilters({
		externalId: { property: 'external_id', placeholder: 'e.g. ENC-2001' },
		status: claimStatus,
	}),
	sort(FIELD_AND_DIRECTION),
];

export const getManyProperties = updateDisplayOptions(
	{ show: { resource: ['encounter'], operation: ['getAll'] } },
	properties,
);
