import { createHash } from 'node:crypto';

import { strFromU8, unzipSync } from 'fflate';

import { DOCX_TYPE } from '../files/contents';
import type { CandidApi } from './index';
import { ENCOUNTERS_PATH, SUPERBILLS_PATH } from './paths';
import { TestServer } from './test-server';

const RANGE = { date_range_min: '2025-01-10', date_range_max: '2025-01-11' };
const REQUEST = { patient_external_id: 'PAT-1', ...RANGE };
const ADDRESS = { address1: '1 Main St', city: 'Albany', state: 'NY', zip_code: '12084' };

interface Listed {
	superbill_id: string;
	authed_url: string;
	file_name: string;
}

const local = new TestServer();

async function make(request: object): Promise<Listed[]> {
	const [status, answer] = await local.sendJson('POST', SUPERBILLS_PATH, request);
	expect(status).toBe(200);
	return (answer as { superbills: Listed[] }).superbills;
}

async function makeOne(request: object = REQUEST): Promise<Listed> {
	const [first, ...others] = await make(request);
	if (first === undefined || others.length > 0) throw new Error('Not one superbill was made.');
	return first;
}

const open = async (url: string, headers: Record<string, string> = {}) =>
	await fetch(url, { headers, redirect: 'manual' });

describe('a superbill', () => {
	it.each([
		[{}, 'docx', DOCX_TYPE, 'PK'],
		[{ output_format: 'DOCX' }, 'docx', DOCX_TYPE, 'PK'],
		[{ output_format: 'PDF' }, 'pdf', 'application/pdf', '%PDF'],
	])('that is requested with %j is a %s', async (extra, extension, type, begin) => {
		const superbill = await makeOne({ ...REQUEST, ...extra });
		const answer = await open(superbill.authed_url);
		const bytes = Buffer.from(await answer.arrayBuffer());

		expect(superbill).toEqual({
			...REQUEST,
			superbill_id: expect.any(String),
			authed_url: expect.stringContaining(`${local.api.filesUrl}/files/${superbill.superbill_id}?`),
			file_name: `superbill_PAT-1_2025-01-10_2025-01-11.${extension}`,
		});
		expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type]);
		expect(bytes.toString('latin1').startsWith(begin)).toBe(true);
		expect(local.api.superbills).toMatchObject([
			{ superbillId: superbill.superbill_id, sha256: sha256(bytes), contentType: type },
		]);
	});

	it('names its patient, range, provider, encounters and the address to pay to', async () => {
		const address = { ...ADDRESS, address2: 'Suite <2> & 3', zip_plus_four_code: '0001' };
		const { authed_url: url } = await makeOne({ ...REQUEST, pay_to_address: address });
		const parts = unzipSync(new Uint8Array(await (await open(url)).arrayBuffer()));
		const text = strFromU8(parts['word/document.xml'] ?? new Uint8Array());

		expect([...text.matchAll(/<w:t>(.*?)<\/w:t>/g)].map(([, line]) => line)).toEqual([
			'Superbill',
			'Patient PAT-1',
			'2025-01-10 to 2025-01-11',
			'Example Clinic, NPI 0000000000',
			'Pay to',
			'1 Main St',
			'Suite &lt;2> &amp; 3',
			'Albany, NY 12084-0001',
			'2025-01-10 ENC-2001',
		]);
	});

	it('is new with each request', async () => {
		const ids = [(await makeOne()).superbill_id, (await makeOne()).superbill_id];

		expect(new Set(ids).size).toBe(2);
		expect(local.api.superbills.map((superbill) => superbill.superbillId)).toEqual(ids);
	});

	it('lists only the encounters in the range, including its first and last day', async () => {
		await make({ ...REQUEST, date_range_max: '2025-01-12' });
		await make({ ...REQUEST, date_range_min: '2025-01-12', date_range_max: '2025-01-12' });

		expect(local.api.superbills.map((superbill) => superbill.encounterIds)).toEqual([
			['e0000000-0000-4000-8000-000000002001', 'e0000000-0000-4000-8000-000000002003'],
			['e0000000-0000-4000-8000-000000002003'],
		]);
	});

	it.each([
		{ patient_external_id: 'PAT-UNKNOWN' },
		{ date_range_min: '2024-01-01', date_range_max: '2024-12-31' },
	])('is not made without an encounter: %j', async (extra) => {
		expect(await make({ ...REQUEST, ...extra })).toEqual([]);
		expect(local.api.superbills).toEqual([]);
	});

	it('is made for each billing provider, with the same file name', async () => {
		const patientExternalId = 'PAT-TWO-PROVIDERS';
		const west = { name: 'West Clinic', npi: '1234567893' };
		const seed = { patientExternalId, dateOfService: '2025-01-10' };
		const [a, b, c] = [{}, { billingProvider: west }, {}].map((extra, index) =>
			local.api.addEncounter({ externalId: `ENC-P${index}`, ...seed, ...extra }),
		);
		const made = await make({ ...RANGE, patient_external_id: patientExternalId });

		expect(local.api.superbills).toMatchObject([
			{ encounterIds: [a?.encounterId, c?.encounterId] },
			{ encounterIds: [b?.encounterId], billingProvider: west },
		]);
		expect(new Set(made.map((superbill) => superbill.file_name)).size).toBe(1);
		const [, encounter] = await local.sendJson('GET', `${ENCOUNTERS_PATH}/${b?.encounterId}`);
		expect(encounter).toMatchObject({
			billing_provider: {
				organization_name: 'West Clinic',
				npi: '1234567893',
				provider_id: '0a3fd4a4-3a4e-4b67-8f0c-001234567893',
			},
		});
	});

	it.each<[field: string, value: unknown]>([
		['patient_external_id', undefined],
		['patient_external_id', ''],
		['date_range_min', undefined],
		['date_range_min', '01/10/2025'],
		['date_range_max', '2025-02-30'],
		['date_range_max', '2025-01-09'],
		['output_format', 'pdf'],
		['include_merged_patient_data', 'yes'],
		['pay_to_address', 'Albany'],
		['pay_to_address', { ...ADDRESS, zip_code: undefined }],
	])('is refused with 422 if %s is %j', async (field, value) => {
		const [status, body] = await local.sendJson('POST', SUPERBILLS_PATH, {
			...REQUEST,
			[field]: value,
		});

		expect(status).toBe(422);
		expect(body).toEqual({
			errorName: 'UnprocessableEntityError',
			content: { message: expect.stringMatching(`^${field}[.:]`) },
		});
		expect(local.api.superbills).toEqual([]);
	});

	it.each<[cut: 'before-answer' | 'before-answer-unstored', count: number]>([
		['before-answer', 1],
		['before-answer-unstored', 0],
	])('is made %s: %d', async (cut, count) => {
		local.api.inject({ path: SUPERBILLS_PATH, kind: 'cut', cut });

		await expect(local.sendJson('POST', SUPERBILLS_PATH, REQUEST)).rejects.toThrow();
		expect(local.api.superbills).toHaveLength(count);
	});
});

describe('the link of a superbill', () => {
	it('expires, accepts no token and ends with a reset', async () => {
		const { authed_url: url } = await makeOne();
		expect((await open(url)).status).toBe(200);
		expect((await open(url, local.bearer)).status).toBe(400);
		expect((await open(url.replace(/\?.*/, ''))).status).toBe(403);

		local.api.expireLinks();
		expect((await open(url)).status).toBe(403);
		const { authed_url: fresh } = await makeOne();
		local.api.reset();
		expect(local.api.superbills).toEqual([]);
		expect((await open(fresh)).status).toBe(403);
	});

	it('can be an address of the API, which redirects only the client that made it', async () => {
		const clients = [{ clientId: 'b', clientSecret: 'b' }];
		const other = await local.startOther({ fileLinks: 'redirect', clients });
		const url = await urlFrom(other);
		const as = (clientId?: string) => ({ authorization: `Bearer ${other.issueToken(clientId)}` });
		const redirect = await open(url, as());

		expect(url).toBe(`${other.url}/files/${other.superbills[0]?.superbillId}`);
		expect(redirect.status).toBe(302);
		const answer = await open(redirect.headers.get('location') ?? '');
		const served = Buffer.from(await answer.arrayBuffer());
		expect(sha256(served)).toBe(other.superbills[0]?.sha256);
		expect([(await open(url)).status, (await open(url, as('b'))).status]).toEqual([401, 404]);
	});

	it('can fail like that of an attachment', async () => {
		const { authed_url: url } = await makeOne();
		local.api.inject({ path: /^\/files\//, kind: 'status', status: 503 });

		expect([(await open(url)).status, (await open(url)).status]).toEqual([503, 200]);
	});
});

it('another client’s patients get no superbill', async () => {
	const other = await local.startOther({ clients: [{ clientId: 'b', clientSecret: 'b' }] });
	const answer = await send(other, 'b');

	expect(await answer.json()).toEqual({ superbills: [] });
});

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

async function send(server: CandidApi, clientId?: string): Promise<Response> {
	return await fetch(server.url + SUPERBILLS_PATH, {
		method: 'POST',
		headers: {
			authorization: `Bearer ${server.issueToken(clientId)}`,
			'content-type': 'application/json',
		},
		body: JSON.stringify(REQUEST),
	});
}

async function urlFrom(server: CandidApi): Promise<string> {
	const answer = (await (await send(server)).json()) as { superbills: Listed[] };
	return answer.superbills[0]?.authed_url ?? '';
}
