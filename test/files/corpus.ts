import * as file from './contents';
import { DOCX_TYPE, XLSX_TYPE } from './contents';

/**
 * Who recorded a type. n8n's FTP node goes by the content, its disk node by the name, and Compression by
 * the name, then the content (2.41.1, with its `mime-types` and `file-type`).
 */
export type Source = 'FTP' | 'disk' | 'browser' | 'mail' | 'ZIP' | 'Code' | 'HTTP';

export interface CorpusFile {
	name?: string;
	extension?: string;
	bytes: Buffer;
	source: Source;
	/** the recorded type; none where a Code node leaves it out */
	recorded?: string;
	/** the type it is stored as, or the reason why it is not stored */
	outcome: { storedAs: string } | { refused: string };
}

/** n8n records this type when it cannot determine one. */
const DEFAULT_TYPE = 'text/plain';
const OCTETS = 'application/octet-stream';

type Recorded = Array<[source: Source, recorded: string | undefined]>;

/** Types that say nothing about a file. */
const UNSPECIFIC: Recorded = [
	['Code', DEFAULT_TYPE],
	['mail', OCTETS],
	['HTTP', 'binary/octet-stream'],
	['browser', 'application/unknown'],
	['mail', 'application/binary'],
	['HTTP', 'application/force-download'],
	['Code', undefined],
	['Code', ''],
];

function rows(
	name: string,
	bytes: Buffer,
	outcome: CorpusFile['outcome'],
	recorded: Recorded,
): CorpusFile[] {
	return recorded.map(([source, type]) => ({ name, bytes, source, recorded: type, outcome }));
}

const stored = (name: string, bytes: Buffer, storedAs: string, recorded: Recorded) =>
	rows(name, bytes, { storedAs }, recorded);

/** @param ftp what n8n's FTP node records, by the content @param disk what its disk node does, by the name */
const refused = (
	name: string,
	bytes: Buffer,
	reason: string,
	ftp = DEFAULT_TYPE,
	disk = DEFAULT_TYPE,
) =>
	rows(name, bytes, { refused: reason }, [
		['FTP', ftp],
		['disk', disk],
		['mail', OCTETS],
	]);

/** Each kind that Candid accepts, as each of n8n's sources records it. */
const ACCEPTED: CorpusFile[] = [
	...stored('superbill.pdf', file.pdf(), 'application/pdf', [
		...UNSPECIFIC,
		['FTP', 'application/pdf'],
		['disk', 'application/pdf'],
		['ZIP', 'application/pdf'],
		['browser', 'application/x-pdf'],
		['mail', 'text/pdf'],
		['mail', 'application/pdf; name="superbill.pdf"'],
		['HTTP', 'image/tiff'],
	]),
	...stored('printed.pdf', file.pdfOfPrinter(), 'application/pdf', [
		['FTP', DEFAULT_TYPE],
		['mail', OCTETS],
	]),
	...stored('exported.pdf', file.pdfAfterLineBreak(), 'application/pdf', [
		['FTP', DEFAULT_TYPE],
		['mail', OCTETS],
	]),
	...stored('no extension', file.pdf(), 'application/pdf', [
		['FTP', 'application/pdf'],
		['mail', OCTETS],
	]),
	...stored('ecg.png', file.png(), 'image/png', [
		...UNSPECIFIC,
		['FTP', 'image/png'],
		['disk', 'image/png'],
		['ZIP', 'image/png'],
		['browser', 'image/x-png'],
	]),
	...stored('card.jpg', file.jpeg(), 'image/jpeg', [
		...UNSPECIFIC,
		['FTP', 'image/jpeg'],
		['disk', 'image/jpeg'],
		['ZIP', 'image/jpeg'],
		['browser', 'image/pjpeg'],
		['mail', 'image/jpg'],
	]),
	...stored('card.JPEG', file.jpeg(), 'image/jpeg', [
		['FTP', 'image/jpeg'],
		['mail', OCTETS],
	]),
	...stored('note.txt', file.note(), 'text/plain', [
		...UNSPECIFIC,
		['FTP', DEFAULT_TYPE],
		['disk', DEFAULT_TYPE],
		['ZIP', DEFAULT_TYPE],
		['browser', DEFAULT_TYPE],
	]),
	...stored('note.txt', file.utf16('Seen on March 3.', 'big'), 'text/plain', [
		['FTP', DEFAULT_TYPE],
	]),
	...stored('message.txt', file.email(), 'text/plain', [['disk', 'text/plain']]),
	...stored('labs.csv', file.csv(), 'text/csv', [
		...UNSPECIFIC,
		['FTP', DEFAULT_TYPE],
		['disk', 'text/csv'],
		['ZIP', 'text/csv'],
		['browser', 'application/vnd.ms-excel'],
		['browser', 'application/csv'],
		['mail', 'text/x-csv'],
		['mail', 'text/comma-separated-values'],
	]),
	...stored('labs.csv', file.utf16('code,units\n', 'little'), 'text/csv', [['FTP', 'audio/mpeg']]),
	...stored('labs.csv', file.windows1252(), 'text/csv', [['browser', 'application/vnd.ms-excel']]),
	...stored('export', file.csv(), 'text/csv', [
		['HTTP', 'text/csv; charset=utf-8'],
		['HTTP', 'application/csv'],
		['HTTP', 'application/x-csv'],
		['mail', 'text/x-csv'],
		['mail', 'text/comma-separated-values'],
		['mail', 'text/x-comma-separated-values'],
	]),
	...stored('letter.docx', file.docx(), DOCX_TYPE, [
		...UNSPECIFIC,
		['disk', DOCX_TYPE],
		['ZIP', DOCX_TYPE],
		['browser', DOCX_TYPE],
		['FTP', 'application/zip'],
	]),
	...stored('letter.docx', file.docxByLibrary(), DOCX_TYPE, [['FTP', 'application/zip']]),
	...stored('letter', file.docxByLibrary(), DOCX_TYPE, [['FTP', 'application/zip']]),
	...stored('letter', file.docx(), DOCX_TYPE, [['HTTP', DOCX_TYPE]]),
	...stored('fees.xlsx', file.xlsx(), XLSX_TYPE, [
		...UNSPECIFIC,
		['disk', XLSX_TYPE],
		['ZIP', XLSX_TYPE],
		['FTP', 'application/zip'],
		['browser', 'application/x-zip-compressed'],
	]),
	...stored('fees.xlsx', file.xlsxByLibrary(), XLSX_TYPE, [['FTP', 'application/zip']]),
];

/** A name that contradicts the content: the right type. */
const MISNAMED: CorpusFile[] = [
	...stored('scan.pdf', file.jpeg(), 'image/jpeg', [['disk', 'application/pdf']]),
	...stored('photo.jpg', file.png(), 'image/png', [['disk', 'image/jpeg']]),
	...stored('scan.tif', file.pdf(), 'application/pdf', [['disk', 'image/tiff']]),
	...stored('letter.docx', file.xlsxByLibrary(), XLSX_TYPE, [['disk', DOCX_TYPE]]),
];

/** By a Code node, without a name. */
const NAMELESS: CorpusFile[] = [
	{
		extension: 'pdf',
		bytes: file.pdf(),
		source: 'Code',
		outcome: { storedAs: 'application/pdf' },
	},
	{ extension: 'csv', bytes: file.csv(), source: 'Code', outcome: { storedAs: 'text/csv' } },
	{
		bytes: file.csv(),
		source: 'Code',
		recorded: 'text/csv',
		outcome: { storedAs: 'text/csv' },
	},
];

const REFUSED: CorpusFile[] = [
	...refused(
		'scan.tiff',
		file.tiff(),
		'it is a TIFF image, which fax services often send',
		'image/tiff',
		'image/tiff',
	),
	...refused('fax.tif', file.tiffOfMotorola(), 'it is a TIFF image', 'image/tiff', 'image/tiff'),
	...refused('fax.tif', file.bigTiff(), 'it is a TIFF image', 'image/tiff', 'image/tiff'),
	...refused(
		'fax.pdf',
		file.tiff(),
		'its name says PDF, but it is a TIFF image',
		'image/tiff',
		'application/pdf',
	),
	...refused('card.heic', file.heic(), 'it is a HEIC photo', 'image/heic', 'image/heic'),
	...refused(
		'card.jpg',
		file.heic(),
		'its name says JPEG, but it is a HEIC photo',
		'image/heic',
		'image/jpeg',
	),
	...refused('logo.gif', file.gif(), 'it is a GIF image', 'image/gif', 'image/gif'),
	...refused('scan.bmp', file.bmp(), 'it is a BMP image', 'image/bmp', 'image/bmp'),
	...refused('photo.webp', file.webp(), 'it is a WebP image', 'image/webp', 'image/webp'),
	...refused('drawing.svg', file.svg(), 'it is an SVG image', DEFAULT_TYPE, 'image/svg+xml'),
	...refused(
		'x-ray.dcm',
		file.dicom(),
		'it is a DICOM image',
		'application/dicom',
		'application/dicom',
	),
	...refused(
		'x-ray.dcm',
		file.rawDicom(),
		'by its name it is a DICOM image',
		DEFAULT_TYPE,
		'application/dicom',
	),
	...refused(
		'dictation.mp3',
		file.mp3(),
		'it is an audio or video file',
		DEFAULT_TYPE,
		'audio/mpeg',
	),
	...refused('dictation.wav', file.wav(), 'it is an audio or video file', 'audio/wav', 'audio/wav'),
	...refused('gait.mp4', file.mp4(), 'it is an audio or video file', 'video/mp4', 'video/mp4'),
	...refused('winmail.dat', file.winmail(), 'it is an Outlook container'),
	...refused('page.html', file.html(), 'it is a web page', DEFAULT_TYPE, 'text/html'),
	...refused(
		'superbill.pdf',
		file.html(),
		'its name says PDF, but it is a web page',
		DEFAULT_TYPE,
		'application/pdf',
	),
	...refused(
		'labs.csv',
		file.html(),
		'its name says CSV, but it is a web page',
		DEFAULT_TYPE,
		'text/csv',
	),
	...refused('note.txt', file.html(), 'its name says plain text, but it is a web page'),
	...refused(
		'superbill.pdf',
		file.xhtml(),
		'its name says PDF, but it is a web page',
		'application/xml',
		'application/pdf',
	),
	...refused(
		'labs.csv',
		file.xml(),
		'its name says CSV, but it is an XML file',
		'application/xml',
		'text/csv',
	),
	...refused(
		'record.xml',
		file.cda(),
		'it is a clinical document (CDA)',
		'application/xml',
		'application/xml',
	),
	...refused('record', file.cda(), 'it is a clinical document (CDA)', 'application/xml'),
	...refused('bundle.json', file.json(), 'it is a JSON file', DEFAULT_TYPE, 'application/json'),
	...refused(
		'superbill.pdf',
		file.json(),
		'its name says PDF, but it is a JSON file',
		DEFAULT_TYPE,
		'application/pdf',
	),
	...refused('result.hl7', file.hl7(), 'by its name it is an HL7 message'),
	...refused('remit.835', file.edi(), 'by its name it is an X12 (EDI) file'),
	...refused('message.eml', file.email(), 'it is an email message', DEFAULT_TYPE, 'message/rfc822'),
	...refused(
		'letter.doc',
		file.oldOffice(),
		'it is an old Word file',
		'application/x-cfb',
		'application/msword',
	),
	...refused(
		'fees.xls',
		file.oldOffice(),
		'it is an old Excel file',
		'application/x-cfb',
		'application/vnd.ms-excel',
	),
	...refused(
		'slides.ppt',
		file.oldOffice(),
		'it is a PowerPoint file',
		'application/x-cfb',
		'application/vnd.ms-powerpoint',
	),
	...refused(
		'slides.pptx',
		file.pptx(),
		'it is a PowerPoint file',
		'application/zip',
		'application/vnd.openxmlformats-officedocument.presentationml.presentation',
	),
	...refused(
		'mail.msg',
		file.oldOffice(),
		'it is an Outlook message',
		'application/x-cfb',
		'application/vnd.ms-outlook',
	),
	...refused(
		'unnamed',
		file.oldOffice(),
		'it is an old Office file or an Outlook message',
		'application/x-cfb',
	),
	...refused(
		'letter.docx',
		file.oldOffice(),
		'its name says DOCX, but it is an Office file that is protected',
		'application/x-cfb',
		DOCX_TYPE,
	),
	...refused(
		'macros.docm',
		file.docx(),
		'it is a Word file with macros',
		'application/zip',
		'application/vnd.ms-word.document.macroenabled.12',
	),
	...refused(
		'letter.odt',
		file.odt(),
		'it is an OpenDocument file',
		'application/vnd.oasis.opendocument.text',
		'application/vnd.oasis.opendocument.text',
	),
	...refused(
		'letter.rtf',
		file.rtf(),
		'it is an RTF document',
		'application/rtf',
		'application/rtf',
	),
	...refused(
		'files.zip',
		file.zipArchive(),
		'it is a ZIP archive',
		'application/zip',
		'application/zip',
	),
	...refused(
		'letter.docx',
		file.zipArchive(),
		'its name says DOCX, but it is a ZIP archive',
		'application/zip',
		DOCX_TYPE,
	),
	...refused(
		'files.7z',
		file.sevenZip(),
		'it is a compressed archive',
		'application/x-7z-compressed',
		'application/x-7z-compressed',
	),
	...refused(
		'files.rar',
		file.rar(),
		'it is a compressed archive',
		'application/x-rar-compressed',
		'application/vnd.rar',
	),
	...refused(
		'log.gz',
		file.gzip(),
		'it is a compressed archive',
		'application/gzip',
		'application/gzip',
	),
	...refused(
		'letter.ps',
		file.postScript(),
		'it is a PostScript file',
		'application/postscript',
		'application/postscript',
	),
	...refused(
		'viewer.exe',
		file.windowsProgram(),
		'it is a program',
		'application/x-msdownload',
		'application/x-msdos-program',
	),
	...refused(
		'smime.p7s',
		file.unknown(),
		"by its name it is a sender's digital signature",
		DEFAULT_TYPE,
		'application/pkcs7-signature',
	),
	...refused(
		'visit.ics',
		file.note(),
		'by its name it is a calendar entry',
		DEFAULT_TYPE,
		'text/calendar',
	),
	...refused(
		'doctor.vcf',
		file.note(),
		'by its name it is a contact card',
		DEFAULT_TYPE,
		'text/x-vcard',
	),
	...refused(
		'superbill.pdf',
		file.note(),
		'its name says PDF, but its content is plain text',
		DEFAULT_TYPE,
		'application/pdf',
	),
	...refused(
		'superbill.pdf',
		file.unknown(),
		'its name says PDF, but its content is something else',
		DEFAULT_TYPE,
		'application/pdf',
	),
	...refused(
		'superbill.pdf',
		file.pdfTooDeep(),
		'its name says PDF, but its content is something else',
		DEFAULT_TYPE,
		'application/pdf',
	),
	...refused(
		'ecg.png',
		file.note(),
		'its name says PNG, but its content is plain text',
		DEFAULT_TYPE,
		'image/png',
	),
	...refused(
		'labs.csv',
		file.unknown(),
		'its name says CSV, but its content is something else',
		DEFAULT_TYPE,
		'text/csv',
	),
	...refused(
		'letter.doc',
		file.note(),
		'by its name it is an old Word file',
		DEFAULT_TYPE,
		'application/msword',
	),
	...rows(
		'unnamed',
		file.note(),
		{ refused: 'it is recorded as PDF, but its content is plain text' },
		[['HTTP', 'application/pdf']],
	),
	...refused('unnamed', file.note(), 'its type is unknown: it is text'),
	...refused('unknown.bin', file.unknown(), 'its type is unknown', DEFAULT_TYPE, OCTETS),
	...rows(
		'page',
		file.note(),
		{ refused: 'Candid does not accept files of the type text/markdown' },
		[['HTTP', 'text/markdown']],
	),
	...refused('x.constructor', file.unknown(), 'its type is unknown'),
];

/** Files as they arrive in workflows, and how each must be stored or refused. */
export const CORPUS: CorpusFile[] = [...ACCEPTED, ...MISNAMED, ...NAMELESS, ...REFUSED];
