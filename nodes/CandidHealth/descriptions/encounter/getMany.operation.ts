import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties } from 'n8n-workflow';

import { encounterFields } from '../../request/simplify';
import { filters, limitOfPages, returnAll, simplifyTo, sort } from '../getMany';

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
	description: 'The status of a claim of the encounter',
	routing: { send: { type: 'query', property: 'claim_status' } },
};

const properties: INodeProperties[] = [
	returnAll,
	limitOfPages,
	simplifyTo(encounterFields),
	filters({ externalId: 'external_id', status: claimStatus }),
	// Candid expects both in one value.
	sort(
		{},
		{
			send: {
				type: 'query',
				property: 'sort',
				value: '={{ $parent.field + ":" + $parent.direction }}',
			},
		},
	),
];

export const getManyProperties = updateDisplayOptions(
	{ show: { resource: ['encounter'], operation: ['getAll'] } },
	properties,
);
