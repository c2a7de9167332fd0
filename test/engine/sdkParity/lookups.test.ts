import { CandidApi as Candid, serialization } from 'candidhealth';
import type { INodeParameters, INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { CandidHealth } from '../../../nodes/CandidHealth/CandidHealth.node';
import { body } from '../../candid-api/sdkAnswer';
import { ENCOUNTER, TASK, locator } from '../fixtures';
import { runNode } from '../harness';
import {
	AS_IS,
	EXTERNAL_IDS,
	MANY,
	PATIENT_OF_MANY,
	SPECIAL_CHARACTERS,
	addTasks,
	api,
	client,
	credential,
	node,
	recorded,
} from './compare';

const { EncounterAttachmentType } = Candid.encounterAttachments.v1;
const { ChargeCaptureSortField, ChargeCaptureStatus } = Candid.chargeCapture.v1;
const { EncounterSortOptions } = Candid.encounters.v4;

type ChargeCaptureQuery = Candid.chargeCapture.v1.GetAllChargeCapturesRequest;
type EncounterQuery = Candid.encounters.v4.GetAllEncountersRequest;
type TaskQuery = Candid.tasks.v3.GetAllTasksRequest;

const CHARGE_CAPTURE = 'c0000000-0000-4000-8000-000000001003';

/** The first `wanted` entries of a list, page after page. */
async function pages<T>(
	page: (token?: Candid.PageToken) => Promise<{ items: T[]; nextPageToken?: Candid.PageToken }>,
	wanted = Infinity,
): Promise<T[]> {
	const found: T[] = [];
	let token: Candid.PageToken | undefined;
	do {
		const { items, nextPageToken } = await page(token);
		found.push(...items);
		token = nextPageToken;
	} while (token !== undefined && found.length < wanted);
	return found.slice(0, wanted);
}

/** In Candid's own JSON. */
async function chargeCaptures(query: ChargeCaptureQuery, wanted?: number): Promise<unknown[]> {
	const { v1 } = client.chargeCapture;
	const found = await pages(
		async (pageToken) => await body(v1.getAll({ ...query, pageToken })),
		wanted,
	);
	return found.map(chargeCaptureJson);
}

/** In Candid's own JSON. */
async function encounters(query: EncounterQuery, wanted?: number): Promise<unknown[]> {
	const { v4 } = client.encounters;
	const found = await pages(
		async (pageToken) => await body(v4.getAll({ ...query, pageToken })),
		wanted,
	);
	return found.map(encounterJson);
}

/** In Candid's own JSON. */
async function tasks(query: TaskQuery, wanted?: number): Promise<unknown[]> {
	const { v3 } = client.tasks;
	const found = await pages(
		async (pageToken) => await body(v3.getMulti({ ...query, pageToken })),
		wanted,
	);
	return found.map((entry) => serialization.tasks.v3.Task.jsonOrThrow(entry, AS_IS));
}

const chargeCaptureJson = (entry: Candid.chargeCapture.v1.ChargeCapture) =>
	serialization.chargeCapture.v1.ChargeCapture.jsonOrThrow(entry, AS_IS);

const encounterJson = (entry: Candid.encounters.v4.Encounter) =>
	serialization.encounters.v4.Encounter.jsonOrThrow(entry, AS_IS);

/** A call by both: the node's parameters, and a call whose result is in Candid's own JSON. */
interface LookUp {
	what: string;
	parameters: INodeParameters;
	sdk: () => Promise<unknown[]>;
}

const GETS: LookUp[] = [
	{
		what: "a charge capture by Candid's ID",
		parameters: {
			resource: 'chargeCapture',
			operation: 'get',
			chargeCapture: locator(CHARGE_CAPTURE, 'candidId'),
		},
		sdk: async () => {
			const id = Candid.ChargeCaptureId(CHARGE_CAPTURE);
			return [chargeCaptureJson(await body(client.chargeCapture.v1.get(id)))];
		},
	},
	...EXTERNAL_IDS.map((chargeExternalId) => ({
		what: `the charge capture ${chargeExternalId}`,
		parameters: {
			resource: 'chargeCapture',
			operation: 'get',
			chargeCapture: locator(chargeExternalId),
		},
		sdk: async () => await chargeCaptures({ chargeExternalId }),
	})),
	{
		what: 'an encounter',
		parameters: { resource: 'encounter', operation: 'get', encounter: locator(ENCOUNTER) },
		sdk: async () => {
			const id = Candid.EncounterId(ENCOUNTER);
			return [encounterJson(await body(client.encounters.v4.get(id)))];
		},
	},
];

const { Billable } = ChargeCaptureStatus;

const UPDATES: LookUp[] = [
	...Object.values(ChargeCaptureStatus).map((status) => update(CHARGE_CAPTURE, 'candidId', status)),
	...EXTERNAL_IDS.map((id) => update(id, 'id', Billable)),
	{
		what: 'an update of all fields',
		parameters: {
			resource: 'chargeCapture',
			operation: 'update',
			chargeCapture: locator(CHARGE_CAPTURE, 'candidId'),
			updateFields: {
				status: 'planned',
				claimCreationCategory: SPECIAL_CHARACTERS,
				ehrSourceUrl: `https://ehr.example.com/?visit=${SPECIAL_CHARACTERS}`,
				originatingSystem: 'Ü 診療 😀',
			},
		},
		sdk: async () =>
			await updated(CHARGE_CAPTURE, {
				status: ChargeCaptureStatus.Planned,
				claimCreationCategory: SPECIAL_CHARACTERS,
				ehrSourceUrl: `https://ehr.example.com/?visit=${SPECIAL_CHARACTERS}`,
				originatingSystem: 'Ü 診療 😀',
			}),
	},
];

/** Sets the status of a charge capture. By its external ID, it is looked up first. */
function update(
	id: string,
	mode: 'id' | 'candidId',
	status: Candid.chargeCapture.v1.ChargeCaptureStatus,
): LookUp {
	return {
		what: `the update of ${id} to ${status}`,
		parameters: {
			resource: 'chargeCapture',
			operation: 'update',
			chargeCapture: locator(id, mode),
			updateFields: { status },
		},
		sdk: async () => await updated(mode === 'id' ? await candidIdOf(id) : id, { status }),
	};
}

async function updated(id: string, changes: Candid.chargeCapture.v1.ChargeCaptureUpdate) {
	const { v1 } = client.chargeCapture;
	return [chargeCaptureJson(await body(v1.update(Candid.ChargeCaptureId(id), changes)))];
}

async function candidIdOf(chargeExternalId: string): Promise<string> {
	const { items } = await body(client.chargeCapture.v1.getAll({ chargeExternalId }));
	return items[0]!.id;
}

/** Get Encounter of CC-1003. */
const GET_ENCOUNTER: LookUp = {
	what: 'the encounter of a charge capture',
	parameters: {
		resource: 'chargeCapture',
		operation: 'getEncounter',
		chargeCapture: locator('CC-1003'),
	},
	sdk: async () => {
		const { items } = await body(client.chargeCapture.v1.getAll({ chargeExternalId: 'CC-1003' }));
		const { id, status, claimCreationId } = items[0]!;
		const claimCreation = await body(client.chargeCaptureBundles.v1.get(claimCreationId!));
		return [
			{
				charge_external_id: 'CC-1003',
				charge_capture_id: id,
				charge_capture_status: status,
				claim_creation_id: claimCreation.id,
				claim_creation_status: claimCreation.status,
				created_encounter_id: claimCreation.createdEncounterId ?? null,
				errors: claimCreation.errors.map((error) => ({
					message: error.message,
					field_in_error: error.fieldInError ?? null,
					resolved: error.resolved ?? null,
					charge_capture_id: error.chargeCaptureId ?? null,
				})),
			},
		];
	},
};

/** Values of the node's Filters, and the SDK's query for the same. */
type Filter<Query> = [filters: INodeParameters, query: Query];

const DATES = { dateOfServiceMin: '2025-01-11', dateOfServiceMax: '2025-01-13' };

const CHARGE_CAPTURE_FILTERS: Array<Filter<ChargeCaptureQuery>> = [
	...named('dateOfServiceMin', 'dateOfServiceMin', [DATES.dateOfServiceMin]),
	...named('dateOfServiceMax', 'dateOfServiceMax', [DATES.dateOfServiceMax]),
	...named('externalId', 'chargeExternalId', EXTERNAL_IDS),
	...named('patientExternalId', 'patientExternalId', ['PAT-2', SPECIAL_CHARACTERS]),
	...named('searchTerm', 'searchTerm', ['cc-100', SPECIAL_CHARACTERS]),
	...named('status', 'status', Object.values(ChargeCaptureStatus)),
	[
		{ ...DATES, externalId: 'CC-1003', searchTerm: '1003', status: 'billable' },
		{ ...DATES, chargeExternalId: 'CC-1003', searchTerm: '1003', status: 'billable' },
	],
];

const ENCOUNTER_FILTERS: Array<Filter<EncounterQuery>> = [
	...named('dateOfServiceMin', 'dateOfServiceMin', [DATES.dateOfServiceMin]),
	...named('dateOfServiceMax', 'dateOfServiceMax', [DATES.dateOfServiceMax]),
	...named(
		'externalId',
		'externalId',
		['ENC-2002', SPECIAL_CHARACTERS].map(Candid.EncounterExternalId),
	),
	...named('patientExternalId', 'patientExternalId', ['PAT-2', SPECIAL_CHARACTERS]),
	...named('searchTerm', 'searchTerm', ['enc-200', SPECIAL_CHARACTERS]),
	...named('status', 'claimStatus', Object.values(Candid.ClaimStatus)),
	[
		{ ...DATES, patientExternalId: 'PAT-1', searchTerm: '2003', status: 'finalized_paid' },
		{ ...DATES, patientExternalId: 'PAT-1', searchTerm: '2003', claimStatus: 'finalized_paid' },
	],
];

const { TaskCategory, TaskStatus } = Candid.tasks;

const SINCE = '2025-01-22T12:00:00.000Z';

const TASK_FILTERS: Array<Filter<TaskQuery>> = [
	...named('dateOfServiceMin', 'dateOfServiceMin', [DATES.dateOfServiceMin]),
	...named('dateOfServiceMax', 'dateOfServiceMax', [DATES.dateOfServiceMax]),
	...named('encounterId', 'encounterId', [Candid.EncounterId(ENCOUNTER)]),
	...named('searchTerm', 'searchTerm', ['enc-200', ENCOUNTER, TASK]),
	...named('updatedSince', 'updatedSince', [SINCE]).map(
		([chosen]): Filter<TaskQuery> => [chosen, { updatedSince: new Date(SINCE) }],
	),
	...severalOf('categories', Object.values(TaskCategory)),
	...severalOf('statuses', Object.values(TaskStatus)),
	[
		{ ...DATES, categories: ['other'], statuses: ['open', 'finished'], searchTerm: '2003' },
		{ ...DATES, categories: 'other', statuses: 'open,finished', searchTerm: '2003' },
	],
];

/** Each value of a filter alone, and all of them. */
function severalOf(name: 'categories' | 'statuses', values: string[]): Array<Filter<TaskQuery>> {
	return [...values.map((value) => [value]), values].map((chosen) => [
		{ [name]: chosen },
		{ [name]: chosen.join(',') },
	]);
}

/** One filter at a time, by its name in the node and in the SDK. */
function named<Name extends string, Value extends string>(
	nodes: string,
	sdks: Name,
	values: Value[],
): Array<Filter<{ [name in Name]: Value }>> {
	return values.map((value) => [
		{ [nodes]: value },
		{ [sdks]: value } as { [name in Name]: Value },
	]);
}

type Sort<Query> = [rule: { field: string; direction: string }, query: Query];

const CHARGE_CAPTURE_SORTS = Object.values(ChargeCaptureSortField).flatMap((sort) =>
	Object.values(Candid.SortDirection).map(
		(sortDirection): Sort<ChargeCaptureQuery> => [
			{ field: sort, direction: sortDirection },
			{ sort, sortDirection },
		],
	),
);

const ENCOUNTER_SORTS = Object.values(EncounterSortOptions).map((sort): Sort<EncounterQuery> => {
	const [field = '', direction = ''] = sort.split(':');
	return [{ field, direction }, { sort }];
});

/** The two of Candid's orders that the node offers. */
const TASK_SORTS = (['updated_at', 'date_of_service'] as const).flatMap((field) =>
	(['asc', 'desc'] as const).map(
		(direction): Sort<TaskQuery> => [{ field, direction }, { sort: `${field}:${direction}` }],
	),
);

/** Below, at and above the size of a page, and more than there are. */
const LIMITS = [1, 99, 100, 101, 200, MANY - 1, MANY, 1000];

const LISTS: LookUp[] = [
	...lists('chargeCapture', chargeCaptures, CHARGE_CAPTURE_FILTERS, CHARGE_CAPTURE_SORTS),
	...lists('encounter', encounters, ENCOUNTER_FILTERS, ENCOUNTER_SORTS),
	...lists('task', tasks, TASK_FILTERS, TASK_SORTS, { searchTerm: 'task-many' }),
];

/** @param ofMany a filter for a list of more than two pages */
function lists<Query extends object>(
	resource: string,
	list: (query: Query, wanted?: number) => Promise<unknown[]>,
	filters: Array<Filter<Query>>,
	sorts: Array<Sort<Query>>,
	ofMany: INodeParameters = { patientExternalId: PATIENT_OF_MANY },
): LookUp[] {
	const cases: Array<[parameters: INodeParameters, query: object, wanted?: number]> = [
		...filters.map(([chosen, query]): [INodeParameters, Query] => [{ filters: chosen }, query]),
		...sorts.map(([rule, query]): [INodeParameters, Query] => [{ sort: { rule } }, query]),
		// Candid's `limit` is the size of a page, of at most 100.
		...LIMITS.map((limit): [INodeParameters, object, number] => [
			{ filters: ofMany, returnAll: false, limit },
			{ ...ofMany, limit: Math.min(limit, 100) },
			limit,
		]),
		[{}, {}],
	];
	return cases.map(([parameters, query, wanted]) => ({
		what: `the list of ${resource}s with ${JSON.stringify(parameters)}`,
		parameters: { resource, operation: 'getAll', returnAll: true, ...parameters },
		sdk: async () => await list(query as Query, wanted),
	}));
}

it.each([...GETS, ...UPDATES, GET_ENCOUNTER, ...LISTS])(
	'$what by the node equals that by the SDK',
	async ({ parameters, sdk }) => {
		if (parameters.resource === 'task') addTasks();
		const bySdk = await recorded(sdk);
		const byNode = await recorded(async () => await node({ ...parameters, simplify: false }));

		expect(byNode.requests).toEqual(bySdk.requests);
		expect(byNode.result.map(({ json }) => json)).toEqual(bySdk.result);
		expect(bySdk.result).not.toEqual([]);
	},
);

it.each(Object.values(TaskStatus))(
	'an update of a task to %s by the node equals that by the SDK',
	async (status) => {
		const sdk = async () => await client.tasks.v3.update(Candid.TaskId(TASK), { status });
		const bySdk = await recorded(sdk);
		const parameters = {
			resource: 'task',
			operation: 'update',
			taskId: locator(TASK),
			taskStatus: status,
		};
		const settings = { credential, items: [{}], parameters: { ...parameters, simplify: false } };
		const byNode = await recorded(async () => await runNode(new CandidHealth(), settings));

		expect(byNode.requests).toEqual(bySdk.requests);
		const { output, error } = byNode.result;
		if (!bySdk.result.ok) {
			expect(bySdk.result.error.errorName).toBe('TaskUpdatedToDeprecatedStatusError');
			expect(error?.description).toContain(`the status '${status}' is no longer used`);
			return;
		}
		const { updated_at: updated, agg_updated_at: aggregated, ...json } = output[0]!.json;
		const task = serialization.tasks.v3.Task.jsonOrThrow(bySdk.result.body, AS_IS);
		expect(task).toMatchObject({ ...json, status, patient_name: 'Ada Sample' });
		expect(Object.keys(task as object).sort()).toEqual(Object.keys(output[0]!.json).sort());
		expect([updated, aggregated]).toEqual([expect.any(String), expect.any(String)]);
	},
);

describe('the comparison with the SDK', () => {
	const { properties } = new CandidHealth().description;
	const parameter = (name: string, resource: string) =>
		properties.find(({ name: own, displayOptions }) => {
			const { resource: resources, operation = ['getAll'] } = displayOptions?.show ?? {};
			return own === name && resources?.includes(resource) && operation.includes('getAll');
		});
	const namesIn = (list?: INodeProperties) =>
		(list!.options as INodeProperties[]).map(({ name }) => name).sort();
	const valuesIn = (list?: INodeProperties) =>
		(list!.options as INodePropertyOptions[]).map(({ value }) => value).sort();

	it.each([
		['attachment', ['delete', 'download', 'getAll', 'sendWithClaim', 'upload']],
		['billingNote', ['create']],
		['chargeCapture', ['get', 'getAll', 'getEncounter', 'update']],
		['encounter', ['get', 'getAll']],
		['superbill', ['create']],
		['task', ['getAll', 'update']],
	])('covers all operations of the resource %s', (resource, operations) => {
		expect(valuesIn(parameter('operation', resource))).toEqual(operations);
	});

	it.each([
		['chargeCapture', CHARGE_CAPTURE_FILTERS, Object.values(ChargeCaptureStatus)],
		['encounter', ENCOUNTER_FILTERS, Object.values(Candid.ClaimStatus)],
		['task', TASK_FILTERS, Object.values(TaskStatus)],
	])('covers all filters of the resource %s', (resource, filters, statuses) => {
		const offered = parameter('filters', resource);
		const compared = filters.flatMap(([chosen]) => Object.keys(chosen));
		expect(namesIn(offered)).toEqual([...new Set(compared)].sort());

		const status = (offered!.options as INodeProperties[]).find(({ name }) => /^status/.test(name));
		expect(valuesIn(status)).toEqual([...statuses].sort());
	});

	it.each([
		['chargeCapture', CHARGE_CAPTURE_SORTS],
		['encounter', ENCOUNTER_SORTS],
		['task', TASK_SORTS],
	])('covers all sort orders of the resource %s', (resource, sorts) => {
		const [rule] = parameter('sort', resource)!.options as Array<{ values: INodeProperties[] }>;
		const [fields, directions] = rule!.values.map(valuesIn);
		const offered = fields!.flatMap((field) =>
			directions!.map((direction) => ({ field, direction })),
		);
		expect(offered).toEqual(expect.arrayContaining(sorts.map(([chosen]) => chosen)));
		expect(offered).toHaveLength(sorts.length);
	});

	it('covers all fields and statuses of an update', () => {
		const offered = properties.find(({ name }) => name === 'updateFields');
		const compared = UPDATES.flatMap(({ parameters }) => Object.keys(parameters.updateFields!));
		expect(namesIn(offered)).toEqual([...new Set(compared)].sort());
		const status = (offered!.options as INodeProperties[]).find(({ name }) => name === 'status');
		expect(valuesIn(status)).toEqual(Object.values(ChargeCaptureStatus).sort());
	});

	it('covers all categories of tasks', () => {
		const offered = (parameter('filters', 'task')!.options as INodeProperties[])[0];
		expect(valuesIn(offered)).toEqual(Object.values(TaskCategory).sort());
	});

	it('covers all types of attachments', () => {
		const offered = properties.find(({ name }) => name === 'attachmentType');
		expect(valuesIn(offered)).toEqual(Object.values(EncounterAttachmentType).sort());
	});

	it.each([
		['charge captures', async () => await chargeCaptures({ patientExternalId: PATIENT_OF_MANY })],
		['encounters', async () => await encounters({ patientExternalId: PATIENT_OF_MANY })],
	])('covers a list of three pages of %s', async (_, list) => {
		expect(await list()).toHaveLength(MANY);
		const paths = api.requests.map(({ path }) => path).filter((path) => path.includes('patient'));
		expect(paths.map((path) => path.includes('page_token'))).toEqual([false, true, true]);
	});
});
