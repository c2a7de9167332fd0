import { NodeHelpers } from 'n8n-workflow';
import type { ICredentialDataDecryptedObject, IHttpRequestOptions } from 'n8n-workflow';

import { CandidHealthApi } from '../../credentials/CandidHealthApi.credentials';
import { CLIENT_REFUSED, NO_TOKEN, failureOf } from '../../nodes/CandidHealth/errors/candidFailure';

const PRODUCTION = 'https://api.joincandidhealth.com';
const STAGING = 'https://api-staging.joincandidhealth.com';

const type = new CandidHealthApi();

const pasted = (more: ICredentialDataDecryptedObject = {}): ICredentialDataDecryptedObject => ({
	environment: 'production',
	authentication: 'accessToken',
	accessToken: 'secret-token',
	...more,
});

/** Passes a copy, because `authenticate` changes its argument, as n8n expects. */
const authenticate = async (
	credentials: ICredentialDataDecryptedObject,
	options: Record<string, unknown>,
) => await type.authenticate(credentials, { ...options } as unknown as IHttpRequestOptions);

it.each([
	[{ environment: 'production', authentication: 'clientCredentials' }, []],
	[{ environment: 'staging', authentication: 'clientCredentials' }, ['sandboxNotice']],
	[{ environment: 'production', authentication: 'accessToken' }, ['expiryNotice']],
])('the credential form with %j shows the notices %j', (values, notices) => {
	const shown = type.properties.filter(
		(property) =>
			property.type === 'notice' && NodeHelpers.displayParameter(values, property, null, null),
	);
	expect(shown.map(({ name }) => name)).toEqual(notices);
});

describe('the credential', () => {
	it.each([
		['production', {}, PRODUCTION],
		['staging', {}, STAGING],
		[
			'custom',
			{ baseUrl: 'https://proxy.example.com/candid/' },
			'https://proxy.example.com/candid',
		],
		['custom', { baseUrl: ' https://proxy.example.com ' }, 'https://proxy.example.com'],
		['custom', { baseUrl: 'http://localhost:5050' }, 'http://localhost:5050'],
		['custom', { baseUrl: 'http://127.0.0.1:5050' }, 'http://127.0.0.1:5050'],
		['custom', { baseUrl: 'http://[::1]:5050' }, 'http://[::1]:5050'],
	])(
		'sets host and token for the environment %s with %j: %s',
		async (environment, more, baseURL) => {
			const options = await authenticate(pasted({ environment, ...more }), {
				url: '/api/encounters/v4',
				baseURL: 'https://elsewhere.example.com',
			});
			expect(options).toMatchObject({
				baseURL,
				url: '/api/encounters/v4',
				headers: { Authorization: 'Bearer secret-token' },
				disableFollowRedirect: true,
			});
		},
	);

	it.each([
		['https://api.joincandidhealth.com/api/encounters/v4'],
		['HTTPS://API.JoinCandidHealth.com:443/api'],
	])('adds the token to the absolute URL %s on its own host', async (url) => {
		const options = await authenticate(pasted(), { url });
		expect(options.headers).toEqual({ Authorization: 'Bearer secret-token' });
	});

	it('adds the token to the `uri` of the older request helper, and turns off its redirects', async () => {
		const options = await authenticate(pasted(), {
			uri: `${PRODUCTION}/api`,
			followRedirect: true,
		});
		expect(options).toMatchObject({
			followRedirect: false,
			followAllRedirects: false,
			headers: { Authorization: 'Bearer secret-token' },
		});
	});

	it.each([' secret-token\n', 'Bearer secret-token', ' bearer  secret-token '])(
		"removes spaces and 'Bearer' from a token that was pasted as %j",
		async (accessToken) => {
			const options = await authenticate(pasted({ accessToken }), { url: '/api' });
			expect(options.headers).toEqual({ Authorization: 'Bearer secret-token' });
		},
	);

	it('replaces an existing Authorization header', async () => {
		const options = await authenticate(pasted(), {
			url: '/api',
			headers: { authorization: 'Basic abc', Accept: 'application/json' },
		});
		expect(options.headers).toEqual({
			Accept: 'application/json',
			Authorization: 'Bearer secret-token',
		});
	});
});

describe('the credential refuses', () => {
	it.each([
		['url', 'https://evil.test/api'],
		['uri', 'https://evil.test/api'],
		['url', 'https://api.joincandidhealth.com.evil.test/api'],
		['url', 'https://evil.test/api.joincandidhealth.com'],
		['url', 'https://api.joincandidhealth.com@evil.test/api'],
		['url', 'https://user:pass@api.joincandidhealth.com/api'],
		['uri', 'https://user@api.joincandidhealth.com/api'],
		['url', 'http://api.joincandidhealth.com/api'],
		['url', 'https://api.joincandidhealth.com:8443/api'],
		['url', STAGING],
		['url', '//evil.test/api'],
		['url', '\\\\evil.test/api'],
		['url', '/\\evil.test/api'],
		['url', ' https://evil.test'],
		['url', 'ftp://api.joincandidhealth.com/'],
		['url', 'https:evil.test'],
		['url', 'https://'],
		['url', 'data:text/plain,x'],
	])('a request to another host: %s %s', async (property, address) => {
		const options = { [property]: address, headers: {} };
		await expect(authenticate(pasted(), options)).rejects.toThrow(
			`The Candid credential can only be used with ${PRODUCTION}`,
		);
		expect(options.headers).toEqual({});
	});

	it('a request to another host in `uri`, even if `url` is allowed', async () => {
		await expect(
			authenticate(pasted(), { url: '/api', uri: 'https://evil.test/api' }),
		).rejects.toThrow('can only be used with');
	});

	it.each(['Production', 'sandbox', 'constructor', '', undefined])(
		'the unknown environment %j, and does not use the Base URL instead',
		async (environment) => {
			const credentials = { ...pasted(), environment, baseUrl: 'https://proxy.example.com' };
			await expect(
				authenticate(credentials as ICredentialDataDecryptedObject, { url: '/api' }),
			).rejects.toThrow('Environment has a value that does not exist');
		},
	);

	it.each([
		['', 'not a web address'],
		['proxy.example.com', 'not a web address'],
		['https://proxy.example.com?x=1', 'not a web address'],
		['https://proxy.example.com/#x', 'not a web address'],
		['http://proxy.example.com', 'must begin with https://'],
		['http://localhost.evil.test', 'must begin with https://'],
		['http://127.0.0.1.evil.test', 'must begin with https://'],
		['http://10.0.0.1', 'must begin with https://'],
		['ftp://localhost', 'must begin with https://'],
		['https://user:pass@proxy.example.com', 'must not contain a user name or password'],
	])('the Base URL %j: %s', async (baseUrl, message) => {
		const credentials = pasted({ environment: 'custom', baseUrl });
		await expect(authenticate(credentials, { url: '/api' })).rejects.toThrow(message);
	});
});

describe('the session token', () => {
	const client = (more: ICredentialDataDecryptedObject = {}): ICredentialDataDecryptedObject => ({
		environment: 'production',
		authentication: 'clientCredentials',
		clientId: 'client',
		clientSecret: Math.random().toString(),
		sessionToken: '',
		...more,
	});

	/** Answers each token request with a new token after a short delay. */
	function exchange(expiresIn = 18_000) {
		const requests: IHttpRequestOptions[] = [];
		const httpRequest = async (options: IHttpRequestOptions) => {
			requests.push(options);
			const token = `token-${requests.length}`;
			await new Promise((resolve) => setTimeout(resolve, 5));
			return { access_token: token, expires_in: expiresIn, token_type: 'Bearer' };
		};
		return { requests, helper: { helpers: { httpRequest } } };
	}

	const sent = async (credentials: ICredentialDataDecryptedObject) =>
		(await authenticate(credentials, { url: '/api' })).headers;

	it('is requested with client ID and secret at the token path, without following redirects', async () => {
		const { requests, helper } = exchange();
		const credentials = client();
		const output = await type.preAuthentication.call(helper, credentials);
		expect(requests).toEqual([
			expect.objectContaining({
				method: 'POST',
				baseURL: PRODUCTION,
				url: '/api/auth/v2/token',
				body: { client_id: 'client', client_secret: credentials.clientSecret },
				disableFollowRedirect: true,
			}),
		]);
		expect(await sent({ ...credentials, ...(output as ICredentialDataDecryptedObject) })).toEqual({
			Authorization: 'Bearer token-1',
		});
	});

	it('is requested with client ID and secret without surrounding whitespace', async () => {
		const { requests, helper } = exchange();
		const { clientSecret } = client();
		const credentials = client({
			clientId: ' client\n',
			clientSecret: `\t${String(clientSecret)} `,
		});
		await type.preAuthentication.call(helper, credentials);
		expect(requests[0]!.body).toEqual({ client_id: 'client', client_secret: clientSecret });
	});

	it('is requested only once for a hundred items in flight', async () => {
		const { requests, helper } = exchange();
		const credentials = client();
		const outputs = await Promise.all(
			Array.from(
				{ length: 100 },
				async () => await type.preAuthentication.call(helper, credentials),
			),
		);
		expect(requests).toHaveLength(1);
		expect(new Set(outputs.map(({ sessionToken }) => sessionToken)).size).toBe(1);
	});

	it('is renewed only once when it expires for a hundred items, sooner or later', async () => {
		const { requests, helper } = exchange();
		const credentials = client();
		const first = await type.preAuthentication.call(helper, credentials);
		const expired = { ...credentials, ...(first as ICredentialDataDecryptedObject) };
		const renew = async () => await type.preAuthentication.call(helper, expired);
		const early = await Promise.all(Array.from({ length: 50 }, renew));
		const late = await Promise.all(Array.from({ length: 50 }, renew));
		expect(requests).toHaveLength(2);
		expect(new Set([...early, ...late].map(({ sessionToken }) => sessionToken)).size).toBe(1);
	});

	it('is not reused after it has expired', async () => {
		const { requests, helper } = exchange(0);
		const credentials = client();
		await type.preAuthentication.call(helper, credentials);
		await type.preAuthentication.call(helper, credentials);
		expect(requests).toHaveLength(2);
	});

	it.each([
		['another client', { clientId: 'other' }],
		['another environment', { environment: 'staging' }],
		['another host', { environment: 'custom', baseUrl: 'https://proxy.example.com' }],
	])('is not sent for %s after the credential was edited', async (_, edit) => {
		const { helper } = exchange();
		const credentials = client();
		const output = await type.preAuthentication.call(helper, credentials);
		const edited = { ...credentials, ...(output as ICredentialDataDecryptedObject), ...edit };
		expect(await sent(edited as ICredentialDataDecryptedObject)).toEqual({});
	});

	it('is not requested if an access token was pasted', async () => {
		const { requests, helper } = exchange();
		expect(await type.preAuthentication.call(helper, pasted())).toEqual({});
		expect(requests).toHaveLength(0);
	});

	it('is not requested again before Retry-After or the growing wait after a 429 is over', async () => {
		let asked = 0;
		let headers = {};
		const tooOften = async () => {
			asked++;
			throw Object.assign(new Error('x'), { response: { status: 429, data: '', headers } });
		};
		const now = jest.spyOn(Date, 'now');
		let clock = 0;
		now.mockImplementation(() => clock);
		const credentials = client();
		/** @returns milliseconds to wait */
		const ask = async (httpRequest: (options: IHttpRequestOptions) => Promise<object>) => {
			const helper = { helpers: { httpRequest } };
			const asking = type.preAuthentication.call(helper, credentials);
			return await asking.then(
				() => undefined,
				(error: unknown) => failureOf(error),
			);
		};

		expect(await ask(tooOften)).toMatchObject({ code: NO_TOKEN, retryAfterMs: 8000 });
		clock = 7999;
		expect(await ask(tooOften)).toMatchObject({ code: NO_TOKEN, retryAfterMs: 1 });
		expect(asked).toBe(1);
		clock = 8000;
		expect(await ask(tooOften)).toMatchObject({ retryAfterMs: 16_000 });
		clock = 24_000;
		headers = { 'retry-after': '30' };
		expect(await ask(tooOften)).toMatchObject({ retryAfterMs: 32_000 });
		clock = 56_000;
		headers = { 'retry-after': '90' };
		expect(await ask(tooOften)).toMatchObject({ retryAfterMs: 90_000 });
		expect(asked).toBe(4);
		clock = 146_000;
		expect(await ask(exchange(1).helper.helpers.httpRequest)).toBeUndefined();
		clock = 148_000;
		headers = {};
		expect(await ask(tooOften)).toMatchObject({ retryAfterMs: 8000 });
		now.mockRestore();
	});

	it.each([
		[503, '', NO_TOKEN],
		[408, '', NO_TOKEN],
		[401, '', CLIENT_REFUSED],
		[403, { errorName: 'UnauthorizedError', content: {} }, CLIENT_REFUSED],
		[404, { errorName: 'EntityNotFoundError', content: { id: 'x' } }, CLIENT_REFUSED],
		// From a firewall or a proxy: the client ID and secret may be right.
		[403, '<h1>Blocked</h1>', NO_TOKEN],
		[404, '', NO_TOKEN],
		[407, '', NO_TOKEN],
		[302, '', CLIENT_REFUSED],
	])(
		'cannot be issued when the answer is %d %j: the error code is %s',
		async (status, data, code) => {
			const httpRequest = async () => {
				throw Object.assign(new Error('x'), { response: { status, data } });
			};
			const asking = type.preAuthentication.call({ helpers: { httpRequest } }, client());
			await expect(asking).rejects.toMatchObject({ code });
		},
	);

	it('is not requested again if it is missing in the answer', async () => {
		const httpRequest = async () => '<p>Welcome</p>';
		const asking = type.preAuthentication.call({ helpers: { httpRequest } }, client());
		await expect(asking).rejects.toMatchObject({
			code: CLIENT_REFUSED,
			message: `${PRODUCTION} answered without an access token`,
		});
	});

	it('of a client is used even if n8n has stored the token of another client', async () => {
		const [a, b] = [client({ clientId: 'alternating-a' }), client({ clientId: 'alternating-b' })];
		const { requests, helper } = exchange();
		const tokenOf = async (credentials: ICredentialDataDecryptedObject) => {
			const { headers } = await authenticate(credentials, { url: '/api/encounters/v4' });
			return headers?.Authorization;
		};
		const issued = async (credentials: ICredentialDataDecryptedObject) =>
			(await type.preAuthentication.call(helper, credentials)) as ICredentialDataDecryptedObject;
		const [ofA, ofB] = [await issued(a), await issued(b)];
		expect(await tokenOf({ ...a, ...ofB })).toBe(await tokenOf({ ...a, ...ofA }));
		expect(await tokenOf({ ...b, ...ofA })).toBe(await tokenOf({ ...b, ...ofB }));
		expect(requests).toHaveLength(2);
	});

	it('of a client is renewed only once, even if n8n has stored the token of another client', async () => {
		const [a, b] = [client({ clientId: 'refused-a' }), client({ clientId: 'refused-b' })];
		const { requests, helper } = exchange();
		const issued = async (credentials: ICredentialDataDecryptedObject) =>
			(await type.preAuthentication.call(helper, credentials)) as ICredentialDataDecryptedObject;
		await issued(a);
		const ofB = await issued(b);
		// n8n reads the credential again for each request.
		const inFlight = Array.from({ length: 100 }, () => ({ ...a, ...ofB }));
		for (const credentials of inFlight) await authenticate(credentials, { url: '/api' });
		const early = await Promise.all(inFlight.slice(0, 50).map(issued));
		const late = await Promise.all(inFlight.slice(50).map(issued));
		expect(requests).toHaveLength(3);
		expect(new Set([...early, ...late].map(({ sessionToken }) => sessionToken)).size).toBe(1);
	});

	it('of a request that was sent without one is the token that was issued to others meanwhile', async () => {
		const [a, b] = [client({ clientId: 'without-a' }), client({ clientId: 'without-b' })];
		const { requests, helper } = exchange();
		const ofB = await type.preAuthentication.call(helper, b);
		const credentials = { ...a, ...(ofB as ICredentialDataDecryptedObject) };
		expect((await authenticate(credentials, { url: '/api' })).headers).toEqual({});
		const ofA = await type.preAuthentication.call(helper, a);
		expect(await type.preAuthentication.call(helper, credentials)).toEqual(ofA);
		expect(requests).toHaveLength(2);
	});

	it('is not added to a request without an address', async () => {
		for (const options of [{}, { url: '' }, { url: '/' }, { uri: '' }]) {
			await expect(authenticate(pasted(), options)).rejects.toThrow('The request has no address');
		}
	});

	it('is requested again after a token request that did not succeed', async () => {
		const { requests, helper } = exchange();
		const credentials = client();
		const refuse = async () => {
			throw Object.assign(new Error('x'), { response: { status: 401, data: '' } });
		};
		await expect(
			type.preAuthentication.call({ helpers: { httpRequest: refuse } }, credentials),
		).rejects.toThrow(`Candid did not accept the client ID and secret at ${PRODUCTION}`);
		await type.preAuthentication.call(helper, credentials);
		expect(requests).toHaveLength(1);
	});
});

it('the credential masks every secret field', () => {
	const secrets = ['clientSecret', 'accessToken', 'sessionToken'];
	const masked = type.properties.filter(({ typeOptions }) => typeOptions?.password);
	expect(masked.map(({ name }) => name)).toEqual(secrets);
});
