import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';

import { inWords, labelOf, searchPage } from '../../lookup/listSearch';

/** Searches with Candid's `search_term`, which looks at IDs only. The labels do not show the names of patients. */
export async function searchTasks(
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	const page = await searchPage(this, '/api/tasks/v3', filter, paginationToken);
	const results = page.entries.map((entry) => ({
		name: labelOf(
			entry.external_id,
			inWords(entry.category),
			entry.date_of_service,
			inWords(entry.status),
		),
		value: String(entry.task_id),
	}));
	return { results, paginationToken: page.nextPageToken };
}
