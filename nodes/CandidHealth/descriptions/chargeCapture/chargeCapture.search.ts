import type { IDataObject, ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';

import { inWords, labelOf, searchPage } from '../../lookup/listSearch';

/** Searches with Candid's `search_term`. The labels do not show the names of patients. */
export async function searchChargeCaptures(
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	const page = await searchPage(this, '/api/charge_captures/v1', filter, paginationToken);
	const inOrder = [
		...page.entries.filter((entry) => !isDropped(entry)),
		...page.entries.filter(isDropped),
	];
	const results = inOrder.map((entry) => ({
		name: labelOf(
			entry.charge_external_id,
			entry.patient_external_id,
			entry.date_of_service,
			inWords(entry.status),
		),
		value: String(entry.charge_external_id),
	}));
	return { results, paginationToken: page.nextPageToken };
}

/** Hardly anyone wants to select these, so they are last on each page. */
const isDropped = ({ status }: IDataObject) =>
	status === 'aborted' || status === 'entered-in-error';
