import { randomBytes } from 'crypto';
import { UserError } from 'n8n-workflow';
import type { IExecutePaginationFunctions } from 'n8n-workflow';

import { failureOf } from '../candidFailure';
import type { CandidFailure } from '../candidFailure';
import { readableFrom } from '../request/readableFrom';
import type { Request } from '../request/sendRequest';
import { READ_AGAIN } from './attachmentFile';
import type { AttachmentFile } from './attachmentFile';
import { multipartBody } from './multipartBody';
import type { FormFields, MultipartBody } from './multipartBody';

/** The one form field that is a file; its routing value is the user's choice of binary fields. */
export const FILE_FIELD = 'attachment_file';

/** `answer` is the body of a successful answer, parsed if it was JSON. */
export type Reply = { answer: unknown } | { failure: CandidFailure };

/** Sends one file, once. n8n sends what is held in memory again by itself after a 401, and no stream. */
export async function sendFile(
	context: IExecutePaginationFunctions,
	request: Request,
	fields: FormFields,
	file: AttachmentFile,
): Promise<Reply> {
	let content: Content | undefined;
	try {
		const frame = multipartBody(
			fields,
			{ field: FILE_FIELD, ...file },
			`----n8n-candid-health-${randomBytes(16).toString('hex')}`,
		);
		content = await openContent(context, file, frame);
		const options = {
			...request.options,
			body: content.body,
			headers: {
				...request.options.headers,
				'Content-Type': frame.contentType,
				'Content-Length': frame.contentLength,
			},
		};
		const [item] = await context.makeRoutingRequest({ ...request, options });
		return { answer: item?.json };
	} catch (error) {
		return { failure: failureOf(error) };
	} finally {
		content?.close();
	}
}

/** A whole multipart body; `close` lets go of the file behind it, whatever has become of the request. */
interface Content {
	body: object;
	close(): void;
}

async function openContent(
	context: IExecutePaginationFunctions,
	file: AttachmentFile,
	{ head, tail }: MultipartBody,
): Promise<Content> {
	const { id, data } = file.binary;
	if (!id) {
		return { body: Buffer.concat([head, Buffer.from(data, 'base64'), tail]), close: () => {} };
	}
	const stored = await context.helpers.getBinaryStream(id);
	// Whoever reads the body hears of a read that fails; with nobody reading, it would end the process.
	stored.on('error', () => {});
	const body = readableFrom(stored, framed(stored, head, tail, file.size));
	return {
		body,
		close: () => {
			body.destroy();
			stored.destroy();
		},
	};
}

/** Puts head and tail around a file. A file that is not as long as recorded must not look complete. */
async function* framed(file: AsyncIterable<Buffer>, head: Buffer, tail: Buffer, size: number) {
	yield head;
	let left = size;
	try {
		for await (const chunk of file) {
			left -= chunk.length;
			if (left < 0) break;
			yield chunk;
		}
	} catch {
		throw unreadable('n8n could not read its content');
	}
	if (left !== 0) throw unreadable('the file has changed since it was read');
	yield tail;
}

function unreadable(what: string): UserError {
	return new UserError(what, { description: READ_AGAIN });
}
