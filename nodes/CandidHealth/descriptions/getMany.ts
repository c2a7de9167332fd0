import type { INodeProperties, INodePropertyRouting } from 'n8n-workflow';

import { simplify } from '../request/simplify';

/** The parameters that every Get Many has, in n8n's words. */
export const returnAll: INodeProperties = {
	displayName: 'Return All',
	name: 'returnAll',
	type: 'boolean',
	default: false,
	description: 'Whether to return all results or only up to a given limit',
};

/** `maxResults` ends the reading of Candid's pages; the engine cuts off what is more than that. */
export const limit: INodeProperties = {
	displayName: 'Limit',
	name: 'limit',
	type: 'number',
	typeOptions: { minValue: 1, numberPrecision: 0 },
	default: 50,
	description: 'Max number of results to return',
	displayOptions: { show: { returnAll: [false] } },
	routing: { output: { maxResults: '={{ $value }}' } },
};

/** Candid's pages hold 100 entries, and fewer if it is asked for fewer. */
export const limitOfPages: INodeProperties = {
	...limit,
	routing: {
		...limit.routing,
		send: { type: 'query', property: 'limit', value: '={{ Math.min($value, 100) }}' },
	},
};

/** @param fields the fields that are left of an entry, at most 10 */
export const simplifyTo = (fields: Parameters<typeof simplify>[0]): INodeProperties => ({
	displayName: 'Simplify',
	name: 'simplify',
	type: 'boolean',
	default: true,
	description: 'Whether to return a simplified version of the response instead of the raw data',
	routing: { output: { postReceive: [simplify(fields)] } },
});

/** What both lists of Candid can be filtered by; each is one query parameter. */
export const filters = (own: { externalId: string; status: INodeProperties }): INodeProperties => ({
	displayName: 'Filters',
	name: 'filters',
	type: 'collection',
	placeholder: 'Add Filter',
	default: {},
	options: [
		{
			displayName: 'Date of Service From',
			name: 'dateOfServiceMin',
			type: 'dateTime',
			typeOptions: { dateOnly: true },
			default: '',
			description: 'The first date of service to include',
			routing: { send: { type: 'query', property: 'date_of_service_min' } },
		},
		{
			displayName: 'Date of Service To',
			name: 'dateOfServiceMax',
			type: 'dateTime',
			typeOptions: { dateOnly: true },
			default: '',
			description: 'The last date of service to include',
			routing: { send: { type: 'query', property: 'date_of_service_max' } },
		},
		{
			displayName: 'External ID',
			name: 'externalId',
			type: 'string',
			default: '',
			description: 'The ID that your own system gave to it, in full',
			routing: { send: { type: 'query', property: own.externalId } },
		},
		{
			displayName: 'Patient External ID',
			name: 'patientExternalId',
			type: 'string',
			default: '',
			description: 'The ID that your own system gave to the patient, in full',
			routing: { send: { type: 'query', property: 'patient_external_id' } },
		},
		{
			displayName: 'Search Term',
			name: 'searchTerm',
			type: 'string',
			default: '',
			description: "A part of an ID, or of the patient's name or date of birth",
			routing: { send: { type: 'query', property: 'search_term' } },
		},
		own.status,
	],
});

/** How to sort a list; `direction` says how its value goes to Candid. */
export const sort = (
	field: INodePropertyRouting,
	direction: INodePropertyRouting,
): INodeProperties => ({
	displayName: 'Sort',
	name: 'sort',
	type: 'fixedCollection',
	placeholder: 'Add Sort Rule',
	default: {},
	options: [
		{
			displayName: 'Rule',
			name: 'rule',
			values: [
				{
					displayName: 'Field',
					name: 'field',
					type: 'options',
					options: [
						{ name: 'Created At', value: 'created_at' },
						{ name: 'Date of Service', value: 'date_of_service' },
					],
					default: 'created_at',
					description: 'What to sort by',
					routing: field,
				},
				{
					displayName: 'Direction',
					name: 'direction',
					type: 'options',
					options: [
						{ name: 'Ascending', value: 'asc', description: 'Oldest first' },
						{ name: 'Descending', value: 'desc', description: 'Newest first' },
					],
					default: 'desc',
					description: 'Whether the oldest or the newest comes first',
					routing: direction,
				},
			],
		},
	],
});
