import type { INodeProperties } from 'n8n-workflow';

import { attachmentLocator } from './attachment.locator';
import { deleteOperation } from './delete.operation';
import { downloadOperation, downloadProperties } from './download.operation';
import { getManyOperation } from './getMany.operation';
import { parentProperties } from './parent';
import { uploadOperation, uploadProperties } from './upload.operation';

export const attachmentOperations: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	displayOptions: { show: { resource: ['attachment'] } },
	options: [uploadOperation, getManyOperation, downloadOperation, deleteOperation],
	default: 'upload',
};

export const attachmentProperties: INodeProperties[] = [
	...parentProperties,
	...uploadProperties,
	attachmentLocator,
	...downloadProperties,
];
