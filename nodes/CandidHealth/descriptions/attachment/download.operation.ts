import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { downloadAttachments } from '../../download/downloadAttachments';
import { checkOutputField } from '../../download/downloadFile';

/** 'Attached To' (parent.ts) adds the URL. */
export const downloadOperation: INodePropertyOptions = {
	name: 'Download',
	value: 'download',
	action: 'Download attachment',
	description: 'Download the file of an attachment of a charge capture or an encounter',
	routing: {
		request: { method: 'GET' },
		send: { paginate: true, preSend: [checkOutputField] },
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

/** Shared with superbills: see attachment/parent.ts for the cost of another property of the same name. */
export const downloadProperties = updateDisplayOptions(
	{ show: { resource: ['attachment', 'superbill'], operation: ['download', 'create'] } },
	properties,
);
