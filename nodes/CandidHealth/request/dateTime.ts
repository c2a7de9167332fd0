import { tryToParseDateTime } from 'n8n-workflow';
import type { IExecuteSingleFunctions, IHttpRequestOptions } from 'n8n-workflow';

import { textOf } from './text';

/** A date with or without a time, and the time with or without its zone (ISO 8601). */
const DATE_TIME =
	/^(\d{4}-\d{2}-\d{2})(?:[T ]((?:[01]\d|2[0-3])(?::[0-5]\d){1,2}(?:\.\d+)?) ?(Z|[+-]\d{2}:?\d{2})?)?$/i;

/**
 * @param zone IANA name of the time zone of texts without one
 * @returns the moment in UTC (RFC 3339), or undefined if the text is not a date and time, or has no zone
 */
export function instantOf(text: string, zone?: string): string | undefined {
	const [, day, time = '00:00', offset] = DATE_TIME.exec(text.trim()) ?? [];
	if (day === undefined || !isDay(day)) return undefined;
	if (offset !== undefined) {
		const instant = new Date(`${day}T${time}${offset.toUpperCase()}`);
		return Number.isNaN(instant.getTime()) ? undefined : instant.toISOString();
	}
	if (zone === undefined) return undefined;
	// A time comes twice on the day when clocks go back. From the first one on, nothing is left out.
	const moments = tryToParseDateTime(`${day}T${time}`, zone).getPossibleOffsets();
	return new Date(Math.min(...moments.map(Number))).toISOString();
}

/** Whether a day such as '2025-01-31' exists. For JavaScript February 30 is a day in March. */
export function isDay(day: string): boolean {
	const parsed = new Date(`${day}T00:00:00Z`);
	return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(day);
}

/**
 * Makes the `preSend` of a date and time in the query. n8n's date picker gives the time in the workflow's
 * time zone, without saying so (2.41.1). Anything else is left to the field's rule.
 */
export function inTimeZone(name: string) {
	return async function (
		this: IExecuteSingleFunctions,
		request: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		const instant = instantOf(textOf(request.qs?.[name]), this.getTimezone());
		if (instant === undefined) return request;
		return { ...request, qs: { ...request.qs, [name]: instant } };
	};
}
