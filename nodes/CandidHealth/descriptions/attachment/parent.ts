import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties, INodePropertyRouting } from 'n8n-workflow';

import { fixedChoice } from '../../request/choice';
import { fieldFrom } from '../../request/fieldFrom';
import { chargeCaptureLocator } from '../chargeCapture/chargeCapture.locator';
import { encounterLocator } from '../encounter/encounter.locator';
import { listEndpoints } from './listEndpoints';

type Request = INodePropertyRouting['request'];

const PARENTS = { chargeCapture: 'Charge Capture', encounter: 'Encounter' };

/** What an attachment can belong to. This determines an operation's URL, and for uploads the method too. */
const parents = (requests: { chargeCapture: Request; encounter: Request }) => [
	{
		name: PARENTS.chargeCapture,
		value: 'chargeCapture',
		description: 'A charge capture, identified by its ID in your own system',
		routing: {
			request: requests.chargeCapture,
			send: { preSend: [fieldFrom('chargeCaptureExternalId', 'charge_capture_external_id')] },
		},
	},
	{
		name: PARENTS.encounter,
		value: 'encounter',
		description: 'An encounter, identified by its ID in Candid',
		routing: {
			request: requests.encounter,
			send: { preSend: [fieldFrom('encounterId', 'encounter_id')] },
		},
	},
];

/**
 * What the attachments belong to. All operations share the locators, because the engine evaluates a
 * parameter's expression twice per item for each property that has the parameter's name, even for those
 * that are not shown (2.41.1).
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
			description: 'What to attach the files to',
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
			description: 'What the attachments belong to',
			routing: { send: { preSend: [fixedChoice('attachTo', 'Attached To', PARENTS)] } },
			displayOptions: { show: { operation: ['delete', 'download', 'getAll'] } },
		},
		{
			...chargeCaptureLocator,
			description:
				'The charge capture, identified by its external ID, which is its ID in your own system. For an upload, it does not have to exist yet: Candid links the files as soon as it does.',
			displayOptions: { show: { attachTo: ['chargeCapture'] } },
		},
		{ ...encounterLocator, displayOptions: { show: { attachTo: ['encounter'] } } },
	],
);
