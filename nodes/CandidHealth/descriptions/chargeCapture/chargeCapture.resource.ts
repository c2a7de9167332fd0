import type { INodeProperties } from 'n8n-workflow';

import { getOperation, getProperties } from './get.operation';
import { getManyOperation, getManyProperties } from './getMany.operation';

export const chargeCaptureProperties: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['chargeCapture'] } },
		options: [getOperation, getManyOperation],
		default: 'get',
	},
	...getProperties,
	...getManyProperties,
];
