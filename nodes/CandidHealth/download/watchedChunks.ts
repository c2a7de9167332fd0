import { UserError, sleep } from 'n8n-workflow';

import type { Readable } from '../request/readableFrom';

/**
 * The chunks of a stream, with a limit on how long to wait for each. This is an iterator and not a
 * generator, because a generator that waits for a chunk cannot be ended before the chunk comes, nor can the
 * stream made from it; and generators keep more memory.
 */
export class WatchedChunks implements AsyncIterableIterator<Buffer> {
	private readonly chunks: AsyncIterator<Buffer>;

	private readonly unread: Buffer[] = [];

	/** milliseconds since the epoch; undefined while the reader does not wait for a chunk */
	private waitingSince?: number;

	private ended = false;

	/** Called once, when no chunk has come for the time that `watch` was given. */
	onTimeout: (error: UserError) => void = () => {};

	constructor(stream: Readable) {
		this.chunks = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
	}

	[Symbol.asyncIterator]() {
		return this;
	}

	async next(): Promise<IteratorResult<Buffer>> {
		const value = this.unread.shift();
		if (value) return { value, done: false };
		this.waitingSince = Date.now();
		try {
			const next = await this.chunks.next();
			if (next.done) this.end();
			return next;
		} finally {
			this.waitingSince = undefined;
		}
	}

	async return(): Promise<IteratorResult<Buffer>> {
		this.end();
		return { value: undefined, done: true };
	}

	/** Puts chunks in front of the others, to be read again. */
	putBack(chunks: Buffer[]): void {
		this.unread.unshift(...chunks);
	}

	/** Ends the watch. */
	end(): void {
		this.ended = true;
	}

	/** @param timeout the longest wait for one chunk, in milliseconds */
	async watch(timeout: number): Promise<void> {
		while (!this.ended) {
			await sleep(Math.min(timeout, 1000));
			const waited = Date.now() - (this.waitingSince ?? Infinity);
			if (this.ended || waited < timeout) continue;
			this.end();
			this.onTimeout(new UserError('the download stopped in the middle of the file'));
		}
	}
}
