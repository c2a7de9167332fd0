import { randomBytes } from 'node:crypto';
import { get } from 'node:http';

import { UNKNOWN_ID } from '../engine/fixtures';
import { startCandidApi, type AttachmentSeed, type CandidApi, type Fault } from './index';
import { BY_CHARGE_CAPTURE_PATH, CHARGE_CAPTURES_PATH } from './paths';

let api: CandidApi;
let redirecting: CandidApi;

beforeAll(async () => {
	api = await startCandidApi();
	redirecting = await startCandidApi({ fileLinks: 'redirect' });
});

beforeEach(() => {
	api.reset();
	redirecting.reset();
});

afterAll(async () => {
	await api.close();
	await redirecting.close();
});

const add = (server: CandidApi, seed: AttachmentSeed = {}) =>
	server.addAttachment({ chargeCaptureExternalId: 'CC-1001', ...seed });

const bearer = (server: CandidApi) => ({ authorization: `Bearer ${server.issueToken()}` });

/** The links in a charge capture's list, in its order. */
async function links(server: CandidApi): Promise<string[]> {
	const answer = await fetch(`${server.url}${BY_CHARGE_CAPTURE_PATH}/CC-1001`, {
		headers: bearer(server),
	});
	const listed = (await answer.json()) as Array<{ authed_url: string }>;
	return listed.map((attachment) => attachment.authed_url);
}

async function linkOf(server: CandidApi, seed: AttachmentSeed = {}): Promise<string> {
	add(server, seed);
	const [link] = (await links(server)).slice(-1);
	return link ?? '';
}

const status = async (url: string, headers: Record<string, string> = {}) =>
	(await fetch(url, { headers, redirect: 'manual' })).status;

const seen = (server: CandidApi) =>
	server.requests.map((request) => `${request.server} ${request.path.split('?', 1)[0]}`);

describe('a signed link', () => {
	it.each<[string, AttachmentSeed]>([
		['a large file', { bytes: randomBytes(3_000_000) }],
		['an empty file', { bytes: Buffer.alloc(0) }],
		['a file whose type has a parameter', { contentType: 'text/csv; charset=utf-8' }],
		['a file of a type that no create accepts', { contentType: 'image/gif' }],
	])('serves %s with its type and length', async (_name, seed) => {
		const { attachmentId, bytes, contentType } = add(api, seed);
		const [link = ''] = await links(api);
		const answer = await fetch(link);

		expect(link).toMatch(
			new RegExp(`^${api.filesUrl}/files/${attachmentId}\\?signature=[0-9a-f]+$`),
		);
		expect(answer.status).toBe(200);
		expect(answer.headers.get('content-type')).toBe(contentType);
		expect(answer.headers.get('content-length')).toBe(String(bytes.length));
		expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
	});

	it('is on another port than the API, which does not serve the file', async () => {
		const link = new URL(await linkOf(api));
		const onApi = api.url + link.pathname + link.search;

		expect(new URL(api.filesUrl).port).not.toBe(new URL(api.url).port);
		expect(await status(onApi)).toBe(404);
		expect(await status(onApi, bearer(api))).toBe(404);
	});

	it.each(['Bearer a.b.c', 'Basic bG9jYWw6bG9jYWw=', ''])(
		'answers 400 to a request with an Authorization header: %j',
		async (authorization) => {
			const answer = await fetch(await linkOf(api), { headers: { authorization } });

			expect(answer.status).toBe(400);
			expect(await answer.json()).toMatchObject({ errorName: 'BadRequestError' });
		},
	);

	it.each<[string, (link: string) => string]>([
		['a wrong signature', (link) => `${link}0`],
		['an empty signature', (link) => link.replace(/=.*/, '=')],
		['no signature', (link) => link.replace(/\?.*/, '')],
		['its signature twice', (link) => `${link}&${link.split('?')[1]}`],
		['the signature of another file', (link) => link.replace(/[^/?]+(?=\?)/, UNKNOWN_ID)],
	])('answers 403 to %s', async (_name, change) => {
		const link = await linkOf(api);
		add(api, { attachmentId: UNKNOWN_ID });
		const answer = await fetch(change(link));

		expect(answer.status).toBe(403);
		expect(await answer.json()).toMatchObject({ errorName: 'UnauthorizedError' });
		expect(await status(link)).toBe(200);
	});

	it('answers 403 once its file is deleted', async () => {
		const { attachmentId } = add(api);
		const [link = ''] = await links(api);
		await fetch(`${api.url}${BY_CHARGE_CAPTURE_PATH}/CC-1001`, {
			method: 'DELETE',
			headers: { ...bearer(api), 'content-type': 'application/json' },
			body: JSON.stringify({ attachment_id: attachmentId }),
		});

		expect(await status(link)).toBe(403);
	});

	it('is the same in every list until expireLinks, and then the next list has a new one', async () => {
		add(api);
		add(api);
		const before = await links(api);
		expect(await links(api)).toEqual(before);
		expect(new Set(before.map((link) => link.split('=')[1])).size).toBe(2);

		api.expireLinks();
		const after = await links(api);
		expect(await Promise.all(before.map(async (link) => await status(link)))).toEqual([403, 403]);
		expect(await Promise.all(after.map(async (link) => await status(link)))).toEqual([200, 200]);
	});

	it('is invalid after a reset, even if a file with the same ID is added', async () => {
		const link = await linkOf(api, { attachmentId: UNKNOWN_ID });
		api.reset();
		add(api, { attachmentId: UNKNOWN_ID });

		expect(await status(link)).toBe(403);
	});

	it('does not count toward the API’s rate limit', async () => {
		const server = await startCandidApi({ requestsPer10Seconds: 1 });
		try {
			const link = await linkOf(server);
			expect([await status(link), await status(link)]).toEqual([200, 200]);
			expect(await status(server.url + CHARGE_CAPTURES_PATH, bearer(server))).toBe(429);
		} finally {
			await server.close();
		}
	});
});

describe('the files listener', () => {
	it('records its requests in order with those of the API', async () => {
		const link = await linkOf(api);
		await fetch(link);
		await links(api);
		const list = `api ${BY_CHARGE_CAPTURE_PATH}/CC-1001`;

		expect(seen(api)).toEqual([list, `files ${new URL(link).pathname}`, list]);
		expect(api.requests[1]).toMatchObject({ method: 'GET', status: 200, bytesReceived: 0 });
		expect(link.endsWith(api.requests[1]?.path ?? '-')).toBe(true);
	});

	it.each([
		['/api/charge_captures/v1', 404],
		['/files/%zz', 400],
	])('answers and records %s', async (path, expected) => {
		expect(await status(api.filesUrl + path, bearer(api))).toBe(expected);
		expect(api.requests).toMatchObject([{ server: 'files', path, status: expected }]);
	});

	it('answers on 127.0.0.1 as well as on localhost', async () => {
		const link = await linkOf(api);

		expect(await status(link.replace('localhost', '127.0.0.1'))).toBe(200);
	});

	it('closes with the API', async () => {
		const server = await startCandidApi();
		const { url, filesUrl } = server;
		expect([await status(`${url}/-`), await status(`${filesUrl}/-`)]).toEqual([404, 404]);
		await server.close();

		await expect(fetch(url)).rejects.toThrow('fetch failed');
		await expect(fetch(filesUrl)).rejects.toThrow('fetch failed');
	});
});

describe('faults on signed links', () => {
	it.each<[Fault, number, string]>([
		[{ kind: 'status', path: /^\/files\//, body: 'down' }, 500, 'down'],
		[{ kind: 'status', method: 'GET', status: 503, when: 'after' }, 503, ''],
		[{ kind: 'answer', path: /signature=/, body: '<html></html>' }, 200, '<html></html>'],
		[{ kind: 'status', method: 'DELETE' }, 200, 'file'],
		[{ kind: 'status', path: CHARGE_CAPTURES_PATH }, 200, 'file'],
		[{ kind: 'status' }, 200, 'file'],
	])('%j makes the link answer %d', async (fault, expected, text) => {
		const link = await linkOf(api, { bytes: Buffer.from('file') });
		api.inject(fault);
		const answer = await fetch(link);

		expect([answer.status, await answer.text()]).toEqual([expected, text]);
		expect(await (await fetch(link)).text()).toBe('file');
	});

	it('can match the link’s path as a string', async () => {
		const link = await linkOf(api);
		api.inject({ kind: 'status', path: new URL(link).pathname });

		expect([await status(link), await status(link)]).toEqual([500, 200]);
	});

	it.each(['before', 'after'] as const)('can delay the answer, with when: %s', async (when) => {
		const link = await linkOf(api);
		api.inject({ kind: 'delay', delayMs: 300, when, path: /^\/files/ });
		const started = Date.now();

		expect(await status(link)).toBe(200);
		// A timer may fire slightly early.
		expect(Date.now() - started).toBeGreaterThanOrEqual(290);
	});

	it.each<NonNullable<Fault['cut']>>([
		'before-body',
		'during-body',
		'before-answer-unstored',
		'before-answer',
		'mid-answer',
	])('can cut the connection %s', async (cut) => {
		const link = await linkOf(api);
		api.inject({ kind: 'cut', cut, path: /^\/files/ });
		const outcome = fetch(link).then(async (answer) => await answer.text());

		await expect(outcome).rejects.toThrow(cut === 'mid-answer' ? 'terminated' : 'fetch failed');
		expect(api.requests.at(-1)).toMatchObject({ server: 'files' });
		expect(api.requests.at(-1)?.status).toBeUndefined();
		expect(await status(link)).toBe(200);
	});

	it('send the head and half of the file when they cut mid-answer', async () => {
		const bytes = randomBytes(1_000_000);
		const link = await linkOf(api, { bytes });
		api.inject({ kind: 'cut', cut: 'mid-answer', path: /^\/files/ });
		const { headers, received, whole } = await receive(link);

		expect(headers).toMatchObject({
			'content-type': 'application/pdf',
			'content-length': '1000000',
		});
		expect(whole).toBe(false);
		expect(received.equals(bytes.subarray(0, 500_000))).toBe(true);
	});

	it('do not replace a refusal by the server', async () => {
		const link = await linkOf(api);
		api.inject({ kind: 'answer', body: 'odd', path: /^\/files/ });

		expect(await status(`${link}0`)).toBe(403);
	});
});

describe('a redirecting link', () => {
	it('is on the API, requires the bearer token and redirects to the signed link', async () => {
		const { attachmentId } = add(redirecting);
		const [link = ''] = await links(redirecting);
		const answer = await fetch(link, { headers: bearer(redirecting), redirect: 'manual' });
		const location = answer.headers.get('location') ?? '';

		expect(link).toBe(`${redirecting.url}/files/${attachmentId}`);
		expect(answer.status).toBe(302);
		expect(location.startsWith(`${redirecting.filesUrl}/files/${attachmentId}?signature=`)).toBe(
			true,
		);
		expect(await status(location)).toBe(200);
		expect(await status(location, bearer(redirecting))).toBe(400);
	});

	it('serves the file to a client that does not send the token to the signed link', async () => {
		const bytes = randomBytes(100_000);
		const link = await linkOf(redirecting, { bytes });
		const answer = await fetch(link, { headers: bearer(redirecting) });
		const { pathname } = new URL(link);

		expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
		expect(seen(redirecting).slice(1)).toEqual([`api ${pathname}`, `files ${pathname}`]);
		expect(redirecting.requests.at(-1)?.headers.authorization).toBeUndefined();
	});

	it('answers 401 without a valid token', async () => {
		const link = await linkOf(redirecting);

		expect(await status(link)).toBe(401);
		expect(await status(link, { authorization: 'Bearer a.b.c' })).toBe(401);
	});

	it('answers 404 for an unknown file', async () => {
		const url = `${redirecting.url}/files/${UNKNOWN_ID}`;
		const answer = await fetch(url, { headers: bearer(redirecting) });

		expect(answer.status).toBe(404);
		expect(await answer.json()).toEqual({
			errorName: 'EntityNotFoundError',
			content: { id: UNKNOWN_ID },
		});
	});

	it('stays valid when signed links expire, and redirects to a new one', async () => {
		const link = await linkOf(redirecting);
		const headers = bearer(redirecting);
		const follow = async () =>
			(await fetch(link, { headers, redirect: 'manual' })).headers.get('location') ?? '';
		const old = await follow();
		redirecting.expireLinks();

		expect([await status(old), await status(await follow())]).toEqual([403, 200]);
	});

	it.each<[string, Fault, string[]]>([
		['at the signed link only', { kind: 'cut', path: /signature=/ }, ['api', 'files']],
		['at the redirect', { kind: 'cut', path: /^\/files/ }, ['api']],
	])('can be cut %s', async (_name, fault, servers) => {
		const link = await linkOf(redirecting);
		redirecting.inject(fault);

		await expect(fetch(link, { headers: bearer(redirecting) })).rejects.toThrow('fetch failed');
		expect(redirecting.requests.slice(1).map(({ server }) => server)).toEqual(servers);
	});
});

/** Receives an answer, complete or not. */
async function receive(url: string) {
	return await new Promise<{ headers: object; received: Buffer; whole: boolean }>(
		(resolve, reject) => {
			get(url, { agent: false }, (response) => {
				const { headers } = response;
				const chunks: Buffer[] = [];
				response.on('data', (chunk: Buffer) => chunks.push(chunk));
				response.on('error', () => {
					// Whether the answer was cut is read from `complete` when the response closes.
				});
				response.on('close', () =>
					resolve({ headers, received: Buffer.concat(chunks), whole: response.complete }),
				);
			}).on('error', reject);
		},
	);
}
