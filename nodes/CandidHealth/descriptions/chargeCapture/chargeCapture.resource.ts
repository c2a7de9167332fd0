import type { INodeProperties } from 'n8n-workflow';

import { chargeCaptureProperty } from './chargeCapture.locator';
import { getOperation } from './get.operation';
import { getEncounterOperation } from './getEncounter.operation';
import { getManyOperation, getManyProperties } from './getMany.operation';
import { updateOperation, updateProperties } from './update.operation';

export const chargeCaptureOperations: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	displayOptions: { show: { resource: ['chargeCapture'] } },
	options: [getOperation, getEncounterOperation, getManyOperation, updateOperation],
	default: 'get',
};

/** See `listProperties` for what stands between these. */
export const chargeCaptureProperties: INodeProperties[] = [
	chargeCaptureProperty,
	...updateProperties,
];

export const chargeCaptureFilters: INodeProperties[] = getManyProperties;
