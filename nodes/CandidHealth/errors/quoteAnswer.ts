import { isRecord } from '../types/isRecord';
import { isFromCandid } from './candidFailure';
import { fewOf } from './messageText';

/** What an answer says, as a sentence for a message; empty if Candid gives no reason. */
export function quoteAnswer(answer: unknown): string {
	if (!isFromCandid(answer)) return quoteText(answer);
	const message = candidMessage(answer.content);
	return message === undefined ? '' : `Candid says: ${message}.`;
}

/** The same for an answer that is not one of Candid's refusals. */
export function quoteText(answer: unknown): string {
	if (answer === undefined) return 'n8n did not pass its answer on.';
	const text = excerpt(typeof answer === 'string' ? answer : (JSON.stringify(answer) ?? ''));
	return text === '' ? 'The answer was empty.' : `The answer was: "${text}".`;
}

/** The same for a 200 that is not what was asked for. JSON may be a patient's record, so its values are not quoted. */
export function quoteUnexpected(answer: unknown): string {
	if (Array.isArray(answer) && answer.length > 0) return 'The answer was a list.';
	const names = isRecord(answer) ? Object.keys(answer) : [];
	return names.length > 0 ? `The answer was JSON with ${fewOf(names)}.` : quoteText(answer);
}

/** The readable part of Candid's envelope `{errorName, content}`; `errorName` itself is jargon. */
function candidMessage(content: unknown): string | undefined {
	if (typeof content === 'string' && content !== '') return excerpt(content);
	const fields = invalidFields(content);
	if (fields.length > 0) return excerpt(fields.join('; '));
	if (!isRecord(content)) return undefined;
	if (typeof content.message === 'string') return excerpt(content.message);
	if (typeof content.id === 'string')
		return excerpt(`there is no entry with the ID '${content.id}'`);
	if (typeof content.entity_name === 'string') {
		return excerpt(`it conflicts with another ${content.entity_name}`);
	}
	if (typeof content.deprecated_status === 'string') {
		return excerpt(`the status '${content.deprecated_status}' is no longer used`);
	}
	return undefined;
}

/** HttpRequestValidationsError has a list of fields, HttpRequestValidationError one of them. */
function invalidFields(content: unknown): string[] {
	return (Array.isArray(content) ? content : [content])
		.filter(isRecord)
		.filter(({ fieldName }) => fieldName !== undefined)
		.map(({ fieldName, humanReadableMessage: message }) =>
			typeof message === 'string' ? `${String(fieldName)}: ${message}` : String(fieldName),
		);
}

const EXCERPT_LENGTH = 120;

/** At most 120 characters on one line, without markup, and without links or tokens, which give access to files. */
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
