import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties, INodePropertyRouting } from 'n8n-workflow';

import { listEndpoints } from './listEndpoints';
import { fixedChoice } from '../../request/choice';
import { fieldFrom } from '../../request/fieldFrom';
import { chargeCaptureLocator } from '../chargeCapture/chargeCapture.locator';
import { encounterLocator } from '../encounter/encounter.locator';

type Request = INodePropertyRouting['request'];

const PARENTS = { chargeCapture: 'Charge Capture', encounter: 'Encounter' };

/** What an attachment can belong to, with the request that each of them makes of an operation. */
const parents = (requests: { chargeCapture: Request; encounter: Request }) => [
	{
		name: PARENTS.chargeCapture,
		value: 'chargeCapture',
		description: 'A charge capture, named by your own external ID',
		routing: {
			request: requests.chargeCapture,
			send: { preSend: [fieldFrom('chargeCaptureExternalId', 'charge_capture_external_id')] },
		},
	},
	{
		name: PARENTS.encounter,
		value: 'encounter',
		description: 'An encounter, named by its ID in Candid',
		routing: {
			request: requests.encounter,
			send: { preSend: [fieldFrom('encounterId', 'encounter_id')] },
		},
	},
];

/**
 * What the attachments belong to. All operations share the locators: for every property of a name the
 * engine evaluates that name's expression twice for each item, whether it is shown or not (2.41.1).
 */
export const parentProperties: INodeProperties[] = updateDisplayOptions(
	{ show: { resource: ['attachment'] } },
	[
		{
			displayName: 'Attach To',
			name: 'attachTo',
			type: 'options',
			noDataExpression: true,
			options: parents({
				chargeCapture: {
					method: 'POST',
					url: '/api/encounter-attachments/v1/create-from-charge-capture-external-id',
				},
				encounter: { method: 'PUT', url: '/api/encounter-attachments/v1/{encounter_id}/v2' },
			}),
			default: 'chargeCapture',
			description: 'What the files belong to',
			routing: { send: { preSend: [fixedChoice('attachTo', 'Attach To', PARENTS)] } },
			displayOptions: { show: { operation: ['upload'] } },
		},
		{
			displayName: 'Attached To',
			name: 'attachTo',
			type: 'options',
			noDataExpression: true,
			options: parents(listEndpoints),
			default: 'chargeCapture',
			description: 'What the attachment belongs to',
			routing: { send: { preSend: [fixedChoice('attachTo', 'Attached To', PARENTS)] } },
			displayOptions: { show: { operation: ['delete', 'download', 'getAll'] } },
		},
		{
			...chargeCaptureLocator,
			description:
				'The charge capture, by the external ID that your own system gave to it. For an upload it does not have to exist yet: Candid links the files as soon as it does.',
			displayOptions: { show: { attachTo: ['chargeCapture'] } },
		},
		{ ...encounterLocator, displayOptions: { show: { attachTo: ['encounter'] } } },
	],
);
