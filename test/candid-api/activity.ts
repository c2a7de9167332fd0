/** What the server is busy with: open requests, and requests that are still to be carried out. */
export class Activity {
	private running = 0;
	private waiting: Array<() => void> = [];

	/** Counts until the work has ended, whether it succeeds or throws. */
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
