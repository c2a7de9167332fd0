import type { INodeProperties } from 'n8n-workflow';

import { attachmentLocator } from './attachment.locator';
import { deleteOperation } from './delete.operation';
import { downloadOperation, downloadProperties } from './download.operation';
import { getManyOperation } from './getMany.operation';
import { parentProperties } from './parent';
import { sendWithClaimOperation, sendWithClaimProperties } from './sendWithClaim.operation';
import { uploadOperation, uploadProperties } from './upload.operation';

export const attachmentOperations: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	displayOptions: { show: { resource: ['attachment'] } },
	options: [
		uploadOperation,
		sendWithClaimOperation,
		getManyOperation,
		downloadOperation,
		deleteOperation,
	],
	default: 'upload',
};

export const attachmentProperties: INodeProperties[] = [
	...parentProperties,
	...uploadProperties,
	attachmentLocator,
	...sendWithClaimProperties,
	...downloadProperties,
];
