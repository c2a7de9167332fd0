import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties } from 'n8n-workflow';

import { attachmentFields, simplify } from '../../request/simplify';
import { limit, returnAll, simplifyToggle } from '../getMany';
import { attachedTo } from './attachedTo';

const properties: INodeProperties[] = [
	...attachedTo,
	returnAll,
	limit,
	{
		...simplifyToggle,
		routing: { output: { postReceive: [simplify(attachmentFields)] } },
	},
];

export const getManyProperties = updateDisplayOptions(
	{ show: { resource: ['attachment'], operation: ['getAll'] } },
	properties,
);
