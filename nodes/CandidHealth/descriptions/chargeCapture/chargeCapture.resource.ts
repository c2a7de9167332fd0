import type { INodeProperties } from 'n8n-workflow';

import { readRequest } from '../../request/readRequest';
import { getProperties } from './get.operation';
import { getManyProperties } from './getMany.operation';

export const chargeCaptureProperties: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['chargeCapture'] } },
		options: [
			{
				name: 'Get',
				value: 'get',
				action: 'Get charge capture',
				description: 'Retrieve a charge capture by its external ID',
				routing: {
					request: { method: 'GET', url: '/api/charge_captures/v1' },
					send: { paginate: true },
					operations: {
						pagination: readRequest({
							subject: 'the charge capture',
							action: 'read',
							exactlyOne: true,
						}),
					},
				},
			},
			{
				name: 'Get Many',
				value: 'getAll',
				action: 'Get many charge captures',
				description: 'Retrieve a list of charge captures, by status, patient or date of service',
				routing: {
					request: { method: 'GET', url: '/api/charge_captures/v1' },
					send: { paginate: true },
					operations: {
						pagination: readRequest({ subject: 'the list of charge captures', action: 'read' }),
					},
				},
			},
		],
		default: 'get',
	},
	...getProperties,
	...getManyProperties,
];
