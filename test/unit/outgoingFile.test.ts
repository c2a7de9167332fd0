import { MAX_FILE_BYTES } from '../../nodes/CandidHealth/upload/fileKinds';
import { outgoingFile } from '../../nodes/CandidHealth/upload/outgoingFile';
import type { Overrides } from '../../nodes/CandidHealth/upload/outgoingFile';
import { csv, html, note, pdf, png } from '../files/contents';

const ADVICE = expect.stringContaining('PDF, PNG, JPEG, plain text, CSV, DOCX and XLSX') as string;

interface Given {
	mimeType?: string;
	fileName?: string;
	fileExtension?: string;
	head?: Buffer;
	size?: number;
	overrides?: Overrides;
}

const outgoing = ({ mimeType = '', head = pdf(), size = 10, overrides = {}, ...names }: Given) =>
	outgoingFile({ data: '', mimeType, ...names }, 'data', { size, head }, overrides);

it('sends a file with its own name and the type of its content', () => {
	expect(outgoing({ fileName: 'a.pdf', mimeType: 'text/plain' })).toMatchObject({
		fileName: 'a.pdf',
		contentType: 'application/pdf',
		size: 10,
	});
});

it('names the file in a refusal, and says which types are accepted', () => {
	expect(outgoing({ fileName: 'a.pdf', head: html() })).toEqual({
		fileName: 'a.pdf',
		reason: 'its name says PDF, but it is a web page',
		advice: ADVICE,
	});
});

it('uses the field name in the refusal of a file without a name', () => {
	expect(outgoing({ head: html() })).toMatchObject({ fileName: 'data' });
});

it.each([
	[{ head: png() }, 'data.png', 'image/png'],
	[{ fileExtension: 'pdf' }, 'data.pdf', 'application/pdf'],
	[{ fileExtension: 'csv', head: csv() }, 'data.csv', 'text/csv'],
	[{ fileExtension: 'txt', head: note(), mimeType: 'text/plain' }, 'data.txt', 'text/plain'],
] as const)(
	'names a file without a name after its field and type: %j',
	(given, fileName, contentType) => {
		expect(outgoing(given)).toMatchObject({ fileName, contentType });
	},
);

it('uses the extension of the file name, not the recorded extension', () => {
	const given = { fileName: 'rows.csv', fileExtension: 'txt', head: csv() };
	expect(outgoing(given)).toMatchObject({ contentType: 'text/csv' });
});

it('does not treat an extension that n8n derived from the recorded type as part of the name', () => {
	const given = { fileName: 'unnamed', mimeType: 'application/pdf', fileExtension: 'pdf' };
	expect(outgoing({ ...given, head: note() })).toMatchObject({
		reason: 'it is recorded as PDF, but its content is plain text',
	});
});

describe('File Name', () => {
	it('replaces the name, and its extension determines the type', () => {
		const given = { fileName: 'upload.bin', head: csv(), overrides: { fileName: 'labs.csv' } };
		expect(outgoing(given)).toMatchObject({ fileName: 'labs.csv', contentType: 'text/csv' });
	});
});

describe('MIME Type', () => {
	const set = (mimeType: string, more: Given = {}) =>
		outgoing({
			fileName: 'a.csv',
			head: csv(),
			...more,
			overrides: { mimeType, ...more.overrides },
		});

	it('overrides the name and the recorded type', () => {
		expect(set('text/plain', { mimeType: 'text/csv' })).toMatchObject({
			contentType: 'text/plain',
		});
	});

	it('can be an alias of an accepted type', () => {
		expect(set(' Text/X-CSV; charset=utf-8')).toMatchObject({ contentType: 'text/csv' });
	});

	it('is ignored if it is only spaces', () => {
		expect(set(' ')).toMatchObject({ contentType: 'text/csv' });
	});

	it('is refused if Candid does not accept it', () => {
		expect(set('image/tiff')).toMatchObject({
			reason: "'MIME Type' under Additional Fields is image/tiff, which Candid does not accept",
			advice: ADVICE,
		});
	});

	it("is refused if the content contradicts it, unless 'Trust MIME Type' is on", () => {
		expect(set('application/pdf', { head: html() })).toMatchObject({
			reason: "'MIME Type' says PDF, but it is a web page",
			advice: expect.stringContaining("'Trust MIME Type' under Options") as string,
		});
		const trusted = set('application/pdf', { head: html(), overrides: { trustMimeType: true } });
		expect(trusted).toMatchObject({ contentType: 'application/pdf' });
	});
});

it("'Trust MIME Type' has no effect without 'MIME Type'", () => {
	const given = { fileName: 'a.pdf', head: html(), overrides: { trustMimeType: true } };
	expect(outgoing(given)).toHaveProperty('reason');
});

it.each([
	[0, 'it is empty (0 bytes)'],
	[MAX_FILE_BYTES + 1, 'it is too large (25.1 MB)'],
	[60 * 1024 * 1024, 'it is too large (60.0 MB)'],
])('refuses a file of %d bytes', (size, reason) => {
	expect(outgoing({ fileName: 'a.pdf', size })).toMatchObject({ reason });
});

it.each([1, MAX_FILE_BYTES])('sends a file of %d bytes', (size) => {
	expect(outgoing({ fileName: 'a.pdf', size })).toMatchObject({ size });
});
