import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties, INodePropertyRouting } from 'n8n-workflow';

/** The label and description are n8n's own, as its linter requires. */
const returnAll: INodeProperties = {
	displayName: 'Return All',
	name: 'returnAll',
	type: 'boolean',
	default: false,
	description: 'Whether to return all results or only up to a given limit',
};

/** `readRequest` stops reading Candid's pages at `maxResults`, and the engine drops what exceeds it. */
const limit: INodeProperties = {
	displayName: 'Limit',
	name: 'limit',
	type: 'number',
	typeOptions: { minValue: 1, numberPrecision: 0 },
	default: 50,
	description: 'Max number of results to return',
	displayOptions: { show: { returnAll: [false] } },
	routing: { output: { maxResults: '={{ $value }}' } },
};

/** For Candid's lists with pages: requests no more entries per page than needed, and at most 100. */
const limitOfPages: INodeProperties = {
	...limit,
	routing: {
		...limit.routing,
		send: { type: 'query', property: 'limit', value: '={{ Math.min($value, 100) }}' },
	},
};

/** The operation's `postReceive` is `simplify`. */
const simplify: INodeProperties = {
	displayName: 'Simplify',
	name: 'simplify',
	type: 'boolean',
	default: true,
	description: 'Whether to return a simplified version of the response instead of the raw data',
};

const LISTS = {
	resource: ['attachment', 'chargeCapture', 'encounter', 'task'],
	operation: ['getAll'],
};

/**
 * The parameters that all lists and records have. They are shared, because the engine goes through every
 * property for every item of an upload too, whether it is shown or not (2.41.1).
 */
export const listProperties: INodeProperties[] = [
	...updateDisplayOptions({ show: LISTS }, [returnAll]),
	...updateDisplayOptions({ show: { ...LISTS, resource: ['attachment'] } }, [limit]),
	...updateDisplayOptions({ show: { ...LISTS, resource: LISTS.resource.slice(1) } }, [
		limitOfPages,
	]),
	...updateDisplayOptions({ show: { ...LISTS, operation: ['get', 'getAll', 'update'] } }, [
		simplify,
	]),
];

/** The filters of a list, each one query parameter. */
export const filters = (options: INodeProperties[]): INodeProperties => ({
	displayName: 'Filters',
	name: 'filters',
	type: 'collection',
	placeholder: 'Add Filter',
	default: {},
	options,
});

const DATE = { type: 'dateTime', typeOptions: { dateOnly: true }, default: '' } as const;

export const dateOfServiceFilters: INodeProperties[] = [
	{
		displayName: 'Date of Service From',
		name: 'dateOfServiceMin',
		...DATE,
		description: 'The first date of service to include',
		routing: { send: { type: 'query', property: 'date_of_service_min' } },
	},
	{
		displayName: 'Date of Service To',
		name: 'dateOfServiceMax',
		...DATE,
		description: 'The last date of service to include',
		routing: { send: { type: 'query', property: 'date_of_service_max' } },
	},
];

/** A filter by a text. */
export const textFilter = (
	displayName: string,
	name: string,
	{ property, ...shown }: { property: string; placeholder: string; description: string },
): INodeProperties => ({
	displayName,
	name,
	type: 'string',
	default: '',
	...shown,
	routing: { send: { type: 'query', property } },
});

/**
 * The filters of Candid's lists of charge captures and encounters.
 *
 * @param own what differs between the two
 */
export const visitFilters = (own: {
	externalId: { property: string; placeholder: string };
	status: INodeProperties;
}): INodeProperties =>
	filters([
		...dateOfServiceFilters,
		textFilter('External ID', 'externalId', {
			...own.externalId,
			description: 'The complete ID from your own system',
		}),
		textFilter('Patient External ID', 'patientExternalId', {
			property: 'patient_external_id',
			placeholder: 'e.g. PAT-1',
			description: 'The complete ID of the patient in your own system',
		}),
		textFilter('Search Term', 'searchTerm', {
			property: 'search_term',
			placeholder: 'e.g. Doe',
			description: "Part of an ID, or of the patient's name or date of birth",
		}),
		own.status,
	]);

const CREATED_AT = { name: 'Created At', value: 'created_at' };

const DATE_OF_SERVICE = { name: 'Date of Service', value: 'date_of_service' };

/** For lists that expect the field and the direction in one value: 'created_at:desc'. */
export const FIELD_AND_DIRECTION: INodePropertyRouting = {
	send: {
		type: 'query',
		property: 'sort',
		value: '={{ $parent.field + ":" + $parent.direction }}',
	},
};

/**
 * How to sort a list: by the date of service, or by the time that the last parameter names.
 *
 * @param direction how the request carries the direction
 * @param field how it carries the field to sort by, if not together with the direction
 */
export const sort = (
	direction: INodePropertyRouting,
	field: INodePropertyRouting = {},
	{ name, value } = CREATED_AT,
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
					options: [{ name, value }, DATE_OF_SERVICE],
					default: value,
					description: 'The field to sort by',
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
					description: 'The order of the results',
					routing: direction,
				},
			],
		},
	],
});
