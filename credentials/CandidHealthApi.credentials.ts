import { UserError } from 'n8n-workflow';
import type {
	ICredentialDataDecryptedObject,
	ICredentialType,
	IDataObject,
	IHttpRequestHelper,
	IHttpRequestOptions,
	INodeProperties,
	Icon,
} from 'n8n-workflow';

import { inPlainWords } from '../nodes/CandidHealth/errors/candidApiError';
import {
	CLIENT_REFUSED,
	NO_TOKEN,
	failureOf,
	outcomeOf,
} from '../nodes/CandidHealth/errors/candidFailure';
import type { CandidFailure } from '../nodes/CandidHealth/errors/candidFailure';
import { baseUrlOf, isHome } from '../nodes/CandidHealth/auth/environment';
import type { Readable } from '../nodes/CandidHealth/request/readableFrom';
import { LONGEST_WAIT_MS, waits } from '../nodes/CandidHealth/run/waits';

/** The HTTP Request node's older path has other names for the address and for following redirects. */
type RequestOptions = IHttpRequestOptions & {
	uri?: string;
	followRedirect?: boolean;
	followAllRedirects?: boolean;
};

/** `expiresAt` is in milliseconds since the epoch. */
type IssuedToken = { sessionToken: string; expiresAt: number };

/** What this process knows of a client's session. */
interface Session {
	newest?: IssuedToken;
	/** a request for a newer token, under way */
	pending?: Promise<IssuedToken>;
	/** how often in a row Candid was asked too often, and until when (epoch milliseconds) it is left alone */
	tooOften?: { times: number; until: number };
}

const sessions = new Map<string, Session>();

export class CandidHealthApi implements ICredentialType {
	name = 'candidHealthApi';

	displayName = 'Candid Health API';

	icon: Icon = {
		light: 'file:../nodes/CandidHealth/candidHealth.svg',
		dark: 'file:../nodes/CandidHealth/candidHealth.dark.svg',
	};

	documentationUrl =
		'https://github.com/n8n-nodes-candid-health/n8n-nodes-candid-health#set-up-the-credential';

	properties: INodeProperties[] = [
		{
			displayName: 'Environment',
			name: 'environment',
			type: 'options',
			options: [
				{ name: 'Production', value: 'production' },
				{
					name: 'Staging',
					value: 'staging',
					description: "Candid's sandbox. No patient data is allowed there.",
				},
				{
					name: 'Custom URL',
					value: 'custom',
					description: 'Another host, for example a proxy of your own or a local test API',
				},
			],
			default: 'production',
			description: 'Where the credential was issued. It is refused in every other environment.',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. https://candid-proxy.example.com',
			description: 'Must begin with https://, or with http:// on this computer (localhost)',
			displayOptions: { show: { environment: ['custom'] } },
		},
		{
			displayName: 'Authentication',
			name: 'authentication',
			type: 'options',
			options: [
				{
					name: 'Client ID and Secret',
					value: 'clientCredentials',
					description: 'The access token is fetched and renewed for you',
				},
				{
					name: 'Access Token',
					value: 'accessToken',
					description: 'A token you fetched yourself. It stops working after 5 hours.',
				},
			],
			default: 'clientCredentials',
		},
		{
			displayName: 'Client ID',
			name: 'clientId',
			type: 'string',
			required: true,
			default: '',
			description: "Created by your organization's Candid admin under 'Users & Credentials'",
			displayOptions: { show: { authentication: ['clientCredentials'] } },
		},
		{
			displayName: 'Client Secret',
			name: 'clientSecret',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			displayOptions: { show: { authentication: ['clientCredentials'] } },
		},
		{
			displayName: 'Access Token',
			name: 'accessToken',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			displayOptions: { show: { authentication: ['accessToken'] } },
		},
		{
			displayName: 'Session Token',
			name: 'sessionToken',
			type: 'hidden',
			typeOptions: { expirable: true, password: true },
			default: '',
		},
	];

	/**
	 * Exchanges client ID and secret for a token. n8n calls this when there is no session token and
	 * after a 401, once per request in flight; all of them, of all runs in the process, share one exchange.
	 * After a 429 Candid is not asked again for a while, whoever wants a token.
	 *
	 * @returns the session token to store, or nothing for a pasted access token
	 * @throws UserError in plain words when Candid refuses or cannot be reached
	 */
	async preAuthentication(
		this: IHttpRequestHelper,
		credentials: ICredentialDataDecryptedObject,
	): Promise<IDataObject> {
		if (credentials.authentication === 'accessToken') return {};

		const key = JSON.stringify([sessionOwner(credentials), credentials.clientSecret]);
		const session: Session = sessions.get(key) ?? {};
		sessions.set(key, session);

		const { newest } = session;
		const renewedMeanwhile =
			newest && newest.sessionToken !== credentials.sessionToken && Date.now() < newest.expiresAt;
		if (!renewedMeanwhile) {
			session.pending ??= nextToken(this, session, credentials).finally(() => {
				session.pending = undefined;
			});
			session.newest = await session.pending;
		}
		return { sessionToken: session.newest?.sessionToken };
	}

	/**
	 * Puts the environment's host and the token on a request.
	 *
	 * @throws UserError for a request that is addressed to any other host: the token stays home; and for
	 * a stream that was sent before: after a 401 n8n 1 sends what is left of it, and waits (1.123.81)
	 */
	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		requestOptions: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		const options: RequestOptions = requestOptions;
		if ((options.body as Partial<Readable> | undefined)?.readableDidRead) {
			throw Object.assign(new UserError('A stream cannot be sent again'), { status: 401 });
		}
		const baseUrl = baseUrlOf(credentials);
		const absolute = [options.url ?? '', options.uri ?? ''].filter(isAbsolute);
		for (const address of absolute) refuseOtherHost(address, baseUrl);
		options.baseURL = absolute.length > 0 ? undefined : baseUrl;

		const headers = Object.entries(options.headers ?? {}).filter(
			([name]) => name.toLowerCase() !== 'authorization',
		);
		const token = accessTokenOf(credentials);
		if (token !== '') headers.push(['Authorization', `Bearer ${token}`]);
		options.headers = Object.fromEntries(headers);

		// n8n would send the token along to wherever a redirect points.
		options.disableFollowRedirect = true;
		options.followRedirect = false;
		options.followAllRedirects = false;
		return options;
	}
}

async function nextToken(
	helper: IHttpRequestHelper,
	session: Session,
	credentials: ICredentialDataDecryptedObject,
): Promise<IssuedToken> {
	const { times, until } = session.tooOften ?? { times: 0, until: 0 };
	if (Date.now() < until) throw askedTooOften(until);
	try {
		const token = await requestToken(helper, credentials);
		session.tooOften = undefined;
		return token;
	} catch (error) {
		if (error instanceof UserError) throw error;
		const failure = failureOf(error);
		if (failure.status !== 429) throw tokenRefused(failure, baseUrlOf(credentials));
		const pauseMs = Math.min(waits.tooManyTokens * 2 ** times, LONGEST_WAIT_MS);
		const pausedUntil = Date.now() + Math.max(pauseMs, failure.retryAfterMs ?? 0);
		session.tooOften = { times: times + 1, until: pausedUntil };
		throw askedTooOften(pausedUntil);
	}
}

/** @throws what n8n's request helper throws; UserError for an answer that is none of Candid's */
async function requestToken(
	{ helpers }: IHttpRequestHelper,
	credentials: ICredentialDataDecryptedObject,
): Promise<IssuedToken> {
	const baseURL = baseUrlOf(credentials);
	const answer: unknown = await helpers.httpRequest({
		method: 'POST',
		baseURL,
		url: '/api/auth/v2/token',
		body: { client_id: credentials.clientId, client_secret: credentials.clientSecret },
		json: true,
		disableFollowRedirect: true,
	});
	const { access_token: token, expires_in: seconds } = (answer ?? {}) as IDataObject;
	if (typeof token !== 'string' || token === '') {
		throw noToken(CLIENT_REFUSED, `${baseURL} answered without an access token`, {
			description: 'Check the Environment of the credential: this does not look like Candid.',
		});
	}
	return {
		sessionToken: `${sessionOwner(credentials)} ${token}`,
		expiresAt: Date.now() + (Number(seconds) || 0) * 1000,
	};
}

function askedTooOften(until: number): UserError {
	return noToken(NO_TOKEN, 'Candid has been asked for access tokens too often', {
		description: 'Wait a minute, then try again. A token is reused for as long as it is valid.',
		retryAfterMs: until - Date.now(),
	});
}

function tokenRefused(failure: CandidFailure, baseURL: string): UserError {
	if ([400, 401, 403, 404, 422].includes(failure.status ?? 0)) {
		return noToken(CLIENT_REFUSED, `Candid did not accept the client ID and secret at ${baseURL}`, {
			description:
				'Check that both are complete, and that Environment is where they were issued: Candid issues them for one environment and refuses them in the other.',
		});
	}
	const { what, advice } = inPlainWords(failure, 'read');
	const code = outcomeOf(failure) === 'refused' ? CLIENT_REFUSED : NO_TOKEN;
	return noToken(code, `No access token from ${baseURL}: ${what}`, { description: advice });
}

/** @param code says whether another try may have a token, for `failureOf` to read */
function noToken(
	code: string,
	message: string,
	{ description, retryAfterMs }: { description: string; retryAfterMs?: number },
): UserError {
	// n8n 1 passes on nothing else than the code and an answer's data (1.123.81).
	const response = { data: { retryAfterMs } };
	return Object.assign(new UserError(message, { description }), { code, retryAfterMs, response });
}

/**
 * A session token is stored with the client and host it was issued for, so that an edited
 * credential never works with, or shows another host, the token of the one before.
 */
function sessionOwner(credentials: ICredentialDataDecryptedObject): string {
	return `${String(credentials.clientId)}@${baseUrlOf(credentials)}`;
}

/** The token to send; empty when there is none for this client and host, which Candid answers with a 401. */
function accessTokenOf(credentials: ICredentialDataDecryptedObject): string {
	if (credentials.authentication === 'accessToken') return String(credentials.accessToken).trim();
	const stored = String(credentials.sessionToken ?? '');
	const owner = `${sessionOwner(credentials)} `;
	return stored.startsWith(owner) ? stored.slice(owner.length) : '';
}

function refuseOtherHost(address: string, baseUrl: string): void {
	if (isHome(address, baseUrl)) return;
	throw new UserError(`The Candid credential can only be used with ${new URL(baseUrl).origin}`, {
		description:
			'The access token was not sent. Check the URL, and the Environment of the credential.',
	});
}

/** Whether a URL leaves its base: with a scheme, or with the `//` that takes another host. */
function isAbsolute(address: string): boolean {
	return /^\s*([a-z][a-z\d+.-]*:|[/\\]{2})/i.test(address);
}
