import type { INodeProperties } from 'n8n-workflow';

import { getOperation, getProperties } from './get.operation';
import { getManyOperation, getManyProperties } from './getMany.operation';

export const chargeCaptureOperations: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	displayOptions: { show: { resource: ['chargeCapture'] } },
	options: [getOperation, getManyOperation],
	default: 'get',
};

/** See `listProperties` for what stands between these. */
export const chargeCaptureProperties: INodeProperties[] = getProperties;

export const chargeCaptureFilters: INodeProperties[] = getManyProperties;
