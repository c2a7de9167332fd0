import { randomBytes } from 'crypto';
import { UserError } from 'n8n-workflow';
import type { IBinaryData, IExecutePaginationFunctions } from 'n8n-workflow';

import { failureOf } from '../errors/candidFailure';
import type { CandidFailure } from '../errors/candidFailure';
import type { Request } from '../request/part';
import { readableFrom } from '../request/readableFrom';
import { NOT_READ, READ_AGAIN, WHOLE_FILE_BYTES } from './fileContent';
import { multipartBody } from './multipartBody';
import type { FormFields, MultipartBody } from './multipartBody';
import type { OutgoingFile } from './outgoingFile';

/** The form field of the file; `routing` puts the value of 'Input Binary Field' there. */
export const FILE_FIELD = 'attachment_file';

/** `answer` is the body of a successful answer, parsed if it was JSON. */
export type Reply = { answer: unknown } | { failure: CandidFailure };

/** Sends one file, once; for a body in memory, n8n itself repeats the request after a 401. */
export async function sendFile(
	context: IExecutePaginationFunctions,
	request: Request,
	fields: FormFields,
	file: OutgoingFile,
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

/** A whole multipart body. */
interface Content {
	body: object;
	/** ends the streams behind it, whatever the outcome of the request */
	close(): void;
}

/** With Node.js's default of 64 KB, sending a file of 25 MB is a third slower. */
const CHUNK_BYTES = 256 * 1024;

/** Whether a file is sent from memory: after a 401, n8n then repeats the request with a new token. */
export const isSentWhole = ({ binary, size }: OutgoingFile) =>
	!binary.id || size <= WHOLE_FILE_BYTES;

async function openContent(
	context: IExecutePaginationFunctions,
	file: OutgoingFile,
	frame: MultipartBody,
): Promise<Content> {
	if (isSentWhole(file)) return { body: await wholeBody(context, file, frame), close: () => {} };
	const stored = await context.helpers.getBinaryStream(file.binary.id!, CHUNK_BYTES);
	// The reader of the body gets this event too. Without this listener it would end the process if there is no reader.
	stored.on('error', () => {});
	const body = readableFrom(stored, framed(stored, frame, file.size));
	return {
		body,
		close: () => {
			body.destroy();
			stored.destroy();
		},
	};
}

async function wholeBody(
	context: IExecutePaginationFunctions,
	{ binary, size }: OutgoingFile,
	{ head, tail }: MultipartBody,
): Promise<Buffer> {
	if (!binary.id) {
		const body = Buffer.allocUnsafe(head.length + size + tail.length);
		head.copy(body);
		// After a shorter write, the rest would be whatever the memory held before.
		if (body.write(binary.data, head.length, 'base64') !== size) throw unreadable(CHANGED);
		tail.copy(body, head.length + size);
		return body;
	}
	const content = await readContent(context, binary);
	if (content.length !== size) throw unreadable(CHANGED);
	return Buffer.concat([head, content, tail]);
}

async function readContent(
	context: IExecutePaginationFunctions,
	binary: IBinaryData,
): Promise<Buffer> {
	try {
		// The helper's type asks for a field's name, but it also accepts binary data. In n8n 1, binary data from
		// `$binary` has no `data` (1.123.81).
		const file = { ...binary, data: binary.data ?? '' };
		return await context.helpers.getBinaryDataBuffer(file as unknown as string);
	} catch {
		throw unreadable(NOT_READ);
	}
}

/**
 * Puts head and tail around a file. If the file is not as long as recorded, the tail is left out, so that
 * Candid does not accept the body as complete.
 */
async function* framed(file: AsyncIterable<Buffer>, { head, tail }: MultipartBody, size: number) {
	yield head;
	let left = size;
	try {
		for await (const chunk of file) {
			left -= chunk.length;
			if (left < 0) break;
			yield chunk;
		}
	} catch {
		throw unreadable(NOT_READ);
	}
	if (left !== 0) throw unreadable(CHANGED);
	yield tail;
}

const CHANGED = 'the file has changed since it was read';

function unreadable(reason: string): UserError {
	return new UserError(reason, { description: READ_AGAIN });
}
