import type { INodeProperties } from 'n8n-workflow';

import { createOperation, createProperties } from './create.operation';

export const billingNoteOperations: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	displayOptions: { show: { resource: ['billingNote'] } },
	options: [createOperation],
	default: 'create',
};

export const billingNoteProperties: INodeProperties[] = createProperties;
