import { createHash } from 'crypto';
import type { IBinaryData, IExecutePaginationFunctions } from 'n8n-workflow';

import { failureOf } from '../errors/candidFailure';
import { FILE_SLOTS, Slots } from '../run/slots';
import { HEAD_BYTES } from './fileType';
import { READ_AGAIN } from './outgoingFile';
import type { FileContent, FileRefusal } from './outgoingFile';

/** What stands in the place of a file's content: why it cannot be had. */
type NoContent = Pick<FileRefusal, 'reason' | 'advice'>;

/**
 * Size and first bytes of a file, or why they cannot be had. n8n 2 says in `bytes` how large a stored file
 * is; n8n 1 has it in another file beside it (1.123.81).
 */
export async function contentOf(
	context: IExecutePaginationFunctions,
	binary: IBinaryData,
): Promise<FileContent | NoContent> {
	const { id, data } = binary;
	if (!id) {
		const size = typeof data === 'string' ? bytesInBase64(data) : undefined;
		if (size === undefined) return NO_BASE64;
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

/** SHA-256 of a file's content in hexadecimal digits, or why it cannot be had. */
export async function contentHashOf(
	context: IExecutePaginationFunctions,
	{ id, data }: IBinaryData,
): Promise<string | NoContent> {
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

const NO_CONTENT = { reason: 'n8n no longer has its content', advice: READ_AGAIN };

export const NOT_READ = 'n8n could not read its content';

const CANNOT_BE_READ = { reason: NOT_READ, advice: READ_AGAIN };

const NO_BASE64 = {
	reason: 'its content is not Base64, as n8n keeps it',
	advice: 'Check the node that made it.',
};

/** What the disk calls it; n8n's other places have no code for it. */
const MISSING = 'ENOENT';

/** n8n's database has no parts of files, and gives a whole one (2.41.1): few at a time, for its memory. */
const HEADS_PER_LARGE_FILE = 4;

const heads = new Slots(FILE_SLOTS * HEADS_PER_LARGE_FILE);

/**
 * Bytes. Up to here a file is read whole when it is sent: for 10 KB that takes a tenth of the time that a
 * stream takes, for 1 MB two thirds. Beyond it streams keep memory small.
 */
export const WHOLE_FILE_BYTES = 512 * 1024;

/** The first bytes of a stored file; nothing more of it is read where it is stored in files. */
async function headOf(context: IExecutePaginationFunctions, id: string): Promise<Uint8Array> {
	const stream = await context.helpers.getBinaryStream(id, HEAD_BYTES);
	const parts: Buffer[] = [];
	let left = HEAD_BYTES;
	return await new Promise((resolve, reject) => {
		// By its events: an iterator takes twice the time for one chunk.
		stream.on('data', (chunk: Buffer) => {
			parts.push(chunk.subarray(0, left));
			left -= Math.min(left, chunk.length);
			if (left === 0) stream.destroy();
		});
		stream.once('error', reject);
		stream.once('close', () => resolve(Buffer.concat(parts)));
	});
}

/** @returns nothing for what is no Base64 */
function bytesInBase64(data: string): number | undefined {
	const { length } = Buffer.from(data, 'base64');
	// As many as so many characters stand for: none was left out.
	if (length === Buffer.byteLength(data, 'base64') && data.length % 4 !== 1) return length;
	return NO_PART_OF_BASE64.test(data) ? undefined : length;
}

/** Line breaks are: some put them into it. */
const NO_PART_OF_BASE64 = /[^\w+/=\s-]/;
