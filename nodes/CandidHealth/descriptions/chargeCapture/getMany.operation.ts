import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties } from 'n8n-workflow';

import { chargeCaptureFields } from '../../request/simplify';
import { filters, limitOfPages, returnAll, simplifyTo, sort } from '../getMany';

const status: INodeProperties = {
	displayName: 'Status',
	name: 'status',
	type: 'options',
	options: [
		{ name: 'Aborted', value: 'aborted' },
		{ name: 'Billable', value: 'billable' },
		{ name: 'Entered in Error', value: 'entered-in-error' },
		{ name: 'Not Billable', value: 'not-billable' },
		{ name: 'Planned', value: 'planned' },
	],
	default: 'planned',
	description: 'The status of the charge capture',
	routing: { send: { type: 'query', property: 'status' } },
};

const properties: INodeProperties[] = [
	returnAll,
	limitOfPages,
	simplifyTo(chargeCaptureFields),
	filters({ externalId: 'charge_external_id', status }),
	sort(
		{ send: { type: 'query', property: 'sort' } },
		{ send: { type: 'query', property: 'sort_direction' } },
	),
];

export const getManyProperties = updateDisplayOptions(
	{ show: { resource: ['chargeCapture'], operation: ['getAll'] } },
	properties,
);
