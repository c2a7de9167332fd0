import { CandidApi as Candid, serialization } from 'candidhealth';
import type { INodeParameters, INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { CandidHealth } from '../../../nodes/CandidHealth/CandidHealth.node';
import { body } from '../../candid-api/sdkAnswer';
import { ENCOUNTER, locator } from '../fixtures';
import {
	AS_IS,
	EXTERNAL_IDS,
	MANY,
	PATIENT_OF_MANY,
	SPECIAL_CHARACTERS,
	api,
	client,
	node,
	recorded,
} from './compare';

const { EncounterAttachmentType } = Candid.encounterAttachments.v1;
const { ChargeCaptureSortField, ChargeCaptureStatus } = Candid.chargeCapture.v1;
const { EncounterSortOptions } = Candid.encounters.v4;

type ChargeCaptureQuery = Candid.chargeCapture.v1.GetAllChargeCapturesRequest;
type EncounterQuery = Candid.encounters.v4.GetAllEncountersRequest;

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

const chargeCaptureJson = (entry: Candid.chargeCapture.v1.ChargeCapture) =>
	serialization.chargeCapture.v1.ChargeCapture.jsonOrThrow(entry, AS_IS);

const encounterJson = (entry: Candid.encounters.v4.Encounter) =>
	serialization.encounters.v4.Encounter.jsonOrThrow(entry, AS_IS);

/** A look-up by both: the node's parameters, and a call whose result is in Candid's own JSON. */
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

/** Below, at and above the size of a page, and more than there are. */
const LIMITS = [1, 99, 100, 101, 200, MANY - 1, MANY, 1000];

const LISTS: LookUp[] = [
	...lists('chargeCapture', chargeCaptures, CHARGE_CAPTURE_FILTERS, CHARGE_CAPTURE_SORTS),
	...lists('encounter', encounters, ENCOUNTER_FILTERS, ENCOUNTER_SORTS),
];

function lists<Query extends { limit?: number; patientExternalId?: string }>(
	resource: string,
	list: (query: Query, wanted?: number) => Promise<unknown[]>,
	filters: Array<Filter<Query>>,
	sorts: Array<Sort<Query>>,
): LookUp[] {
	const ofMany = { patientExternalId: PATIENT_OF_MANY };
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

it.each([...GETS, ...LISTS])(
	'$what by the node equals that by the SDK',
	async ({ parameters, sdk }) => {
		const bySdk = await recorded(sdk);
		const byNode = await recorded(async () => await node({ ...parameters, simplify: false }));

		expect(byNode.requests).toEqual(bySdk.requests);
		expect(byNode.result.map(({ json }) => json)).toEqual(bySdk.result);
		expect(bySdk.result).not.toEqual([]);
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
		['chargeCapture', ['get', 'getAll']],
		['encounter', ['get', 'getAll']],
	])('covers all operations of the resource %s', (resource, operations) => {
		expect(valuesIn(parameter('operation', resource))).toEqual(operations);
	});

	it.each([
		['chargeCapture', CHARGE_CAPTURE_FILTERS, Object.values(ChargeCaptureStatus)],
		['encounter', ENCOUNTER_FILTERS, Object.values(Candid.ClaimStatus)],
	])('covers all filters of the resource %s', (resource, filters, statuses) => {
		const offered = parameter('filters', resource);
		const compared = filters.flatMap(([chosen]) => Object.keys(chosen));
		expect(namesIn(offered)).toEqual([...new Set(compared)].sort());

		const status = (offered!.options as INodeProperties[]).find(({ name }) => name === 'status');
		expect(valuesIn(status)).toEqual([...statuses].sort());
	});

	it.each([
		['chargeCapture', CHARGE_CAPTURE_SORTS],
		['encounter', ENCOUNTER_SORTS],
	])('covers all sort orders of the resource %s', (resource, sorts) => {
		const [rule] = parameter('sort', resource)!.options as Array<{ values: INodeProperties[] }>;
		const [fields, directions] = rule!.values.map(valuesIn);
		const offered = fields!.flatMap((field) =>
			directions!.map((direction) => ({ field, direction })),
		);
		expect(offered).toEqual(expect.arrayContaining(sorts.map(([chosen]) => chosen)));
		expect(offered).toHaveLength(sorts.length);
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
