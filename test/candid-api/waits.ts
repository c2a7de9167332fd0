/** How a wait ended: by itself, or broken off because the server is reset or closes. */
export type WaitEnd = 'over' | 'reset' | 'closed';

/** The longest wait that a timer can hold, in milliseconds; a longer one would end at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** All waits that faults cause. One set for all, so that any number of them can be broken off. */
export class Waits {
	private readonly pending = new Set<(end: WaitEnd) => void>();

	/** Waits `delayMs` milliseconds. */
	async forTime(delayMs: number): Promise<WaitEnd> {
		let timer: NodeJS.Timeout | undefined;
		const end = await this.start((over) => {
			timer = setTimeout(over, Math.min(delayMs, MAX_DELAY_MS));
		});
		clearTimeout(timer);
		return end;
	}

	async forEvent(event: Promise<unknown>): Promise<WaitEnd> {
		return await this.start((over) => void event.then(over));
	}

	breakOff(how: 'reset' | 'closed'): void {
		for (const end of this.pending) end(how);
	}

	private async start(begin: (over: () => void) => void): Promise<WaitEnd> {
		return await new Promise((resolve) => {
			const end = (how: WaitEnd) => {
				this.pending.delete(end);
				resolve(how);
			};
			this.pending.add(end);
			begin(() => end('over'));
		});
	}
}
