import type { IDataObject, IExecutePaginationFunctions, NodeApiError } from 'n8n-workflow';

import { candidApiError } from '../errors/candidApiError';
import { invalidAnswer } from '../errors/explain';
import type { Explanation } from '../errors/explain';
import type { Run } from '../run/run';
import type { CheckedRequest } from './checkedRequest';
import { recordsIn, sendWithRetries } from './part';
import type { Part, Request } from './part';
import type { ReadIntent } from './readRequest';

/** How an operation reads from Candid, and how it words what it cannot use. `Writer` is one. */
export interface Reader {
	/**
	 * Reads a record, or a page of a list, with retries.
	 *
	 * @param url path with its IDs filled in
	 * @throws NodeApiError
	 */
	read(url: string, qs: CheckedRequest['qs']): Promise<IDataObject[]>;
	error(explanation: Explanation): NodeApiError;
}

/** Reads with the method and the `postReceive` of the operation's `routing`. */
export function routedReader(
	context: IExecutePaginationFunctions,
	run: Run,
	request: Request,
	part: Part,
	intent: ReadIntent,
): Reader {
	return {
		read: async (url, qs) => {
			const result = await sendWithRetries(context, run, request, { ...part, url, qs });
			return recordsIn(context, intent, result);
		},
		error: (explanation) => candidApiError(context, intent, explanation),
	};
}

type Address = Pick<CheckedRequest, 'url' | 'qs'>;

/**
 * Follows `next_page_token` to the last page, or until it is enough.
 *
 * @returns the entries of all pages; an answer that is not a list is one entry
 * @throws NodeApiError
 */
export async function readPages(
	reader: Reader,
	{ url, qs }: Address,
	isEnough: (found: IDataObject[]) => boolean = () => false,
): Promise<IDataObject[]> {
	const found: IDataObject[] = [];
	const tokens = new Set<string>();
	let token: string | undefined;
	do {
		const page: Record<string, string> = token === undefined ? {} : { page_token: token };
		const answers = await reader.read(url, { ...qs, ...page });
		found.push(...answers.flatMap(entries));
		token = answers.map(nextPageToken).find((next) => next !== undefined);
		// A page token that comes twice would make this loop endless.
		if (token !== undefined && tokens.has(token)) {
			throw reader.error(invalidAnswer(token, 'what was asked for'));
		}
		if (token !== undefined) tokens.add(token);
	} while (token !== undefined && !isEnough(found));
	return found;
}

/** The entries of a page; any other answer is one entry. */
function entries(answer: IDataObject): IDataObject[] {
	return Array.isArray(answer.items) ? (answer.items as IDataObject[]) : [answer];
}

/** The token of the page after this one; undefined on the last page, and for what is not a page. */
export function nextPageToken(answer: object): string | undefined {
	const { items, next_page_token: token } = answer as Record<string, unknown>;
	return Array.isArray(items) && typeof token === 'string' && token !== '' ? token : undefined;
}

/** @throws NodeApiError unless exactly one entry matches the query */
export async function readOnlyMatch(reader: Reader, address: Address): Promise<IDataObject> {
	const found = await readPages(reader, address);
	const matching = found.filter((entry) =>
		Object.entries(address.qs).every(([name, value]) => String(entry[name]) === value),
	);
	const [one, another] = matching;
	if (one && !another) return one;
	throw reader.error({
		reason: one ? 'Candid has more than one with this ID' : 'Candid has none with this ID',
		advice: one
			? 'List them with Get Many, and use the Candid ID of the right one.'
			: 'Check the ID, and that the Environment of the credential is the one it belongs to.',
		outcome: 'refused',
		tryAgain: false,
	});
}
