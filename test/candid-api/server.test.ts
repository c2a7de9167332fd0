import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { RateWindow } from './rate-window';
import { startCandidApi, type CandidApi, type CandidApiSettings, type Fault } from './index';

const CREATE = '/api/encounter-attachments/v1/create-from-charge-capture-external-id';
const BY_EXTERNAL_ID = '/api/encounter-attachments/v1/by-charge-capture-external-id';
const SIGN_IN = '/api/auth/v2/token';
const CHARGE_CAPTURES = '/api/charge_captures/v1';
const ENCOUNTERS = '/api/encounters/v4';
const ATTACHMENTS = '/api/encounter-attachments/v1';
const MAX_FILE_BYTES = 26_214_400;
const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';

let api: CandidApi;
let bearer: Record<string, string>;
const others: CandidApi[] = [];

beforeAll(async () => {
	api = await startCandidApi();
});

beforeEach(() => {
	api.reset();
	bearer = { authorization: `Bearer ${api.issueToken()}` };
});

afterEach(async () => {
	for (const other of others.splice(0)) await other.close();
});

afterAll(async () => await api.close());

/** A second server, closed after the test. */
async function startOther(settings: CandidApiSettings) {
	const other = await startCandidApi(settings);
	others.push(other);
	return other;
}

function upload(options: { bytes?: Buffer; type?: string; without?: string; extra?: object } = {}) {
	const { bytes = Buffer.from('%PDF-1.7 invented'), type = 'application/pdf' } = options;
	const form = new FormData();
	const fields = {
		charge_capture_external_id: 'CC-1001',
		attachment_file: new File([bytes], 'note.pdf', { type }),
		attachment_type: 'DOCUMENTATION',
		...options.extra,
	};
	for (const [name, value] of Object.entries(fields)) {
		if (name !== options.without) form.append(name, value);
	}
	return form;
}

async function create(form = upload(), init: RequestInit = {}) {
	const method = 'POST';
	return await fetch(api.url + CREATE, { method, headers: bearer, body: form, ...init });
}

/** Sends bytes as they are; resolves with the status, rejects when the socket is cut. */
async function sendRaw(path: string, headers: Record<string, string>, body: Buffer) {
	return await new Promise<number>((resolve, reject) => {
		const options = { method: 'POST', agent: false as const, headers: { ...bearer, ...headers } };
		const request = httpRequest(api.url + path, options, (response) => {
			response.on('error', reject);
			response.on('end', () => resolve(response.statusCode ?? 0));
			response.resume();
		});
		request.on('error', reject);
		request.end(body);
	});
}

async function getToken(server: CandidApi, init: RequestInit = {}) {
	return await fetch(server.url + SIGN_IN, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ client_id: 'local-client', client_secret: 'local-secret' }),
		...init,
	});
}

async function deleteFrom(path: string, attachmentId: string) {
	return await fetch(api.url + path, {
		method: 'DELETE',
		headers: { ...bearer, 'content-type': 'application/json' },
		body: JSON.stringify({ attachment_id: attachmentId }),
	});
}

interface Page {
	items: Array<Record<string, unknown>>;
	item_count?: number;
	prev_page_token?: string | null;
	next_page_token?: string | null;
}

async function pageOf(path: string, query: Record<string, string> = {}): Promise<Page> {
	const url = `${api.url}${path}?${new URLSearchParams(query).toString()}`;
	const answer = await fetch(url, { headers: bearer });
	expect(answer.status).toBe(200);
	return (await answer.json()) as Page;
}

async function listOf(path: string): Promise<Array<Record<string, string>>> {
	const answer = await fetch(api.url + path, { headers: bearer });
	expect(answer.status).toBe(200);
	return (await answer.json()) as Array<Record<string, string>>;
}

describe('tokens', () => {
	const asForm = {
		headers: { 'content-type': 'application/x-www-form-urlencoded' },
		body: 'client_id=local-client&client_secret=local-secret',
	};
	const cases: Array<[string, RequestInit, number, string | undefined]> = [
		['JSON', {}, 200, undefined],
		['a form', asForm, 200, undefined],
		['another content type', { headers: { 'content-type': 'text/plain' } }, 415, 'InvalidContent'],
		['a wrong secret', { body: '{"client_id":"local-client","client_secret":"x"}' }, 401, 'Unauth'],
		['no secret', { body: '{"client_id":"local-client"}' }, 422, 'HttpRequestValidationsError'],
		['no JSON', { body: '{' }, 400, 'BadRequestError'],
	];

	it.each(cases)('are given out or refused: %s', async (_name, init, status, errorName) => {
		const answer = await getToken(api, init);
		const body = (await answer.json()) as Record<string, unknown>;

		expect(answer.status).toBe(status);
		expect(api.tokensIssued).toBe(errorName === undefined ? 1 : 0);
		if (errorName === undefined) {
			expect(body).toMatchObject({ expires_in: 18_000, token_type: 'Bearer' });
			expect(String(body.access_token).split('.')).toHaveLength(3);
		} else {
			expect(body.errorName).toContain(errorName);
		}
	});

	it('are refused with 429 when asked for too often', async () => {
		const server = await startOther({ tokenRequestsPerMinute: 2 });
		const statuses = [];
		for (let i = 0; i < 3; i += 1) statuses.push((await getToken(server)).status);

		expect(statuses).toEqual([200, 200, 429]);
		expect(server.tokensIssued).toBe(2);
	});

	it.each<[string, Record<string, string>]>([
		['no header', {}],
		['another scheme', { authorization: 'Basic bG9jYWw6bG9jYWw=' }],
		['a token it never gave out', { authorization: 'Bearer a.b.c' }],
	])('are required: %s answers 401 and stores nothing', async (_name, headers) => {
		const answer = await create(upload(), { headers });

		expect(answer.status).toBe(401);
		expect(api.attachments).toEqual([]);
		expect(api.requests[0]).toMatchObject({ status: 401, fields: expect.any(Array) });
	});

	it('all expire at once on demand, and new ones are good', async () => {
		api.expireTokens();
		expect((await create()).status).toBe(401);

		bearer = { authorization: `Bearer ${api.issueToken()}` };
		expect((await create()).status).toBe(200);
		expect(api.tokensIssued).toBe(0);
	});

	it('expire by their lifetime', async () => {
		const server = await startOther({ tokenLifetimeSeconds: 2 });
		const headers = { authorization: `Bearer ${server.issueToken()}` };
		const status = async () => (await fetch(server.url + CHARGE_CAPTURES, { headers })).status;

		expect(await status()).toBe(200);
		await sleep(2100);
		expect(await status()).toBe(401);
	});
});

describe('the rate limit', () => {
	it('answers 429 without a word on when to come back, all paths together', async () => {
		const server = await startOther({ requestsPer10Seconds: 2 });
		const headers = { authorization: `Bearer ${server.issueToken()}` };
		await fetch(server.url + CHARGE_CAPTURES, { headers });
		await getToken(server);
		const answer = await fetch(server.url + CREATE, { method: 'POST', headers, body: upload() });

		expect(answer.status).toBe(429);
		expect(await answer.json()).toMatchObject({ errorName: 'TooManyRequestsError' });
		expect([...answer.headers.keys()].filter((name) => /retry|rate/i.test(name))).toEqual([]);
		expect(server.attachments).toEqual([]);
	});

	it('can be changed', async () => {
		const server = await startOther({});
		server.limitRequests(1);
		expect((await getToken(server)).status).toBe(200);
		expect((await getToken(server)).status).toBe(429);
		server.limitRequests(2);
		expect((await getToken(server)).status).toBe(200);
	});

	it.each([
		['not counted', 200],
		['counted', 429],
	] as const)('leaves room again where refusals are %s', (aboveRate, status) => {
		let now = 0;
		const window = new RateWindow(1, 10, aboveRate === 'counted', () => now);
		expect(window.tryTake()).toBe(true);
		now = 9;
		expect(window.tryTake()).toBe(false);
		now = 11;
		expect(window.tryTake()).toBe(status === 200);
	});
});

describe('creates', () => {
	it('answer with a bare JSON string and keep the bytes', async () => {
		const bytes = randomBytes(200_000);
		const answer = await create(upload({ bytes }));
		const text = await answer.text();

		expect(answer.headers.get('content-type')).toBe('application/json');
		expect(text).toMatch(/^"[0-9a-f-]{36}"$/);
		expect(api.attachments).toHaveLength(1);
		expect(api.attachments[0]?.attachmentId).toBe(JSON.parse(text));
		expect(api.attachments[0]?.bytes.equals(bytes)).toBe(true);
	});

	it('are recorded with their parts in wire order', async () => {
		await create(upload({ extra: { description: 'ä' } }));
		const [request] = api.requests;

		expect(request).toMatchObject({
			method: 'POST',
			path: CREATE,
			status: 200,
			fields: [
				{ name: 'charge_capture_external_id', value: 'CC-1001' },
				{ name: 'attachment_file', fileName: 'note.pdf', contentType: 'application/pdf', size: 17 },
				{ name: 'attachment_type', value: 'DOCUMENTATION' },
				{ name: 'description', value: 'ä', size: 2 },
			],
		});
		expect(request?.bytesReceived).toBeGreaterThan(17);
		expect(request?.bytesReceived).toBe(request?.contentLength);
	});

	it.each([
		'plain.pdf',
		'Größe – 検査.pdf',
		'a%22b%0D%0A.pdf',
		'dir/sub\\file.pdf',
		'two\\\\slashes.pdf',
		'ends in \\',
		'semi; colon="x.pdf',
		'line\u2028separator.pdf',
		' padded .pdf ',
	])('keep the file name exactly as sent: %j', async (fileName) => {
		const part = (head: string, body: string) =>
			`--XX\r\ncontent-disposition: form-data; ${head}${body}\r\n`;
		const body =
			part('name="charge_capture_external_id"\r\n\r\n', 'CC-1001') +
			part(
				`name="attachment_file"; filename="${fileName}"\r\nContent-Type: text/csv; charset=utf-8\r\n\r\n`,
				'a,b',
			) +
			part('name="attachment_type"\r\n\r\n', 'OTHER') +
			'--XX--\r\n';
		const headers = { 'content-type': 'multipart/form-data; boundary=XX' };

		expect(await sendRaw(CREATE, headers, Buffer.from(body))).toBe(200);
		const expected = { fileName, contentType: 'text/csv; charset=utf-8' };
		expect(api.attachments).toMatchObject([{ ...expected, bytes: Buffer.from('a,b') }]);
		expect(api.requests[0]?.fields?.[1]).toMatchObject(expected);
	});

	const field = (name: string) =>
		expect.arrayContaining([expect.objectContaining({ fieldName: name })]);
	it.each<[string, FormData | string, number, string, unknown]>([
		[
			'a type that is not allowed',
			upload({ type: 'image/gif' }),
			422,
			'UnprocessableEntityError',
			{ message: expect.stringContaining('image/gif') },
		],
		[
			'no external ID',
			upload({ without: 'charge_capture_external_id' }),
			422,
			'HttpRequestValidationsError',
			field('charge_capture_external_id'),
		],
		[
			'no file',
			upload({ without: 'attachment_file' }),
			422,
			'HttpRequestValidationsError',
			field('attachment_file'),
		],
		[
			'an empty attachment type',
			upload({ extra: { attachment_type: '' } }),
			422,
			'HttpRequestValidationsError',
			field('attachment_type'),
		],
		['a body that is no multipart', '{}', 415, 'InvalidContentTypeError', expect.anything()],
	])('refuse %s', async (_name, body, status, errorName, content) => {
		const answer = await fetch(api.url + CREATE, { method: 'POST', headers: bearer, body });

		expect(answer.status).toBe(status);
		expect(await answer.json()).toEqual({ errorName, content });
		expect(api.attachments).toEqual([]);
	});

	it('refuse a multipart body that breaks off', async () => {
		const headers = { 'content-type': 'multipart/form-data; boundary=XX' };
		const body = Buffer.from('--XX\r\ncontent-disposition: form-data; name="a"\r\n\r\nb');

		expect(await sendRaw(CREATE, headers, body)).toBe(400);
	});

	it('let any attachment type through', async () => {
		expect((await create(upload({ extra: { attachment_type: 'NEW_TYPE' } }))).status).toBe(200);
		expect(api.attachments[0]?.attachmentType).toBe('NEW_TYPE');
	});

	it.each([
		[MAX_FILE_BYTES, 200],
		[MAX_FILE_BYTES + 1, 413],
	])('of a file of %d bytes answer %d', async (size, status) => {
		const answer = await create(upload({ bytes: Buffer.alloc(size, 'x') }));

		expect(answer.status).toBe(status);
		expect(api.attachments.map((held) => held.size)).toEqual(status === 200 ? [size] : []);
		expect(api.requests[0]?.bytesReceived).toBe(api.requests[0]?.contentLength);
	});

	it('are counted while they overlap', async () => {
		api.inject({ kind: 'delay', delayMs: 1000, times: Infinity });
		await Promise.all([create(), create(), create()]);
		await create();

		expect(api.peakUploads).toBe(3);
		api.reset();
		expect(api.peakUploads).toBe(0);
	});
});

describe('attachment lists', () => {
	it.each(['CC-1001', 'a/b c%?#ü', '%2F', 'x'.repeat(3000), '検査 1'])(
		'of external ID %j show, serve and delete',
		async (externalId) => {
			await create(upload({ extra: { charge_capture_external_id: externalId } }));
			const path = `${BY_EXTERNAL_ID}/${encodeURIComponent(externalId)}`;
			const [listed] = await listOf(path);
			const link = listed?.authed_url ?? '';

			expect(listed?.description).toBe('');
			expect((await fetch(link)).status).toBe(200);
			expect((await fetch(link, { headers: bearer })).status).toBe(400);
			expect((await fetch(`${link}0`)).status).toBe(403);
			expect(
				(await deleteFrom(`${BY_EXTERNAL_ID}/other`, listed?.attachment_id ?? '')).status,
			).toBe(404);
			const answer = await deleteFrom(path, listed?.attachment_id ?? '');
			expect([answer.status, await answer.text()]).toEqual([200, '']);
			expect(await listOf(path)).toEqual([]);
		},
	);

	it('of an encounter show what waited for it once it is there', async () => {
		await create(upload({ extra: { charge_capture_external_id: 'CC-LATE' } }));
		const early = api.addEncounter({ externalId: 'ENC-EARLY' });
		const ofEncounter = (id: string) => `/api/encounter-attachments/v1/${id}`;
		expect(await listOf(ofEncounter(early.encounterId))).toEqual([]);

		const late = api.addEncounter({ externalId: 'CC-LATE' });
		expect(await listOf(ofEncounter(late.encounterId))).toHaveLength(1);
		expect(await listOf(`${BY_EXTERNAL_ID}/CC-LATE`)).toHaveLength(1);
	});

	it.each<[string, (chargeCaptureExternalId: string) => Promise<unknown>]>([
		['created', async (id) => await create(upload({ extra: { charge_capture_external_id: id } }))],
		['seeded', async (id) => api.addAttachment({ chargeCaptureExternalId: id })],
	])(
		'of all encounters lack a file %s by external ID until one of that ID is added',
		async (how, add) => {
			const externalId = `CC-${how}`;
			await add(externalId);
			const id = api.attachments[0]?.attachmentId;
			const shown = async () => {
				const { items } = await pageOf(ENCOUNTERS);
				expect(items.length).toBeGreaterThanOrEqual(3);
				const lists = items.map(async (encounter) => {
					const files = await listOf(`${ATTACHMENTS}/${String(encounter.encounter_id)}`);
					return files.map((file) => [encounter.external_id, file.attachment_id]);
				});
				return (await Promise.all(lists)).flat();
			};
			expect(await shown()).toEqual([]);

			api.addEncounter({ externalId });
			expect(await shown()).toEqual([[externalId, id]]);
			expect(await listOf(`${BY_EXTERNAL_ID}/${externalId}`)).toMatchObject([
				{ attachment_id: id },
			]);
		},
	);

	it('of an encounter that was there first leave out what comes by its external ID', async () => {
		const { encounterId } = api.addEncounter({ externalId: 'CC-EARLY' });
		await create(upload({ extra: { charge_capture_external_id: 'CC-EARLY' } }));

		expect(await listOf(`${ATTACHMENTS}/${encounterId}`)).toEqual([]);
		expect(await listOf(`${BY_EXTERNAL_ID}/CC-EARLY`)).toHaveLength(1);
	});

	it.each([
		['GET', `/api/encounter-attachments/v1/${UNKNOWN_ID}`],
		['PUT', `/api/encounter-attachments/v1/${UNKNOWN_ID}`],
		['PUT', `/api/encounter-attachments/v1/${UNKNOWN_ID}/v2`],
		['GET', `${CHARGE_CAPTURES}/${UNKNOWN_ID}`],
		['GET', `/api/encounters/v4/${UNKNOWN_ID}`],
	])('%s %s of an unknown ID answers 404', async (method, path) => {
		const body = method === 'PUT' ? upload() : undefined;
		const answer = await fetch(api.url + path, { method, headers: bearer, body });

		expect(answer.status).toBe(404);
		expect(await answer.json()).toEqual({
			errorName: 'EntityNotFoundError',
			content: { id: UNKNOWN_ID },
		});
	});

	it('answer 404 to a delete of an unknown attachment', async () => {
		const answer = await deleteFrom(`${BY_EXTERNAL_ID}/CC-1001`, UNKNOWN_ID);

		expect(answer.status).toBe(404);
		expect(await answer.json()).toMatchObject({ content: { id: UNKNOWN_ID } });
	});

	it.each<[string, string, string, string]>([
		['encounter_id', 'GET', `${ATTACHMENTS}/ENC-2001`, ''],
		['encounter_id', 'GET', `${ENCOUNTERS}/ENC-2001`, ''],
		['encounter_id', 'GET', `${ENCOUNTERS}/${UNKNOWN_ID}0`, ''],
		['encounter_id', 'PUT', `${ATTACHMENTS}/ENC-2001/v2`, ''],
		['encounter_id', 'DELETE', `${ATTACHMENTS}/ENC-2001`, UNKNOWN_ID],
		['attachment_id', 'DELETE', `${ATTACHMENTS}/${UNKNOWN_ID}`, 'file-1'],
		['attachment_id', 'DELETE', `${BY_EXTERNAL_ID}/CC-1001`, 'file-1'],
	])('answer 422 to an %s that is no UUID: %s %s', async (field, method, path, attachmentId) => {
		const body = method === 'PUT' ? upload() : undefined;
		const answer =
			method === 'DELETE'
				? await deleteFrom(path, attachmentId)
				: await fetch(api.url + path, { method, headers: bearer, body });

		expect(answer.status).toBe(422);
		expect(await answer.json()).toEqual({
			errorName: 'HttpRequestValidationsError',
			content: [{ fieldName: field, humanReadableMessage: 'must be a UUID' }],
		});
	});
});

describe('seeded attachments', () => {
	it('need no more than an owner', async () => {
		const held = api.addAttachment({ chargeCaptureExternalId: 'CC-1001' });

		expect(api.attachments).toEqual([held]);
		expect(held).toMatchObject({
			attachmentId: expect.stringMatching(/^[0-9a-f-]{36}$/),
			fileName: 'superbill.pdf',
			contentType: 'application/pdf',
			attachmentType: 'DOCUMENTATION',
			size: held.bytes.length,
			sha256: createHash('sha256').update(held.bytes).digest('hex'),
		});
		expect(held.size).toBeGreaterThan(0);
		expect(Math.abs(Date.parse(held.createdAt) - Date.now())).toBeLessThan(60_000);
		expect(await listOf(`${BY_EXTERNAL_ID}/CC-1001`)).toEqual([
			{
				attachment_id: held.attachmentId,
				file_name: 'superbill.pdf',
				description: '',
				content_type: 'application/pdf',
				attachment_type: 'DOCUMENTATION',
				authed_url: expect.stringContaining(held.attachmentId),
			},
		]);
	});

	it('are listed and deleted as what they are told to be', async () => {
		const encounterId = 'e0000000-0000-4000-8000-000000002001';
		api.addAttachment({
			attachmentId: UNKNOWN_ID,
			encounterId,
			fileName: 'Größe.csv',
			contentType: 'text/csv',
			attachmentType: 'EOB',
			description: 'Second page',
			bytes: Buffer.from('a,b'),
			createdAt: '2025-02-01T08:00:00.000Z',
		});

		expect(await listOf(`${ATTACHMENTS}/${encounterId}`)).toMatchObject([
			{
				attachment_id: UNKNOWN_ID,
				encounter_id: encounterId,
				file_name: 'Größe.csv',
				content_type: 'text/csv',
				attachment_type: 'EOB',
				description: 'Second page',
				created_at: '2025-02-01T08:00:00.000Z',
			},
		]);
		expect((await deleteFrom(`${ATTACHMENTS}/${encounterId}`, UNKNOWN_ID)).status).toBe(200);
		expect(api.attachments).toEqual([]);
	});

	it('must belong to something', () => {
		expect(() => api.addAttachment({ fileName: 'stray.pdf' })).toThrow('chargeCaptureExternalId');
		expect(api.attachments).toEqual([]);
	});
});

describe('lookups', () => {
	const ids = ({ items }: { items: Array<Record<string, string>> }) =>
		items.map((item) => item.charge_external_id);

	it.each([
		['limit=100', ['CC-1005', 'CC-1004', 'CC-1003', 'CC-1002', 'CC-1001']],
		['sort=date_of_service&sort_direction=asc&limit=2', ['CC-1001', 'CC-1002']],
		['status=billable', ['CC-1003']],
		['patient_external_id=PAT-2', ['CC-1004', 'CC-1002']],
		['date_of_service_min=2025-01-11&date_of_service_max=2025-01-12', ['CC-1003', 'CC-1002']],
		['search_term=cc-1004', ['CC-1004']],
		['charge_external_id=CC-9999', []],
	])('filter charge captures by %j', async (query, expected) => {
		const answer = await fetch(`${api.url}${CHARGE_CAPTURES}?${query}`, { headers: bearer });

		expect(ids((await answer.json()) as Parameters<typeof ids>[0])).toEqual(expected);
		expect(api.requests[0]?.path).toBe(`${CHARGE_CAPTURES}?${query}`);
	});

	it('have the same IDs in every server', async () => {
		const inOrder = { sort_direction: 'asc' };
		const chargeCaptures = await pageOf(CHARGE_CAPTURES, inOrder);
		const { items } = await pageOf(ENCOUNTERS, { search_term: 'ENC-200', sort: 'created_at:asc' });

		expect(chargeCaptures.items.map((item) => [item.charge_external_id, item.id])).toEqual([
			['CC-1001', 'c0000000-0000-4000-8000-000000001001'],
			['CC-1002', 'c0000000-0000-4000-8000-000000001002'],
			['CC-1003', 'c0000000-0000-4000-8000-000000001003'],
			['CC-1004', 'c0000000-0000-4000-8000-000000001004'],
			['CC-1005', 'c0000000-0000-4000-8000-000000001005'],
		]);
		expect(items.map((item) => [item.external_id, item.encounter_id])).toEqual([
			['ENC-2001', 'e0000000-0000-4000-8000-000000002001'],
			['ENC-2002', 'e0000000-0000-4000-8000-000000002002'],
			['ENC-2003', 'e0000000-0000-4000-8000-000000002003'],
		]);
	});

	it.each([
		['biller_received', ['ENC-2001']],
		['submitted_to_payer', ['ENC-2002']],
		['finalized_paid', ['ENC-2003']],
		['denied', []],
	])('filter encounters by the claim status %s', async (status, expected) => {
		const query = { claim_status: status, search_term: 'ENC-200' };
		const { items } = await pageOf(ENCOUNTERS, query);

		expect(items.map((item) => item.external_id)).toEqual(expected);
		for (const item of items) expect(item.claims).toMatchObject([{ status }]);
	});

	it('take an added encounter’s claim status, and one by default', async () => {
		const { encounterId } = api.addEncounter({ externalId: 'ENC-DENIED', claimStatus: 'denied' });
		expect(api.addEncounter({ externalId: 'ENC-DEFAULT' }).claimStatus).toBe('biller_received');

		const query = { claim_status: 'denied', external_id: 'ENC-DENIED' };
		const { items } = await pageOf(ENCOUNTERS, query);
		expect(items.map((item) => item.encounter_id)).toEqual([encounterId]);
	});

	it('refuse a claim status that is none', async () => {
		const answer = await fetch(`${api.url}${ENCOUNTERS}?claim_status=Paid`, { headers: bearer });

		expect(answer.status).toBe(422);
		expect(await answer.json()).toMatchObject({ content: [{ fieldName: 'claim_status' }] });
	});

	it.each([
		['a limit of 101', CHARGE_CAPTURES, { limit: '101' }],
		['a limit of 1000', ENCOUNTERS, { limit: '1000' }],
		['no limit', CHARGE_CAPTURES, {}],
	])('come in pages of 100 for %s', async (_name, path, limit) => {
		const term = { search_term: `many-${randomBytes(8).toString('hex')}` };
		for (let i = 0; i < 101; i += 1) {
			const externalId = `${term.search_term}-${i}`;
			if (path === ENCOUNTERS) api.addEncounter({ externalId });
			else api.addChargeCapture({ chargeExternalId: externalId });
		}
		const first = await pageOf(path, { ...term, ...limit });
		const nextPage = { page_token: first.next_page_token ?? '' };
		const second = await pageOf(path, { ...term, ...limit, ...nextPage });

		const counted = path === CHARGE_CAPTURES ? { item_count: 101 } : {};
		const token = expect.any(String);
		expect(first).toEqual({ items: expect.any(Array), ...counted, next_page_token: token });
		expect(second).toEqual({ items: expect.any(Array), ...counted, prev_page_token: token });
		expect([first.items.length, second.items.length]).toEqual([100, 1]);
		expect(first.items).not.toContainEqual(second.items[0]);
	});

	it.each(['limit=0', 'status=paid', 'sort=size', 'page_token=x', 'date_of_service_min=1.1.2025'])(
		'refuse %s',
		async (query) => {
			const answer = await fetch(`${api.url}${CHARGE_CAPTURES}?${query}`, { headers: bearer });

			expect(answer.status).toBe(422);
			expect(await answer.json()).toMatchObject({ content: [{ fieldName: query.split('=')[0] }] });
		},
	);
});

describe('the record of a request', () => {
	const json = 'application/json';
	const secret = '{"client_id":"local-client","client_secret":"local-secret"}';
	const cases: Array<[string, string, string, string, unknown]> = [
		[
			'a delete',
			`DELETE ${BY_EXTERNAL_ID}/x`,
			json,
			'{"attachment_id":"y"}',
			{ attachment_id: 'y' },
		],
		['JSON with a charset', 'POST /api/nothing', `${json}; charset=utf-8`, '["ä"]', ['ä']],
		['another content type', 'POST /api/nothing', 'text/plain', '{}', undefined],
		['a body that is no JSON', 'POST /api/nothing', json, '{', undefined],
		['a token request', `POST ${SIGN_IN}`, json, secret, undefined],
		['a token request in disguise', 'POST /api/auth/v2/%74oken?x=1', json, secret, undefined],
	];

	it.each(cases)(
		'says what the body says, if it may: %s',
		async (_name, target, type, body, kept) => {
			const [method, path = ''] = target.split(' ');
			const headers = { ...bearer, 'content-type': type };
			await fetch(api.url + path, { method, headers, body });

			expect(api.requests).toMatchObject([
				{ server: 'api', path, bytesReceived: Buffer.byteLength(body) },
			]);
			expect(api.requests[0]?.body).toEqual(kept);
		},
	);

	it('has the parts of a multipart body, and no other body', async () => {
		await create();

		expect(api.requests[0]).toMatchObject({ server: 'api', fields: expect.any(Array) });
		expect(api.requests[0]?.body).toBeUndefined();
	});
});

describe('faults', () => {
	it.each<[string, Omit<Fault, 'kind'> & { kind: 'status' | 'answer' }, object, number]>([
		[
			'a status refuses before storing',
			{ kind: 'status', status: 503, body: { errorName: 'HttpServiceUnavailableError' } },
			{
				status: 503,
				type: 'application/json',
				text: '{"errorName":"HttpServiceUnavailableError"}',
			},
			0,
		],
		[
			'a status can come after storing',
			{
				kind: 'status',
				status: 502,
				body: '<html></html>',
				contentType: 'text/html',
				headers: { 'retry-after': '7' },
				when: 'after',
			},
			{ status: 502, type: 'text/html', text: '<html></html>', retryAfter: '7' },
			1,
		],
		['a status without a body', { kind: 'status' }, { status: 500, type: null, text: '' }, 0],
		[
			'an answer takes the place of the ID',
			{ kind: 'answer', body: ['odd'] },
			{ status: 200, type: 'application/json', text: '["odd"]' },
			1,
		],
	])('%s', async (_name, fault, expected, stored) => {
		api.inject(fault);
		const answer = await create();

		expect({
			status: answer.status,
			type: answer.headers.get('content-type'),
			text: await answer.text(),
			...(answer.headers.has('retry-after') && { retryAfter: answer.headers.get('retry-after') }),
		}).toEqual(expected);
		expect(api.attachments).toHaveLength(stored);
		expect((await create()).status).toBe(200);
	});

	it.each<[NonNullable<Fault['cut']>, number, 'none' | 'some' | 'all']>([
		['before-body', 0, 'none'],
		['during-body', 0, 'some'],
		['before-answer-unstored', 0, 'all'],
		['before-answer', 1, 'all'],
		['mid-answer', 1, 'all'],
	])('a cut %s breaks the connection and leaves %d stored', async (cut, stored, received) => {
		for (const size of [20, 2_000_000]) {
			api.reset();
			api.inject({ kind: 'cut', cut });
			const outcome = create(upload({ bytes: randomBytes(size) })).then(
				async (answer) => await answer.text(),
			);

			await expect(outcome).rejects.toThrow(cut === 'mid-answer' ? 'terminated' : 'fetch failed');
			const [request] = api.requests;
			const total = request?.contentLength ?? 0;
			expect(api.requests).toHaveLength(1);
			expect(request?.status).toBeUndefined();
			expect(api.attachments).toHaveLength(stored);
			if (received === 'none') expect(request?.bytesReceived).toBe(0);
			if (received === 'all') expect(request?.bytesReceived).toBe(total);
			if (received === 'some') {
				expect(request?.bytesReceived).toBeGreaterThan(0);
				expect(request?.bytesReceived).toBeLessThan(total);
			}
			expect((await create()).status).toBe(200);
		}
	});

	it('a cut mid-answer delivers the head and half of the body', async () => {
		api.inject({ kind: 'cut', cut: 'mid-answer' });
		const answer = await create();
		const reader = answer.body?.getReader();

		expect(answer.headers.get('content-length')).toBe('38');
		expect((await reader?.read())?.value).toHaveLength(19);
		await expect(reader?.read()).rejects.toThrow('terminated');
	});

	it.each(['before-body', 'during-body', 'before-answer', 'mid-answer'] as const)(
		'a cut %s hits requests without a multipart body too',
		async (cut) => {
			api.inject({ kind: 'cut', cut, path: /.*/, times: 2 });
			const read = async (answer: Promise<Response>) => await (await answer).text();

			await expect(read(getToken(api))).rejects.toThrow();
			await expect(read(fetch(api.url + CHARGE_CAPTURES, { headers: bearer }))).rejects.toThrow();
			expect((await getToken(api)).status).toBe(200);
		},
	);

	it.each<['before' | 'after', number]>([
		['before', 0],
		['after', 1],
	])('a delay waits %s storing', async (when, storedMeanwhile) => {
		api.inject({ kind: 'delay', delayMs: 1500, when });
		const started = Date.now();
		const answer = create();
		await sleep(700);

		expect(api.attachments).toHaveLength(storedMeanwhile);
		expect(api.requests[0]?.status).toBeUndefined();
		expect((await answer).status).toBe(200);
		expect(Date.now() - started).toBeGreaterThanOrEqual(1490);
		expect(api.attachments).toHaveLength(1);
	});

	it('a delay outlived by its client still stores', async () => {
		api.inject({ kind: 'delay', delayMs: 1200, when: 'before' });
		await expect(create(upload(), { signal: AbortSignal.timeout(500) })).rejects.toThrow();
		await sleep(1500);

		expect(api.attachments).toHaveLength(1);
		expect(api.requests[0]?.status).toBeUndefined();
	});

	it('a reset breaks off what a delay holds', async () => {
		api.inject({ kind: 'delay', delayMs: Infinity, when: 'before' });
		const outcome = expect(create()).rejects.toThrow();
		await sleep(500);
		api.reset();

		await outcome;
		expect(api.attachments).toEqual([]);
	});

	it('after storing replaces no refusal', async () => {
		api.inject({ kind: 'answer', body: 'odd' });

		expect((await create(upload({ type: 'image/gif' }))).status).toBe(422);
	});

	it.each<[string, Partial<Fault>, number[]]>([
		['once by default', {}, [500, 200, 200, 200]],
		['as often as told', { times: 2 }, [500, 500, 200, 200]],
		['after those it skips', { skip: 1, times: 2 }, [200, 500, 500, 200]],
		['always', { times: Infinity }, [500, 500, 500, 500]],
		['on its path', { path: CREATE }, [500, 200, 200, 200]],
		['on its pattern, in any state', { path: /external-id$/g, times: 4 }, [500, 500, 500, 500]],
		['not on another path', { path: CHARGE_CAPTURES }, [200, 200, 200, 200]],
		['not on another method', { method: 'PUT' }, [200, 200, 200, 200]],
	])('hit %s', async (_name, fault, expected) => {
		api.inject({ kind: 'status', ...fault });
		const statuses = [];
		for (let i = 0; i < 4; i += 1) statuses.push((await create()).status);

		expect(statuses).toEqual(expected);
	});

	it('hit creates only unless told otherwise, and end when cleared', async () => {
		api.inject({ kind: 'status', times: Infinity });
		expect((await fetch(api.url + CHARGE_CAPTURES, { headers: bearer })).status).toBe(200);
		expect((await create()).status).toBe(500);

		api.clearFaults();
		expect((await create()).status).toBe(200);
	});
});

describe('the server', () => {
	it('answers on the loopback address as on localhost', async () => {
		const url = api.url.replace('localhost', '127.0.0.1');

		expect((await fetch(url + CHARGE_CAPTURES, { headers: bearer })).status).toBe(200);
	});

	it('keeps a record of requests it has no path for', async () => {
		const answer = await fetch(`${api.url}/api/nothing?a=1`, { method: 'POST', body: upload() });

		expect(answer.status).toBe(404);
		expect(api.requests).toMatchObject([{ path: '/api/nothing?a=1', status: 404 }]);
	});

	it.each(['GET', 'POST'])('answers and records a %s of a broken URL', async (method) => {
		const answer = await fetch(`${api.url}/api/%zz`, { method });

		expect(answer.status).toBe(400);
		expect(await answer.json()).toMatchObject({ errorName: 'BadRequestError' });
		expect(api.requests).toMatchObject([{ method, path: '/api/%zz', status: 400 }]);
	});

	it('refuses a port in use', async () => {
		const port = Number(new URL(api.url).port);

		await expect(startCandidApi({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
	});
});
