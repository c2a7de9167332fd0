import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { commaSeparated } from '../../request/commaSeparated';
import { inTimeZone } from '../../request/dateTime';
import { readRequest } from '../../request/readRequest';
import { simplify } from '../../request/simplify';
import { FIELD_AND_DIRECTION, dateOfServiceFilters, filters, sort, textFilter } from '../getMany';
import { taskFields } from './task.fields';
import { taskCategories } from './taskCategories';
import { taskStatuses } from './taskStatuses';

export const getManyOperation: INodePropertyOptions = {
	name: 'Get Many',
	value: 'getAll',
	action: 'Get many tasks',
	description: 'Retrieve a list of tasks, filtered by category, status, encounter or last update',
	routing: {
		request: { method: 'GET', url: '/api/tasks/v3' },
		send: { paginate: true },
		operations: { pagination: readRequest({ subject: 'the list of tasks', action: 'read' }) },
		output: { postReceive: [simplify(taskFields)] },
	},
};

const severalOf = (
	displayName: string,
	property: string,
	options: INodePropertyOptions[],
): INodeProperties => ({
	displayName,
	name: property,
	type: 'multiOptions',
	options,
	default: [],
	description: `The ${property} of the tasks to include`,
	routing: { send: { type: 'query', property, preSend: [commaSeparated(property)] } },
});

const properties: INodeProperties[] = [
	filters([
		severalOf('Category', 'categories', taskCategories),
		...dateOfServiceFilters,
		textFilter('Encounter ID', 'encounterId', {
			property: 'encounter_id',
			placeholder: 'e.g. d5e9c84f-c2b2-4bf4-b4b0-7ffd7a9ffc32',
			description: "Candid's ID of the visit that the tasks are about",
		}),
		textFilter('Search Term', 'searchTerm', {
			property: 'search_term',
			placeholder: 'e.g. ENC-2001',
			description:
				"The ID of a task, a claim or an encounter, or the encounter's ID in your own system. Candid does not search by name.",
		}),
		severalOf('Status', 'statuses', taskStatuses),
		{
			displayName: 'Updated Since',
			name: 'updatedSince',
			type: 'dateTime',
			default: '',
			description:
				"Includes tasks that were last updated at this time or later. A time without a time zone is in the workflow's time zone.",
			routing: {
				send: { type: 'query', property: 'updated_since', preSend: [inTimeZone('updated_since')] },
			},
		},
	]),
	sort(FIELD_AND_DIRECTION, {}, { name: 'Updated At', value: 'updated_at' }),
];

export const getManyProperties = updateDisplayOptions(
	{ show: { resource: ['task'], operation: ['getAll'] } },
	properties,
);
