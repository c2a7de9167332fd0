import { createHash } from 'crypto';

import type { Entry } from './feed';

const MINUTE_MS = 60_000;

/** How many entries are remembered at most, unless one minute has more: 160 KB. */
const MAX_SEEN = 20_000;

/** Characters of a key: 6 bytes. With 20,000 keys, a new entry has the key of another with 7 in 10^11. */
const KEY_LENGTH = 8;

/** The entries that are done, by the minute of their time, each with the keys of its entries in a row. */
export type SavedEntries = Record<string, string>;

/** The entries of a feed that are done, as far back as the feed is read again. */
export class SeenEntries {
	private readonly minutes: Map<number, Set<string>>;

	constructor(saved: SavedEntries = {}) {
		this.minutes = new Map(
			Object.entries(saved).map(([minute, keys]) => [
				Number(minute),
				new Set(keys.match(/.{8}/g) ?? []),
			]),
		);
	}

	has(entry: Entry): boolean {
		return this.minutes.get(minuteOf(entry.at))?.has(keyOf(entry.id, entry.at)) === true;
	}

	add({ id, at }: Entry): void {
		const minute = minuteOf(at);
		const keys = this.minutes.get(minute) ?? new Set();
		this.minutes.set(minute, keys.add(keyOf(id, at)));
	}

	/**
	 * Forgets the entries before a time (milliseconds since the epoch), and the oldest of too many.
	 *
	 * @returns from when on all entries are known
	 */
	forgetBefore(time: number): number {
		const minutes = [...this.minutes.keys()].sort((a, b) => a - b);
		let size = [...this.minutes.values()].reduce((sum, keys) => sum + keys.size, 0);
		const last = minutes[minutes.length - 1];
		let knownFrom = time;
		for (const minute of minutes) {
			const isOld = (minute + 1) * MINUTE_MS <= time;
			if (!isOld && (size <= MAX_SEEN || minute === last)) break;
			size -= this.minutes.get(minute)?.size ?? 0;
			this.minutes.delete(minute);
			if (!isOld) knownFrom = Math.max(time, (minute + 1) * MINUTE_MS);
		}
		return knownFrom;
	}

	saved(): SavedEntries {
		return Object.fromEntries(
			[...this.minutes].map(([minute, keys]) => [String(minute), [...keys].join('')]),
		);
	}
}

const minuteOf = (at: string) => Math.floor(Date.parse(at) / MINUTE_MS);

/** A short name for a record, or for one state of it. */
export const keyOf = (...parts: string[]) =>
	createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, KEY_LENGTH);
