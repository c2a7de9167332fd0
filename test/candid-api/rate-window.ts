/** Counts what happened in the last `windowMs` milliseconds and refuses more than `limit`. */
export class RateWindow {
	private readonly limit: number;
	private readonly windowMs: number;
	private taken: number[] = [];

	constructor(limit: number, windowMs: number) {
		this.limit = limit;
		this.windowMs = windowMs;
	}

	/** Whether there was room; a refusal takes none. */
	tryTake(): boolean {
		const now = Date.now();
		this.taken = this.taken.filter((at) => now - at < this.windowMs);
		if (this.taken.length >= this.limit) return false;
		this.taken.push(now);
		return true;
	}

	reset(): void {
		this.taken = [];
	}
}
