import { createHash } from 'crypto';
import type { IBinaryData, IExecutePaginationFunctions } from 'n8n-workflow';

import { failureOf } from '../errors/candidFailure';
import type { Invalid } from '../request/values';
import { FILE_SLOTS, Slots } from '../run/slots';
import { HEAD_BYTES } from './contentKind';

/** What is known of a file's content. */
export interface FileContent {
	/** bytes */
	size: number;
	/** its first `HEAD_BYTES`, or all of it */
	head: Uint8Array;
}

/**
 * Size and first bytes of a file, or why they cannot be read. n8n 2 records the size of a stored file in
 * `bytes`; n8n 1 keeps it in a metadata file only (1.123.81).
 */
export async function contentOf(
	context: IExecutePaginationFunctions,
	binary: IBinaryData,
): Promise<FileContent | Invalid> {
	const { id, data } = binary;
	if (!id) {
		const size = typeof data === 'string' ? bytesInBase64(data) : undefined;
		if (size === undefined) return NOT_BASE64;
		return { size, head: Buffer.from(data.slice(0, 2 * HEAD_BYTES), 'base64') };
	}
	try {
		const size = Number.isInteger(binary.bytes)
			? Number(binary.bytes)
			: (await context.helpers.getBinaryMetadata(id)).fileSize;
		const weight = size > WHOLE_FILE_BYTES ? HEADS_PER_LARGE_FILE : 1;
		return { size, head: await heads.in(weight, async () => await headOf(context, id)) };
	} catch (error) {
		const { code = MISSING } = failureOf(error);
		return code === MISSING ? NO_CONTENT : CANNOT_BE_READ;
	}
}

/** SHA-256 of a file's content in hexadecimal digits, or why it cannot be read. */
export async function contentHashOf(
	context: IExecutePaginationFunctions,
	{ id, data }: IBinaryData,
): Promise<string | Invalid> {
	const hash = createHash('sha256');
	if (!id) return hash.update(Buffer.from(data, 'base64')).digest('hex');
	try {
		const stream = await context.helpers.getBinaryStream(id);
		for await (const chunk of stream) hash.update(chunk as Buffer);
		return hash.digest('hex');
	} catch {
		return CANNOT_BE_READ;
	}
}

/** Advice for a file whose content is gone or has changed. */
export const READ_AGAIN = 'Run the workflow again from the node that read the file.';

const NO_CONTENT = { reason: 'n8n no longer has its content', advice: READ_AGAIN };

export const NOT_READ = 'n8n could not read its content';

const CANNOT_BE_READ = { reason: NOT_READ, advice: READ_AGAIN };

const NOT_BASE64 = {
	reason: 'its content is not Base64, the format that n8n uses for files',
	advice: 'Check the node that created it.',
};

/** The file system's code for a missing file. n8n's other storages throw errors without a code. */
const MISSING = 'ENOENT';

/**
 * How many slots a large file uses while its head is read. If n8n keeps files in its database, it loads the
 * whole file to return a part of it (2.41.1), so few are read at the same time, to save memory.
 */
const HEADS_PER_LARGE_FILE = 4;

const heads = new Slots(FILE_SLOTS * HEADS_PER_LARGE_FILE);

/**
 * Bytes. A file of up to this size is sent from memory: for 10 KB that needs a tenth of the time of a
 * stream, for 1 MB two thirds. A larger one is streamed, to save memory.
 */
export const WHOLE_FILE_BYTES = 512 * 1024;

/** The first bytes of a stored file; if n8n keeps files on the disk, no more of it is read. */
async function headOf(context: IExecutePaginationFunctions, id: string): Promise<Uint8Array> {
	const stream = await context.helpers.getBinaryStream(id, HEAD_BYTES);
	const parts: Buffer[] = [];
	let left = HEAD_BYTES;
	return await new Promise((resolve, reject) => {
		// Events, because an async iterator needs twice the time for one chunk.
		stream.on('data', (chunk: Buffer) => {
			parts.push(chunk.subarray(0, left));
			left -= Math.min(left, chunk.length);
			if (left === 0) stream.destroy();
		});
		stream.once('error', reject);
		stream.once('close', () => resolve(Buffer.concat(parts)));
	});
}

/** @returns undefined for text that is not Base64 */
function bytesInBase64(data: string): number | undefined {
	const { length } = Buffer.from(data, 'base64');
	// Node.js skips characters that are not Base64. If the length is that of the whole text, none was skipped.
	if (length === Buffer.byteLength(data, 'base64') && data.length % 4 !== 1) return length;
	return OUTSIDE_BASE64.test(data) ? undefined : length;
}

/** White space is allowed, because some encoders break lines. */
const OUTSIDE_BASE64 = /[^\w+/=\s-]/;
