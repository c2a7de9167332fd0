import type { INodeProperties } from 'n8n-workflow';

import { attachmentLocator } from './attachment.locator';
import { deleteOperation } from './delete.operation';
import { downloadOperation, downloadProperties } from './download.operation';
import { getManyOperation, getManyProperties } from './getMany.operation';
import { parentProperties } from './parent';
import { uploadOperation, uploadProperties } from './upload.operation';

export const attachmentProperties: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['attachment'] } },
		options: [uploadOperation, getManyOperation, downloadOperation, deleteOperation],
		default: 'upload',
	},
	...parentProperties,
	...uploadProperties,
	...getManyProperties,
	attachmentLocator,
	...downloadProperties,
];
