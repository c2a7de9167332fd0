import type { INodePropertyOptions } from 'n8n-workflow';

import { readRequest } from '../../request/readRequest';
import { simplify } from '../../request/simplify';
import { encounterFields } from './encounter.fields';
import { encounterIdField } from './encounter.locator';

export const getOperation: INodePropertyOptions = {
	name: 'Get',
	value: 'get',
	action: 'Get encounter',
	description: 'Retrieve an encounter by its ID in Candid',
	routing: {
		request: { method: 'GET', url: '/api/encounters/v4/{encounter_id}' },
		send: { paginate: true, preSend: [encounterIdField] },
		operations: { pagination: readRequest({ subject: 'the encounter', action: 'read' }) },
		output: { postReceive: [simplify(encounterFields)] },
	},
};
