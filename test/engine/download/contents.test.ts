import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import * as file from '../../files/contents';
import { CONTINUE_ON_FAIL } from '../fixtures';
import { binaryContent } from '../harness';
import {
	add,
	answerWithLink,
	api,
	close,
	download,
	listen,
	singleBytes,
	urlOf,
	withStorage,
} from './setUp';

describe('an answer that is not the file', () => {
	const stored = (contentType: string, fileName = 'a.pdf') => ({ contentType, fileName });

	const PDF = stored('application/pdf');
	const DOCX = stored(file.DOCX_TYPE, 'a.docx');
	const NOTE = stored('text/plain', 'note.txt');

	const PAGE = 'the link to its file led to a web page';
	const JSON_FILE = 'the link to its file led to JSON instead of the file';
	const XML_FILE = 'the link to its file led to XML instead of the file';
	const EMPTY = 'the link to its file returned an empty file';

	it.each([
		['a web page', file.html(), 'text/html; charset=utf-8', PDF, PAGE],
		['a web page that is sent as PDF', file.html(), 'application/pdf', PDF, PAGE],
		['a web page that is sent as a file', file.html(), 'application/octet-stream', PDF, PAGE],
		['a page in XHTML', file.xhtml(), 'application/xhtml+xml', PDF, PAGE],
		['a page in XHTML that is sent as PDF', file.xhtml(), 'application/pdf', PDF, PAGE],
		['a web page in place of DOCX', file.html(), DOCX.contentType, DOCX, PAGE],
		[
			'a web page in place of an image without extension',
			file.html(),
			'a/b',
			stored('image/png', 'a'),
			PAGE,
		],
		['a web page in place of a file of unknown type', file.html(), 'a/b', stored('a/b', 'a'), PAGE],
		['a web page in place of a text file', file.html(), 'text/html', NOTE, PAGE],
		['a page in XHTML in place of a text file', file.xhtml(), 'Application/XHTML+XML', NOTE, PAGE],
		['a page without tags in place of a text file', file.note(), 'text/html', NOTE, PAGE],
		['a page without tags', file.note(), 'text/html', PDF, PAGE],
		['JSON', file.json(), 'application/json', PDF, JSON_FILE],
		['JSON that is sent as PDF', file.json(), 'application/pdf', PDF, JSON_FILE],
		['JSON, recognized only by its type', Buffer.from('{}'), 'application/json', PDF, JSON_FILE],
		['JSON in place of DOCX', file.json(), DOCX.contentType, DOCX, JSON_FILE],
		['JSON in place of JPEG', file.json(), 'image/jpg', stored('image/jpg', 'a.txt'), JSON_FILE],
		[
			'JSON in place of a PDF of unknown type',
			file.json(),
			'a/b',
			stored('a/b', 'a.PDF'),
			JSON_FILE,
		],
		['JSON in place of text/pdf', file.json(), 'text/pdf', stored('text/pdf'), JSON_FILE],
		['XML', file.xml(), 'application/xml', PDF, XML_FILE],
		['XML that is sent as PDF', file.xml(), 'application/pdf', PDF, XML_FILE],
		['XML, recognized only by its type', Buffer.from('<e/>'), 'text/xml', PDF, XML_FILE],
		['an empty body', Buffer.alloc(0), 'application/pdf', PDF, EMPTY],
		['an empty body in place of a text file', Buffer.alloc(0), 'text/plain', NOTE, EMPTY],
		['an empty body sent as a web page', Buffer.alloc(0), 'text/html', PDF, EMPTY],
	])('is refused: %s', async (_, body, contentType, { fileName, ...seed }, what) => {
		const { attachmentId } = add(fileName, undefined, seed);
		api.inject({ kind: 'answer', method: 'GET', path: /signature/, body, contentType, times: 9 });
		const { files, result } = await withStorage(async () => {
			return await download([attachmentId], { node: CONTINUE_ON_FAIL });
		});
		expect(result.output).toMatchObject([
			{
				json: {
					error: `The attachment [item 0] was not downloaded: ${what}`,
					details: { attachment_id: attachmentId, try_again: true },
				},
			},
		]);
		expect(result.output[0]!.binary).toBeUndefined();
		expect(files).toEqual([]);
		expect(api.requests.filter(({ server }) => server === 'files')).toHaveLength(1);
	});

	it('is recognized as a web page when its first bytes arrive one at a time', async () => {
		const page = Buffer.concat([Buffer.from('\n'.repeat(40)), file.html()]);
		const fileServer = await listen(async (_request, response) => {
			response.writeHead(200, { 'content-type': 'application/pdf' });
			await pipeline(Readable.from(singleBytes(page)), response);
		});
		try {
			const { attachmentId } = add();
			answerWithLink(attachmentId, urlOf(fileServer));
			const { error } = await download([attachmentId]);
			expect(error?.message).toBe(`The attachment [item 0] was not downloaded: ${PAGE}`);
			expect(error?.description).toBe(
				'It may be a sign-in or status page. Run it again in a few minutes. If that does not help, check proxies and firewalls between your n8n and Candid.',
			);
		} finally {
			await close(fileServer);
		}
	});

	it('is refused by its first bytes when it never ends, and its connection is closed', async () => {
		let connectionClosed: Promise<unknown> | undefined;
		const fileServer = await listen((_request, response) => {
			connectionClosed = once(response, 'close');
			response.writeHead(200, { 'content-type': 'application/pdf' });
			response.write(Buffer.concat([file.html(), Buffer.alloc(5000, ' ')]));
		});
		try {
			const { attachmentId } = add();
			answerWithLink(attachmentId, urlOf(fileServer));
			const { error } = await download([attachmentId]);
			expect(error?.message).toBe(`The attachment [item 0] was not downloaded: ${PAGE}`);
			await connectionClosed;
		} finally {
			fileServer.closeAllConnections();
			await close(fileServer);
		}
	});
});

describe('a file whose content may differ from its recorded type', () => {
	it.each([
		['JPEG', 'a.pdf', 'application/pdf', 'image/jpeg', file.jpeg()],
		['PNG', 'a.jpg', 'image/jpeg', 'image/png', file.png()],
		['PDF', 'a.txt', 'text/plain', 'application/pdf', file.pdf()],
		['PDF', 'a.pdf', 'application/octet-stream', 'application/pdf', file.pdf()],
		['PDF with a text before it', 'a.png', 'image/png', 'application/pdf', file.pdfOfPrinter()],
		['DOCX', 'a.pdf', 'application/pdf', file.DOCX_TYPE, file.docxByLibrary()],
		['text', 'a.pdf', 'application/pdf', 'text/plain', file.note()],
		['TIFF', 'a.pdf', 'application/pdf', 'application/pdf', file.tiff()],
		['TIFF', 'a.tif', 'image/tiff', 'image/tiff', file.tiff()],
		['ZIP', 'a.pdf', 'application/pdf', 'application/pdf', file.zipArchive()],
		['RTF', 'a.txt', 'text/plain', 'text/plain', file.rtf()],
		['CDA', 'a.pdf', 'application/pdf', 'application/pdf', file.cda()],
		['SVG', 'a.pdf', 'application/pdf', 'application/pdf', file.svg()],
		['email', 'a.pdf', 'application/pdf', 'application/pdf', file.email()],
		['unknown', 'a.pdf', 'application/pdf', 'application/pdf', file.unknown()],
	])('is output: %s in %s, recorded as %s, output as %s', expectFile);

	it.each([
		['a web page', 'page.txt', 'text/plain', file.html()],
		['a web page', 'page.csv', 'text/csv', file.html()],
		['a web page', 'page.pdf', 'text/plain; charset=utf-8', file.html()],
		['a page in XHTML', 'page', 'text/plain', file.xhtml()],
		['a web page', 'page.md', 'text/markdown', file.html()],
		['a web page', 'page.html', 'application/octet-stream', file.html()],
		['JSON', 'bundle.txt', 'text/plain', file.json()],
		['JSON', 'bundle.pdf', 'text/csv', file.json()],
		['JSON', 'bundle.json', 'application/json', file.json()],
		['JSON', 'bundle', 'application/json', file.json()],
		['XML', 'claim.xml', 'text/plain', file.xml()],
		['XML', 'claim.csv', 'application/csv', file.xml()],
		['XML', 'claim.xml', 'application/xml', file.xml()],
	])('is output when it was stored as text: %s in %s, recorded as %s', (what, name, type, bytes) =>
		expectFile(what, name, type, type, bytes),
	);

	it('is output when it was stored as text and the answer has no specific type', async () => {
		const { attachmentId } = add('page.txt', undefined, { contentType: 'text/plain' });
		const contentType = 'application/octet-stream';
		api.inject({
			kind: 'answer',
			method: 'GET',
			path: /signature/,
			body: file.html(),
			contentType,
		});
		const { output, error } = await download([attachmentId]);
		expect(error).toBeUndefined();
		expect(output[0]!.binary!.data!.mimeType).toBe('text/plain');
		expect(await binaryContent(output[0]!.binary!.data!)).toEqual(file.html());
	});

	it.each([
		['CSV', 'a.txt', 'text/csv; charset=utf-8', file.csv()],
		['text', 'a.csv', 'text/plain', file.note()],
		['JPEG', 'a.jpg', 'image/jpg', file.jpeg()],
		['DOCX', 'a.docx', file.DOCX_TYPE, file.docx()],
		['HL7', 'a.hl7', 'application/hl7-v2', file.hl7()],
	])(
		'keeps a recorded type that may be right: %s in %s, recorded as %s',
		(what, name, type, bytes) => expectFile(what, name, type, type, bytes),
	);

	async function expectFile(
		_: string,
		name: string,
		type: string,
		mimeType: string,
		bytes: Buffer,
	) {
		const { attachmentId } = add(name, bytes, { contentType: type });
		const { output, error } = await download([attachmentId]);
		expect(error).toBeUndefined();
		expect(output[0]!.json).toMatchObject({ content_type: type, file_name: name });
		expect(output[0]!.binary!.data).toMatchObject({ mimeType, fileName: name });
		expect(await binaryContent(output[0]!.binary!.data!)).toEqual(bytes);
	}

	it('is downloaded byte for byte when its first bytes arrive one at a time', async () => {
		const bytes = file.randomPdf(10_000);
		const fileServer = await listen(async (_request, response) => {
			response.writeHead(200);
			await pipeline(Readable.from(singleBytes(bytes)), response);
		});
		try {
			const { attachmentId } = add();
			answerWithLink(attachmentId, urlOf(fileServer));
			const { output, error } = await download([attachmentId]);
			expect(error).toBeUndefined();
			expect(output[0]!.binary!.data!.mimeType).toBe('application/pdf');
			expect(await binaryContent(output[0]!.binary!.data!)).toEqual(bytes);
		} finally {
			await close(fileServer);
		}
	});
});
