import type { CandidReader, Page } from './candidReader';
import { entriesIn } from './entriesIn';
import { isoOf, timeOf } from './feed';
import type { Entry, Feed } from './feed';

const TASKS = '/api/tasks/v3';

/** How often the tasks that were updated at the same time are read until two readings are the same. */
const MAX_READINGS = 20;

interface TaskPage {
	entries: Entry[];
	nextToken?: string;
}

/**
 * The tasks of some categories by their last update. Each update is an entry of its own.
 *
 * Pages may be positions in a list that changes: a task that is updated moves to its end, and all behind
 * it move up, past the next page. So each page is asked for by the time of the last task of the one
 * before. Page tokens are used only where a whole page has one time, and the reading is repeated
 * until nothing has moved.
 */
export class TaskFeed implements Feed {
	/** @param categories Candid's names; none for all */
	constructor(
		private readonly reader: CandidReader,
		private readonly categories: string[],
	) {}

	async newest(): Promise<Entry | undefined> {
		const { entries } = await this.page({ sort: 'updated_at:desc', limit: 1 });
		return entries[0];
	}

	async *entries(since: string | undefined): AsyncGenerator<Entry> {
		let from = since;
		for (;;) {
			const { entries, nextToken } = await this.pageFrom(from);
			yield* entries;
			const last = entries[entries.length - 1];
			if (!last || nextToken === undefined) return;
			const time = timeOf(last);
			const next = entries.some((entry) => timeOf(entry) !== time)
				? time
				: yield* this.updatedAt(time);
			if (next === undefined) return;
			from = isoOf(next);
		}
	}

	/**
	 * All tasks that were updated in one millisecond, which is as exact as a filter can be expected to be. A
	 * task that was read and then left the list has moved another one past the next page; then the
	 * following reading is different, because it lacks that task.
	 *
	 * @returns the time of the next task; undefined if there is none, or if the list keeps changing
	 */
	private async *updatedAt(time: number): AsyncGenerator<Entry, number | undefined> {
		let before: string | undefined;
		for (let reading = 0; reading < MAX_READINGS; reading++) {
			const ids: string[] = [];
			let next: Entry | undefined;
			let token: string | undefined;
			do {
				const page = await this.pageFrom(isoOf(time), token);
				const same = page.entries.filter((entry) => timeOf(entry) === time);
				yield* same;
				ids.push(...same.map(({ id, at }) => `${id} ${at}`));
				next = page.entries.find((entry) => timeOf(entry) !== time);
				token = page.nextToken;
			} while (token !== undefined && next === undefined);
			const all = ids.sort().join();
			if (all === before) return next && timeOf(next);
			before = all;
		}
		return undefined;
	}

	private async pageFrom(since: string | undefined, token?: string): Promise<TaskPage> {
		const from = since === undefined ? {} : { updated_since: since };
		const page = await this.page({ sort: 'updated_at:asc', limit: 100, ...from }, token);
		this.checkOrder(page.entries, since === undefined ? -Infinity : Date.parse(since));
		return page;
	}

	private async page(qs: Record<string, unknown>, token?: string): Promise<TaskPage> {
		const filter = this.categories.length > 0 ? { categories: this.categories.join(',') } : {};
		const page: Page = await this.reader.page(TASKS, { ...qs, ...filter }, token);
		const entries = entriesIn(this.reader, page, { id: 'task_id', at: 'updated_at' });
		return { entries, nextToken: page.nextToken };
	}

	/** In any other order, tasks would be left out; with older ones, the reading would not end. */
	private checkOrder(entries: Entry[], since: number): void {
		const times = [since, ...entries.map(timeOf)];
		if (times.every((time, index) => time >= (times[index - 1] ?? time))) return;
		const answer = entries.map(({ at }) => at);
		throw this.reader.invalid(answer, 'in the order of the last update');
	}
}
