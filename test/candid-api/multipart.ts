import type { FastifyRequest } from 'fastify';

import { Refusal } from './answers';
import { UNREADABLE_BODY } from './assumptions';
import type { RecordedField } from './types';

export interface FormPart {
	name: string;
	/** Set for a part without a file name. */
	value?: string;
	/** Set for a part with a file name. */
	file?: { fileName: string; contentType: string; bytes: Buffer };
	/** Bytes of the part's body. */
	size: number;
}

/**
 * Receives a multipart request to its end and returns its parts in the order in which they were sent.
 * `bodySoFar` returns the bytes that have been read. Refuses a body that is not well-formed multipart.
 */
export async function readForm(
	request: FastifyRequest,
	bodySoFar: () => Buffer,
): Promise<FormPart[]> {
	const parts: FormPart[] = [];
	try {
		for await (const part of request.parts()) {
			const name = part.fieldname;
			if (part.type === 'file') {
				const bytes = await part.toBuffer();
				const file = { fileName: part.filename, contentType: part.mimetype, bytes };
				parts.push({ name, file, size: bytes.length });
			} else {
				const value = typeof part.value === 'string' ? part.value : JSON.stringify(part.value);
				parts.push({ name, value, size: Buffer.byteLength(value) });
			}
		}
	} catch (error) {
		const message = error instanceof Error ? error.message : String(error);
		throw new Refusal(UNREADABLE_BODY, { message });
	}
	return withHeadersAsSent(parts, partHeads(bodySoFar(), boundaryOf(request)));
}

export function recordedFields(parts: FormPart[]): RecordedField[] {
	return parts.map(({ name, value, file, size }) =>
		file === undefined
			? { name, value, size }
			: { name, fileName: file.fileName, contentType: file.contentType, size },
	);
}

/**
 * The parser removes backslash escapes from file names and parameters from content types. Not every
 * server does that, so both are taken from the raw headers instead.
 */
function withHeadersAsSent(parts: FormPart[], heads: string[]): FormPart[] {
	if (heads.length !== parts.length) {
		throw new Refusal(UNREADABLE_BODY, { message: 'The multipart body has stray parts.' });
	}
	return parts.map((part, index) => {
		if (part.file === undefined) return part;
		// Split at CRLF, because a file name may contain characters that patterns treat as line ends.
		const lines = heads[index]?.split('\r\n') ?? [];
		const disposition = lines.find((line) => /^content-disposition:/i.test(line)) ?? '';
		const quoted = /;\s*filename="(.*?)"(?=\s*(?:;|$))/is.exec(disposition);
		const contentType = lines.find((line) => /^content-type:/i.test(line)) ?? '';
		return {
			...part,
			file: {
				fileName: quoted?.[1] ?? part.file.fileName,
				contentType: contentType.slice(contentType.indexOf(':') + 1).trim(),
				bytes: part.file.bytes,
			},
		};
	});
}

/** The header block of each form-data part, decoded as UTF-8, in the order in which they were sent. */
function partHeads(body: Buffer, boundary: string): string[] {
	const heads: string[] = [];
	const delimiter = `--${boundary}`;
	let at = body.indexOf(delimiter);
	while (at !== -1) {
		const start = at + delimiter.length;
		const end = body.indexOf('\r\n\r\n', start);
		if (end === -1 || body.toString('latin1', start, start + 2) === '--') break;
		heads.push(body.toString('utf8', start, end).trimStart());
		at = body.indexOf(`\r\n${delimiter}`, end);
		if (at !== -1) at += 2;
	}
	return heads.filter((head) => /^content-disposition:\s*form-data/im.test(head));
}

function boundaryOf(request: FastifyRequest): string {
	const match = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(request.headers['content-type'] ?? '');
	return match?.[1] ?? match?.[2] ?? '';
}
