import type { INodeProperties } from 'n8n-workflow';

import { createOperation, createProperties } from './create.operation';

export const superbillOperations: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	displayOptions: { show: { resource: ['superbill'] } },
	options: [createOperation],
	default: 'create',
};

export const superbillProperties: INodeProperties[] = createProperties;
