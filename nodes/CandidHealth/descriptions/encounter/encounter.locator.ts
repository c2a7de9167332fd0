import type { INodeProperties } from 'n8n-workflow';

import { fieldFrom } from '../../request/fieldFrom';

/** How a user selects an encounter. */
export const encounterLocator: INodeProperties = {
	displayName: 'Encounter',
	name: 'encounterId',
	type: 'resourceLocator',
	required: true,
	default: { mode: 'list', value: '' },
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			placeholder: 'Select an encounter...',
			typeOptions: { searchListMethod: 'searchEncounters', searchable: true },
		},
		{
			displayName: 'By ID',
			name: 'id',
			type: 'string',
			placeholder: 'e.g. d5e9c84f-c2b2-4bf4-b4b0-7ffd7a9ffc32',
			hint: 'The ID of the encounter in Candid',
		},
		{
			displayName: 'By URL',
			name: 'url',
			type: 'string',
			placeholder: 'e.g. https://example.com/encounters/d5e9...',
			hint: 'Any URL that contains the ID of the encounter and no other ID',
		},
	],
};

/**
 * The encounter of operations other than those of attachments. One property for all of them: the engine
 * evaluates a parameter's expression twice per item for each property of that name (attachment/parent.ts).
 */
export const encounterProperty: INodeProperties = {
	...encounterLocator,
	name: 'encounter',
	displayOptions: {
		show: {
			resource: ['attachment', 'billingNote', 'encounter'],
			operation: ['create', 'get', 'sendWithClaim'],
		},
	},
};

/** `preSend` that puts the encounter's ID into the request. */
export const encounterIdField = fieldFrom('encounter', 'encounter_id');
