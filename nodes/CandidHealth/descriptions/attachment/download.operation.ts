import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { downloadAttachments } from '../../download/downloadAttachments';

/** 'Attached To' (parent.ts) adds the URL. */
export const downloadOperation: INodePropertyOptions = {
	name: 'Download',
	value: 'download',
	action: 'Download attachment',
	description: 'Download the file of an attachment of a charge capture or an encounter',
	routing: {
		request: { method: 'GET' },
		send: { paginate: true },
		operations: { pagination: downloadAttachments },
	},
};

const properties: INodeProperties[] = [
	{
		displayName: 'Put Output File in Field',
		name: 'binaryPropertyName',
		type: 'string',
		required: true,
		default: 'data',
		placeholder: 'e.g. data',
		hint: 'The name of the output binary field to put the file in',
	},
];

export const downloadProperties = updateDisplayOptions(
	{ show: { resource: ['attachment'], operation: ['download'] } },
	properties,
);
