import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties } from 'n8n-workflow';

import { attachedTo } from './attachedTo';
import { attachmentLocator } from './attachment.locator';

const properties: INodeProperties[] = [
	...attachedTo,
	{ ...attachmentLocator, routing: { send: { type: 'body', property: 'attachment_id' } } },
];

export const deleteProperties = updateDisplayOptions(
	{ show: { resource: ['attachment'], operation: ['delete'] } },
	properties,
);
