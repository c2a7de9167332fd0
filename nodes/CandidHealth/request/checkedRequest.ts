import type { IDataObject } from 'n8n-workflow';

import { FIELD_RULES, filled } from '../descriptions/fieldRules';
import type { Rule } from '../descriptions/fieldRules';
import { omit } from './omit';
import { CHECK_EXPRESSION, textOf } from './text';
import { InvalidValue, LocatedValue, inexact } from './values';
import type { Invalid } from './values';

/** A request that the engine built from `routing`; `url` may contain `{names}` of values in `qs` or `body`. */
export interface RoutedRequest {
	url?: string;
	qs?: Record<string, unknown>;
	body?: unknown;
}

export interface CheckedRequest {
	/** path, with its `{names}` filled in and percent-encoded */
	url: string;
	/** query parameters that are not in the path, as text */
	qs: Record<string, string>;
	/** the body with its IDs checked and normalized, without empty values */
	body: IDataObject;
	/** every ID, date and type in the request as it will be sent, by Candid's name for the field */
	ids: Record<string, string>;
}

/**
 * Checks the values of a request and puts those that its path names into the path, percent-encoded
 * (RFC 3986 section 2.1). An invalid value is refused here, before anything is sent, so that no value can
 * lead a request to a different path.
 */
export function checkedRequest({
	url = '',
	qs = {},
	body = {},
}: RoutedRequest): CheckedRequest | Invalid {
	const fields = { ...(body as Record<string, unknown>) };
	const values = Object.values({ ...fields, ...qs });
	const invalid = values.find((value) => value instanceof InvalidValue);
	if (invalid) return invalid.refusal;
	if (url === '') return NO_ADDRESS;

	const pathNames = [...url.matchAll(PATH_NAME)].map(([, name = '']) => name);
	const inPath = Object.fromEntries(pathNames.map((name) => [name, fields[name] ?? MISSING]));
	const inUrl = checkedValues({ ...inPath, ...qs }, (name) =>
		pathNames.includes(name) ? present(name) : filled(name),
	);
	if ('reason' in inUrl) return inUrl;
	const checked = checkedBody(omit(fields, ...pathNames));
	if ('reason' in checked) return checked;

	const inQuery = [...inUrl.values].filter(([name]) => !pathNames.includes(name));
	const ruled = [...inUrl.values, ...checked.values].filter(([name]) => FIELD_RULES.has(name));
	return {
		url: url.replace(PATH_NAME, (_, name: string) => encodeURIComponent(inUrl.values.get(name)!)),
		qs: Object.fromEntries(inQuery),
		body: checked.body,
		ids: Object.fromEntries(ruled),
	};
}

/** For a value that the path needs; it is not a filter. */
const MISSING = new LocatedValue('', 'locator');

const PATH_NAME = /\{(\w+)\}/g;

/** For a request without a path, because no option's `routing` applied. */
const NO_ADDRESS: Invalid = {
	reason: 'an option that is selected in this node does not exist',
	advice:
		'Open the node and select Resource, Operation and the options below them again. Expressions cannot be used there.',
};

/** Checks the fields that have a rule. Other fields are sent as they are, unless they are empty. */
function checkedBody(
	fields: Record<string, unknown>,
): { body: IDataObject; values: Map<string, string> } | Invalid {
	const entries = Object.entries(fields);
	const ruled = entries.filter(([name]) => FIELD_RULES.has(name));
	const checked = checkedValues(Object.fromEntries(ruled));
	if ('reason' in checked) return checked;
	const { values } = checked;
	const body = entries
		.map(([name, value]): [string, unknown] => [name, values.get(name) ?? value])
		.filter(([, value]) => value !== '' && value !== null && value !== undefined);
	return { body: Object.fromEntries(body) as IDataObject, values };
}

/** @param otherRule makes the rule for a name that is not in `FIELD_RULES` */
function checkedValues(
	values: Record<string, unknown>,
	otherRule: (name: string) => Rule = filled,
): { values: Map<string, string> } | Invalid {
	const checked = new Map<string, string>();
	for (const [name, given] of Object.entries(values)) {
		const { value, from } =
			given instanceof LocatedValue ? given : { value: given, from: 'field' as const };
		const rule = FIELD_RULES.get(name) ?? otherRule(name);
		const result = inexact(value) ?? rule(textOf(value), from);
		if (typeof result !== 'string') return result;
		checked.set(name, result);
	}
	return { values: checked };
}

/** For a value in the path: if it were empty, `.` or `..`, the request would go to a different path. */
function present(name: string): Rule {
	return (value) =>
		['', '.', '..'].includes(value.trim())
			? { reason: `its ${name} is missing`, advice: CHECK_EXPRESSION }
			: value;
}
