/** A sliding window: allows at most `limit` requests in any `windowMs` milliseconds. */
export class RateWindow {
	private taken: number[] = [];

	/** @param countsRefused whether refused requests count toward the limit as well */
	constructor(
		public limit: number,
		private readonly windowMs: number,
		private readonly countsRefused = false,
		private readonly now: () => number = Date.now,
	) {}

	/** Counts a request. @returns whether it is within the limit */
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
