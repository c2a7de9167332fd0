import { CredentialTestContext } from 'n8n-core';
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';

import { testCandidHealthApi } from '../../nodes/CandidHealth/auth/credentialTest';
import { Pace, paceOf } from '../../nodes/CandidHealth/run/pace';
import type { CandidApi } from '../candid-api';
import { CHARGE_CAPTURES_PATH, SIGN_IN_PATH } from '../candid-api/paths';
import { startApiForEachTest } from './fixtures';
import { additionalData } from './harness';
import { StoredCredential } from './storedCredential';

let api: CandidApi;

startApiForEachTest((started) => ({ api } = started));

/** What n8n shows after 'Save' or 'Retry' on a credential. */
async function test(more: ICredentialDataDecryptedObject = {}) {
	const data = {
		environment: 'custom',
		baseUrl: api.url,
		authentication: 'clientCredentials',
		clientId: 'local-client',
		clientSecret: 'local-secret',
		...more,
	};
	const context = new CredentialTestContext(additionalData(new StoredCredential(data)));
	return await testCandidHealthApi.call(context, {
		id: '1',
		name: 'Candid Health',
		type: 'candidHealthApi',
		data,
	});
}

const pasted = (accessToken: string, baseUrl = api.url) => ({
	authentication: 'accessToken',
	accessToken,
	baseUrl,
});

it('reads one charge capture with a token that it requested with client ID and secret', async () => {
	expect(await test()).toEqual({ status: 'OK', message: 'Connection successful' });
	expect(api.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
		'POST /api/auth/v2/token',
		'GET /api/charge_captures/v1?limit=1',
	]);
});

it("counts its requests against Candid's limit but does not wait, because a person is waiting for it", async () => {
	const immediately = jest.spyOn(Pace.prototype, 'immediately');
	paceOf(api.url).pause(25_000);
	expect((await test()).status).toBe('OK');
	expect(immediately).toHaveBeenCalledTimes(2);
	immediately.mockRestore();
});

it('requests no token where one was pasted', async () => {
	expect((await test(pasted(api.issueToken()))).status).toBe('OK');
	expect(api.requests.map(({ path }) => path)).toEqual(['/api/charge_captures/v1?limit=1']);
});

it('explains a 401 for a pasted token', async () => {
	expect(await test(pasted('expired'))).toEqual({
		status: 'Error',
		message: expect.stringMatching(
			/^Candid did not accept the access token\. .*stops working after 5 hours/,
		),
	});
});

it('explains a 401 for client ID and secret', async () => {
	expect(await test({ clientSecret: 'wrong' })).toEqual({
		status: 'Error',
		message: expect.stringMatching(
			/^Candid did not accept the client ID and secret at .*Environment is where they were issued/,
		),
	});
});

it('explains a 403', async () => {
	api.inject({
		path: CHARGE_CAPTURES_PATH,
		kind: 'status',
		status: 403,
		body: { errorName: 'UnauthorizedError', content: { message: 'Missing scope' } },
	});
	expect(await test()).toEqual({
		status: 'Error',
		message: expect.stringMatching(
			/^The credential is not allowed to do this in Candid\. Candid says: Missing scope\. Ask your/,
		),
	});
});

const BLOCKED = { contentType: 'text/html', body: '<h1>Blocked</h1>' };

it.each([
	[
		'the token request',
		SIGN_IN_PATH,
		403,
		BLOCKED,
		/something between n8n and Candid answered \(HTTP 403\)\. /,
	],
	[
		'the token request',
		SIGN_IN_PATH,
		404,
		{},
		/something between n8n and Candid answered \(HTTP 404\)\. /,
	],
	[
		'the token request',
		SIGN_IN_PATH,
		407,
		{},
		/the proxy asks for a user name and password \(HTTP 407\)\. /,
	],
	[
		'the read request',
		CHARGE_CAPTURES_PATH,
		403,
		BLOCKED,
		/^Something between n8n and Candid answered \(HTTP 403\)\. /,
	],
	[
		'the read request',
		CHARGE_CAPTURES_PATH,
		407,
		{},
		/^The proxy asks for a user name and password \(HTTP 407\)\. /,
	],
])(
	'does not blame the credential when %s to %s is answered with %d %j',
	async (_, path, status, page, explanation) => {
		api.inject({ path, kind: 'status', status, ...page });
		const { message } = await test();
		expect(message).toMatch(explanation);
		expect(message).not.toMatch(/secret|access token stops|admin/);
	},
);

it.each([
	['that refuses the connection', 'http://localhost:9', 'the connection was refused'],
	['with an unknown name', 'https://candid.invalid', 'the host name'],
])('explains that it cannot reach a host %s', async (_, baseUrl, reason) => {
	const { status, message } = await test(pasted('token', baseUrl));
	expect(status).toBe('Error');
	expect(message).toMatch(new RegExp(`^Candid cannot be reached, ${reason}.*Check the network`));
});

it.each([
	['that cannot be made', 'http://localhost:9', undefined, true],
	['that a proxy has refused', undefined, { status: 403, ...BLOCKED }, true],
	['that Candid could not process', undefined, { status: 500, body: '' }, false],
])(
	'says of a token request %s that Request Options do not apply, if they could help',
	async (_, baseUrl, answer, isSaid) => {
		if (answer) api.inject({ path: SIGN_IN_PATH, kind: 'status', ...answer });
		const { message } = await test({ baseUrl: baseUrl ?? api.url });
		expect(message).toMatch(/^No access token from /);
		expect(message.includes('Request Options do not apply to access tokens')).toBe(isSaid);
	},
);

it('refuses a Base URL to which the token would be sent without TLS', async () => {
	const { message } = await test({ baseUrl: 'http://candid.example.com' });
	expect(message).toMatch(/^The credential's Base URL must begin with https:/);
	expect(api.requests).toEqual([]);
});

it('shows neither token nor secret in its messages', async () => {
	api.inject({ path: CHARGE_CAPTURES_PATH, kind: 'status', status: 500, body: 'x', times: 9 });
	const messages = [
		await test(),
		await test({ clientSecret: 'very-secret' }),
		await test(pasted('tok-1')),
	];
	expect(JSON.stringify(messages)).not.toMatch(/local-secret|very-secret|tok-1|eyJ|Bearer/);
});
