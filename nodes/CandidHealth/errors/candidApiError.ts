import { NodeApiError } from 'n8n-workflow';
import type { IExecuteSingleFunctions, JsonObject } from 'n8n-workflow';

import { isTool } from '../agent/toolCall';
import {
	CLIENT_REFUSED,
	NEVER_CONNECTED,
	NOT_SENT,
	NO_TOKEN,
	DISK_CODES,
	PROXY_CLOSED,
	outcomeOf,
	isRecord,
	isUntrustedCertificate,
} from './candidFailure';
import type { CandidFailure } from './candidFailure';

/** What is said of a request. */
export interface Explanation {
	/** completes '… was not stored: ', or the beginning that goes with another outcome */
	reason: string;
	advice: string;
	/**
	 * 'uncertain': Candid may have done it anyway; 'done': it was done, but not as it should be; 'not
	 * sent': nothing was asked of Candid, so that nothing is said of what was done before
	 */
	outcome: 'refused' | 'uncertain' | 'done' | 'not sent';
	/** whether the very same item may be run again with good hope and without harm */
	tryAgain: boolean;
}

/** What changes something in Candid; completes '… was not '. */
export type WriteAction = 'stored' | 'deleted';

/** What was only asked for, and can be asked for again. */
export type ReadAction = 'downloaded' | 'read';

export type Action = WriteAction | ReadAction;

type Unanswered = Pick<Explanation, 'outcome' | 'advice' | 'tryAgain'>;

/** What was only asked for can be asked for again. */
const NOTHING_CHANGED: Unanswered = {
	outcome: 'refused',
	advice: 'Run it again in a few minutes.',
	tryAgain: true,
};

/** What an action's outcome is when Candid's answer is lost, and what to do then. */
const UNANSWERED: Record<Action, Unanswered> = {
	stored: {
		outcome: 'uncertain',
		advice:
			'Candid may have stored the file anyway. Look at the attachments of the charge capture or encounter before you upload it again.',
		tryAgain: false,
	},
	deleted: {
		outcome: 'uncertain',
		advice:
			'Candid may have deleted it anyway. Look at the attachments of the charge capture or encounter.',
		tryAgain: false,
	},
	downloaded: NOTHING_CHANGED,
	read: NOTHING_CHANGED,
};

const CHECK_CREDENTIAL =
	'Check the credential: the Environment must be the one it was issued for, and an access token stops working after 5 hours.';

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
		'it conflicts with what Candid holds',
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

/** Candid's own answers about what was sent, which it would give again: RFC 9110 section 15.5. */
const ABOUT_THE_ITEM = [400, 404, 409, 413, 415, 422];

/** Codes of requests that ended without an answer; Candid may have carried them out. */
const NO_ANSWER: Record<string, string> = {
	ECONNABORTED: 'the request timed out',
	ETIMEDOUT: 'the request timed out',
	ERR_CANCELED: 'the workflow was stopped before Candid answered',
};

/** Candid's 200 that is not what was asked for; `expected` completes "Candid's answer is not ". */
export function unusableAnswer(answer: unknown, expected: string, action: Action): Explanation {
	const { advice, ...rest } = UNANSWERED[action];
	const reason = `Candid's answer is not ${expected}`;
	return { reason, advice: `${quoteText(answer)} ${advice}`, ...rest };
}

/** What a message is about, with the item as n8n names it: "'a.pdf' [item 0]". A tool call is no item. */
export const withItem = (
	context: Pick<IExecuteSingleFunctions, 'getNode' | 'getItemIndex'>,
	subject: string,
) => (isTool(context) ? subject : `${subject} [item ${context.getItemIndex()}]`);

/**
 * Makes a failed request an n8n error that names its subject and the item; keeps no request, header
 * or token.
 */
export function candidApiError(
	context: Pick<IExecuteSingleFunctions, 'getNode' | 'getItemIndex'>,
	{ subject, action }: { subject: string; action: Action },
	{ reason, advice, outcome, tryAgain }: Explanation,
	httpCode?: number,
): NodeApiError {
	const itemIndex = context.getItemIndex();
	const named = withItem(context, subject);
	const message = {
		refused: `${capitalized(named)} was not ${action}: ${reason}`,
		uncertain: `It is not known whether ${named} was ${action}: ${reason}`,
		done: `${capitalized(named)} was ${action}, but ${reason}`,
		'not sent': `${capitalized(named)} was not sent: ${reason}`,
	}[outcome];
	const details: JsonObject = { message };
	const error = new NodeApiError(context.getNode(), details, {
		message,
		description: advice,
		itemIndex,
		httpCode: httpCode === undefined ? undefined : String(httpCode),
	});
	if (tryAgain) errorsToTryAgain.add(error);
	outcomes.set(error, outcome);
	return error;
}

/** Errors whose item may be run again with good hope and without harm. */
const errorsToTryAgain = new WeakSet<object>();

const outcomes = new WeakMap<object, Explanation['outcome']>();

/** Whether nobody knows if Candid has done what was asked. */
export const isUncertain = (error: object): boolean => outcomes.get(error) === 'uncertain';

/** Whether nothing was asked of Candid. */
export const isNotSent = (error: object): boolean => outcomes.get(error) === 'not sent';

/** Whether what was asked is done, or may be. */
export const mayBeDone = (error: object): boolean =>
	isUncertain(error) || outcomes.get(error) === 'done';

export const mayTryAgain = (error: unknown): boolean =>
	isRecord(error) && errorsToTryAgain.has(error);

/** What is said of a request that did not succeed. */
export function explain(failure: CandidFailure, action: Action): Explanation {
	const { status, code, message, description } = failure;
	if (status !== undefined) return explainAnswer(status, failure.answer, action);
	if (code === undefined) return refused(message ?? 'the request could not be made', description);
	if (DISK_CODES.has(code)) {
		return refused(
			`n8n could not keep the file (${code})`,
			'Check the disk that your n8n stores binary data on.',
		);
	}
	if (code === NO_TOKEN || code === CLIENT_REFUSED) {
		return refused(message ?? 'there is no access token', description ?? CHECK_CREDENTIAL);
	}
	if (code === NOT_SENT) return RUN_ENDED_BEFORE_SENDING;
	const never = isUntrustedCertificate(code)
		? "the host's certificate is not trusted"
		: NEVER_CONNECTED[code];
	if (never !== undefined) {
		return refused(
			`Candid cannot be reached, ${never}`,
			code === PROXY_CLOSED ? CHECK_PROXY : CHECK_NETWORK,
		);
	}
	return {
		reason: NO_ANSWER[code] ?? 'the connection was cut before Candid answered',
		...UNANSWERED[action],
	};
}

export const RUN_ENDED_BEFORE_SENDING: Explanation = {
	reason: 'the run ended before its turn came',
	advice: 'Run the workflow again.',
	outcome: 'not sent',
	tryAgain: true,
};

const CHECK_NETWORK = 'Check the network of your n8n, and the Environment of the credential.';

const CHECK_PROXY =
	"Check the proxy: in the node's Request Options, or in the environment of your n8n (HTTPS_PROXY).";

const refused = (reason: string, advice = ''): Explanation => ({
	reason,
	advice,
	outcome: 'refused',
	tryAgain: true,
});

function explainAnswer(status: number, answer: unknown, action: Action): Explanation {
	if (outcomeOf({ status }) === 'refused' && status >= 400 && !isFromCandid(answer)) {
		return explainIntermediary(status, answer);
	}
	const said = quoteAnswer(answer);
	const known = BY_STATUS[status];
	if (known) {
		const [reason, advice] = known;
		const all = isFromCandid(answer) ? `${said} ${advice}`.trim() : advice;
		return { ...refused(reason, all), tryAgain: !ABOUT_THE_ITEM.includes(status) };
	}
	if (status >= 300 && status < 400) {
		return refused(
			`the address answered with a redirect (HTTP ${status})`,
			'It was not followed, so that the access token stays on its host. Check the Environment of the credential.',
		);
	}
	if (outcomeOf({ status }) === 'uncertain') {
		const { advice, ...rest } = UNANSWERED[action];
		const reason = `Candid could not process the request (HTTP ${status})`;
		return { reason, advice: `${said} ${advice}`.trim(), ...rest };
	}
	const tryAgain = !ABOUT_THE_ITEM.includes(status);
	return { ...refused(`Candid refused the request (HTTP ${status})`, said), tryAgain };
}

/** Every refusal of Candid's own has this form; a page, a proxy or a firewall has another. */
export const isFromCandid = (answer: unknown): answer is { errorName: string; content?: unknown } =>
	isRecord(answer) && typeof answer.errorName === 'string';

function explainIntermediary(status: number, answer: unknown): Explanation {
	if (status === 407) {
		return refused('the proxy asks for a user name and password (HTTP 407)', CHECK_PROXY);
	}
	// n8n 1 drops bodies that are not objects (1.123.81).
	if (answer === undefined) {
		return refused(
			`the request was refused (HTTP ${status})`,
			'n8n did not pass the answer on, so it cannot be told whether Candid refused it or something between n8n and Candid. Check the credential, and proxies and firewalls on the way.',
		);
	}
	return refused(
		`something between n8n and Candid answered (HTTP ${status})`,
		`${quoteText(answer)} That is not how Candid answers. Check proxies and firewalls on the way, and the Environment of the credential.`,
	);
}

export function quoteAnswer(answer: unknown): string {
	if (!isFromCandid(answer)) return quoteText(answer);
	const words = candidMessage(answer);
	return words === undefined ? '' : `Candid says: ${words}.`;
}

/** The readable part of Candid's envelope `{errorName, content}`; `errorName` itself is jargon. */
function candidMessage({ content }: { content?: unknown }): string | undefined {
	if (typeof content === 'string' && content !== '') return excerpt(content);
	// HttpRequestValidationsError has a list of fields, HttpRequestValidationError one of them.
	const fields = (Array.isArray(content) ? content : [content])
		.filter(isRecord)
		.filter(({ fieldName }) => fieldName !== undefined)
		.map(({ fieldName, humanReadableMessage: message }) =>
			typeof message === 'string' ? `${String(fieldName)}: ${message}` : String(fieldName),
		);
	if (fields.length > 0) return excerpt(fields.join('; '));
	if (!isRecord(content)) return undefined;
	if (typeof content.message === 'string') return excerpt(content.message);
	if (typeof content.id === 'string')
		return excerpt(`there is no entry with the ID '${content.id}'`);
	if (typeof content.entity_name === 'string') {
		return excerpt(`it conflicts with another ${content.entity_name}`);
	}
	return undefined;
}

function quoteText(answer: unknown): string {
	if (answer === undefined) return 'n8n did not pass its answer on.';
	const text = excerpt(typeof answer === 'string' ? answer : (JSON.stringify(answer) ?? ''));
	return text === '' ? 'The answer was empty.' : `The answer was: "${text}".`;
}

const EXCERPT_LENGTH = 120;

/** At most 120 characters on one line, without markup and without anything that could open a patient's file. */
function excerpt(text: string): string {
	const plain = text
		.slice(0, 10_000)
		.replace(/<(script|style)\b[^]*?<\/\1>/gi, ' ')
		.replace(/<[^>]*>/g, ' ')
		.replace(/\b[a-z][a-z\d+.-]*:\/\/\S+/gi, '[link]')
		.replace(/\bbearer\s+(?!token)\S+/gi, '[token]')
		.replace(/\beyJ[\w-]+(\.[\w-]*)*/g, '[token]')
		.replace(/[\s\p{Cc}]+/gu, ' ')
		.trim()
		.replace(/[.\s]+$/, '');
	return plain.length > EXCERPT_LENGTH ? `${plain.slice(0, EXCERPT_LENGTH)}…` : plain;
}

export const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
