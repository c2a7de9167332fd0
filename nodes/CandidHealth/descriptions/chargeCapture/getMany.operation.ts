import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { readRequest } from '../../request/readRequest';
import { simplify } from '../../request/simplify';
import { sort, visitFilters } from '../getMany';
import { chargeCaptureFields } from './chargeCapture.fields';
import { statusOptions } from './chargeCapture.status';

export const getManyOperation: INodePropertyOptions = {
	name: 'Get Many',
	value: 'getAll',
	action: 'Get many charge captures',
	description: 'Retrieve a list of charge captures, filtered by status, patient or date of service',
	routing: {
		request: { method: 'GET', url: '/api/charge_captures/v1' },
		send: { paginate: true },
		operations: {
			pagination: readRequest({ subject: 'the list of charge captures', action: 'read' }),
		},
		output: { postReceive: [simplify(chargeCaptureFields)] },
	},
};

const status: INodeProperties = {
	displayName: 'Status',
	name: 'status',
	type: 'options',
	options: statusOptions,
	default: 'planned',
	description: 'The status of the charge capture',
	routing: { send: { type: 'query', property: 'status' } },
};

const properties: INodeProperties[] = [
	visitFilters({
		externalId: { property: 'charge_external_id', placeholder: 'e.g. CC-1001' },
		status,
	}),
	sort(
		{ send: { type: 'query', property: 'sort_direction' } },
		{ send: { type: 'query', property: 'sort' } },
	),
];

export const getManyProperties = updateDisplayOptions(
	{ show: { resource: ['chargeCapture'], operation: ['getAll'] } },
	properties,
);
