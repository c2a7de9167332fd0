import { invalidFields } from './answers';
import { MAX_PAGE_SIZE } from './assumptions';
import type { World } from './types';

/** Query parameters as Fastify gives them: an array for a parameter that was sent more than once. */
export type Query = Record<string, string | string[] | undefined>;

export function first(query: Query, name: string): string | undefined {
	const value = query[name];
	return Array.isArray(value) ? value[0] : value;
}

export function oneOf<T extends string>(
	query: Query,
	name: string,
	allowed: readonly T[],
): T | undefined {
	const value = first(query, name);
	return value === undefined ? undefined : memberOf(name, value, allowed);
}

/** The members of a comma-separated list; undefined if the parameter was not sent. */
export function someOf<T extends string>(
	query: Query,
	name: string,
	allowed: readonly T[],
): T[] | undefined {
	return first(query, name)
		?.split(',')
		.map((value) => memberOf(name, value, allowed));
}

/** Throws the 422 for a value that is not allowed. */
export function memberOf<T extends string>(
	field: string,
	value: unknown,
	allowed: readonly T[],
): T {
	const known = allowed.find((entry) => entry === value);
	if (known === undefined) throw wrong(field, `must be one of ${allowed.join(', ')}`);
	return known;
}

export function date(query: Query, name: string): string | undefined {
	const value = first(query, name);
	if (value !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(value)) {
		throw wrong(name, 'must be a date formatted as YYYY-MM-DD');
	}
	return value;
}

const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** Milliseconds since 1970; undefined for what is not a date-time with a time zone. */
export function millisecondsOf(text: string): number | undefined {
	const milliseconds = DATE_TIME.test(text) ? Date.parse(text) : NaN;
	return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

export const wrong = (field: string, message: string) => invalidFields([{ field, message }]);

/** Which of the entries are on the page that was asked for. */
export interface Slice {
	start: number;
	limit: number;
}

/** Throws the 422 for a wrong `limit` or page token. */
export function sliceOf(query: Query): Slice {
	const asked = Number(first(query, 'limit') ?? MAX_PAGE_SIZE);
	if (!Number.isInteger(asked) || asked < 1) throw wrong('limit', 'must be a positive integer');
	return { start: startOf(query), limit: Math.min(asked, MAX_PAGE_SIZE) };
}

/** Throws the 422 for a wrong page token. */
export function startOf(query: Query): number {
	const token = first(query, 'page_token');
	const start = token === undefined ? 0 : positionOf(token);
	if (start === undefined) throw wrong('page_token', 'is not a page token of this list');
	return start;
}

/** Returns undefined for what is not a page token. */
export function positionOf(token: string): number | undefined {
	const match = /^from:(\d+)$/.exec(Buffer.from(token, 'base64url').toString());
	return match === null ? undefined : Number(match[1]);
}

export interface Page {
	items: object[];
	prev_page_token?: string | null;
	next_page_token?: string | null;
}

export function page<T>(
	entries: T[],
	{ slice, world, onWire }: { slice: Slice; world: World; onWire: (entry: T) => object },
): Page {
	const { start, limit } = slice;
	// JSON.stringify leaves out members that are undefined.
	const none = world.pageTokens === 'null' ? null : undefined;
	const tokenAt = (position: number) => Buffer.from(`from:${position}`).toString('base64url');
	return {
		items: entries.slice(start, start + limit).map(onWire),
		prev_page_token: start > 0 ? tokenAt(Math.max(0, start - limit)) : none,
		next_page_token: start + limit < entries.length ? tokenAt(start + limit) : none,
	};
}
