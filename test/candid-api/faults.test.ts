import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Fault } from './index';
import { CHARGE_CAPTURES_PATH, CREATE_BY_CHARGE_CAPTURE_PATH } from './paths';
import { getToken, upload, TestServer } from './test-server';

const local = new TestServer();

describe('faults', () => {
	it.each<[string, Omit<Fault, 'kind'> & { kind: 'status' | 'answer' }, object, number]>([
		[
			'a status refuses the request before the file is stored',
			{ kind: 'status', status: 503, body: { errorName: 'HttpServiceUnavailableError' } },
			{
				status: 503,
				type: 'application/json',
				text: '{"errorName":"HttpServiceUnavailableError"}',
			},
			0,
		],
		[
			'a status with when: after is sent after the file is stored',
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
		[
			'a status without a body is sent with an empty body',
			{ kind: 'status' },
			{ status: 500, type: null, text: '' },
			0,
		],
		[
			'an answer is sent instead of the attachment ID',
			{ kind: 'answer', body: ['odd'] },
			{ status: 200, type: 'application/json', text: '["odd"]' },
			1,
		],
	])('%s', async (_name, fault, expected, stored) => {
		local.api.inject(fault);
		const answer = await local.create();

		expect({
			status: answer.status,
			type: answer.headers.get('content-type'),
			text: await answer.text(),
			...(answer.headers.has('retry-after') && { retryAfter: answer.headers.get('retry-after') }),
		}).toEqual(expected);
		expect(local.api.attachments).toHaveLength(stored);
		expect((await local.create()).status).toBe(200);
	});

	it.each<[NonNullable<Fault['cut']>, number, 'none' | 'some' | 'all']>([
		['before-body', 0, 'none'],
		['during-body', 0, 'some'],
		['before-answer-unstored', 0, 'all'],
		['before-answer', 1, 'all'],
		['mid-answer', 1, 'all'],
	])('a cut %s closes the connection with %d files stored', async (cut, stored, received) => {
		for (const size of [20, 2_000_000]) {
			local.api.reset();
			local.api.inject({ kind: 'cut', cut });
			const outcome = local
				.create(upload({ bytes: randomBytes(size) }))
				.then(async (answer) => await answer.text());

			await expect(outcome).rejects.toThrow(cut === 'mid-answer' ? 'terminated' : 'fetch failed');
			const [request] = local.api.requests;
			const total = request?.contentLength ?? 0;
			expect(local.api.requests).toHaveLength(1);
			expect(request?.status).toBeUndefined();
			expect(local.api.attachments).toHaveLength(stored);
			if (received === 'none') expect(request?.bytesReceived).toBe(0);
			if (received === 'all') expect(request?.bytesReceived).toBe(total);
			if (received === 'some') {
				expect(request?.bytesReceived).toBeGreaterThan(0);
				expect(request?.bytesReceived).toBeLessThan(total);
			}
			expect((await local.create()).status).toBe(200);
		}
	});

	it('a cut mid-answer sends the head and half of the body', async () => {
		local.api.inject({ kind: 'cut', cut: 'mid-answer' });
		const answer = await local.create();
		const reader = answer.body?.getReader();

		expect(answer.headers.get('content-length')).toBe('38');
		expect((await reader?.read())?.value).toHaveLength(19);
		await expect(reader?.read()).rejects.toThrow('terminated');
	});

	it.each(['before-body', 'during-body', 'before-answer', 'mid-answer'] as const)(
		'a cut %s also applies to requests without a multipart body',
		async (cut) => {
			local.api.inject({ kind: 'cut', cut, path: /.*/, times: 2 });
			const read = async (answer: Promise<Response>) => await (await answer).text();

			await expect(read(getToken(local.api))).rejects.toThrow();
			await expect(
				read(fetch(local.api.url + CHARGE_CAPTURES_PATH, { headers: local.bearer })),
			).rejects.toThrow();
			expect((await getToken(local.api)).status).toBe(200);
		},
	);

	it.each<['before' | 'after', number]>([
		['before', 0],
		['after', 1],
	])(
		'a delay with when: %s waits at that point of the processing',
		async (when, storedMeanwhile) => {
			local.api.inject({ kind: 'delay', delayMs: 1500, when });
			const started = Date.now();
			const answer = local.create();
			await sleep(700);

			expect(local.api.attachments).toHaveLength(storedMeanwhile);
			expect(local.api.requests[0]?.status).toBeUndefined();
			expect((await answer).status).toBe(200);
			expect(Date.now() - started).toBeGreaterThanOrEqual(1490);
			expect(local.api.attachments).toHaveLength(1);
		},
	);

	it('a delayed request is stored even if its client disconnects', async () => {
		local.api.inject({ kind: 'delay', delayMs: 1200, when: 'before' });
		await expect(local.create(upload(), { signal: AbortSignal.timeout(500) })).rejects.toThrow();
		await sleep(1500);

		expect(local.api.attachments).toHaveLength(1);
		expect(local.api.requests[0]?.status).toBeUndefined();
	});

	it('a reset cuts the requests that a delay holds', async () => {
		local.api.inject({ kind: 'delay', delayMs: Infinity, when: 'before' });
		const outcome = expect(local.create()).rejects.toThrow();
		await sleep(500);
		local.api.reset();

		await outcome;
		expect(local.api.attachments).toEqual([]);
	});

	it('with when: after do not replace a refusal by the server', async () => {
		local.api.inject({ kind: 'answer', body: 'odd' });

		expect((await local.create(upload({ type: 'image/gif' }))).status).toBe(422);
	});

	it.each<[string, Partial<Fault>, number[]]>([
		['one request by default', {}, [500, 200, 200, 200]],
		['as many requests as given in times', { times: 2 }, [500, 500, 200, 200]],
		['requests after the skipped ones', { skip: 1, times: 2 }, [200, 500, 500, 200]],
		['all requests with times: Infinity', { times: Infinity }, [500, 500, 500, 500]],
		['requests to the given path', { path: CREATE_BY_CHARGE_CAPTURE_PATH }, [500, 200, 200, 200]],
		[
			'requests that match a pattern, also one with the g flag',
			{ path: /external-id$/g, times: 4 },
			[500, 500, 500, 500],
		],
		['no request to another path', { path: CHARGE_CAPTURES_PATH }, [200, 200, 200, 200]],
		['no request with another method', { method: 'PUT' }, [200, 200, 200, 200]],
	])('apply to %s', async (_name, fault, expected) => {
		local.api.inject({ kind: 'status', ...fault });
		const statuses = [];
		for (let i = 0; i < 4; i += 1) statuses.push((await local.create()).status);

		expect(statuses).toEqual(expected);
	});

	it('apply to creates only by default, and end with clearFaults', async () => {
		local.api.inject({ kind: 'status', times: Infinity });
		expect(
			(await fetch(local.api.url + CHARGE_CAPTURES_PATH, { headers: local.bearer })).status,
		).toBe(200);
		expect((await local.create()).status).toBe(500);

		local.api.clearFaults();
		expect((await local.create()).status).toBe(200);
	});
});
