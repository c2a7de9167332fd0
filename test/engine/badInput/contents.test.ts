import { pdf, randomPdf } from '../../files/contents';
import type { BinaryMode } from '../harness';
import { accepted, check, refused } from './checkCases';
import type { Outcome } from './checkCases';
import { Content } from './oddItems';
import { FAKE_PART, LONG_TEXT } from './texts';

const MIB = 1024 * 1024;

describe('a recorded type', () => {
	check(
		[
			'Text/CSV; charset=utf-8',
			'application/pdf;\r\nX-Evil: 1',
			'',
			' ',
			'application/pdf\0',
			'nonsense',
			'__proto__',
			'constructor',
			LONG_TEXT,
			null,
			7,
			{ a: 1 },
			['application/pdf'],
		].map((mimeType) => ({
			name: `of ${JSON.stringify(mimeType).slice(0, 40)}, of a PDF,`,
			recorded: { mimeType },
			outcome: accepted(),
		})),
	);
	check([
		{
			name: 'of 10 KB, of a file of unknown type,',
			binary: { data: new Content(Buffer.from('a'), { mimeType: LONG_TEXT, fileName: 'a.xyz' }) },
			outcome: refused(/^Candid does not accept files of the type x+…$/),
		},
	]);
});

describe('MIME Type', () => {
	const notAccepted = refused(
		/^'MIME Type' under Additional Fields is .*, which Candid does not accept$/,
	);
	const contradicted = refused(/^'MIME Type' says (CSV|JPEG), but its content is PDF$/);
	const TYPES: Array<[type: unknown, outcome: Outcome]> = [
		['APPLICATION/PDF', accepted()],
		[' application/pdf ', accepted()],
		['application/pdf;\r\nX-Evil: 1', accepted()],
		['application/x-pdf', accepted()],
		['', accepted()],
		[' ', accepted()],
		['application/octet-stream', accepted()],
		[null, accepted()],
		['Text/CSV; charset=utf-8', contradicted],
		['image/JPG', contradicted],
		['application/pdf\r\nX-Evil: 1', notAccepted],
		['application/pdf\r\n\r\n<html>', notAccepted],
		['application/pdf\0', notAccepted],
		['application/pdf, text/html', notAccepted],
		['nonsense', notAccepted],
		['__proto__', notAccepted],
		['constructor', notAccepted],
		['text/html', notAccepted],
		[7, notAccepted],
		...[{ a: 1 }, ['application/pdf']].map((type): [unknown, Outcome] => [
			type,
			refused(/^'MIME Type' under Additional Fields is not text$/),
		]),
	];
	check(
		TYPES.map(([mimeType, outcome]) => ({
			name: `of ${JSON.stringify(mimeType)}`,
			json: { mimeType: mimeType as string },
			outcome,
		})),
	);
});

describe('content', () => {
	const text = (content: string) => ({
		binary: { data: new Content(Buffer.from(content), { fileName: 'visit.txt' }) },
		outcome: accepted({
			fileName: 'visit.txt',
			contentType: 'text/plain',
			content: Buffer.from(content),
		}),
	});
	const everyByte = pdf(Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));
	check([
		{
			name: 'of HTML in a file that is recorded as PDF',
			binary: { data: new Content(Buffer.from('<script>alert(1)</script>')) },
			outcome: refused(/^its name says PDF, but it is a web page$/),
		},
		{
			name: 'of every byte',
			binary: { data: new Content(everyByte) },
			outcome: accepted({ content: everyByte }),
		},
		{ name: 'of one byte', ...text('x') },
		{ name: 'of line breaks', ...text('\r\n\r\n') },
		{ name: 'that looks like a part of the body', ...text(FAKE_PART) },
		{ name: 'that looks like the end of the body', ...text('\r\n------n8n-candid-health-') },
		{
			name: 'of zero bytes',
			binary: { data: new Content(Buffer.alloc(0)) },
			outcome: refused(/^it is empty \(0 bytes\)$/),
		},
	]);
});

describe.each<BinaryMode>(['default', 'filesystem'])('content of %s binary data', (binaryMode) => {
	const limit = randomPdf(25 * MIB);
	check([
		{
			name: 'of 25 MiB',
			binaryMode,
			binary: { data: new Content(limit) },
			outcome: accepted({ content: limit }),
		},
		{
			name: 'of 25 MiB and a byte',
			binaryMode,
			binary: { data: new Content(randomPdf(25 * MIB + 1)) },
			outcome: refused(/^it is too large \(25\.1 MB\)$/),
		},
	]);
});
