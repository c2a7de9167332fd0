import type { ICredentialDataDecryptedObject, IHttpRequestHelper, UserError } from 'n8n-workflow';

import { failureOf } from '../errors/candidFailure';
import type { CandidFailure } from '../errors/candidFailure';
import { LONGEST_WAIT_MS, waits } from '../run/waits';
import { baseUrlOf, clientOf } from './environment';
import { noTokenIn, requestToken, tokenRefused, tooManyRequests } from './requestToken';
import type { IssuedToken } from './requestToken';

/**
 * The tokens of one client at one host, for all runs of this process: everything that needs a new one
 * shares one request for it, and after a 429 none is requested for a while.
 */
export class Session {
	private newest?: IssuedToken;

	private pending?: Promise<IssuedToken>;

	/** how often in a row Candid has answered 429, and until when no token is requested (epoch milliseconds) */
	private tooMany = { times: 0, until: 0 };

	/** The newest token, if it has not expired. */
	get token(): string | undefined {
		return this.newest && Date.now() < this.newest.expiresAt ? this.newest.token : undefined;
	}

	/**
	 * A token other than the one that Candid has refused.
	 *
	 * @throws UserError when Candid refuses or cannot be reached
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

/**
 * All sessions of the process, by host, client ID and secret. They cannot be kept in the credential object,
 * because n8n makes a new one for every request.
 */
const sessions = new Map<string, Session>();

/** The session for the host, client ID and secret of a credential. */
export function sessionOf(credentials: ICredentialDataDecryptedObject): Session {
	const { clientId, clientSecret } = clientOf(credentials);
	const key = JSON.stringify([baseUrlOf(credentials), clientId, clientSecret]);
	const session = sessions.get(key) ?? new Session();
	sessions.set(key, session);
	return session;
}
