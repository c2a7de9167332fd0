import { NodeApiError } from 'n8n-workflow';
import type { IExecuteSingleFunctions, JsonObject } from 'n8n-workflow';

import { SIZE_ADVICE, TYPE_ADVICE } from '../acceptedFiles';
import {
	CLIENT_REFUSED,
	NEVER_CONNECTED,
	NO_TOKEN,
	OWN_DISK,
	outcomeOf,
	isRecord,
	isUntrustedCertificate,
} from './candidFailure';
import type { CandidFailure } from './candidFailure';

/** `what` completes '… was not stored: '; `uncertain` says that Candid may have done it all the same. */
export interface PlainWords {
	what: string;
	advice: string;
	outcome: 'refused' | 'uncertain';
}

/** What a request was to bring about; completes '… was not '. */
export type Action = 'stored' | 'deleted' | 'downloaded' | 'read';

/** An action's outcome when Candid's answer is lost, and what to do then. */
export interface Aftermath {
	outcome: PlainWords['outcome'];
	advice: string;
}

const MAY_BE_STORED: Aftermath = {
	outcome: 'uncertain',
	advice:
		'Candid may have stored the file all the same. Look at the attachments of the charge capture or encounter before you send it again.',
};

/** What was only asked for can be asked for again. */
const NOTHING_CHANGED: Aftermath = {
	outcome: 'refused',
	advice: 'Run it again in a little while.',
};

const AFTERMATH: Record<Action, Aftermath> = {
	stored: MAY_BE_STORED,
	deleted: {
		outcome: 'uncertain',
		advice:
			'Candid may have deleted it all the same. Look at the attachments of the charge capture or encounter.',
	},
	downloaded: NOTHING_CHANGED,
	read: NOTHING_CHANGED,
};

const CHECK_CREDENTIAL =
	'Check the credential: the Environment must be the one it was issued for, and an access token stops working after 5 hours.';

/** Sources: the vendor's API description (statuses, limits); the statuses of RFC 9110 section 15. */
const BY_STATUS: Record<number, [what: string, advice: string]> = {
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
	413: ['it is too large for Candid', SIZE_ADVICE],
	415: ['Candid does not take files of this type', TYPE_ADVICE],
	422: ['Candid did not accept its data', 'Correct the fields that Candid names and run it again.'],
	429: [
		'Candid is receiving too many requests',
		'Candid takes 1,000 requests in 10 seconds from one IP address. Wait a little and run it again; for uploads, lower Max Concurrent Uploads.',
	],
};

/** Codes of requests that ended without an answer; Candid may have the file. */
const BROKEN_OFF: Record<string, string> = {
	ECONNABORTED: 'Candid did not answer in time',
	ETIMEDOUT: 'Candid did not answer in time',
	ERR_CANCELED: 'the workflow was stopped before Candid had answered',
};

/** Candid's 200 that is not what was asked for; `expected` completes "Candid's answer is not ". */
export function unusableAnswer(
	answer: unknown,
	expected: string,
	action: Action,
	{ outcome, advice }: Aftermath = AFTERMATH[action],
): PlainWords {
	return {
		what: `Candid's answer is not ${expected}`,
		advice: `${quoted(answer)} ${advice}`,
		outcome,
	};
}

/**
 * Makes a failed request an n8n error that names its subject and the item; keeps no request, header
 * or token.
 */
export function candidApiError(
	context: Pick<IExecuteSingleFunctions, 'getNode' | 'getItemIndex'>,
	{ subject, action }: { subject: string; action: Action },
	{ what, advice, outcome }: PlainWords,
	httpCode?: number,
): NodeApiError {
	const itemIndex = context.getItemIndex();
	const message =
		outcome === 'refused'
			? `${capitalized(subject)} [item ${itemIndex}] was not ${action}: ${what}`
			: `It is not known whether ${subject} [item ${itemIndex}] was ${action}: ${what}`;
	const details: JsonObject = { message };
	return new NodeApiError(context.getNode(), details, {
		message,
		description: advice,
		itemIndex,
		httpCode: httpCode === undefined ? undefined : String(httpCode),
	});
}

/** @param aftermath for a request whose outcome is uncertain, if more is known of it than the action says */
export function inPlainWords(
	failure: CandidFailure,
	action: Action,
	aftermath: Aftermath = AFTERMATH[action],
): PlainWords {
	if (failure.status !== undefined) {
		return answerInPlainWords(failure.status, failure.answer, aftermath);
	}

	const { code } = failure;
	if (code === undefined) {
		return {
			what: failure.message ?? 'the request could not be made',
			advice: failure.description ?? '',
			outcome: 'refused',
		};
	}
	if (OWN_DISK.has(code)) {
		return {
			what: `n8n could not keep the file (${code})`,
			advice: 'Look at the disk that your n8n stores binary data on.',
			outcome: 'refused',
		};
	}
	if (code === NO_TOKEN || code === CLIENT_REFUSED) {
		return {
			what: failure.message ?? 'there is no access token',
			advice: failure.description ?? CHECK_CREDENTIAL,
			outcome: 'refused',
		};
	}
	const never = isUntrustedCertificate(code)
		? "the host's certificate is not trusted"
		: NEVER_CONNECTED[code];
	if (never !== undefined) {
		return {
			what: `Candid cannot be reached, ${never}`,
			advice: 'Check the network of your n8n, and the Environment of the credential.',
			outcome: 'refused',
		};
	}
	return {
		what: BROKEN_OFF[code] ?? 'the connection was cut before Candid had answered',
		...aftermath,
	};
}

function answerInPlainWords(status: number, answer: unknown, aftermath: Aftermath): PlainWords {
	const words = candidsWords(answer);
	const said = words === undefined ? quoted(answer) : `Candid says: ${words}.`;
	const known = BY_STATUS[status];
	if (known) {
		const [what, advice] = known;
		return { what, advice: words === undefined ? advice : `${said} ${advice}`, outcome: 'refused' };
	}
	if (status >= 300 && status < 400) {
		return {
			what: `the address answered with a redirect (HTTP ${status})`,
			advice:
				'It was not followed, so that the access token stays on its host. Check the Environment of the credential.',
			outcome: 'refused',
		};
	}
	if (outcomeOf({ status }) === 'uncertain') {
		return {
			what: `Candid could not process the request (HTTP ${status})`,
			advice: `${said} ${aftermath.advice}`,
			outcome: aftermath.outcome,
		};
	}
	return { what: `Candid refused the request (HTTP ${status})`, advice: said, outcome: 'refused' };
}

/** The readable part of Candid's envelope `{errorName, content}`; `errorName` itself is jargon. */
function candidsWords(answer: unknown): string | undefined {
	if (!isRecord(answer) || typeof answer.errorName !== 'string') return undefined;
	const { content } = answer;
	if (typeof content === 'string' && content !== '') return excerpt(content);
	if (Array.isArray(content)) {
		const fields = content
			.filter(isRecord)
			.map(({ fieldName, humanReadableMessage: message }) =>
				typeof message === 'string' ? `${String(fieldName)}: ${message}` : String(fieldName),
			);
		return fields.length ? excerpt(fields.join('; ')) : undefined;
	}
	if (!isRecord(content)) return undefined;
	if (typeof content.message === 'string') return excerpt(content.message);
	if (typeof content.id === 'string')
		return excerpt(`there is no entry with the ID '${content.id}'`);
	if (typeof content.entity_name === 'string') {
		return excerpt(`it conflicts with another ${content.entity_name}`);
	}
	return undefined;
}

function quoted(answer: unknown): string {
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
