/** A small random number generator (mulberry32). The same seed gives the same numbers, so that runs can be repeated. */
export class Seeded {
	private state: number;

	constructor(...seeds: number[]) {
		this.state = seeds.reduce((state, seed) => Math.imul(state ^ seed, 0x9e3779b1) + seed, 1);
	}

	/** From 0 to 1, 1 excluded. */
	next(): number {
		this.state = (this.state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	}

	/** A whole number from `least` to `most`, both included. */
	whole(least: number, most: number): number {
		return least + Math.floor(this.next() * (most - least + 1));
	}

	chance(probability: number): boolean {
		return this.next() < probability;
	}

	oneOf<T>(choices: readonly T[]): T {
		return choices[this.whole(0, choices.length - 1)]!;
	}

	/** Repeats itself after some thousand bytes. */
	bytes(count: number): Buffer {
		const block = Array.from({ length: Math.min(count, 5_003) }, () => this.whole(0, 255));
		return Buffer.alloc(count, Buffer.from(block));
	}
}
