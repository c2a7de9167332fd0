import { UserError } from 'n8n-workflow';
import type { ICredentialDataDecryptedObject, IDataObject, IHttpRequestHelper } from 'n8n-workflow';

import { explain, isFromCandid } from '../errors/candidApiError';
import { CLIENT_REFUSED, NO_TOKEN, failureOf, outcomeOf } from '../errors/candidFailure';
import type { CandidFailure } from '../errors/candidFailure';
import { paceOf } from '../run/pace';
import { LONGEST_WAIT_MS, waits } from '../run/waits';
import { accessTokenOf, baseUrlOf, clientOf } from './environment';

/** `expiresAt` is in milliseconds since the epoch. */
interface IssuedToken {
	token: string;
	expiresAt: number;
}

/**
 * The tokens of one client at one host, for all runs of this process: whoever needs a new one shares one
 * request for it, and after a 429 nobody asks again for a while.
 */
export class Session {
	private newest?: IssuedToken;

	private pending?: Promise<IssuedToken>;

	/** how often in a row Candid has answered 429, and until when it is left alone (epoch milliseconds) */
	private tooMany = { times: 0, until: 0 };

	/** The newest token, if it has not expired. */
	get token(): string | undefined {
		return this.newest && Date.now() < this.newest.expiresAt ? this.newest.token : undefined;
	}

	/**
	 * A token other than the one that Candid has refused.
	 *
	 * @throws UserError in plain words when Candid refuses or cannot be reached
	 */
	async renewed(
		refused: string,
		helper: IHttpRequestHelper,
		credentials: ICredentialDataDecryptedObject,
	): Promise<string> {
		// Another item may have renewed it meanwhile.
		if (this.token !== undefined && this.token !== refused) return this.token;
		this.pending ??= this.request(helper, credentials).finally(() => (this.pending = undefined));
		this.newest = await this.pending;
		return this.newest.token;
	}

	private async request(
		helper: IHttpRequestHelper,
		credentials: ICredentialDataDecryptedObject,
	): Promise<IssuedToken> {
		if (Date.now() < this.tooMany.until) throw tooManyRequests(this.tooMany.until);
		const issued = await requestToken(helper, credentials).catch((error: unknown) => {
			throw this.refused(failureOf(error), baseUrlOf(credentials));
		});
		if (!issued) throw noTokenIn(baseUrlOf(credentials));
		this.tooMany = { times: 0, until: 0 };
		return issued;
	}

	private refused(failure: CandidFailure, baseUrl: string): UserError {
		if (failure.status !== 429) return tokenRefused(failure, baseUrl);
		const pauseMs = Math.min(waits.tooManyTokens * 2 ** this.tooMany.times, LONGEST_WAIT_MS);
		const until = Date.now() + Math.max(pauseMs, failure.retryAfterMs ?? 0);
		this.tooMany = { times: this.tooMany.times + 1, until };
		return tooManyRequests(until);
	}
}

const sessions = new Map<string, Session>();

/** The session of the client, secret and host that a credential has at the moment. */
export function sessionOf(credentials: ICredentialDataDecryptedObject): Session {
	const key = JSON.stringify([sessionOwner(credentials), clientOf(credentials).clientSecret]);
	const session = sessions.get(key) ?? new Session();
	sessions.set(key, session);
	return session;
}

/**
 * A session token is stored with the client and host it was issued for, so that an edited credential
 * never works with, or shows another host, the token of the one before.
 */
export const storedToken = (credentials: ICredentialDataDecryptedObject, token: string) =>
	`${sessionOwner(credentials)} ${token}`;

/**
 * The token that each of n8n's requests went out with, empty for none. n8n reads the credential anew for
 * every request, and renews it with the same object (1.123.81 and 2.41.1).
 */
const tokenSentWith = new WeakMap<ICredentialDataDecryptedObject, string>();

/**
 * The token to send; empty when there is none for this client and host, which Candid answers with a 401.
 * A credential with expressions has several clients and one stored token, which may be another client's:
 * then what this process has been issued counts.
 */
export function tokenFor(credentials: ICredentialDataDecryptedObject): string {
	if (credentials.authentication === 'accessToken') return accessTokenOf(credentials);
	const token = ownStoredToken(credentials) ?? sessionOf(credentials).token ?? '';
	tokenSentWith.set(credentials, token);
	return token;
}

/** The token that n8n asks to renew; empty when there was none. */
export const refusedToken = (credentials: ICredentialDataDecryptedObject) =>
	tokenSentWith.get(credentials) ?? ownStoredToken(credentials) ?? '';

function ownStoredToken(credentials: ICredentialDataDecryptedObject): string | undefined {
	const stored = String(credentials.sessionToken ?? '');
	const owner = `${sessionOwner(credentials)} `;
	return stored.startsWith(owner) ? stored.slice(owner.length) : undefined;
}

const sessionOwner = (credentials: ICredentialDataDecryptedObject) =>
	`${clientOf(credentials).clientId}@${baseUrlOf(credentials)}`;

/**
 * @returns undefined for an answer that is not from Candid
 * @throws what n8n's request helper throws
 */
async function requestToken(
	{ helpers }: IHttpRequestHelper,
	credentials: ICredentialDataDecryptedObject,
): Promise<IssuedToken | undefined> {
	const { clientId, clientSecret } = clientOf(credentials);
	const baseURL = baseUrlOf(credentials);
	const answer: unknown = await paceOf(baseURL).immediately(
		async () =>
			await helpers.httpRequest({
				method: 'POST',
				baseURL,
				url: '/api/auth/v2/token',
				body: { client_id: clientId, client_secret: clientSecret },
				json: true,
				disableFollowRedirect: true,
			}),
	);
	const { access_token: token, expires_in: seconds } = (answer ?? {}) as IDataObject;
	if (typeof token !== 'string' || token === '') return undefined;
	return { token, expiresAt: Date.now() + (Number(seconds) || 0) * 1000 };
}

const noTokenIn = (baseUrl: string) =>
	noToken(CLIENT_REFUSED, `${baseUrl} answered without an access token`, {
		description: 'Check the Environment of the credential: this does not look like Candid.',
	});

function tooManyRequests(until: number): UserError {
	return noToken(NO_TOKEN, 'Candid has been asked for access tokens too often', {
		description: 'Wait a minute, then try again. A token is reused for as long as it is valid.',
		retryAfterMs: until - Date.now(),
	});
}

function tokenRefused(failure: CandidFailure, baseURL: string): UserError {
	const { status = 0, answer } = failure;
	if (status === 401 || ([400, 403, 404, 422].includes(status) && isFromCandid(answer))) {
		return noToken(CLIENT_REFUSED, `Candid did not accept the client ID and secret at ${baseURL}`, {
			description:
				'Check that both are complete, and that Environment is where they were issued: Candid issues them for one environment and refuses them in the other.',
		});
	}
	const { reason, advice } = explain(failure, 'read');
	// A page of something in between says nothing about the client.
	const isFinal = outcomeOf(failure) === 'refused' && status < 400;
	return noToken(
		isFinal ? CLIENT_REFUSED : NO_TOKEN,
		`No access token from ${baseURL}: ${reason}`,
		{
			description: advice,
		},
	);
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
