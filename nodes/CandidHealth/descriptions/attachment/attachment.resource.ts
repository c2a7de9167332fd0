import type { INodeProperties } from 'n8n-workflow';

import { uploadAttachments } from '../../upload/uploadAttachments';
import { uploadProperties } from './upload.operation';

export const attachmentProperties: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['attachment'] } },
		options: [
			{
				name: 'Upload',
				value: 'upload',
				action: 'Upload an attachment',
				description: 'Store files on a charge capture and get their attachment IDs',
				routing: {
					send: { paginate: true },
					operations: { pagination: uploadAttachments },
				},
			},
		],
		default: 'upload',
	},
	...uploadProperties,
];
