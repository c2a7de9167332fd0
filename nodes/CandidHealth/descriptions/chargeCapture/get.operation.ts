import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties } from 'n8n-workflow';

import { byCandidsId } from '../../request/byCandidsId';
import { chargeCaptureFields } from '../../request/simplify';
import { simplifyTo } from '../getMany';
import { chargeCaptureLocator } from './chargeCapture.locator';

const properties: INodeProperties[] = [
	{
		...chargeCaptureLocator,
		// Not the name of another locator: it would cost uploads two evaluations an item (attachment/parent.ts).
		name: 'chargeCapture',
		modes: [
			...chargeCaptureLocator.modes!,
			{
				displayName: "By Candid's ID",
				name: 'candidId',
				type: 'string',
				placeholder: 'e.g. d5e9c84f-c2b2-4bf4-b4b0-7ffd7a9ffc32',
				hint: "The 'id' that Get Many outputs",
			},
		],
		routing: {
			send: { type: 'query', property: 'charge_external_id', preSend: [byCandidsId] },
		},
	},
	simplifyTo(chargeCaptureFields),
];

export const getProperties = updateDisplayOptions(
	{ show: { resource: ['chargeCapture'], operation: ['get'] } },
	properties,
);
