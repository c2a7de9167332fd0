/** The API's clock, which may differ from this machine's. */
export class Clock {
	private readonly initialOffsetMs: number;
	private offsetMs: number;

	constructor(offsetMs: number) {
		this.initialOffsetMs = offsetMs;
		this.offsetMs = offsetMs;
	}

	/** Milliseconds since 1970. */
	now(): number {
		return Date.now() + this.offsetMs;
	}

	/** ISO 8601, UTC, with milliseconds. */
	timestamp(): string {
		return new Date(this.now()).toISOString();
	}

	setOffset(offsetMs: number): void {
		this.offsetMs = offsetMs;
	}

	reset(): void {
		this.offsetMs = this.initialOffsetMs;
	}
}
