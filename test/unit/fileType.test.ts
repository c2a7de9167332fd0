import * as fc from 'fast-check';

import { HEAD_BYTES } from '../../nodes/CandidHealth/upload/contentKind';
import { TYPE_ADVICE, typeOf } from '../../nodes/CandidHealth/upload/fileKinds';
import { extensionIn } from '../../nodes/CandidHealth/upload/fileName';
import { contradiction, kindOf } from '../../nodes/CandidHealth/upload/fileType';
import * as file from '../files/contents';
import { CORPUS } from '../files/corpus';
import type { CorpusFile } from '../files/corpus';

const head = (bytes: Buffer) => bytes.subarray(0, HEAD_BYTES);

const decide = ({ name = '', extension = '', recorded = '', bytes }: CorpusFile) =>
	kindOf({ recorded, extension: extensionIn(name) || extension, head: head(bytes) });

const columns = (each: CorpusFile, ended: string) =>
	[
		each.source,
		each.recorded ?? '(none)',
		each.name ?? `(none) .${each.extension ?? ''}`,
		ended,
	].join(' | ');

const lines: string[] = [];

afterAll(() => {
	const titles = [
		'source | recorded as | name | stored as or refused because',
		'--- | --- | --- | ---',
	];
	process.stdout.write(`\n${[...titles, ...lines].map((line) => `| ${line} |`).join('\n')}\n\n`);
});

describe('each file of the corpus is stored as its type, or refused with the reason', () => {
	it.each(
		CORPUS.map(
			(each, index) => [index, columns(each, JSON.stringify(each.outcome)), each] as const,
		),
	)('%d: %s', (_index, _title, each) => {
		const decision = decide(each);
		lines.push(columns(each, 'reason' in decision ? decision.reason : typeOf(decision.kind)));
		if ('storedAs' in each.outcome) {
			expect(decision).toHaveProperty('kind');
			expect('kind' in decision && typeOf(decision.kind)).toBe(each.outcome.storedAs);
			return;
		}
		expect(decision).toEqual({
			reason: expect.stringContaining(each.outcome.refused) as string,
			advice: expect.stringContaining(TYPE_ADVICE) as string,
		});
	});
});

it('the corpus has at least 60 files, and each refusal says what to do', () => {
	expect(CORPUS.length).toBeGreaterThanOrEqual(60);
	for (const decision of CORPUS.map(decide)) {
		if ('advice' in decision)
			expect(decision.advice.length).toBeGreaterThan(TYPE_ADVICE.length + 10);
	}
});

describe('MIME Type', () => {
	it.each([
		['pdf', file.pdf()],
		['pdf', file.pdfOfPrinter()],
		['png', file.png()],
		['jpeg', file.jpeg()],
		['text', file.csv()],
		['text', file.xml()],
		['csv', file.note()],
		['docx', file.docx()],
		['xlsx', file.docx()],
	] as const)('%s is accepted for content that can be of this type', (kind, bytes) => {
		expect(contradiction(kind, head(bytes))).toBeUndefined();
	});

	it.each([
		['pdf', file.html(), "'MIME Type' says PDF, but it is a web page"],
		['pdf', file.note(), "'MIME Type' says PDF, but its content is plain text"],
		['pdf', file.unknown(), "'MIME Type' says PDF, but its content is something else"],
		['pdf', file.jpeg(), "'MIME Type' says PDF, but its content is JPEG"],
		['text', file.html(), "'MIME Type' says plain text, but it is a web page"],
		['csv', file.xml(), "'MIME Type' says CSV, but it is an XML file"],
		['docx', file.zipArchive(), "'MIME Type' says DOCX, but it is a ZIP archive"],
		['docx', file.xlsxByLibrary(), "'MIME Type' says DOCX, but its content is XLSX"],
	] as const)('%s is refused for content of another type', (kind, bytes, why) => {
		expect(contradiction(kind, head(bytes))).toBe(why);
	});
});

describe('for any content, recorded type and extension', () => {
	const contents = [...new Set(CORPUS.map(({ bytes }) => bytes))];
	const bytes = fc.oneof(
		fc.uint8Array({ maxLength: HEAD_BYTES }),
		fc
			.tuple(fc.constantFrom(...contents), fc.nat(), fc.uint8Array({ maxLength: 50 }))
			.map(([content, at, more]) =>
				head(Buffer.concat([content.subarray(0, at % (content.length + 1)), more])),
			),
		fc
			.tuple(
				fc.constantFrom('<!---->', '<!-- ', '<?xml?>', 'A: b\r\n', '{"', 'PK\x03\x04', ' '),
				fc.nat(4096),
			)
			.map(([piece, count]) => head(Buffer.from(piece.repeat(count), 'latin1'))),
	);
	const words = fc.oneof(
		fc.string(),
		fc.constantFrom(
			...CORPUS.flatMap(({ recorded, name }) => [recorded ?? '', extensionIn(name ?? '') ?? '']),
		),
		fc.constantFrom('constructor', '__proto__', 'toString'),
	);

	it('the file has one of the seven accepted types, or it is refused with a reason', () => {
		fc.assert(
			fc.property(bytes, words, words, (content, recorded, extension) => {
				const decision = kindOf({ recorded, extension, head: content });
				if ('kind' in decision)
					expect(typeOf(decision.kind)).toMatch(/^(application|image|text)\//);
				else expect(decision.reason).toMatch(/^\S.*\S$/s);
				return true;
			}),
			{ numRuns: 3_000 },
		);
	});

	it('a file is sent as PDF, PNG or JPEG only if it has the signature of that type', () => {
		fc.assert(
			fc.property(bytes, words, words, (content, recorded, extension) => {
				const decision = kindOf({ recorded, extension, head: content });
				const signatures = { pdf: '%PDF-', png: '\x89PNG', jpeg: '\xff\xd8\xff' };
				if (!('kind' in decision) || !(decision.kind in signatures)) return true;
				const text = Buffer.from(content.subarray(0, 1024)).toString('latin1');
				return text.includes(signatures[decision.kind as 'pdf']);
			}),
			{ numRuns: 3_000 },
		);
	});
});
