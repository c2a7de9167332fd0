import { NodeConnectionTypes } from 'n8n-workflow';
import type { INodeType, INodeTypeDescription } from 'n8n-workflow';

import { testCandidHealthApi } from './credentialTest';
import { attachmentProperties } from './descriptions/attachment/attachment.resource';

export class CandidHealth implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Candid Health',
		name: 'candidHealth',
		icon: { light: 'file:candidHealth.svg', dark: 'file:candidHealth.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: 'Store files on charge captures in Candid Health',
		defaults: { name: 'Candid Health' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'candidHealthApi', required: true, testedBy: 'testCandidHealthApi' }],
		requestDefaults: {
			// The credential puts the host of its environment in this place.
			baseURL: 'https://api.joincandidhealth.com',
			headers: { Accept: 'application/json' },
		},
		properties: [
			{
				displayName: 'Resource',
				name: 'resource',
				type: 'options',
				noDataExpression: true,
				options: [{ name: 'Attachment', value: 'attachment' }],
				default: 'attachment',
			},
			...attachmentProperties,
		],
	};

	methods = { credentialTest: { testCandidHealthApi } };
}
