import { createHash, randomBytes } from 'node:crypto';
import { strToU8, zipSync } from 'fflate';

/* Contents of files: the first bytes as the usual programs write them, or as many bytes as a test needs. */

export const DOCX_TYPE = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

export const XLSX_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** In lower-case hex, as the local API reports it. */
export const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

const PDF_HEADER = '%PDF-1.7\n';

export const pdf = (content: string | Buffer = 'a visit'): Buffer =>
	Buffer.concat([Buffer.from(PDF_HEADER), Buffer.from(content)]);

/** A PDF with one page of text, in Latin letters, that programs can read out. */
export function pdfWithText(lines: string[]): Buffer {
	const escaped = lines.map((line) => `(${line.replace(/[\\()]/g, '\\$&')}) Tj T*`);
	const text = `BT /F1 12 Tf 14 TL 72 720 Td ${escaped.join(' ')} ET`;
	const objects = [
		'<< /Type /Catalog /Pages 2 0 R >>',
		'<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
		'<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
		`<< /Length ${text.length} >>\nstream\n${text}\nendstream`,
		'<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
	];
	let body = PDF_HEADER;
	const offsets = objects.map((object, index) => {
		const offset = body.length;
		body += `${index + 1} 0 obj\n${object}\nendobj\n`;
		return `${String(offset).padStart(10, '0')} 00000 n \n`;
	});
	const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join('')}`;
	const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`;
	return Buffer.from(body + table + trailer, 'latin1');
}

/** A PDF of exactly `size` bytes, with random content. */
export function randomPdf(size: number): Buffer {
	const bytes = randomBytes(size);
	bytes.write(PDF_HEADER);
	return bytes;
}

const hex = (digits: string, rest = '') =>
	Buffer.from(digits + Buffer.from(rest).toString('hex'), 'hex');

export const png = (rest = '') => hex('89504e470d0a1a0a0000000d49484452', rest);

export const jpeg = (rest = '') => hex('ffd8ffe000104a46494600010101', rest);

const zip = (names: string[]) =>
	Buffer.from(zipSync(Object.fromEntries(names.map((name) => [name, strToU8(`<${name}/>`)]))));

/** An Office file as Word and Excel write it: the part that distinguishes them is far from the beginning. */
const office = (folder: string, main: string) =>
	Buffer.from(
		zipSync({
			'[Content_Types].xml': strToU8(`<Types>${randomBytes(4000).toString('hex')}</Types>`),
			'_rels/.rels': strToU8('<Relationships/>'),
			[`${folder}/${main}.xml`]: strToU8(`<${main}/>`),
		}),
	);

export const docx = () => office('word', 'document');

/** A Word document with one paragraph for each line, that programs can read out. */
export function docxWithText(lines: string[]): Buffer {
	const escaped = lines.map((line) => line.replace(/&/g, '&amp;').replace(/</g, '&lt;'));
	const paragraphs = escaped.map((line) => `<w:p><w:r><w:t>${line}</w:t></w:r></w:p>`).join('');
	const main = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml';
	const relationships = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
	const parts = {
		'[Content_Types].xml': `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="${main}"/></Types>`,
		'_rels/.rels': `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="${relationships}/officeDocument" Target="word/document.xml"/></Relationships>`,
		'word/document.xml': `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>${paragraphs}</w:body></w:document>`,
	};
	const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
	const files = Object.entries(parts).map(([name, xml]) => [name, strToU8(declaration + xml)]);
	// Without the time, the same lines make the same bytes.
	const mtime = '2025-01-01T12:00:00';
	return Buffer.from(zipSync(Object.fromEntries(files) as Record<string, Uint8Array>, { mtime }));
}

export const xlsx = () => office('xl', 'workbook');

/** Other writers put the document first. */
export const docxByLibrary = () => zip(['word/document.xml', '[Content_Types].xml']);

export const xlsxByLibrary = () => zip(['xl/workbook.xml', '[Content_Types].xml']);

export const pptx = () => zip(['[Content_Types].xml', 'ppt/presentation.xml']);

export const zipArchive = () => zip(['superbill.pdf', 'lab.csv']);

/** [ISO/IEC 26300] begins with the type, which is not compressed. */
export const odt = () =>
	Buffer.from(
		zipSync({
			mimetype: [strToU8('application/vnd.oasis.opendocument.text'), { level: 0 }],
			'content.xml': strToU8('<office/>'),
		}),
	);

export const utf16 = (text: string, endian: 'little' | 'big') => {
	const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
	return endian === 'little' ? bytes : bytes.swap16();
};

export const tiff = () => hex('49492a00080000000000');
export const tiffOfMotorola = () => hex('4d4d002a000000080000');
export const bigTiff = () => hex('49492b00080000001000000000000000');
export const heic = () => hex('0000001866747970', 'heic\0\0\0\0mif1heic');
export const mp4 = () => hex('0000001866747970', 'mp42\0\0\0\0isommp42');
export const gif = () => Buffer.from('GIF89a\x01\0\x01\0\0\0\0;', 'latin1');
export const bmp = () => hex('424d46000000000000003600000028000000');
export const webp = () => Buffer.from('RIFF\x1a\0\0\0WEBPVP8L', 'latin1');
export const wav = () => Buffer.from('RIFF\x24\0\0\0WAVEfmt ', 'latin1');
export const mp3 = () => Buffer.from('ID3\x04\0\0\0\0\0\0', 'latin1');
export const dicom = () =>
	Buffer.concat([Buffer.alloc(128), Buffer.from('DICM\x02\0\0\0UL\x04\0')]);
/** Without the preamble, as old devices send it. */
export const rawDicom = () => hex('08000000040000000a00000008000100');
export const oldOffice = () => hex('d0cf11e0a1b11ae1', '\0'.repeat(16));
export const winmail = () => hex('789f3e22', '\x01\0\x01\x06\x90\x08\0');
export const rtf = () => Buffer.from('{\\rtf1\\ansi A letter}');
export const gzip = () => hex('1f8b0800000000000003');
export const sevenZip = () => hex('377abcaf271c0004');
export const rar = () => hex('526172211a0700');
export const postScript = () => Buffer.from('%!PS-Adobe-3.0\n%%Title: a letter\n');
export const windowsProgram = () => hex('4d5a', `\x90\0\x03${'\0'.repeat(80)}`);
export const html = () =>
	Buffer.from('\n<!DOCTYPE html>\n<html><body>Please sign in</body></html>');
export const xhtml = () =>
	Buffer.from(
		'<?xml version="1.0"?>\n<!-- a page -->\n<html xmlns="http://www.w3.org/1999/xhtml"/>',
	);
export const xml = () =>
	Buffer.from('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>');
export const cda = () =>
	Buffer.from(
		'<?xml version="1.0"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3"></ClinicalDocument>',
	);
export const svg = () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>');
export const json = () => Buffer.from('{ "resourceType": "Bundle" }');
export const hl7 = () =>
	Buffer.from('MSH|^~\\&|LAB|CLINIC|||202611250800||ORU^R01|1|P|2.3\rPID|1\r');
export const edi = () => Buffer.from('ISA*00*          *00*          *ZZ*PAYER*ZZ*CLINIC*~');
export const email = () =>
	Buffer.from(
		'Return-Path: <a@example.com>\r\nReceived: from mail\r\nSubject: Superbill\r\n\r\nHello\r\n',
	);
/** A printer's job around a PDF (PJL). */
export const pdfOfPrinter = () =>
	Buffer.from('\x1b%-12345X@PJL JOB\r\n@PJL ENTER LANGUAGE=PDF\r\n%PDF-1.4\r\n');
export const pdfAfterLineBreak = () => Buffer.from('\r\n%PDF-1.4\n%\xe2\xe3\xcf\xd3\n', 'latin1');
export const pdfTooDeep = () => Buffer.from(`${'\0'.repeat(1030)}%PDF-1.4\n`);
export const csv = () => Buffer.from('code,units\n99213,1\n');
export const note = () => Buffer.from('Seen on March 3.\n');
/** As Excel saves CSV: é and ß are single bytes. */
export const windows1252 = () => Buffer.from('Name;Straße\nRené;1\n', 'latin1');
export const unknown = () => hex('00010203deadbeef0011223344556677');
