import type { INodeProperties } from 'n8n-workflow';

import { readRequest } from '../../request/readRequest';
import { getProperties } from './get.operation';
import { getManyProperties } from './getMany.operation';

export const encounterProperties: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['encounter'] } },
		options: [
			{
				name: 'Get',
				value: 'get',
				action: 'Get encounter',
				description: 'Retrieve an encounter by its ID in Candid',
				routing: {
					request: { method: 'GET', url: '/api/encounters/v4/{encounter_id}' },
					send: { paginate: true },
					operations: {
						pagination: readRequest({ subject: 'the encounter', action: 'read' }),
					},
				},
			},
			{
				name: 'Get Many',
				value: 'getAll',
				action: 'Get many encounters',
				description:
					'Retrieve a list of encounters, by external ID, claim status, patient or date of service',
				routing: {
					request: { method: 'GET', url: '/api/encounters/v4' },
					send: { paginate: true },
					operations: {
						pagination: readRequest({ subject: 'the list of encounters', action: 'read' }),
					},
				},
			},
		],
		default: 'get',
	},
	...getProperties,
	...getManyProperties,
];
