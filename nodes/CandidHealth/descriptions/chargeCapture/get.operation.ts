import type { INodePropertyOptions } from 'n8n-workflow';

import { readRequest } from '../../request/readRequest';
import { simplify } from '../../request/simplify';
import { chargeCaptureFields } from './chargeCapture.fields';
import { chargeCaptureIdField } from './chargeCapture.locator';

export const getOperation: INodePropertyOptions = {
	name: 'Get',
	value: 'get',
	action: 'Get charge capture',
	description: 'Retrieve a charge capture by its external ID or its Candid ID',
	routing: {
		request: { method: 'GET', url: '/api/charge_captures/v1' },
		send: { paginate: true, preSend: [chargeCaptureIdField] },
		operations: {
			pagination: readRequest({
				subject: 'the charge capture',
				action: 'read',
				exactlyOne: true,
			}),
		},
		output: { postReceive: [simplify(chargeCaptureFields)] },
	},
};
