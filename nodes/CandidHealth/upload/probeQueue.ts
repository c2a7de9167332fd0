import { sleep } from 'n8n-workflow';

/** How long no other file is stored as a probe after one did not appear in the list. */
const PAUSE_MS = 10 * 60_000;

/**
 * Lets in one probe at a time: a file that is stored although it is not known whether lists show what is
 * stored, in order to find that out.
 */
export class ProbeQueue {
	private notListedAt = -Infinity;

	/** settles when the last probe in the queue has ended */
	private tail: Promise<unknown> = Promise.resolve();

	/** False for ten minutes after a probe whose file did not appear in the list. */
	get mayProbe(): boolean {
		return Date.now() - this.notListedAt > PAUSE_MS;
	}

	/** To be called when the file of a probe did not appear in the list. */
	recordNotListed(): void {
		this.notListedAt = Date.now();
	}

	/** Runs a probe when those before it have ended and all that waited for their results know them. */
	async inTurn<T>(probe: () => Promise<T>): Promise<T> {
		const turn = this.tail.then(probe);
		this.tail = turn.catch(() => {}).then(async () => await sleep(0));
		return await turn;
	}
}
