import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties } from 'n8n-workflow';

import { encounterFields } from '../../request/simplify';
import { simplifyTo } from '../getMany';
import { encounterLocator } from './encounter.locator';

const properties: INodeProperties[] = [
	{
		...encounterLocator,
		name: 'encounter',
		routing: { send: { type: 'query', property: 'encounter_id' } },
	},
	simplifyTo(encounterFields),
];

export const getProperties = updateDisplayOptions(
	{ show: { resource: ['encounter'], operation: ['get'] } },
	properties,
);
