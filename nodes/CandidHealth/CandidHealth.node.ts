import { NodeConnectionTypes } from 'n8n-workflow';
import type { INodeType, INodeTypeDescription } from 'n8n-workflow';

import { testCandidHealthApi } from './auth/credentialTest';
import {
	attachmentOperations,
	attachmentProperties,
} from './descriptions/attachment/attachment.resource';
import { searchAttachments } from './descriptions/attachment/attachment.search';
import {
	billingNoteOperations,
	billingNoteProperties,
} from './descriptions/billingNote/billingNote.resource';
import {
	chargeCaptureFilters,
	chargeCaptureOperations,
	chargeCaptureProperties,
} from './descriptions/chargeCapture/chargeCapture.resource';
import { searchChargeCaptures } from './descriptions/chargeCapture/chargeCapture.search';
import { encounterProperty } from './descriptions/encounter/encounter.locator';
import { encounterFilters, encounterOperations } from './descriptions/encounter/encounter.resource';
import { searchEncounters } from './descriptions/encounter/encounter.search';
import { listProperties } from './descriptions/getMany';
import {
	superbillOperations,
	superbillProperties,
} from './descriptions/superbill/superbill.resource';
import { taskFilters, taskOperations, taskProperties } from './descriptions/task/task.resource';
import { searchTasks } from './descriptions/task/task.search';
import { toolDescriptions } from './descriptions/toolDescription';

export class CandidHealth implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Candid Health',
		name: 'candidHealth',
		icon: { light: 'file:candidHealth.svg', dark: 'file:candidHealth.dark.svg' },
		group: ['output'],
		version: 1,
		// 'Get Many: Charge Capture'
		subtitle:
			'={{ ($parameter["operation"].replace("getAll", "getMany") + ": " + $parameter["resource"]).replace(/[A-Z]/g, " $&").toTitleCase().replace(" With ", " with ") }}',
		description:
			'Store files in Candid Health, send them with claims, and work with visits and tasks',
		defaults: { name: 'Candid Health' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'candidHealthApi', required: true, testedBy: 'testCandidHealthApi' }],
		// Anyone who has this link can open the file. n8n 2.16 hid such fields from people who open an
		// execution; 2.41.1 does not (n8n-io/n8n#30198 says that it will again).
		sensitiveOutputFields: ['authed_url'],
		requestDefaults: {
			// A placeholder: the credential replaces the host with that of its environment.
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
					{ name: 'Billing Note', value: 'billingNote' },
					{ name: 'Charge Capture', value: 'chargeCapture' },
					{ name: 'Encounter', value: 'encounter' },
					{ name: 'Superbill', value: 'superbill' },
					{ name: 'Task', value: 'task' },
				],
				default: 'attachment',
			},
			attachmentOperations,
			billingNoteOperations,
			chargeCaptureOperations,
			encounterOperations,
			superbillOperations,
			taskOperations,
			encounterProperty,
			// Before those of attachments, because Create Superbill ends with Download's binary field.
			...superbillProperties,
			...attachmentProperties,
			...billingNoteProperties,
			...chargeCaptureProperties,
			...taskProperties,
			...listProperties,
			...chargeCaptureFilters,
			...encounterFilters,
			...taskFilters,
		],
	};

	methods = {
		credentialTest: { testCandidHealthApi },
		listSearch: { searchAttachments, searchChargeCaptures, searchEncounters, searchTasks },
	};
}
