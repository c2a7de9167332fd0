/** How a wait ended: 'done', or early because the server was reset or closed. */
export type WaitEnd = 'done' | 'reset' | 'closed';

/** The longest delay of setTimeout, in milliseconds; with a longer one it fires immediately. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The waits that faults cause, kept together so that all of them can be ended early. */
export class PendingWaits {
	private readonly pending = new Set<(end: WaitEnd) => void>();

	/** PendingWaits `delayMs` milliseconds. */
	async forTime(delayMs: number): Promise<WaitEnd> {
		let timer: NodeJS.Timeout | undefined;
		const end = await this.start((done) => {
			timer = setTimeout(done, Math.min(delayMs, MAX_DELAY_MS));
		});
		clearTimeout(timer);
		return end;
	}

	async forEvent(event: Promise<unknown>): Promise<WaitEnd> {
		return await this.start((done) => void event.then(done));
	}

	endAll(how: 'reset' | 'closed'): void {
		for (const end of this.pending) end(how);
	}

	private async start(begin: (done: () => void) => void): Promise<WaitEnd> {
		return await new Promise((resolve) => {
			const end = (how: WaitEnd) => {
				this.pending.delete(end);
				resolve(how);
			};
			this.pending.add(end);
			begin(() => end('done'));
		});
	}
}
