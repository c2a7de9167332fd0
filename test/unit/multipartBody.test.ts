import busboy from 'busboy';
import * as fc from 'fast-check';
import FormData from 'form-data';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

import { multipartBody } from '../../nodes/CandidHealth/upload/multipartBody';

const BOUNDARY = '----boundary-0123456789abcdef';

interface Case {
	fields: Record<string, string>;
	fileName: string;
	content: Buffer;
}

function encode({ fields, fileName, content }: Case) {
	const file = {
		field: 'attachment_file',
		fileName,
		contentType: 'application/pdf',
		size: content.length,
	};
	const body = multipartBody(fields, file, BOUNDARY);
	return { ...body, bytes: Buffer.concat([body.head, content, body.tail]) };
}

async function encodeWithFormData({ fields, fileName, content }: Case): Promise<Buffer> {
	const form = new FormData();
	form.setBoundary(BOUNDARY);
	for (const [name, value] of Object.entries(fields)) form.append(name, value);
	form.append('attachment_file', content, { filename: fileName, contentType: 'application/pdf' });
	return await buffer(form.pipe(new PassThrough()));
}

async function parse(contentType: string, bytes: Buffer, chunkSize: number) {
	const parser = busboy({
		headers: { 'content-type': contentType },
		defParamCharset: 'utf8',
		preservePath: true,
	});
	const fields: Array<[string, string]> = [];
	const files: Array<{ name: string; fileName: string; mimeType: string; content: Buffer }> = [];
	const pending: Array<Promise<void>> = [];
	parser.on('field', (name, value) => fields.push([name, value]));
	parser.on('file', (name, stream, { filename = '', mimeType }) => {
		pending.push(
			buffer(stream).then((content) => {
				files.push({ name, fileName: filename, mimeType, content });
			}),
		);
	});
	const chunks = Array.from({ length: Math.ceil(bytes.length / chunkSize) }, (_, index) =>
		bytes.subarray(index * chunkSize, (index + 1) * chunkSize),
	);
	await new Promise((resolve, reject) => {
		Readable.from(chunks).pipe(parser).on('close', resolve).on('error', reject);
	});
	await Promise.all(pending);
	return { fields, files };
}

const trickyText = fc.oneof(
	fc.constantFrom(
		'plain.pdf',
		'two words.pdf',
		'quote".pdf',
		'line\r\nbreak.pdf',
		'nur\nLF.pdf',
		'back\\slash.pdf',
		'100%22.pdf',
		'Ünïcödé.pdf',
		'😀 emoji.pdf',
		'תוצאות.pdf',
		'ÿ.pdf',
		'semi;colon=.pdf',
	),
	fc.string({ minLength: 1, unit: 'grapheme' }),
);

const content = fc.oneof(
	fc.uint8Array({ maxLength: 4096 }),
	fc.constant(Uint8Array.from([0xff, 0xd8, 0xff])),
	fc.constant(Buffer.from(`\r\n--${BOUNDARY.slice(0, -1)}\r\n`)),
	fc.integer({ min: 1, max: 3_000_000 }).map((size) => Buffer.alloc(size, 'content-')),
);

const anyCase: fc.Arbitrary<Case> = fc.record({
	fields: fc.record({
		charge_capture_external_id: trickyText,
		attachment_type: fc.constantFrom('DOCUMENTATION', 'EOB', 'OTHER'),
		description: trickyText,
	}),
	// form-data keeps only the last part of a path.
	fileName: trickyText.filter((name) => !name.includes('/')),
	content: content.map((bytes) => Buffer.from(bytes)),
});

describe('multipartBody', () => {
	it('produces the same bytes as form-data', async () => {
		await fc.assert(
			fc.asyncProperty(anyCase, async (input) => {
				const { bytes } = encode(input);
				expect(bytes.equals(await encodeWithFormData(input))).toBe(true);
			}),
			{ numRuns: 100 },
		);
	});

	it('is parsed by busboy in order and byte for byte, whatever the chunk size', async () => {
		await fc.assert(
			fc.asyncProperty(anyCase, fc.integer({ min: 1, max: 70_000 }), async (input, size) => {
				const { contentType, bytes } = encode(input);
				const chunkSize = Math.max(size, Math.ceil(bytes.length / 2000));
				const { fields, files } = await parse(contentType, bytes, chunkSize);
				expect(fields).toEqual(
					Object.entries(input.fields).map(([name, value]) => [name, asSent(value)]),
				);
				expect(files).toHaveLength(1);
				expect(files[0]).toMatchObject({ name: 'attachment_file', mimeType: 'application/pdf' });
				expect(files[0]!.content.equals(input.content)).toBe(true);
			}),
			{ numRuns: 100 },
		);
	});

	it('has a contentLength that equals its number of bytes', () => {
		fc.assert(
			fc.property(anyCase, (input) => {
				const { contentLength, bytes } = encode(input);
				expect(contentLength).toBe(bytes.length);
			}),
		);
	});

	it.each([
		['quote"d.pdf', 'quote%22d.pdf'],
		['line\r\nbreak.pdf', 'line%0D%0Abreak.pdf'],
		['100%22.pdf', '100%22.pdf'],
		['ÿ 😀 תוצאות.pdf', 'ÿ 😀 תוצאות.pdf'],
	])('writes the file name %j as %j', async (fileName, onTheWire) => {
		const { head, contentType, bytes } = encode({
			fields: {},
			fileName,
			content: Buffer.from('x'),
		});
		expect(head.toString()).toContain(`; filename="${onTheWire}"\r\n`);
		const { files } = await parse(contentType, bytes, 7);
		expect(files[0]!.fileName).toBe(onTheWire);
	});

	it('keeps a value that looks like a multipart part inside its own part', async () => {
		const description = `--${BOUNDARY.slice(0, -4)}\r\nContent-Disposition: form-data; name="x"\r\n\r\ny`;
		const { contentType, bytes } = encode({
			fields: { description },
			fileName: 'a.pdf',
			content: Buffer.from('x'),
		});
		const { fields } = await parse(contentType, bytes, 10);
		expect(fields).toEqual([['description', description]]);
	});
});

/** Lone surrogates cannot be encoded in UTF-8; Node.js and browsers send U+FFFD instead. */
function asSent(value: string): string {
	return Buffer.from(value).toString();
}
