import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';

import { inWords, labelOf, searchPage } from '../../lookup/listSearch';
import { isRecord } from '../../types/isRecord';
import { claimStatuses } from './encounter.fields';

/** Searches with Candid's `search_term`. The labels do not show the names of patients. */
export async function searchEncounters(
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	const page = await searchPage(this, '/api/encounters/v4', filter, paginationToken);
	const results = page.entries.map((entry) => ({
		name: labelOf(
			entry.external_id,
			isRecord(entry.patient) ? entry.patient.external_id : undefined,
			entry.date_of_service,
			claimStatuses(entry).map(inWords).join(', '),
		),
		value: String(entry.encounter_id),
		url: typeof entry.url === 'string' ? entry.url : undefined,
	}));
	return { results, paginationToken: page.nextPageToken };
}
