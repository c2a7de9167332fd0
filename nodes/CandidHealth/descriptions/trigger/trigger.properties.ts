import type { INodeProperties } from 'n8n-workflow';

import { taskCategories } from '../task/taskCategories';

const only = (event: string) => ({ show: { event: [event] } });

export const triggerProperties: INodeProperties[] = [
	{
		displayName: 'Trigger On',
		name: 'event',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Charge Capture Without Documentation',
				value: 'chargeCaptureWithoutDocumentation',
				description: 'A charge capture still has no documentation some hours after it was added',
			},
			{
				name: 'Documents Requested',
				value: 'documentsRequested',
				description:
					'A task asks for medical records or a documentation addendum, or such a task was updated',
			},
			{
				name: 'Encounter Created',
				value: 'encounterCreated',
				description: 'An encounter was created',
			},
			{
				name: 'Encounter Status Changed',
				value: 'encounterStatusChanged',
				description: "The status of an encounter's claim has changed",
			},
			{
				name: 'Task Updated',
				value: 'taskUpdated',
				description: 'A task was created or updated',
			},
		],
		default: 'documentsRequested',
	},
	{
		displayName: 'Categories',
		name: 'categories',
		type: 'multiOptions',
		options: taskCategories,
		default: [],
		description: 'The categories of tasks to include. Leave empty to include all tasks.',
		displayOptions: only('taskUpdated'),
	},
	{
		displayName:
			"Each update of a task starts the workflow, even if the workflow itself has closed the task. Check the 'status' of each task first.",
		name: 'tasksNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { event: ['documentsRequested', 'taskUpdated'] } },
	},
	{
		displayName: 'Hours',
		name: 'hours',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 24,
		description:
			'How long to wait for the documentation after the trigger has first seen a charge capture',
		hint: 'A charge capture that was added before the workflow was published is not checked',
		displayOptions: only('chargeCaptureWithoutDocumentation'),
	},
	{
		displayName:
			"Documentation is an attachment of the type Documentation. Candid may hide a charge capture's attachments until its encounter is created. Until then, a charge capture is reported only if this trigger has seen attachments of another one without an encounter. At most 5,000 charge captures wait at a time, and each poll checks up to 50. When n8n restarts or the workflow is changed, the hours may start over once.",
		name: 'documentationNotice',
		type: 'notice',
		default: '',
		displayOptions: only('chargeCaptureWithoutDocumentation'),
	},
	{
		displayName:
			'Candid keeps these events for 30 days. If the workflow is off for longer, some are missed.',
		name: 'eventsNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { event: ['encounterCreated', 'encounterStatusChanged'] } },
	},
	{
		displayName: 'Simplify',
		name: 'simplify',
		type: 'boolean',
		default: true,
		description: 'Whether to return a simplified version of the response instead of the raw data',
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Max Items per Poll',
				name: 'maxItems',
				type: 'number',
				typeOptions: { minValue: 1, numberPrecision: 0 },
				default: 500,
				description:
					'How many items to output at a time. If there are more, the rest comes with the next polls.',
			},
		],
	},
];
