import { instantOf, isDay } from '../request/dateTime';
import { CHECK_EXPRESSION, isUuid } from '../request/text';
import type { Invalid, LocatedValue } from '../request/values';

/** How the user entered a value: chosen from a list, entered in a resource locator, or in a plain field. */
export type From = LocatedValue['from'] | 'field';

/** @returns the value in the form that Candid expects, or why it is invalid */
export type Rule = (value: string, from: From) => string | Invalid;

/** Refuses an empty value, because an empty filter would match everything. */
export function filled(name: string): Rule {
	return (value) =>
		value.trim() !== ''
			? value
			: {
					reason: `the filter '${FILTER_LABELS.get(name) ?? name}' is empty`,
					advice: 'Fill it in, or remove it.',
				};
}

/** Refuses an empty value of a parameter that has to be filled in. */
function required(label: string): Rule {
	return (value) =>
		value.trim() !== '' ? value : { reason: `'${label}' is empty`, advice: CHECK_EXPRESSION };
}

/** Labels of the filters that may be left empty. */
const FILTER_LABELS = new Map([
	['categories', 'Category'],
	['charge_external_id', 'External ID'],
	['date_of_service_max', 'Date of Service To'],
	['date_of_service_min', 'Date of Service From'],
	['encounter_id', 'Encounter ID'],
	['external_id', 'External ID'],
	['patient_external_id', 'Patient External ID'],
	['search_term', 'Search Term'],
	['statuses', 'Status'],
	['updated_since', 'Updated Since'],
]);

/** The rules for Candid's fields, in every request that has them. */
export const FIELD_RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
	['charge_capture_external_id', externalId],
	['charge_external_id', orFilter('charge_external_id', externalId)],
	['charge_capture_id', uuid('a charge capture')],
	['encounter_id', orFilter('encounter_id', encounterId)],
	['task_id', uuid('a task')],
	['attachment_id', uuid('an attachment')],
	['attachment_type', attachmentType],
	['date_of_service_min', dateFilter('date_of_service_min')],
	['date_of_service_max', dateFilter('date_of_service_max')],
	['updated_since', instant(filled('updated_since'))],
	['patient_external_id', filled('patient_external_id')],
	['date_range_min', calendarDate(required('Date From'))],
	['date_range_max', calendarDate(required('Date To'))],
]);

/**
 * In a URL path `.` and `..` lead to another path, even when percent-encoded (WHATWG URL, 'double-dot
 * URL path segment'), so that an attachment filed under them could never be listed or deleted.
 */
function externalId(id: string, from: From): string | Invalid {
	if (id.trim() === '') return notSelected('charge capture', 'its external ID');
	const reason = ['.', '..'].includes(id.trim())
		? `${quoted(id)} is not an external ID`
		: from !== 'list' && strayCharacterIn(id);
	if (!reason) return id;
	return { reason, advice: `Enter the charge capture's external ID. ${CHECK_EXPRESSION}` };
}

/** Finds a space or line break that was typed or copied along. Candid would treat it as part of the ID. */
function strayCharacterIn(id: string): string | undefined {
	if (/\p{Cc}/u.test(id))
		return 'the external ID contains a line break or another control character';
	return id === id.trim() ? undefined : 'the external ID begins or ends with a space';
}

/** The rule of an ID that can also be a filter, which has a message of its own if it is empty. */
function orFilter(name: string, rule: Rule): Rule {
	return (id, from) => (from === 'field' && id.trim() === '' ? filled(name) : rule)(id, from);
}

/** Accepts the ID itself, or an address that contains exactly one ID. */
function encounterId(text: string): string | Invalid {
	const value = text.trim();
	if (value === '') return notSelected('encounter', 'its ID');
	const isAddress = /[/?#]/.test(value);
	const found = isAddress ? idsIn(value) : [value];
	if (found.length === 1 && isUuid(found[0])) return found[0].toLowerCase();
	const number = found.length > 1 ? 'more than one' : 'no';
	return {
		reason: isAddress
			? `the address contains ${number} ID`
			: `${quoted(value)} is not the ID of an encounter`,
		advice: `Enter Candid's ID, such as ${EXAMPLE}. To find it by your own ID of the encounter, use Encounter → Get Many. ${CHECK_EXPRESSION}`,
	};
}

const UUID_ANYWHERE = /(?<![\da-f-])[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}(?![\da-f-])/gi;

const idsIn = (address: string) => [
	...new Set(address.match(UUID_ANYWHERE)?.map((id) => id.toLowerCase())),
];

/** @param noun with its article */
function uuid(noun: string): Rule {
	return (text) => {
		const value = text.trim();
		if (value === '') return notSelected(noun.replace(/^an? /, ''), 'its ID');
		if (isUuid(value)) return value.toLowerCase();
		return {
			reason: `${quoted(value)} is not the ID of ${noun}`,
			advice: `Enter Candid's ID, such as ${EXAMPLE}. ${CHECK_EXPRESSION}`,
		};
	};
}

const EXAMPLE = "'d5e9c84f-c2b2-4bf4-b4b0-7ffd7a9ffc32'";

/** Source: the vendor's API description. Candid may add others: any other type is sent as it is. */
const ATTACHMENT_TYPES = ['DOCUMENTATION', 'EOB', 'OTHER'];

function attachmentType(type: string): string | Invalid {
	const upper = type.trim().toUpperCase();
	if (upper === '') {
		return { reason: 'no attachment type is selected', advice: `Choose one. ${CHECK_EXPRESSION}` };
	}
	return ATTACHMENT_TYPES.includes(upper) ? upper : type;
}

function dateFilter(name: string): Rule {
	return calendarDate(filled(name), ', or remove the filter');
}

/**
 * Accepts a date with or without a time, and returns the date as written, because Candid accepts no time.
 *
 * @param otherwise what else the user can do, after 'Enter a date'
 */
function calendarDate(ifEmpty: Rule, otherwise = ''): Rule {
	return (text, from) => {
		if (text.trim() === '') return ifEmpty(text, from);
		const advice = `Enter a date such as '2025-01-31'${otherwise}.`;
		return dayIn(text) ?? { reason: `${quoted(text)} is not a date`, advice };
	};
}

/** Accepts a date and time with its zone (for one without, see `inTimeZone`), and returns it in UTC. */
function instant(ifEmpty: Rule): Rule {
	return (text, from) => {
		if (text.trim() === '') return ifEmpty(text, from);
		const advice =
			"Enter a date, with or without a time, such as '2025-01-31T09:00', or remove the filter.";
		return instantOf(text) ?? { reason: `${quoted(text)} is not a date and time`, advice };
	};
}

/** The date in a text that has nothing after it but a time: '2025-01-31'. */
export function dayIn(text: string): string | undefined {
	const day = /^\s*(\d{4}-\d{2}-\d{2})(?=[T\s]|$)/.exec(text)?.[1];
	return day !== undefined && isDay(day) ? day : undefined;
}

function notSelected(noun: string, what: string): Invalid {
	return {
		reason: `no ${noun} is selected`,
		advice: `Choose it from the list, or enter ${what}. ${CHECK_EXPRESSION}`,
	};
}

/** Repeats only what looks like an ID or a date; anything else may be a link to a file, or a token. */
const quoted = (text: string) =>
	/^(?!.*(\/\/|eyJ|[\p{L}\p{N}_]{30}))[\p{L}\p{N} ._:+/-]{1,60}$/u.test(text)
		? `'${text}'`
		: 'the text entered';
