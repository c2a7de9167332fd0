import type { CandidFailure } from '../errors/candidFailure';
import type { ParentList } from './parentList';

type ListResult = ParentList | { failure: CandidFailure };

/**
 * The lists that 'Skip' compares the files of a run with: one for each charge capture or encounter, shared
 * by all its files.
 */
export class AttachedLists {
	private readonly results = new Map<string, Promise<ListResult>>();

	/**
	 * A list that is recent enough.
	 *
	 * @param key of the charge capture or encounter
	 * @param time the list was requested at this time or later, milliseconds since the epoch
	 * @param read reads the list, if there is none that is recent enough
	 */
	async since(key: string, time: number, read: () => Promise<ListResult>): Promise<ListResult> {
		const known = this.results.get(key);
		const list = known && (await this.unlessFailed(key, known));
		if (list && ('failure' in list || list.requestedAt >= time)) return list;
		// The first file that finds the list outdated reads it again for all.
		const current = this.results.get(key);
		const latest = current && current !== known ? current : read();
		this.results.set(key, latest);
		return await this.unlessFailed(key, latest);
	}

	replace(key: string, list: ParentList): void {
		this.results.set(key, Promise.resolve(list));
	}

	/** A list that could not be read is not kept: the next file that needs it reads it again. */
	private async unlessFailed(key: string, result: Promise<ListResult>): Promise<ListResult> {
		const list = await result;
		if ('failure' in list && this.results.get(key) === result) this.results.delete(key);
		return list;
	}
}
