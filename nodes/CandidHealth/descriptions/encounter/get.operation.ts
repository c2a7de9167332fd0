import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties } from 'n8n-workflow';

import { encounterFields, simplify } from '../../request/simplify';
import { simplifyToggle } from '../getMany';
import { encounterLocator } from './encounter.locator';

const properties: INodeProperties[] = [
	encounterLocator,
	{
		...simplifyToggle,
		routing: { output: { postReceive: [simplify(encounterFields)] } },
	},
];

export const getProperties = updateDisplayOptions(
	{ show: { resource: ['encounter'], operation: ['get'] } },
	properties,
);
