/** Counts what happened in the last `windowMs` milliseconds and refuses more than `limit`. */
export class RateWindow {
	private taken: number[] = [];

	/** @param countsRefused whether a refusal takes room, too */
	constructor(
		public limit: number,
		private readonly windowMs: number,
		private readonly countsRefused = false,
		private readonly now: () => number = Date.now,
	) {}

	/** Whether there was room. */
	tryTake(): boolean {
		const now = this.now();
		this.taken = this.taken.filter((at) => now - at < this.windowMs);
		const hasRoom = this.taken.length < this.limit;
		if (hasRoom || this.countsRefused) this.taken.push(now);
		return hasRoom;
	}

	reset(): void {
		this.taken = [];
	}
}
