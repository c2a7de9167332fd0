import { setTimeout as sleep } from 'node:timers/promises';

import { RateWindow } from './rate-window';
import { CHARGE_CAPTURES_PATH, CREATE_BY_CHARGE_CAPTURE_PATH } from './paths';
import { getToken, upload, TestServer } from './test-server';

const local = new TestServer();

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

	it.each(cases)(
		'are issued or refused as documented for a request with %s',
		async (_name, init, status, errorName) => {
			const answer = await getToken(local.api, init);
			const body = (await answer.json()) as Record<string, unknown>;

			expect(answer.status).toBe(status);
			expect(local.api.tokensIssued).toBe(errorName === undefined ? 1 : 0);
			if (errorName === undefined) {
				expect(body).toMatchObject({ expires_in: 18_000, token_type: 'Bearer' });
				expect(String(body.access_token).split('.')).toHaveLength(3);
			} else {
				expect(body.errorName).toContain(errorName);
			}
		},
	);

	it('are refused with 429 when requested too often', async () => {
		const server = await local.startOther({ tokenRequestsPerMinute: 2 });
		const statuses = [];
		for (let i = 0; i < 3; i += 1) statuses.push((await getToken(server)).status);

		expect(statuses).toEqual([200, 200, 429]);
		expect(server.tokensIssued).toBe(2);
	});

	it.each<[string, Record<string, string>]>([
		['no Authorization header', {}],
		['another scheme', { authorization: 'Basic bG9jYWw6bG9jYWw=' }],
		['a token that was not issued', { authorization: 'Bearer a.b.c' }],
	])('are required: a request with %s answers 401 and stores nothing', async (_name, headers) => {
		const answer = await local.create(upload(), { headers });

		expect(answer.status).toBe(401);
		expect(local.api.attachments).toEqual([]);
		expect(local.api.requests[0]).toMatchObject({ status: 401, fields: expect.any(Array) });
	});

	it('all stop working after expireTokens, and new ones work', async () => {
		local.api.expireTokens();
		expect((await local.create()).status).toBe(401);

		local.bearer = { authorization: `Bearer ${local.api.issueToken()}` };
		expect((await local.create()).status).toBe(200);
		expect(local.api.tokensIssued).toBe(0);
	});

	it('expire at the end of their lifetime', async () => {
		const server = await local.startOther({ tokenLifetimeSeconds: 2 });
		const headers = { authorization: `Bearer ${server.issueToken()}` };
		const status = async () => (await fetch(server.url + CHARGE_CAPTURES_PATH, { headers })).status;

		expect(await status()).toBe(200);
		await sleep(2100);
		expect(await status()).toBe(401);
	});
});

describe('the rate limit', () => {
	it('counts all paths together and answers 429 without Retry-After and rate headers', async () => {
		const server = await local.startOther({ requestsPer10Seconds: 2 });
		const headers = { authorization: `Bearer ${server.issueToken()}` };
		await fetch(server.url + CHARGE_CAPTURES_PATH, { headers });
		await getToken(server);
		const answer = await fetch(server.url + CREATE_BY_CHARGE_CAPTURE_PATH, {
			method: 'POST',
			headers,
			body: upload(),
		});

		expect(answer.status).toBe(429);
		expect(await answer.json()).toMatchObject({ errorName: 'TooManyRequestsError' });
		expect([...answer.headers.keys()].filter((name) => /retry|rate/i.test(name))).toEqual([]);
		expect(server.attachments).toEqual([]);
	});

	it('can be changed while the server runs', async () => {
		const server = await local.startOther({});
		server.limitRequests(1);
		expect((await getToken(server)).status).toBe(200);
		expect((await getToken(server)).status).toBe(429);
		server.limitRequests(2);
		expect((await getToken(server)).status).toBe(200);
	});

	it.each([
		['not counted', 200],
		['counted', 429],
	] as const)(
		'with refused requests %s, answers %d when a refused request is repeated',
		(aboveRate, status) => {
			let now = 0;
			const window = new RateWindow(1, 10, aboveRate === 'counted', () => now);
			expect(window.tryTake()).toBe(true);
			now = 9;
			expect(window.tryTake()).toBe(false);
			now = 11;
			expect(window.tryTake()).toBe(status === 200);
		},
	);
});
