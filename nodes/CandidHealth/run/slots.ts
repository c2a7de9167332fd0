/** A weighted semaphore: bounds how much is in progress at once. */
export class Slots {
	private free: number;

	private readonly waiting: Array<{ slots: number; begin: () => void }> = [];

	/** @param total at least 1 */
	constructor(private readonly total: number) {
		this.free = total;
	}

	/** How many tasks wait. */
	get queued(): number {
		return this.waiting.length;
	}

	/** Runs `task` as soon as that many slots are free (at most all of them), first come, first served. */
	async in<T>(wanted: number, task: () => Promise<T>): Promise<T> {
		const slots = Math.min(wanted, this.total);
		await new Promise<void>((begin) => {
			this.waiting.push({ slots, begin });
			this.admit();
		});
		try {
			return await task();
		} finally {
			this.free += slots;
			this.admit();
		}
	}

	private admit(): void {
		while (this.waiting[0] && this.waiting[0].slots <= this.free) {
			const { slots, begin } = this.waiting.shift()!;
			this.free -= slots;
			begin();
		}
	}
}

/** How many requests without a file are in flight. At 100 ms each, 10 reach Candid's limit of 1,000 in 10 seconds. */
export const REQUEST_SLOTS = 10;

/** How many large files are in flight: more costs memory and gains little. */
export const FILE_SLOTS = 4;
