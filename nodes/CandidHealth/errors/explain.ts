import {
	CLIENT_REFUSED,
	DISK_CODES,
	NEVER_CONNECTED,
	NOT_SENT,
	NO_TOKEN,
	PROXY_CLOSED,
	isFromCandid,
	isUntrustedCertificate,
	outcomeOf,
} from './candidFailure';
import type { CandidFailure } from './candidFailure';
import { quoteAnswer, quoteText, quoteUnexpected } from './quoteAnswer';

/** What a message says of a request that did not succeed. */
export interface Explanation {
	/** completes '… was not stored: ', or the opening that goes with another outcome */
	reason: string;
	advice: string;
	/**
	 * 'uncertain': Candid may have done it anyway; 'done': it was done, but not as it should be; 'not
	 * sent': this request was not sent, which says nothing about earlier ones
	 */
	outcome: 'refused' | 'uncertain' | 'done' | 'not sent';
	/** whether running the same item again may succeed and does no harm */
	tryAgain: boolean;
}

/** An action that changes something in Candid; completes '… was not '. */
export type WriteAction = 'stored' | 'deleted' | 'created' | 'updated' | 'saved';

/** An action that only reads, so it can always be repeated. */
export type ReadAction = 'downloaded' | 'read';

export type Action = WriteAction | ReadAction;

/** An action's outcome if Candid did not answer as expected, and what to do then. */
export type Unanswered = Pick<Explanation, 'outcome' | 'advice' | 'tryAgain'>;

/** For actions that only read. */
const NOTHING_CHANGED: Unanswered = {
	outcome: 'refused',
	advice: 'Run it again in a few minutes.',
	tryAgain: true,
};

/**
 * Explains a request that did not succeed, or whose answer is not what was asked for.
 *
 * @param expected completes "Candid's answer is not ", for a 2xx
 */
export function explain(
	failure: CandidFailure,
	unanswered = NOTHING_CHANGED,
	expected = 'what was asked for',
): Explanation {
	const { status, code, message, description } = failure;
	if (status !== undefined && status < 300) {
		return invalidAnswer(failure.answer, expected, unanswered);
	}
	if (status !== undefined) return explainAnswer(status, failure.answer, unanswered);
	if (code === undefined) return refused(message ?? 'the request could not be made', description);
	if (DISK_CODES.has(code)) return refused(`n8n could not save the file (${code})`, CHECK_DISK);
	if (code === NO_TOKEN || code === CLIENT_REFUSED) {
		return refused(message ?? 'there is no access token', description ?? CHECK_CREDENTIAL);
	}
	if (code === NOT_SENT) return RUN_ENDED_BEFORE_SENDING;
	const notConnected = isUntrustedCertificate(code)
		? `the host's certificate is not trusted (${code})`
		: NEVER_CONNECTED[code];
	if (notConnected !== undefined) {
		return refused(`Candid cannot be reached, ${notConnected}`, connectionAdvice(code));
	}
	const reason = NO_ANSWER[code] ?? 'the connection was cut before Candid answered';
	return { reason, ...unanswered };
}

/** Explains an answer that is not what was asked for. @param expected completes "Candid's answer is not " */
export function invalidAnswer(
	answer: unknown,
	expected: string,
	{ advice, ...rest } = NOTHING_CHANGED,
): Explanation {
	const reason = `Candid's answer is not ${expected}`;
	return { reason, advice: `${quoteUnexpected(answer)} ${advice}`, ...rest };
}

/** For a request that was still waiting for its turn. */
export const RUN_ENDED_BEFORE_SENDING: Explanation = {
	reason: 'the run ended before its turn came',
	advice: 'Run the workflow again.',
	outcome: 'not sent',
	tryAgain: true,
};

/** Codes of requests that ended without an answer; Candid may have carried them out. */
const NO_ANSWER: Record<string, string> = {
	ECONNABORTED: 'the request timed out',
	ETIMEDOUT: 'the request timed out',
	ERR_CANCELED: 'the workflow was stopped before Candid answered',
};

const CHECK_CREDENTIAL =
	'Check the credential: the Environment must be the one it was issued for, and an access token stops working after 5 hours.';

const CHECK_DISK = 'Check the disk that your n8n stores binary data on.';

const CHECK_NETWORK =
	'Check the network of your n8n (behind a proxy: HTTPS_PROXY and NO_PROXY), and the Environment of the credential.';

const CHECK_PROXY =
	"Check the proxy: in the node's Request Options, or in the environment of your n8n (HTTPS_PROXY, NO_PROXY).";

const ADD_AUTHORITY =
	'If your network has its own certificate authority, set NODE_EXTRA_CA_CERTS to its certificate file and restart n8n.';

function connectionAdvice(code: string): string {
	if (code === PROXY_CLOSED) return CHECK_PROXY;
	// Not for a certificate that has expired or is for another host.
	return /SELF_SIGNED|ISSUER|VERIFY/.test(code) ? ADD_AUTHORITY : CHECK_NETWORK;
}

/** Sources: the vendor's API description (statuses, limits); the statuses of RFC 9110 section 15. */
const BY_STATUS: Record<number, [reason: string, advice: string]> = {
	401: ['Candid did not accept the access token', CHECK_CREDENTIAL],
	403: [
		'the credential is not allowed to do this in Candid',
		"Ask your organization's Candid admin to give the API client access.",
	],
	404: [
		'Candid does not know this ID or address',
		'Check the ID, and that the Environment of the credential is the one it belongs to.',
	],
	409: [
		'it conflicts with data that is already in Candid',
		'Look at the charge capture or encounter in Candid.',
	],
	413: ['it is too large for Candid', ''],
	415: ['Candid does not accept files of this type', ''],
	422: [
		'Candid did not accept its data',
		'Correct the fields that Candid names, then run it again.',
	],
	429: [
		'Candid is receiving too many requests',
		'Candid accepts 1,000 requests in 10 seconds from one IP address, from all programs together. Find out what else sends requests from your address, then run it again.',
	],
};

/** Refusals because of what was sent, which Candid would repeat: RFC 9110 section 15.5. */
const ABOUT_THE_ITEM = [400, 404, 409, 413, 415, 422];

const refused = (reason: string, advice = ''): Explanation => ({
	reason,
	advice,
	outcome: 'refused',
	tryAgain: true,
});

function explainAnswer(status: number, answer: unknown, unanswered: Unanswered): Explanation {
	const outcome = outcomeOf({ status });
	if (outcome === 'refused' && status >= 400 && !isFromCandid(answer)) {
		return explainIntermediary(status, answer);
	}
	const quote = quoteAnswer(answer);
	const known = BY_STATUS[status];
	if (known) {
		const [reason, advice] = known;
		const all = isFromCandid(answer) ? `${quote} ${advice}`.trim() : advice;
		return { ...refused(reason, all), tryAgain: !ABOUT_THE_ITEM.includes(status) };
	}
	if (status >= 300 && status < 400) {
		return refused(
			`the address answered with a redirect (HTTP ${status})`,
			'It was not followed, so that the access token stays on its host. Check the Environment of the credential.',
		);
	}
	if (outcome === 'uncertain') {
		const { advice, ...rest } = unanswered;
		const reason = `Candid could not process the request (HTTP ${status})`;
		return { reason, advice: `${quote} ${advice}`.trim(), ...rest };
	}
	const tryAgain = !ABOUT_THE_ITEM.includes(status);
	return { ...refused(`Candid refused the request (HTTP ${status})`, quote), tryAgain };
}

/** Explains a refusal that does not have the form of Candid's, such as a page from a proxy or firewall. */
function explainIntermediary(status: number, answer: unknown): Explanation {
	if (status === 407) {
		return refused('the proxy asks for a user name and password (HTTP 407)', CHECK_PROXY);
	}
	// n8n 1 drops bodies that are not objects (1.123.81).
	if (answer === undefined) {
		return refused(
			`the request was refused (HTTP ${status})`,
			'n8n did not pass the answer on, so it is not known whether Candid refused it or something between n8n and Candid did. Check the credential, and any proxies and firewalls between n8n and Candid.',
		);
	}
	return refused(
		`something between n8n and Candid answered (HTTP ${status})`,
		`${quoteText(answer)} That is not how Candid answers. Check any proxies (HTTPS_PROXY, NO_PROXY) and firewalls between n8n and Candid, and the Environment of the credential.`,
	);
}
