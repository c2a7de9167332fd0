import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { RECORD_UPDATE } from '../../request/changes';
import { fieldFrom } from '../../request/fieldFrom';
import { requiredTexts } from '../../request/requiredTexts';
import { simplify } from '../../request/simplify';
import { writeRequest } from '../../request/writeRequest';
import type { WriteIntent } from '../../request/writeRequest';
import { taskFields } from './task.fields';
import { newStatuses } from './taskStatuses';

const UPDATE: WriteIntent = {
	...RECORD_UPDATE,
	subject: 'the task',
	nouns: ['task', 'tasks'],
	named: ({ task_id: id }) => id,
	id: 'task_id',
};

export const updateOperation: INodePropertyOptions = {
	name: 'Update',
	value: 'update',
	action: 'Update task',
	description: 'Change the status of a task',
	routing: {
		request: { method: 'PATCH', url: '/api/tasks/v3/{task_id}' },
		send: {
			paginate: true,
			preSend: [fieldFrom('taskId', 'task_id'), requiredTexts({ status: 'Status' })],
		},
		operations: { pagination: writeRequest(UPDATE) },
		output: { postReceive: [simplify(taskFields)] },
	},
};

const properties: INodeProperties[] = [
	{
		displayName: 'Task',
		name: 'taskId',
		type: 'resourceLocator',
		required: true,
		default: { mode: 'list', value: '' },
		modes: [
			{
				displayName: 'From List',
				name: 'list',
				type: 'list',
				placeholder: 'Select a task...',
				typeOptions: { searchListMethod: 'searchTasks', searchable: true },
			},
			{
				displayName: 'By ID',
				name: 'id',
				type: 'string',
				placeholder: 'e.g. d5e9c84f-c2b2-4bf4-b4b0-7ffd7a9ffc32',
				hint: "The 'task_id' in the output of Get Many",
			},
		],
	},
	{
		displayName: 'Status',
		name: 'taskStatus',
		type: 'options',
		options: newStatuses,
		default: 'finished',
		description: 'The new status of the task',
		routing: { send: { type: 'body', property: 'status' } },
	},
];

export const updateProperties = updateDisplayOptions(
	{ show: { resource: ['task'], operation: ['update'] } },
	properties,
);
