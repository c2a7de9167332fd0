import type { INodeProperties } from 'n8n-workflow';

import { getOperation } from './get.operation';
import { getManyOperation, getManyProperties } from './getMany.operation';

export const encounterOperations: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	displayOptions: { show: { resource: ['encounter'] } },
	options: [getOperation, getManyOperation],
	default: 'get',
};

export const encounterFilters: INodeProperties[] = getManyProperties;
