import { isRecord } from '../types/isRecord';

/** What is known of a request that did not succeed. */
export interface CandidFailure {
	/** HTTP status, if there was an answer */
	status?: number;
	/** body of the answer, parsed if it was JSON */
	answer?: unknown;
	/** `Retry-After` of the answer, in milliseconds */
	retryAfterMs?: number;
	/** Node.js or axios code, if there was no answer; or one of this package's own codes below */
	code?: string;
	/** only for this package's own errors, about a request that was never sent */
	message?: string;
	description?: string;
}

/** No token is available at the moment, so nothing was sent. */
export const NO_TOKEN = 'CANDID_NO_TOKEN';

/** Candid has refused the client ID and secret, so nothing was sent. */
export const CLIENT_REFUSED = 'CANDID_CLIENT_REFUSED';

/** The run ended before it was the request's turn, so nothing was sent. */
export const NOT_SENT = 'CANDID_NOT_SENT';

/** A proxy has closed the connection instead of making one to the host. */
export const PROXY_CLOSED = 'CANDID_PROXY_CLOSED';

/**
 * What a failed request means for its action. 'retryable': Candid has not started it, and may do it
 * later; 'refused': Candid will not do it; 'uncertain': Candid may have done it.
 */
export type Outcome = 'retryable' | 'refused' | 'uncertain';

/** Sources: the vendor's API description; RFC 9110 section 15; Node.js's system and TLS codes. */
export function outcomeOf({ status, code }: CandidFailure): Outcome {
	if (status !== undefined) {
		if (status === 401 || status === 429) return 'retryable';
		return status < 300 || status === 408 || status >= 500 ? 'uncertain' : 'refused';
	}
	if (code === undefined || code === CLIENT_REFUSED || DISK_CODES.has(code)) return 'refused';
	if (isUntrustedCertificate(code)) return 'refused';
	return code === NO_TOKEN || code === NOT_SENT || code in NEVER_CONNECTED
		? 'retryable'
		: 'uncertain';
}

/**
 * Whether Candid may still be working on the request: there was no answer, or it came from a gateway that
 * stopped waiting for Candid (RFC 9110 sections 15.5.9, 15.6.3 and 15.6.5).
 */
export const mayBeInProgress = (failure: CandidFailure): boolean =>
	outcomeOf(failure) === 'uncertain' &&
	(failure.status === undefined || [408, 502, 504].includes(failure.status));

/** Every refusal by Candid has this form; the pages of proxies and firewalls have others. */
export const isFromCandid = (answer: unknown): answer is { errorName: string; content?: unknown } =>
	isRecord(answer) && typeof answer.errorName === 'string';

/**
 * Whether Candid refused the credential, for a request that was sent with a new token: then it will refuse
 * all other requests with this credential too.
 */
export const isCredentialRefused = ({ status, code }: CandidFailure) =>
	status === 401 || code === CLIENT_REFUSED;

/** Codes of connections that were never made, with what they mean. */
export const NEVER_CONNECTED: Record<string, string> = {
	ECONNREFUSED: 'the connection was refused',
	ENOTFOUND: 'the host name is not known',
	EAI_AGAIN: 'the host name could not be looked up',
	EHOSTUNREACH: 'the host cannot be reached',
	ENETUNREACH: 'there is no network',
	[PROXY_CLOSED]: 'the proxy closed the connection',
	ERR_TLS_HANDSHAKE_TIMEOUT: 'a secure connection could not be set up',
	TLS_HANDSHAKE: 'a secure connection could not be set up',
};

/** Codes of n8n's own disk, where downloads are stored. */
export const DISK_CODES = new Set([
	'ENOSPC',
	'EDQUOT',
	'EROFS',
	'EIO',
	'EMFILE',
	'ENOENT',
	'ENOTDIR',
]);

export const isUntrustedCertificate = (code: string) =>
	/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code);

/** TLS codes and messages that only occur before the connection is made (OpenSSL's reasons). */
const HANDSHAKE =
	/wrong.version.number|handshake.failure|(unsupported|unknown|no).protocol|protocol.version|http.request/i;

/** The proxy agent's errors have no code (https-proxy-agent 7.0.6, in n8n-core 2.41.1). */
const PROXY_CLOSED_MESSAGE = /proxy connection ended before|from proxy CONNECT response/i;

/** What is known from the error that one of n8n's request helpers has thrown. */
export function failureOf(error: unknown): CandidFailure {
	let last: { message?: string; description?: string } = {};
	for (let at = error, depth = 0; isRecord(at) && depth < 5; at = at.cause, depth++) {
		const { response } = at;
		const fromN8n1 = failureOfN8n1(at);
		if (fromN8n1 && 'status' in fromN8n1) return fromN8n1;
		const code = fromN8n1?.code ?? at.code;
		// A 2xx is only thrown when the connection was cut during the answer.
		if (isRecord(response) && typeof response.status === 'number' && response.status >= 300) {
			// The older request helper, which credential tests use, has the body next to the response.
			const answer = response.data ?? at.error;
			return { status: response.status, answer, ...retryAfterOf(response.headers) };
		}
		last = {
			message: typeof at.message === 'string' ? at.message : last.message,
			description: typeof at.description === 'string' ? at.description : last.description,
		};
		if (code === NO_TOKEN || code === CLIENT_REFUSED) {
			const { retryAfterMs } = fromN8n1?.data ?? at;
			return { ...last, code, retryAfterMs: Number(retryAfterMs) || undefined };
		}
		if (PROXY_CLOSED_MESSAGE.test(last.message ?? '')) return { code: PROXY_CLOSED };
		if (typeof code === 'string') {
			const isTls = code === 'EPROTO' || code.startsWith('ERR_SSL');
			return { code: isTls && HANDSHAKE.test(`${code} ${last.message}`) ? 'TLS_HANDSHAKE' : code };
		}
	}
	return last;
}

/**
 * n8n 1 drops the cause of what its helpers throw (1.123.81). What is left is the status, or else the
 * code, and the answer's `data` if that is an object; no headers.
 */
function failureOfN8n1(error: Record<string, unknown>) {
	const { httpCode, cause, context } = error;
	if (typeof httpCode !== 'string' || cause !== undefined) return undefined;
	const data = isRecord(context) && isRecord(context.data) ? context.data : undefined;
	const status = Number(httpCode);
	if (status >= 300) return { status, answer: data };
	return { code: status ? 'ECONNRESET' : httpCode, data };
}

/** RFC 9110 section 10.2.3: seconds, or a date. */
function retryAfterOf(headers: unknown): { retryAfterMs?: number } {
	const value = isRecord(headers) ? headers['retry-after'] : undefined;
	if (typeof value !== 'string') return {};
	const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
	return ms > 0 ? { retryAfterMs: ms } : {};
}
