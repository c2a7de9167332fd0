import type { INodeProperties } from 'n8n-workflow';

import { getManyOperation, getManyProperties } from './getMany.operation';
import { updateOperation, updateProperties } from './update.operation';

export const taskOperations: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	displayOptions: { show: { resource: ['task'] } },
	options: [getManyOperation, updateOperation],
	default: 'getAll',
};

export const taskProperties: INodeProperties[] = updateProperties;

export const taskFilters: INodeProperties[] = getManyProperties;
