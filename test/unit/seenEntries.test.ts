import { SeenEntries } from '../../nodes/CandidHealth/trigger/seenEntries';

const MINUTE_MS = 60_000;

const START = Date.parse('2026-01-05T10:00:00.000Z');

/** Entries at equal distances. */
const entries = (count: number, distanceMs: number) =>
	Array.from({ length: count }, (_, index) => ({
		id: `task-${index}`,
		at: new Date(START + index * distanceMs).toISOString(),
		record: {},
	}));

function seenOf(all: ReturnType<typeof entries>): SeenEntries {
	const seen = new SeenEntries();
	for (const entry of all) seen.add(entry);
	return seen;
}

it('recognizes an entry, also after it was saved, but no other state of it', () => {
	const all = entries(500, 1000);
	const restored = new SeenEntries(
		JSON.parse(JSON.stringify(seenOf(all).saved())) as Record<string, string>,
	);
	expect(all.every((entry) => restored.has(entry))).toBe(true);
	expect(restored.has({ ...all[0]!, at: '2026-01-05T10:00:00.001Z' })).toBe(false);
	expect(restored.has({ ...all[0]!, id: 'task-500' })).toBe(false);
});

it('keeps all entries from the given time on, and forgets older ones minute by minute', () => {
	const all = entries(20, MINUTE_MS);
	const seen = seenOf(all);
	const time = START + 10 * MINUTE_MS + 30_000;
	expect(seen.forgetBefore(time)).toBe(time);
	expect(all.map((entry) => seen.has(entry))).toEqual(all.map((_, index) => index >= 10));
});

it('forgets the oldest of too many, and returns the time from which it knows all', () => {
	const all = entries(30_000, 20);
	const seen = seenOf(all);
	const knownFrom = seen.forgetBefore(START);
	expect(knownFrom).toBeGreaterThan(START);
	for (const entry of all) {
		if (Date.parse(entry.at) >= knownFrom) expect(seen.has(entry)).toBe(true);
	}
	expect(JSON.stringify(seen.saved()).length).toBeLessThan(170_000);
});

it('keeps all entries of one minute, however many there are', () => {
	const all = entries(25_000, 1);
	const seen = seenOf(all);
	expect(seen.forgetBefore(START)).toBe(START);
	expect(all.every((entry) => seen.has(entry))).toBe(true);
});
