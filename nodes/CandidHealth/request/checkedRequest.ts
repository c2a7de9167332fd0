import type { IDataObject } from 'n8n-workflow';

import { CHECK_EXPRESSION, textOf } from './text';
import { LocatedValue, InvalidValue } from './values';
import type { Invalid } from './values';

export type { Invalid as Unusable } from './values';

/** What the engine made of an item's `routing`: `url` may hold `{names}` of values in `qs` or `body`. */
export interface RoutedRequest {
	url?: string;
	qs?: Record<string, unknown>;
	body?: unknown;
}

export interface CheckedRequest {
	/** path, with its `{names}` filled in and percent-encoded */
	url: string;
	/** query parameters that are not in the path; text */
	qs: Record<string, string>;
	/** as routed, its IDs checked and normalized, without what is empty */
	body: IDataObject;
	/** every ID, date and type of the request by Candid's name for it, as it will be sent */
	ids: Record<string, string>;
}

/** How the user named a value: chosen from a list, entered in a resource locator, or in a plain field. */
type From = LocatedValue['from'] | 'field';

/** @returns the value as Candid wants it, or why it is invalid */
type Rule = (value: string, from: From) => string | Invalid;

/** What Candid's fields must be, wherever a request has them. */
const RULES = new Map<string, Rule>([
	['charge_capture_external_id', externalId],
	['charge_external_id', externalIdOrFilter],
	['charge_capture_id', uuid('charge capture')],
	['encounter_id', encounterId],
	['attachment_id', uuid('attachment')],
	['attachment_type', attachmentType],
	['date_of_service_min', calendarDate(filled('date_of_service_min'))],
	['date_of_service_max', calendarDate(filled('date_of_service_max'))],
]);

/**
 * Checks the values of a request and puts those that its path names into the path, percent-encoded
 * (RFC 3986 section 2.1). An invalid value is refused here, before anything is sent, so that no request
 * can reach another path than its own.
 */
export function checkedRequest({
	url = '',
	qs = {},
	body = {},
}: RoutedRequest): CheckedRequest | Invalid {
	const ids: Record<string, string> = {};
	const inPath: Record<string, unknown> = {};
	const usable = (name: string, given: unknown) => {
		const { value, from } =
			given instanceof LocatedValue ? given : { value: given, from: 'field' as const };
		const rule = RULES.get(name) ?? (Object.hasOwn(inPath, name) ? present(name) : filled(name));
		const result = inexact(value) ?? rule(textOf(value), from);
		if (typeof result === 'string' && RULES.has(name)) ids[name] = result;
		return result;
	};

	const fields = { ...(body as Record<string, unknown>) };
	const refused = Object.values({ ...fields, ...qs }).find(
		(value) => value instanceof InvalidValue,
	);
	if (refused) return refused.refusal;
	if (url === '') return NO_ADDRESS;

	for (const [, name = ''] of url.matchAll(PATH_NAME)) {
		inPath[name] = fields[name] ?? '';
		delete fields[name];
	}
	const pathValues: Record<string, string> = {};
	const checkedQs: Record<string, string> = {};
	for (const [name, value] of Object.entries({ ...inPath, ...qs })) {
		const result = usable(name, value);
		if (typeof result !== 'string') return result;
		(Object.hasOwn(inPath, name) ? pathValues : checkedQs)[name] = result;
	}
	const checkedBody: Record<string, unknown> = {};
	for (const [name, value] of Object.entries(fields)) {
		if (RULES.has(name)) {
			const result = usable(name, value);
			if (typeof result !== 'string') return result;
			checkedBody[name] = result;
		} else if (value !== '' && value !== null && value !== undefined) {
			checkedBody[name] = value;
		}
	}
	const path = url.replace(PATH_NAME, (_, name: string) => encodeURIComponent(pathValues[name]!));
	return { url: path, qs: checkedQs, body: checkedBody as IDataObject, ids };
}

/** No option's `routing` has applied, so that the request would go to no path of Candid's. */
const NO_ADDRESS: Invalid = {
	reason: 'a choice that is made in this node does not exist',
	advice:
		'Open the node and select the resource, the operation and what they ask for again. Expressions cannot be used there.',
};

const PATH_NAME = /\{(\w+)\}/g;

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

const UUID_ANYWHERE = /(?<![\da-f-])[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}(?![\da-f-])/gi;

export const isUuid = (value: unknown): value is string =>
	typeof value === 'string' && UUID.test(value);

/**
 * In a URL path `.` and `..` are another place, even when percent-encoded (WHATWG URL, 'double-dot
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

/** What was typed wrong, or cut out of a text, would name another charge capture than the one that is there. */
function strayCharacterIn(id: string): string | undefined {
	if (/\p{Cc}/u.test(id))
		return 'the external ID contains a line break or another control character';
	return id === id.trim() ? undefined : 'the external ID begins or ends with a space';
}

function externalIdOrFilter(id: string, from: From): string | Invalid {
	const isEmptyFilter = from === 'field' && id.trim() === '';
	return isEmptyFilter ? filled('charge_external_id')(id, from) : externalId(id, from);
}

/** Takes the ID itself, or any address that contains it and no other. */
function encounterId(text: string): string | Invalid {
	const value = text.trim();
	if (value === '') return notSelected('encounter', 'its ID');
	const isAddress = /[/?#]/.test(value);
	const found = isAddress ? unique(value.match(UUID_ANYWHERE) ?? []) : [value];
	if (found.length === 1 && isUuid(found[0])) return found[0].toLowerCase();
	const number = found.length > 1 ? 'more than one' : 'no';
	return {
		reason: isAddress
			? `the address contains ${number} ID`
			: `${quoted(value)} is not the ID of an encounter`,
		advice: `Enter Candid's ID, such as ${EXAMPLE}. From your own ID of the encounter, Encounter → Get Many finds it. ${CHECK_EXPRESSION}`,
	};
}

function uuid(noun: string): Rule {
	return (text) => {
		const value = text.trim();
		if (value === '') return notSelected(noun, 'its ID');
		if (isUuid(value)) return value.toLowerCase();
		return {
			reason: `${quoted(value)} is not the ID of ${noun === 'attachment' ? 'an' : 'a'} ${noun}`,
			advice: `Enter Candid's ID, such as ${EXAMPLE}. ${CHECK_EXPRESSION}`,
		};
	};
}

const EXAMPLE = "'d5e9c84f-c2b2-4bf4-b4b0-7ffd7a9ffc32'";

/** Source: the vendor's API description, which may add to them: any other type is sent as it is. */
const ATTACHMENT_TYPES = ['DOCUMENTATION', 'EOB', 'OTHER'];

function attachmentType(type: string): string | Invalid {
	const upper = type.trim().toUpperCase();
	if (upper === '') {
		return { reason: 'no attachment type is selected', advice: `Choose one. ${CHECK_EXPRESSION}` };
	}
	return ATTACHMENT_TYPES.includes(upper) ? upper : type;
}

/** Takes a date, or a date with a time, of which Candid wants the day as written. */
function calendarDate(ifEmpty: Rule): Rule {
	return (text, from) => {
		if (text.trim() === '') return ifEmpty(text, from);
		const day = /^\s*(\d{4}-\d{2}-\d{2})(?=[T\s]|$)/.exec(text)?.[1] ?? '';
		const parsed = new Date(`${day}T00:00:00Z`);
		// JavaScript takes February 30 for a day in March.
		const exists = !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(day);
		const advice = "Enter a date such as '2025-01-31', or remove the filter.";
		return exists ? day : { reason: `${quoted(text)} is not a date`, advice };
	};
}

/** Values that would arrive as others: digits are lost, half a surrogate pair is replaced. */
function inexact(value: unknown): Invalid | undefined {
	if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
		return {
			reason: 'the number is too long to be exact',
			advice: 'Read it as text in the node that it comes from.',
		};
	}
	if (typeof value !== 'string' || !/\p{Surrogate}/u.test(value)) return undefined;
	return { reason: 'a character is cut in half', advice: `Enter it again. ${CHECK_EXPRESSION}` };
}

/** A filter that an expression left empty would match everything there is. */
function filled(name: string): Rule {
	return (value) =>
		value.trim() !== ''
			? value
			: {
					reason: `the filter '${FILTERS[name] ?? name}' is empty`,
					advice: 'Fill it in, or remove it.',
				};
}

/** What the node calls the filters that may be left empty. */
const FILTERS: Record<string, string> = {
	charge_external_id: 'External ID',
	date_of_service_max: 'Date of Service To',
	date_of_service_min: 'Date of Service From',
	external_id: 'External ID',
	patient_external_id: 'Patient External ID',
	search_term: 'Search Term',
};

/** In a path that would be another without it. */
function present(name: string): Rule {
	return (value) =>
		['', '.', '..'].includes(value.trim())
			? { reason: `its ${name} is missing`, advice: CHECK_EXPRESSION }
			: value;
}

function notSelected(noun: string, what: string): Invalid {
	return {
		reason: `no ${noun} is selected`,
		advice: `Choose it from the list, or enter ${what}. ${CHECK_EXPRESSION}`,
	};
}

const unique = (values: string[]) => [...new Set(values.map((value) => value.toLowerCase()))];

/** Only what looks like an ID or a date is repeated; anything else may be a link to a file, or a token. */
const quoted = (text: string) =>
	/^(?!.*(\/\/|eyJ|[\p{L}\p{N}_]{30}))[\p{L}\p{N} ._:+/-]{1,60}$/u.test(text)
		? `'${text}'`
		: 'the text that is given';
