import { NodeConnectionTypes } from 'n8n-workflow';
import type { INodeType, INodeTypeDescription } from 'n8n-workflow';

import { testCandidHealthApi } from './auth/credentialTest';
import { triggerProperties } from './descriptions/trigger/trigger.properties';
import { pollCandid } from './trigger/pollCandid';

export class CandidHealthTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Candid Health Trigger',
		name: 'candidHealthTrigger',
		icon: { light: 'file:candidHealth.svg', dark: 'file:candidHealth.dark.svg' },
		group: ['trigger'],
		version: 1,
		// 'Documents Requested'
		subtitle: '={{ $parameter["event"].replace(/[A-Z]/g, " $&").toTitleCase() }}',
		// The nodes panel shows this one description for both nodes (2.41.1, n8n-editor-ui).
		description:
			'Store files in Candid Health, send them with claims, or start a workflow when something happens there',
		defaults: { name: 'Candid Health Trigger' },
		polling: true,
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'candidHealthApi', required: true, testedBy: 'testCandidHealthApi' }],
		properties: triggerProperties,
	};

	methods = { credentialTest: { testCandidHealthApi } };

	poll = pollCandid;
}
