import { MAX_FILE_BYTES } from '../../nodes/CandidHealth/acceptedFiles';
import { attachmentFile, selectFields } from '../../nodes/CandidHealth/upload/attachmentFile';

const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

const file = (mimeType: string, fileName?: string, size = 10, overrides = {}) =>
	attachmentFile({ data: '', mimeType, fileName }, 'data', size, overrides);

describe('selectFields', () => {
	const available = ['data', 'attachment_0', 'attachment_1', 'attachment_10', 'Data 2'];
	it.each([
		['data', ['data'], []],
		[' data ', ['data'], []],
		['attachment_1,data', ['attachment_1', 'data'], []],
		['attachment_1, data,', ['attachment_1', 'data'], []],
		['data,data', ['data'], []],
		['attachment_*', ['attachment_0', 'attachment_1', 'attachment_10'], []],
		['*', available, []],
		['*_1*', ['attachment_1', 'attachment_10'], []],
		['a*_1', ['attachment_1'], []],
		['attachment_1*', ['attachment_1', 'attachment_10'], []],
		['d*', ['data'], []],
		['Data 2', ['Data 2'], []],
		['attachment_1, attachment_*', ['attachment_1', 'attachment_0', 'attachment_10'], []],
		['scan', [], ['scan']],
		['scan_*, data', ['data'], ['scan_*']],
		['dat*data', [], ['dat*data']],
		['.*', [], ['.*']],
		['', [], []],
		[' , ', [], []],
	])('%j means %j and nothing for %j', (selector, fields, unmatched) => {
		expect(selectFields(selector, available)).toEqual({ fields, unmatched });
	});

	it('answers a pattern of many stars without trying every way to split the name', () => {
		const name = 'a'.repeat(5000);
		expect(selectFields(`${'*a'.repeat(500)}*b`, [name]).fields).toEqual([]);
	});
});

describe('attachmentFile', () => {
	it.each([
		['application/pdf', 'a.pdf', 'application/pdf'],
		['Application/PDF', 'a.pdf', 'application/pdf'],
		['text/csv; charset=utf-8', 'a.csv', 'text/csv'],
		['image/jpg', 'a.jpg', 'image/jpeg'],
		['application/octet-stream', 'labs.PDF', 'application/pdf'],
		['application/octet-stream', 'a.b.jpeg', 'image/jpeg'],
		['application/octet-stream; name=x', 'a.png', 'image/png'],
		['', 'note.txt', 'text/plain'],
		['', 'rows.csv', 'text/csv'],
		['binary/octet-stream', 'letter.docx', DOCX],
		['application/force-download', 'rows.xlsx', XLSX],
		['text/plain', 'rows.CSV', 'text/csv'],
		['text/plain', 'rows.csv.txt', 'text/plain'],
	])('sends %j named %j as %j', (mimeType, fileName, contentType) => {
		expect(file(mimeType, fileName)).toMatchObject({ fileName, contentType, size: 10 });
	});

	it.each([
		['image/tiff', 'scan.tiff', 'image/tiff'],
		['image/tiff', 'scan.pdf', 'image/tiff'],
		['constructor', 'scan.pdf', 'constructor'],
		['application/octet-stream', 'scan.tiff', 'application/octet-stream'],
		['application/octet-stream', 'pdf', 'application/octet-stream'],
		['application/octet-stream', 'x.constructor', 'application/octet-stream'],
		['application/msword', 'letter.doc', 'application/msword'],
	])('refuses %j named %j and says why', (mimeType, fileName, type) => {
		expect(file(mimeType, fileName)).toEqual({
			fileName,
			why: `Candid does not take files of the type ${type}`,
			advice: expect.stringContaining('PDF, PNG, JPEG, plain text, CSV, DOCX and XLSX'),
		});
	});

	it('says so when a file has neither a type nor a telling name', () => {
		expect(file('')).toMatchObject({ fileName: 'data', why: 'its type is unknown' });
	});

	it('lets the overrides win', () => {
		const overrides = { fileName: 'superbill.pdf', mimeType: 'application/pdf' };
		expect(file('image/tiff', 'scan.tiff', 10, overrides)).toMatchObject({
			fileName: 'superbill.pdf',
			contentType: 'application/pdf',
		});
	});

	it('takes a type that the user sets for what it says', () => {
		expect(file('', 'rows.csv', 10, { mimeType: 'text/plain' })).toMatchObject({
			contentType: 'text/plain',
		});
	});

	it('takes the type from the extension of an overriding name', () => {
		const overrides = { fileName: 'superbill.pdf' };
		expect(file('application/octet-stream', 'upload.bin', 10, overrides)).toMatchObject({
			fileName: 'superbill.pdf',
			contentType: 'application/pdf',
		});
	});

	it('names a nameless file after its field and type', () => {
		expect(file('image/png')).toMatchObject({ fileName: 'data.png' });
	});

	it.each([
		[0, 'it is empty (0 bytes)'],
		[MAX_FILE_BYTES + 1, 'it is too large (25.1 MB)'],
		[60 * 1024 * 1024, 'it is too large (60.0 MB)'],
	])('refuses a file of %d bytes', (size, why) => {
		expect(file('application/pdf', 'a.pdf', size)).toMatchObject({ why });
	});

	it.each([1, MAX_FILE_BYTES])('takes a file of %d bytes', (size) => {
		expect(file('application/pdf', 'a.pdf', size)).toMatchObject({ size });
	});
});
