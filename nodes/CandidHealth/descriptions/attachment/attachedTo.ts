import type { INodeProperties, INodePropertyRouting } from 'n8n-workflow';

import { attachmentLists } from '../../attachmentLists';
import { chargeCaptureLocator } from '../chargeCapture/chargeCapture.locator';
import { encounterLocator } from '../encounter/encounter.locator';

type Request = INodePropertyRouting['request'];

/** What an attachment can belong to, with the request that each of them makes of an operation. */
export const parents = (requests: { chargeCapture: Request; encounter: Request }) => [
	{
		name: 'Charge Capture',
		value: 'chargeCapture',
		description: 'A charge capture, named by your own external ID',
		routing: { request: requests.chargeCapture },
	},
	{
		name: 'Encounter',
		value: 'encounter',
		description: "An encounter, named by Candid's ID of it",
		routing: { request: requests.encounter },
	},
];

/** Whose attachments are meant. */
export const attachedTo: INodeProperties[] = [
	{
		displayName: 'Attached To',
		name: 'attachTo',
		type: 'options',
		noDataExpression: true,
		options: parents(attachmentLists),
		default: 'chargeCapture',
		description: 'What the attachment belongs to',
	},
	{
		...chargeCaptureLocator,
		displayOptions: { show: { attachTo: ['chargeCapture'] } },
		routing: { send: { type: 'query', property: 'charge_capture_external_id' } },
	},
	{ ...encounterLocator, displayOptions: { show: { attachTo: ['encounter'] } } },
];
