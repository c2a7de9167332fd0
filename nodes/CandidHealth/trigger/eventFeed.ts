import type { CandidReader } from './candidReader';
import { entriesIn } from './entriesIn';
import { isoOf, timeOf } from './feed';
import type { Entry, Feed } from './feed';

const EVENTS = '/api/events/v1/';

const DAY_MS = 24 * 60 * 60_000;

/** Candid keeps events for 30 days (its API reference). */
const KEPT_MS = 30 * DAY_MS;

/** How many pages are read at once, unless they are all from the same second. */
const MAX_PAGES = 10;

/**
 * Candid's events of one type. Candid lists the newest first, so all pages of a period are read before
 * its oldest event is output. Of a backlog, the oldest part is read first.
 */
export class EventFeed implements Feed {
	/** @param warn is called when events may be missing, because Candid did not keep them long enough */
	constructor(
		private readonly reader: CandidReader,
		private readonly eventType: string,
		private readonly warn: (message: string) => void,
	) {}

	async newest(): Promise<Entry | undefined> {
		const { entries } = await this.page({ limit: 1 });
		return entries[0];
	}

	async *entries(since: string | undefined, newest: Entry): AsyncGenerator<Entry> {
		if (since !== undefined && timeOf(newest) - Date.parse(since) > KEPT_MS) {
			this.warn(
				`Candid keeps events for 30 days. This trigger has seen none since ${since}. If it was off for longer, the events between are missing.`,
			);
		}
		// The newest one may be a part of a millisecond later than its time in milliseconds.
		const until = isoOf(timeOf(newest) + 1);
		let after = since;
		for (;;) {
			const { entries, before } = await this.oldestPeriod(after, until);
			yield* entries;
			if (before === until) return;
			after = before;
		}
	}

	/** The events from one time to another, or only to an earlier time if they are too many. */
	private async oldestPeriod(
		after: string | undefined,
		until: string,
	): Promise<{ entries: Entry[]; before: string }> {
		let before = until;
		const from = after === undefined ? Date.parse(until) - KEPT_MS : Date.parse(after);
		for (;;) {
			const length = Date.parse(before) - from;
			const entries = await this.period(after, before, length > 1000 ? MAX_PAGES : Infinity);
			if (entries) return { entries, before };
			before = isoOf(from + Math.floor(length / 2));
		}
	}

	/** @returns the events of a period, the oldest first; undefined if they have more pages than that */
	private async period(
		after: string | undefined,
		before: string,
		maxPages: number,
	): Promise<Entry[] | undefined> {
		const from = after === undefined ? {} : { created_after: after };
		const found: Entry[] = [];
		let token: string | undefined;
		let pages = 0;
		do {
			if (pages++ >= maxPages) return undefined;
			const page = await this.page({ limit: 100, created_before: before, ...from }, token);
			found.push(...page.entries);
			token = page.nextToken;
		} while (token !== undefined);
		return found.reverse().sort((a, b) => timeOf(a) - timeOf(b));
	}

	private async page(qs: Record<string, unknown>, token?: string) {
		const page = await this.reader.page(EVENTS, { event_types: this.eventType, ...qs }, token);
		const entries = entriesIn(this.reader, page, { id: 'id', at: 'created_at' });
		return { entries, nextToken: page.nextToken };
	}
}
