import { UserError } from 'n8n-workflow';
import type { ICredentialDataDecryptedObject, IDataObject, IHttpRequestHelper } from 'n8n-workflow';

import { CLIENT_REFUSED, NO_TOKEN, isFromCandid, outcomeOf } from '../errors/candidFailure';
import type { CandidFailure } from '../errors/candidFailure';
import { explain } from '../errors/explain';
import { paceOf } from '../run/pace';
import { baseUrlOf, clientOf } from './environment';

/** `expiresAt` is in milliseconds since the epoch. */
export interface IssuedToken {
	token: string;
	expiresAt: number;
}

/**
 * Requests a token for a client ID and secret.
 *
 * @returns undefined for an answer that is not from Candid
 * @throws what n8n's request helper throws
 */
export async function requestToken(
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

/** For an answer without a token. */
export const noTokenIn = (baseUrl: string): UserError =>
	noToken(CLIENT_REFUSED, `${baseUrl} answered without an access token`, {
		description: 'Check the Environment of the credential: this does not look like Candid.',
	});

/** For a 429. @param until when Candid may be asked again, in milliseconds since the epoch */
export function tooManyRequests(until: number): UserError {
	return noToken(NO_TOKEN, 'Candid received too many requests for access tokens', {
		description: 'Wait a minute, then try again. A token is reused for as long as it is valid.',
		retryAfterMs: until - Date.now(),
	});
}

/** For any other failed request. */
export function tokenRefused(failure: CandidFailure, baseURL: string): UserError {
	const { status = 0, answer } = failure;
	if (status === 401 || ([400, 403, 404, 422].includes(status) && isFromCandid(answer))) {
		return noToken(CLIENT_REFUSED, `Candid did not accept the client ID and secret at ${baseURL}`, {
			description:
				'Check that both are complete, and that Environment is where they were issued: Candid issues them for one environment and refuses them in the other.',
		});
	}
	const { reason, advice } = explain(failure);
	// A page from a proxy or firewall says nothing about the client.
	const isFinal = outcomeOf(failure) === 'refused' && status < 400;
	const code = isFinal ? CLIENT_REFUSED : NO_TOKEN;
	const isNetwork = status ? status < 500 : failure.code !== undefined;
	const description = isNetwork ? `${advice} ${NOT_FOR_TOKENS}` : advice;
	return noToken(code, `No access token from ${baseURL}: ${reason}`, { description });
}

/** n8n does not pass them to `preAuthentication` (2.41.1). */
const NOT_FOR_TOKENS =
	"The node's Request Options do not apply to access tokens. HTTPS_PROXY and NODE_EXTRA_CA_CERTS do.";

/** @param code says whether another try may get a token; `failureOf` reads it */
function noToken(
	code: string,
	message: string,
	{ description, retryAfterMs }: { description: string; retryAfterMs?: number },
): UserError {
	// n8n 1 keeps only the code and the response's data (1.123.81).
	const response = { data: { retryAfterMs } };
	return Object.assign(new UserError(message, { description }), { code, retryAfterMs, response });
}
