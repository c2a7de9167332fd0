import type { IDataObject, ILoadOptionsFunctions } from 'n8n-workflow';

import { readList } from './readList';
import type { ListPage } from './readList';

/** How many entries the editor gets at a time. It requests more as the user scrolls. */
const PAGE_SIZE = 50;

/** Reads one page of a list that Candid searches and divides into pages. */
export async function searchPage(
	context: ILoadOptionsFunctions,
	url: string,
	filter: string | undefined,
	paginationToken: string | undefined,
): Promise<ListPage> {
	const qs: IDataObject = { limit: PAGE_SIZE };
	if (filter) qs.search_term = filter;
	if (paginationToken) qs.page_token = paginationToken;
	return await readList(context, { url, qs });
}

/** The label of an entry: those parts that Candid gave, in one line. */
export const labelOf = (...parts: unknown[]) =>
	parts.filter((part) => typeof part === 'string' && part !== '').join(' · ');

/** One of Candid's statuses, such as 'entered-in-error' or 'finalized_paid', in words. */
export const inWords = (status: unknown) => String(status ?? '').replace(/[-_]/g, ' ');
