import type { CandidReader, Page } from './candidReader';
import type { Entry } from './feed';

/**
 * The entries of a page.
 *
 * @param names of the fields that have the ID and the time
 * @throws NodeApiError for a record without them
 */
export function entriesIn(
	reader: CandidReader,
	{ records }: Page,
	names: { id: string; at: string },
): Entry[] {
	return records.map((record) => {
		const { [names.id]: id, [names.at]: at } = record;
		if (typeof id !== 'string' || typeof at !== 'string' || Number.isNaN(Date.parse(at))) {
			throw reader.invalid(record, `a list of records with '${names.id}' and '${names.at}'`);
		}
		return { id, at, record };
	});
}
