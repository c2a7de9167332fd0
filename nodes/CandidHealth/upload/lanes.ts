/**
 * Files that a list of attachments could not tell apart (same parent, name and attachment type) are
 * sent one after another, over all runs of this process: what comes into the list meanwhile is then
 * the file on its way, or another process's.
 */
interface Lane {
	/** settles when the last in the queue has left */
	tail: Promise<void>;
	queued: number;
	/** when last a file was sent in it without an answer that says whether it is stored; 0 for never */
	doubtAt: number;
	/** IDs of what was stored in it, and when (milliseconds since the epoch) */
	stored: Map<string, number>;
}

const lanes = new Map<string, Lane>();

/** Lanes that nobody is in are remembered for the IDs in them, the oldest forgotten first. */
const MAX_LANES = 5_000;

/** How many IDs a lane remembers, the newest ones. */
const MAX_IDS = 1_000;

/** Waits for those in the lane. @returns lets the next one in */
export async function enterLane(key: string): Promise<() => void> {
	const lane = lanes.get(key) ?? newLane();
	lanes.delete(key);
	lanes.set(key, lane);
	const before = lane.tail;
	let leave = () => {};
	lane.tail = new Promise<void>((resolve) => (leave = resolve));
	lane.queued++;
	await before;
	return () => {
		lane.queued--;
		leave();
		forgetOldest();
	};
}

const newLane = (): Lane => ({
	tail: Promise.resolve(),
	queued: 0,
	doubtAt: 0,
	stored: new Map(),
});

export function rememberDoubt(key: string): void {
	const lane = lanes.get(key);
	if (lane) lane.doubtAt = Date.now();
}

/** When last it was in doubt whether a file of the lane is stored, milliseconds since the epoch. */
export const doubtIn = (key: string): number => lanes.get(key)?.doubtAt ?? 0;

export function rememberStored(key: string, attachmentId: string): void {
	const { stored } = lanes.get(key) ?? newLane();
	stored.set(attachmentId, Date.now());
	const [oldest] = stored.keys();
	if (oldest !== undefined && stored.size > MAX_IDS) stored.delete(oldest);
}

/** What this process has stored in a lane of late: attachment IDs, and when. */
export const storedIn = (key: string): ReadonlyMap<string, number> =>
	lanes.get(key)?.stored ?? new Map<string, number>();

function forgetOldest(): void {
	for (const [key, { queued }] of lanes) {
		if (lanes.size <= MAX_LANES) return;
		if (queued === 0) lanes.delete(key);
	}
}
