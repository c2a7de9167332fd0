import { UNKNOWN_ID } from '../engine/fixtures';
import { startCandidApi, type CandidApi, type World } from './index';
import {
	ATTACHMENTS_PATH,
	BY_CHARGE_CAPTURE_PATH,
	CHARGE_CAPTURES_PATH,
	CLAIM_CREATIONS_PATH,
	CREATE_BY_CHARGE_CAPTURE_PATH,
	ENCOUNTERS_PATH,
} from './paths';
import { worldOf, WORLD_OPTIONS, WORLD_USAGE } from './world-options';

const CLAIM_CREATION_ID = 'b0000000-0000-4000-8000-00000000abcd';

let api: CandidApi;
const started: CandidApi[] = [];

afterEach(async () => {
	for (const server of started.splice(0)) await server.close();
});

async function startIn(world: Partial<World>) {
	api = await startCandidApi({ world });
	started.push(api);
}

async function send(target: string, init: RequestInit = {}) {
	const [method, path = ''] = target.split(' ');
	const headers = { authorization: `Bearer ${api.issueToken()}`, ...init.headers };
	return await fetch(api.url + path, { ...init, method, headers });
}

async function create(extra: { externalId?: string; type?: string; fileName?: string } = {}) {
	const { externalId = 'CC-1', type = 'EOB', fileName = 'note.pdf' } = extra;
	const body = new FormData();
	body.append('charge_capture_external_id', externalId);
	body.append('attachment_file', new File(['%PDF-1.7'], fileName, { type: 'application/pdf' }));
	body.append('attachment_type', type);
	return await send(`POST ${CREATE_BY_CHARGE_CAPTURE_PATH}`, { body });
}

const read = async (path: string) => (await (await send(`GET ${path}`)).json()) as unknown;

async function listOf(path: string): Promise<Array<Record<string, string>>> {
	return (await read(path)) as Array<Record<string, string>>;
}

async function searched(path: string, term: string): Promise<string[]> {
	const query = new URLSearchParams({ search_term: term }).toString();
	const { items } = (await read(`${path}?${query}`)) as { items: Array<Record<string, string>> };
	return items.map((item) => item.charge_external_id ?? item.external_id ?? '');
}

const deleteOf = async (externalId: string, attachmentId: string) =>
	await send(`DELETE ${BY_CHARGE_CAPTURE_PATH}/${externalId}`, {
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ attachment_id: attachmentId }),
	});

describe('a charge capture’s list of files that were stored by its external ID', () => {
	it.each<[World['chargeCaptureList'], number]>([
		['at once', 1],
		[{ lateMs: 0 }, 1],
		[{ lateMs: 60_000 }, 0],
		['with an encounter', 0],
	])('with the setting %j shows %d new files', async (chargeCaptureList, shown) => {
		await startIn({ chargeCaptureList });
		await create();

		expect(await listOf(`${BY_CHARGE_CAPTURE_PATH}/CC-1`)).toHaveLength(shown);
	});

	it('shows a file when it was stored at least lateMs ago', async () => {
		await startIn({ chargeCaptureList: { lateMs: 60_000 } });
		const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
		const late = api.addAttachment({ chargeCaptureExternalId: 'CC-1', createdAt: ago(61_000) });
		api.addAttachment({ chargeCaptureExternalId: 'CC-1', createdAt: ago(1_000) });

		expect(await listOf(`${BY_CHARGE_CAPTURE_PATH}/CC-1`)).toMatchObject([
			{ attachment_id: late.attachmentId },
		]);
	});

	it('shows a file once it is associated with an encounter', async () => {
		await startIn({ chargeCaptureList: 'with an encounter' });
		await create();
		api.addEncounter({ externalId: 'CC-1' });

		expect(await listOf(`${BY_CHARGE_CAPTURE_PATH}/CC-1`)).toHaveLength(1);
	});

	it.each<[World['chargeCaptureList']]>([[{ lateMs: 60_000 }], ['with an encounter']])(
		'with the setting %j hides a file that can be deleted all the same',
		async (chargeCaptureList) => {
			await startIn({ chargeCaptureList });
			const { attachmentId } = api.addAttachment({ chargeCaptureExternalId: 'CC-1' });

			expect((await deleteOf('CC-1', attachmentId)).status).toBe(200);
			expect(api.attachments).toEqual([]);
		},
	);

	it('answers 404, also to a delete, until a charge capture with that ID exists', async () => {
		await startIn({ chargeCaptureList: '404 until known' });
		expect((await create({ externalId: 'CC-NEW' })).status).toBe(200);
		const id = api.attachments[0]?.attachmentId ?? '';

		for (const answer of [
			await send(`GET ${BY_CHARGE_CAPTURE_PATH}/CC-NEW`),
			await deleteOf('CC-NEW', id),
		]) {
			expect(answer.status).toBe(404);
			expect(await answer.json()).toEqual({
				errorName: 'EntityNotFoundError',
				content: { id: 'CC-NEW' },
			});
		}
		api.addChargeCapture({ chargeExternalId: 'CC-NEW' });
		expect(await listOf(`${BY_CHARGE_CAPTURE_PATH}/CC-NEW`)).toMatchObject([{ attachment_id: id }]);
		expect((await deleteOf('CC-NEW', id)).status).toBe(200);
	});
});

it.each<[World['pageTokens'], object]>([
	['omitted', {}],
	['null', { prev_page_token: null, next_page_token: null }],
])('the page tokens of the only page are %s', async (pageTokens, tokens) => {
	await startIn({ pageTokens });
	const items = expect.any(Array);

	expect(await read(CHARGE_CAPTURES_PATH)).toEqual({ items, item_count: 5, ...tokens });
	expect(await read(ENCOUNTERS_PATH)).toEqual({ items, ...tokens });
});

it.each<[World['unknownAttachmentType'], string, number]>([
	['accepted', 'NEW_TYPE', 200],
	['refused', 'NEW_TYPE', 422],
	['refused', 'eob', 422],
	['refused', 'EOB', 200],
])(
	'with unknown attachment types %s, the type %s answers %d',
	async (unknownAttachmentType, type, status) => {
		await startIn({ unknownAttachmentType });
		const answer = await create({ type });

		expect(answer.status).toBe(status);
		expect(api.attachments).toHaveLength(status === 200 ? 1 : 0);
		if (status === 422) {
			expect(await answer.json()).toMatchObject({
				errorName: 'HttpRequestValidationsError',
				content: [{ fieldName: 'attachment_type' }],
			});
		}
	},
);

it.each<[World['fileNames'], string, string]>([
	['as sent', 'Größe (2) a.pdf', 'Größe (2) a.pdf'],
	['cleaned', 'Größe (2) a.pdf', 'Gr_e_2_a.pdf'],
	['cleaned', 'lab-result_1.pdf', 'lab-result_1.pdf'],
])('with file names %s, lists show %j as %j', async (fileNames, sent, shown) => {
	await startIn({ fileNames });
	await create({ fileName: sent });
	const { encounterId } = api.addEncounter({ externalId: 'CC-1' });

	for (const path of [`${BY_CHARGE_CAPTURE_PATH}/CC-1`, `${ATTACHMENTS_PATH}/${encounterId}`]) {
		expect(await listOf(path)).toMatchObject([{ file_name: shown }]);
	}
	expect(api.attachments[0]?.fileName).toBe(sent);
});

it.each<[World['createAnswer'], number, (id: string) => unknown]>([
	['string', 200, (id) => id],
	['object', 200, (id) => ({ attachment_id: id })],
	['201', 201, (id) => id],
])(
	'with the setting %j, a create answers with status %d',
	async (createAnswer, status, expected) => {
		await startIn({ createAnswer });
		const { encounterId } = api.addEncounter({ externalId: 'ENC-1' });
		const body = new FormData();
		body.append('attachment_file', new File(['a'], 'a.txt', { type: 'text/plain' }));
		body.append('attachment_type', 'OTHER');
		const targets = [
			`PUT ${ATTACHMENTS_PATH}/${encounterId}`,
			`PUT ${ATTACHMENTS_PATH}/${encounterId}/v2`,
		];
		const answers = [
			await create(),
			...(await Promise.all(targets.map((to) => send(to, { body })))),
		];

		const bodies = await Promise.all(
			answers.map(async (answer) => (await answer.json()) as unknown),
		);
		const ids = api.attachments.map((held) => held.attachmentId);
		expect(answers.map((answer) => answer.status)).toEqual([status, status, status]);
		expect(bodies).toEqual(expect.arrayContaining(ids.map(expected)));
		expect(ids).toHaveLength(3);
	},
);

describe('search_term', () => {
	const patient = { firstName: 'Ada', lastName: 'Sample', dateOfBirth: '1990-02-03' };
	const terms: Array<[string, string]> = [
		['the first name', 'ada'],
		['the last name', 'SAMPLE'],
		['the date of birth', '1990-02-03'],
		['the claim ID', 'a1111111-0000-4000-8000-000000000000'],
	];

	it.each(
		terms.flatMap(([what, term]) => [
			['IDs' as const, what, term, 0],
			['IDs and patients' as const, what, term, 1],
		]) as Array<[World['searchTerm'], string, string, number]>,
	)('with the setting %j, %s (%s) finds %d entries', async (searchTerm, _what, term, found) => {
		await startIn({ searchTerm });
		const shared = { claimCreationId: CLAIM_CREATION_ID, patient };
		api.addChargeCapture({ chargeExternalId: 'CC-P', ...shared });
		const encounterId = 'e1111111-0000-4000-8000-000000000000';
		api.addEncounter({ externalId: 'ENC-P', encounterId, ...shared });

		expect(await searched(CHARGE_CAPTURES_PATH, term)).toEqual(['CC-P'].slice(0, found));
		expect(await searched(ENCOUNTERS_PATH, term)).toEqual(['ENC-P'].slice(0, found));
	});

	it.each<[World['searchTerm']]>([['IDs'], ['IDs and patients']])(
		'with the setting %j is compared with IDs, ignoring case',
		async (searchTerm) => {
			await startIn({ searchTerm });

			expect(await searched(CHARGE_CAPTURES_PATH, 'cc-1004')).toEqual(['CC-1004']);
			expect(await searched(ENCOUNTERS_PATH, 'enc-2002')).toEqual(['ENC-2002']);
		},
	);
});

describe('an encounter', () => {
	it.each<[World['encounterTie'], string[]]>([
		['external ID', ['CC-A']],
		['claim creation', ['CC-B', 'CC-C']],
	])('is associated with files by %s', async (encounterTie, tied) => {
		await startIn({ encounterTie });
		for (const chargeExternalId of ['CC-B', 'CC-C']) {
			api.addChargeCapture({ chargeExternalId, claimCreationId: CLAIM_CREATION_ID });
		}
		for (const externalId of ['CC-A', 'CC-B', 'CC-C', 'CC-D']) await create({ externalId });
		const { encounterId } = api.addEncounter({
			externalId: 'CC-A',
			claimCreationId: CLAIM_CREATION_ID,
		});

		const ofEncounter = api.attachments.filter((held) => held.encounterId === encounterId);
		expect(ofEncounter.map((held) => held.chargeCaptureExternalId)).toEqual(tied);
		expect(await listOf(`${ATTACHMENTS_PATH}/${encounterId}`)).toHaveLength(tied.length);
	});

	it('without a claim creation is not associated with files by claim creation', async () => {
		await startIn({ encounterTie: 'claim creation' });
		await create();
		api.addEncounter({ externalId: 'CC-1' });

		expect(api.attachments[0]?.encounterId).toBeUndefined();
	});

	it('and its claim creation name each other', async () => {
		await startIn({});
		const claimCreation = async () => await read(`${CLAIM_CREATIONS_PATH}/${CLAIM_CREATION_ID}`);
		const { id } = api.addChargeCapture({
			chargeExternalId: 'CC-1',
			claimCreationId: CLAIM_CREATION_ID,
		});
		const known = { id: CLAIM_CREATION_ID, characteristics: {}, errors: [] };
		expect(await claimCreation()).toEqual({ ...known, status: 'not-started' });

		const { encounterId } = api.addEncounter({
			externalId: 'ENC-1',
			claimCreationId: CLAIM_CREATION_ID,
		});
		expect(await claimCreation()).toEqual({
			...known,
			status: 'successful',
			created_encounter_id: encounterId,
		});
		for (const path of [`${ENCOUNTERS_PATH}/${encounterId}`, `${CHARGE_CAPTURES_PATH}/${id}`]) {
			expect(await read(path)).toMatchObject({ claim_creation_id: CLAIM_CREATION_ID });
		}
	});

	it.each<[string, number]>([
		[UNKNOWN_ID, 404],
		['CC-1', 422],
	])('has no claim creation %s: the request answers %d', async (id, status) => {
		await startIn({});

		expect((await send(`GET ${CLAIM_CREATIONS_PATH}/${id}`)).status).toBe(status);
	});
});

describe('command line options', () => {
	it.each<[string, string, Partial<World>]>([
		['charge-capture-list', 'hidden', { chargeCaptureList: 'with an encounter' }],
		['charge-capture-list', 'late:1.5', { chargeCaptureList: { lateMs: 1500 } }],
		['charge-capture-list', '404', { chargeCaptureList: '404 until known' }],
		['create-answer', '201', { createAnswer: '201' }],
		['search', 'patients', { searchTerm: 'IDs and patients' }],
	])('set --%s to %s', (option, word, world) => {
		expect(worldOf({ [option]: word, port: '1' })).toEqual(world);
	});

	it.each([
		['charge-capture-list', 'late'],
		['search', 'late:1'],
		['page-tokens', 'constructor'],
	])('refuse the value of --%s: %s', (option, word) => {
		expect(() => worldOf({ [option]: word })).toThrow(`--${option} is not valid: ${word}`);
	});

	it('are all listed in the usage text', () => {
		const shown = [...WORLD_USAGE.matchAll(/^ {2}--([\w-]+)/gm)].map(([, option]) => option);
		expect(shown).toEqual(Object.keys(WORLD_OPTIONS));
	});
});
