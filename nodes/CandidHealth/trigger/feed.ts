import type { IDataObject } from 'n8n-workflow';

import { isRecord } from '../types/isRecord';
import { SeenEntries } from './seenEntries';
import type { SavedEntries } from './seenEntries';

/** Something that happened in Candid: one state of a task, or an event. */
export interface Entry {
	/** two states of one task have the same */
	id: string;
	/** when it happened: ISO 8601 by Candid's clock, exactly as Candid gave it */
	at: string;
	record: IDataObject;
}

/** What happened in Candid, in the order of Candid's clock. */
export interface Feed {
	/** The newest entry, if there is any. */
	newest(): Promise<Entry | undefined>;
	/**
	 * The entries from a time on (ISO 8601; undefined: all), at least to the given one, the oldest first.
	 * Some may come twice.
	 */
	entries(since: string | undefined, newest: Entry): AsyncIterable<Entry>;
}

/** How far a trigger has read a feed. */
export type FeedState = {
	/** from when on it is read again: ISO 8601 by Candid's clock; missing: from the start */
	since?: string;
	/** what is done since then */
	seen: SavedEntries;
};

export interface Polled<State> {
	state: State;
	/** what is new, the oldest first */
	records: IDataObject[];
}

/**
 * How far back each poll reads again, in milliseconds of Candid's clock: an entry may become visible later
 * than a newer one, because Candid sets the time when a change begins and shows it when it is saved.
 */
export const OVERLAP_MS = 10 * 60_000;

/**
 * What is new in a feed since the last poll, at most `limit` records. The rest comes with the next poll.
 *
 * Each poll reads up to the entry that was the newest when it began, and the next one reads again from
 * 10 minutes before the last entry that this one has read. So what became visible meanwhile is read, too,
 * however long a poll takes. What is done since then is remembered, so it is not output again. Nothing is
 * measured by this computer's clock.
 *
 * @param state undefined at the first poll, which outputs nothing: a trigger begins with what is new
 */
export async function pollFeed(
	feed: Feed,
	state: FeedState | undefined,
	limit: number,
): Promise<Polled<FeedState>> {
	const newest = await feed.newest();
	if (!newest) return { state: state ?? { seen: {} }, records: [] };
	const since = state ? state.since : isoOf(timeOf(newest) - OVERLAP_MS);
	const seen = new SeenEntries(state?.seen);
	const records: IDataObject[] = [];
	let readTo: number | undefined;
	for await (const entry of feed.entries(since, newest)) {
		if (timeOf(entry) > timeOf(newest)) break;
		if (!seen.has(entry)) {
			if (state && records.length >= limit) break;
			seen.add(entry);
			if (state) records.push(entry.record);
		}
		readTo = Math.max(readTo ?? -Infinity, timeOf(entry));
	}
	if (readTo === undefined) return { state: { since, seen: seen.saved() }, records };
	const earliest = since === undefined ? -Infinity : Date.parse(since);
	const knownFrom = seen.forgetBefore(Math.max(earliest, readTo - OVERLAP_MS));
	return { state: { since: isoOf(knownFrom), seen: seen.saved() }, records };
}

/** In milliseconds since the epoch. Candid's times may be more exact. */
export const timeOf = ({ at }: Entry): number => Date.parse(at);

export const isoOf = (time: number): string => new Date(time).toISOString();

/** @returns undefined for what is not the state of a feed */
export function feedStateOf(saved: unknown): FeedState | undefined {
	if (!isRecord(saved) || !isRecord(saved.seen)) return undefined;
	const { since } = saved;
	if (since !== undefined && typeof since !== 'string') return undefined;
	return { since, seen: saved.seen as SavedEntries };
}
