import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { readRequest } from '../../request/readRequest';
import { simplifyTo } from '../getMany';
import { encounterFields } from './encounter.fields';
import { encounterLocator } from './encounter.locator';

export const getOperation: INodePropertyOptions = {
	name: 'Get',
	value: 'get',
	action: 'Get encounter',
	description: 'Retrieve an encounter by its ID in Candid',
	routing: {
		request: { method: 'GET', url: '/api/encounters/v4/{encounter_id}' },
		send: { paginate: true },
		operations: { pagination: readRequest({ subject: 'the encounter', action: 'read' }) },
	},
};

const properties: INodeProperties[] = [
	{
		...encounterLocator,
		// With the name that attachments use, each upload would evaluate it twice more (attachment/parent.ts).
		name: 'encounter',
		routing: { send: { type: 'query', property: 'encounter_id' } },
	},
	simplifyTo(encounterFields),
];

export const getProperties = updateDisplayOptions(
	{ show: { resource: ['encounter'], operation: ['get'] } },
	properties,
);
