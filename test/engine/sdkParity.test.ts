import { CandidApi as Candid, CandidApiClient, serialization } from 'candidhealth';
import type { INodeParameters, INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import { startCandidApi } from '../candid-api';
import { body } from '../candid-api/sdkAnswer';
import type { AttachmentSeed, CandidApi, RecordedRequest } from '../candid-api';
import { SIGN_IN_PATH } from '../candid-api/paths';
import { DOCX_TYPE, XLSX_TYPE, csv, docx, jpeg, note, png, xlsx } from '../files/contents';
import { ENCOUNTER, FIRST_ATTACHMENT, SECOND_ATTACHMENT, locator } from './fixtures';
import { binaryContent, runNode } from './harness';
import type { InputItem } from './harness';
import { clientCredential } from './storedCredential';
import type { StoredCredential } from './storedCredential';

/*
 * The vendor's SDK and the node make the same calls to the same server. The requests that arrive there,
 * and the results of both, must be the same.
 */

const { AttachmentId, EncounterAttachmentType } = Candid.encounterAttachments.v1;
const { ChargeCaptureSortField, ChargeCaptureStatus } = Candid.chargeCapture.v1;
const { EncounterSortOptions } = Candid.encounters.v4;

type AttachmentType = Candid.encounterAttachments.v1.EncounterAttachmentType;
type ChargeCaptureQuery = Candid.chargeCapture.v1.GetAllChargeCapturesRequest;
type EncounterQuery = Candid.encounters.v4.GetAllEncountersRequest;

/** All characters that have a special meaning in a path, a query or a form. */
const SPECIAL_CHARACTERS = 'a/b ü%1+2&c=d?e#f;g\\"h"';

const EXTERNAL_IDS = [
	'CC-1001',
	'CC/2025/7',
	'CC  7',
	'Bülow-7',
	'50%',
	'CC%2F7',
	'%2e%2e',
	'...',
	'1+1',
	'A&B=C',
	'really?',
	'#7',
	'CC\\7',
	"it's (a) *test*!~",
	'診療 😀',
	SPECIAL_CHARACTERS,
];

const CHARGE_CAPTURE = 'c0000000-0000-4000-8000-000000001003';

/** The patient of more charge captures, and of more encounters, than two of Candid's pages hold. */
const PATIENT_OF_MANY = 'PAT-MANY';
const MANY = 230;

const BYTES = Buffer.from('%PDF-1.4 süperbill\r\n');

let api: CandidApi;
let client: CandidApiClient;
let credential: StoredCredential;

beforeAll(async () => {
	api = await startCandidApi({ requestsPer10Seconds: 100_000 });
	client = new CandidApiClient({
		clientId: 'local-client',
		clientSecret: 'local-secret',
		environment: { candidApi: api.url, preEncounter: api.url },
		maxRetries: 0,
	});
	credential = clientCredential(api);
	for (const chargeExternalId of EXTERNAL_IDS.slice(1)) {
		api.addChargeCapture({ chargeExternalId, patientExternalId: SPECIAL_CHARACTERS });
	}
	for (const claimStatus of Object.values(Candid.ClaimStatus)) {
		api.addEncounter({ externalId: `ENC-${claimStatus}`, claimStatus });
	}
	api.addEncounter({ externalId: SPECIAL_CHARACTERS, patientExternalId: SPECIAL_CHARACTERS });
	for (let index = 0; index < MANY; index++) {
		const id = `MANY-${index}`;
		api.addChargeCapture({ chargeExternalId: id, patientExternalId: PATIENT_OF_MANY });
		api.addEncounter({ externalId: id, patientExternalId: PATIENT_OF_MANY });
	}
});

beforeEach(() => api.reset());

afterAll(async () => await api.close());

/** The node's output items. */
async function node(parameters: INodeParameters, item: InputItem = {}) {
	const settings = { credential, parameters, items: [item] };
	const { output, error } = await runNode(new CandidHealth(), settings);
	expect(error).toBeUndefined();
	return output;
}

/** The result of a call and the requests that it sent to Candid, without those for tokens. */
async function recorded<T>(call: () => Promise<T>) {
	const before = api.requests.length;
	const result = await call();
	const requests = api.requests.slice(before).filter(({ path }) => path !== SIGN_IN_PATH);
	return { result, requests: requests.map(comparable) };
}

/**
 * A request without what may differ. The path is compared as it was sent. The query is compared decoded,
 * because n8n encodes `( ) * !` and the SDK does not, and in any order. The fields of a form are compared
 * in any order too: the SDK puts the file before the attachment type, the node puts it last.
 */
function comparable({ path: target, headers, fields, ...request }: RecordedRequest) {
	const [path, query] = target.split('?');
	const { server, method, body: json, bytesReceived } = request;
	return {
		server,
		method,
		path,
		query: [...new URLSearchParams(query)].map(([name, value]) => ({ name, value })).sort(byName),
		form: fields && [...fields].sort(byName),
		json,
		bodyType: headers['content-type']?.split(';')[0],
		hasBody: bytesReceived > 0,
		authorization: headers.authorization?.split(' ')[0],
	};
}

function byName(a: { name: string }, b: { name: string }): number {
	return a.name < b.name ? -1 : Number(a.name > b.name);
}

/** A charge capture or an encounter, for the node and for the SDK. */
interface Parent {
	parameters: INodeParameters;
	seed: Pick<AttachmentSeed, 'chargeCaptureExternalId' | 'encounterId'>;
	create: (
		file: File,
		request: { attachmentType: AttachmentType; description?: string },
	) => Promise<string>;
	/** in Candid's own JSON */
	list: () => Promise<Array<{ attachment_id: string; authed_url: string }>>;
	remove: (attachmentId: string) => Promise<void>;
}

const chargeCapture = (chargeCaptureExternalId: string): Parent => ({
	parameters: {
		attachTo: 'chargeCapture',
		chargeCaptureExternalId: locator(chargeCaptureExternalId),
	},
	seed: { chargeCaptureExternalId },
	create: async (file, request) =>
		await body(
			client.encounterAttachments.v1.createWithChargeCaptureExternalId(file, {
				chargeCaptureExternalId,
				...request,
			}),
		),
	list: async () => {
		const { v1 } = client.encounterAttachments;
		const { ChargeCaptureAttachment } = serialization.encounterAttachments.v1;
		const found = await body(v1.getByChargeCaptureExternalId(chargeCaptureExternalId));
		return found.map((entry) => ChargeCaptureAttachment.jsonOrThrow(entry, AS_IS));
	},
	remove: async (attachmentId) =>
		await body(
			client.encounterAttachments.v1.deleteByChargeCaptureExternalId(chargeCaptureExternalId, {
				attachmentId: AttachmentId(attachmentId),
			}),
		),
});

const encounter: Parent = {
	parameters: { attachTo: 'encounter', encounterId: locator(ENCOUNTER) },
	seed: { encounterId: ENCOUNTER },
	create: async (file, request) => {
		const { v1 } = client.encounterAttachments;
		return await body(v1.createWithDescription(file, Candid.EncounterId(ENCOUNTER), request));
	},
	list: async () => {
		const { EncounterAttachment } = serialization.encounterAttachments.v1;
		const found = await body(client.encounterAttachments.v1.get(Candid.EncounterId(ENCOUNTER)));
		return found.map((entry) => EncounterAttachment.jsonOrThrow(entry, AS_IS));
	},
	remove: async (attachmentId) =>
		await body(
			client.encounterAttachments.v1.delete(Candid.EncounterId(ENCOUNTER), {
				attachmentId: AttachmentId(attachmentId),
			}),
		),
};

const encounterByAddress: Parent = {
	...encounter,
	parameters: {
		attachTo: 'encounter',
		encounterId: locator(`https://app.example.com/encounters/${ENCOUNTER}/claims`, 'url'),
	},
};

/** By the deprecated endpoint, which accepts no description: the SDK cannot send one, the node sends none. */
const encounterV1: Parent = {
	...encounter,
	parameters: { ...encounter.parameters, options: { endpointVersion: 'v1' } },
	create: async (file, { attachmentType }) => {
		const { v1 } = client.encounterAttachments;
		return await body(v1.create(file, Candid.EncounterId(ENCOUNTER), { attachmentType }));
	},
};

/** Makes the SDK's serializers keep every field of an answer. */
const AS_IS = { unrecognizedObjectKeys: 'passthrough' } as const;

const CHARGE_CAPTURES = EXTERNAL_IDS.map((id) => ({
	name: `the charge capture ${id}`,
	parent: chargeCapture(id),
}));
const PARENTS = [
	...CHARGE_CAPTURES,
	{ name: 'the encounter', parent: encounter },
	{ name: 'the encounter at an address', parent: encounterByAddress },
];

/** Adds the two attachments, unless they exist already. */
function ensureAttachments({ seed: parent }: Parent): void {
	const existing = api.attachments.map(({ attachmentId }) => attachmentId);
	const seeds: Array<AttachmentSeed & { attachmentId: string }> = [
		{
			attachmentId: FIRST_ATTACHMENT,
			fileName: 'Befund – Übersicht.pdf',
			description: 'Größe',
			bytes: BYTES,
		},
		{ attachmentId: SECOND_ATTACHMENT, fileName: 'labs.csv', contentType: 'text/csv' },
	];
	for (const seed of seeds.filter(({ attachmentId }) => !existing.includes(attachmentId))) {
		api.addAttachment({ ...parent, ...seed, createdAt: '2025-02-01T12:00:00.000Z' });
	}
}

describe('an upload by the node equals one by the SDK', () => {
	const superbill = { fileName: 'süper bill.pdf', contentType: 'application/pdf', bytes: BYTES };
	const files = [
		superbill,
		{ fileName: 'Befund – "Übersicht".pdf', contentType: 'application/pdf', bytes: BYTES },
		{ fileName: "50% of 1+1; it's #7.png", contentType: 'image/png', bytes: png('ü') },
		{ fileName: 'תוצאות.jpg', contentType: 'image/jpeg', bytes: jpeg('ü') },
		{ fileName: '診療 😀.txt', contentType: 'text/plain', bytes: note() },
		{ fileName: 'decomposed e\u0301.csv', contentType: 'text/csv', bytes: csv() },
		{
			fileName: 'letter.docx',
			contentType: DOCX_TYPE,
			bytes: docx(),
		},
		{ fileName: 'rows.xlsx', contentType: XLSX_TYPE, bytes: xlsx() },
	];
	// Without line breaks: the SDK changes each to CRLF, and the node sends them as they are.
	const descriptions = [undefined, `Größe “XL” ${SPECIAL_CHARACTERS} 😀`];
	const places = [
		...PARENTS,
		{ name: 'the encounter by the deprecated endpoint', parent: encounterV1 },
	];
	const cases = places.flatMap((place) => {
		// The form does not depend on the external ID.
		const isOneOfMany = CHARGE_CAPTURES.indexOf(place) > 0;
		return [
			...(isOneOfMany ? [] : files).map((file) => ({ ...place, file })),
			...(isOneOfMany ? [] : Object.values(EncounterAttachmentType)).map((attachmentType) => ({
				...place,
				attachmentType,
			})),
			...descriptions.map((description) => ({ ...place, description })),
		].map((one) => ({ file: superbill, attachmentType: 'DOCUMENTATION' as const, ...one }));
	});

	it.each<(typeof cases)[number] & { description?: string }>(cases)(
		'of $file.fileName as $attachmentType to $name, described: $description',
		async ({ parent, file: { fileName, contentType, bytes }, attachmentType, description }) => {
			const file = new File([Uint8Array.from(bytes)], fileName, { type: contentType });
			const bySdk = await recorded(
				async () => await parent.create(file, { attachmentType, description }),
			);
			const byNode = await recorded(
				async () =>
					await node(
						{
							resource: 'attachment',
							operation: 'upload',
							...parent.parameters,
							attachmentType,
							binaryPropertyName: 'data',
							additionalFields: description === undefined ? {} : { description },
						},
						{ files: { data: { bytes, fileName, mimeType: contentType } } },
					),
			);

			expect(byNode.requests).toEqual(bySdk.requests);
			expect(bySdk.requests).toHaveLength(1);
			expect(bySdk.requests[0]!.form).toContainEqual({
				name: 'attachment_file',
				fileName: fileName.replaceAll('"', '%22'),
				contentType,
				size: bytes.length,
			});
			const [sdks, nodes, ...others] = api.attachments;
			expect(others).toEqual([]);
			expect(nodes).toEqual({
				...sdks,
				attachmentId: nodes!.attachmentId,
				createdAt: nodes!.createdAt,
			});
			expect(bySdk.result).toBe(sdks!.attachmentId);
			expect(byNode.result.map(({ json }) => json.attachment_id)).toEqual([nodes!.attachmentId]);
		},
	);
});

it.each(PARENTS)(
	'the list of the attachments of $name by the node equals that by the SDK',
	async ({ parent }) => {
		ensureAttachments(parent);
		const bySdk = await recorded(parent.list);
		const byNode = await recorded(
			async () =>
				await node({
					resource: 'attachment',
					operation: 'getAll',
					...parent.parameters,
					returnAll: true,
					simplify: false,
				}),
		);

		expect(byNode.requests).toEqual(bySdk.requests);
		expect(byNode.result.map(({ json }) => json)).toEqual(bySdk.result);
		expect(bySdk.result.map((entry) => entry.attachment_id)).toEqual([
			FIRST_ATTACHMENT,
			SECOND_ATTACHMENT,
		]);
	},
);

it.each(PARENTS)('a download from $name by the node equals one by the SDK', async ({ parent }) => {
	ensureAttachments(parent);
	// The SDK returns only the link, which its user opens.
	const bySdk = await recorded(async () => {
		const [first] = await parent.list();
		const answer = await fetch(first!.authed_url);
		return Buffer.from(await answer.arrayBuffer());
	});
	const byNode = await recorded(
		async () =>
			await node({
				resource: 'attachment',
				operation: 'download',
				...parent.parameters,
				attachmentId: locator(FIRST_ATTACHMENT),
				binaryPropertyName: 'data',
			}),
	);

	expect(byNode.requests).toEqual(bySdk.requests);
	expect(byNode.requests.map(({ server }) => server)).toEqual(['api', 'files']);
	expect(byNode.result.map(({ json }) => json.attachment_id)).toEqual([FIRST_ATTACHMENT]);
	expect(await binaryContent(byNode.result[0]!.binary!.data!)).toEqual(bySdk.result);
	expect(bySdk.result).toEqual(BYTES);
});

it.each(PARENTS)('a delete from $name by the node equals one by the SDK', async ({ parent }) => {
	const remaining = () => api.attachments.map(({ attachmentId }) => attachmentId);
	ensureAttachments(parent);
	const bySdk = await recorded(async () => await parent.remove(FIRST_ATTACHMENT));
	expect(remaining()).toEqual([SECOND_ATTACHMENT]);

	ensureAttachments(parent);
	const byNode = await recorded(
		async () =>
			await node({
				resource: 'attachment',
				operation: 'delete',
				...parent.parameters,
				attachmentId: locator(FIRST_ATTACHMENT),
			}),
	);
	expect(remaining()).toEqual([SECOND_ATTACHMENT]);

	expect(byNode.requests).toEqual(bySdk.requests);
	expect(byNode.requests.map(({ json }) => json)).toEqual([{ attachment_id: FIRST_ATTACHMENT }]);
	expect(byNode.result.map(({ json }) => json)).toEqual([{ deleted: true }]);
	expect(bySdk.result).toBeUndefined();
});

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
		['attachment', ['delete', 'download', 'getAll', 'upload']],
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
