import { startCandidApi } from './index';
import { BY_CHARGE_CAPTURE_PATH, CHARGE_CAPTURES_PATH, SIGN_IN_PATH } from './paths';
import { upload, TestServer } from './test-server';

const local = new TestServer();

describe('the record of a request', () => {
	const json = 'application/json';
	const secret = '{"client_id":"local-client","client_secret":"local-secret"}';
	const cases: Array<[string, string, string, string, unknown]> = [
		[
			'a delete',
			`DELETE ${BY_CHARGE_CAPTURE_PATH}/x`,
			json,
			'{"attachment_id":"y"}',
			{ attachment_id: 'y' },
		],
		['JSON with a charset', 'POST /api/nothing', `${json}; charset=utf-8`, '["ä"]', ['ä']],
		['another content type', 'POST /api/nothing', 'text/plain', '{}', undefined],
		['invalid JSON', 'POST /api/nothing', json, '{', undefined],
		['a token request', `POST ${SIGN_IN_PATH}`, json, secret, undefined],
		[
			'a token request with a percent-encoded path',
			'POST /api/auth/v2/%74oken?x=1',
			json,
			secret,
			undefined,
		],
	];

	it.each(cases)(
		'has the parsed body of JSON, except of token requests: %s',
		async (_name, target, type, body, kept) => {
			const [method, path = ''] = target.split(' ');
			const headers = { ...local.bearer, 'content-type': type };
			await fetch(local.api.url + path, { method, headers, body });

			expect(local.api.requests).toMatchObject([
				{ server: 'api', path, bytesReceived: Buffer.byteLength(body) },
			]);
			expect(local.api.requests[0]?.body).toEqual(kept);
		},
	);

	it('has the parts of a multipart body as fields, not as a body', async () => {
		await local.create();

		expect(local.api.requests[0]).toMatchObject({ server: 'api', fields: expect.any(Array) });
		expect(local.api.requests[0]?.body).toBeUndefined();
	});
});

describe('the server', () => {
	it('answers on 127.0.0.1 as well as on localhost', async () => {
		const url = local.api.url.replace('localhost', '127.0.0.1');

		expect((await fetch(url + CHARGE_CAPTURES_PATH, { headers: local.bearer })).status).toBe(200);
	});

	it('records requests to unknown paths', async () => {
		const answer = await fetch(`${local.api.url}/api/nothing?a=1`, {
			method: 'POST',
			body: upload(),
		});

		expect(answer.status).toBe(404);
		expect(local.api.requests).toMatchObject([{ path: '/api/nothing?a=1', status: 404 }]);
	});

	it.each(['GET', 'POST'])(
		'answers and records a %s of a URL that cannot be decoded',
		async (method) => {
			const answer = await fetch(`${local.api.url}/api/%zz`, { method });

			expect(answer.status).toBe(400);
			expect(await answer.json()).toMatchObject({ errorName: 'BadRequestError' });
			expect(local.api.requests).toMatchObject([{ method, path: '/api/%zz', status: 400 }]);
		},
	);

	it('rejects when the port is in use', async () => {
		const port = Number(new URL(local.api.url).port);

		await expect(startCandidApi({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
	});
});
