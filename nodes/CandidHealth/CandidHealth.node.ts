import { NodeConnectionTypes } from 'n8n-workflow';
import type { INodeType, INodeTypeDescription } from 'n8n-workflow';

import { testCandidHealthApi } from './auth/credentialTest';
import { attachmentProperties } from './descriptions/attachment/attachment.resource';
import { chargeCaptureProperties } from './descriptions/chargeCapture/chargeCapture.resource';
import { encounterProperties } from './descriptions/encounter/encounter.resource';
import { toolDescriptions } from './descriptions/toolDescription';
import { searchAttachments, searchChargeCaptures, searchEncounters } from './lookup/listSearch';

export class CandidHealth implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Candid Health',
		name: 'candidHealth',
		icon: { light: 'file:candidHealth.svg', dark: 'file:candidHealth.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: 'Store files on charge captures and encounters in Candid Health, and look them up',
		defaults: { name: 'Candid Health' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'candidHealthApi', required: true, testedBy: 'testCandidHealthApi' }],
		// Whoever has this link has the file.
		sensitiveOutputFields: ['authed_url'],
		requestDefaults: {
			// The credential puts the host of its environment in this place.
			baseURL: 'https://api.joincandidhealth.com',
			headers: { Accept: 'application/json' },
		},
		properties: [
			...toolDescriptions,
			{
				displayName: 'Resource',
				name: 'resource',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'Attachment', value: 'attachment' },
					{ name: 'Charge Capture', value: 'chargeCapture' },
					{ name: 'Encounter', value: 'encounter' },
				],
				default: 'attachment',
			},
			...attachmentProperties,
			...chargeCaptureProperties,
			...encounterProperties,
		],
	};

	methods = {
		credentialTest: { testCandidHealthApi },
		listSearch: { searchAttachments, searchChargeCaptures, searchEncounters },
	};
}
