/** Counts the server's work in progress: open requests, and requests that are still to be processed. */
export class Activity {
	private running = 0;
	private waiting: Array<() => void> = [];

	/** Counts the work as running until it ends, whether it succeeds or throws. */
	async during<T>(work: Promise<T>): Promise<T> {
		this.running += 1;
		try {
			return await work;
		} finally {
			this.running -= 1;
			if (this.running === 0) for (const resolve of this.waiting.splice(0)) resolve();
		}
	}

	/** Resolves when nothing is running. */
	async settled(): Promise<void> {
		if (this.running === 0) return;
		await new Promise<void>((resolve) => this.waiting.push(resolve));
	}
}
