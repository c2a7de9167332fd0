/**
 * Files that a list of attachments could not tell apart (same parent, name and attachment type) are
 * uploaded one after another, over all runs of this process. An attachment that appears in the list
 * meanwhile is then the file being uploaded, or was stored by another process.
 */
class Lane {
	/** settles when the last file in the queue has left */
	tail: Promise<void> = Promise.resolve();

	queued = 0;

	/** files that may or may not be stored, and when Candid is done with each (milliseconds since the epoch) */
	readonly uncertain = new Map<object, number>();
}

const lanes = new Map<string, Lane>();

/** The oldest lanes are forgotten first, except those with files in their queue. */
const MAX_LANES = 5_000;

/** Waits for the files that are in the lane already. @returns a function that lets the next one in */
export async function enterLane(key: string): Promise<() => void> {
	const lane = lanes.get(key) ?? new Lane();
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

/** @param file any object that identifies the file; must be the same one each time */
export function rememberUncertain(key: string, file: object, settledAt: number): void {
	lanes.get(key)?.uncertain.set(file, settledAt);
}

export function forgetUncertain(key: string, file: object): void {
	lanes.get(key)?.uncertain.delete(file);
}

/**
 * When Candid is done with all uncertain files of the lane except `file`, milliseconds since the epoch;
 * undefined if there are none.
 */
export function othersSettledAt(key: string, file?: object): number | undefined {
	const others = [...(lanes.get(key)?.uncertain ?? [])].filter(([other]) => other !== file);
	return others.length > 0 ? Math.max(...others.map(([, settledAt]) => settledAt)) : undefined;
}

function forgetOldest(): void {
	for (const [key, { queued }] of lanes) {
		if (lanes.size <= MAX_LANES) return;
		if (queued === 0) lanes.delete(key);
	}
}
