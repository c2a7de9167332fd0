import * as file from './contents';

/** Who recorded a type: nodes of n8n 2.41.1 and what they go by. */
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

const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const UNKNOWN = 'text/plain';
const OCTETS = 'application/octet-stream';

type Recorded = Array<[source: Source, recorded: string | undefined]>;

/** Types that say nothing of a file. */
const UNSPECIFIC: Recorded = [
	['FTP', UNKNOWN],
	['mail', OCTETS],
	['HTTP', 'binary/octet-stream'],
	['browser', 'application/unknown'],
	['mail', 'application/binary'],
	['HTTP', 'application/force-download'],
	['Code', undefined],
	['Code', ''],
];

function stored(name: string, bytes: Buffer, storedAs: string, recorded: Recorded): CorpusFile[] {
	return recorded.map(([source, type]) => ({
		name,
		bytes,
		source,
		recorded: type,
		outcome: { storedAs },
	}));
}

function refused(name: string, bytes: Buffer, why: string, ...types: string[]): CorpusFile[] {
	return (types.length > 0 ? types : [UNKNOWN, OCTETS]).map((recorded) => ({
		name,
		bytes,
		source: recorded === UNKNOWN ? 'FTP' : recorded === OCTETS ? 'mail' : 'disk',
		recorded,
		outcome: { refused: why },
	}));
}

/** Each kind that Candid accepts, as each of n8n's sources records it. */
const ACCEPTED: CorpusFile[] = [
	...stored('superbill.pdf', file.pdf(), 'application/pdf', [
		...UNSPECIFIC,
		['disk', 'application/pdf'],
		['browser', 'application/x-pdf'],
		['mail', 'text/pdf'],
		['mail', 'application/pdf; name="superbill.pdf"'],
		['ZIP', 'image/tiff'],
	]),
	...stored('printed.pdf', file.pdfOfPrinter(), 'application/pdf', UNSPECIFIC.slice(0, 2)),
	...stored('exported.pdf', file.pdfAfterLineBreak(), 'application/pdf', UNSPECIFIC.slice(0, 2)),
	...stored('no extension', file.pdf(), 'application/pdf', UNSPECIFIC.slice(0, 2)),
	...stored('ecg.png', file.png(), 'image/png', [
		...UNSPECIFIC,
		['FTP', 'image/png'],
		['browser', 'image/x-png'],
	]),
	...stored('card.jpg', file.jpeg(), 'image/jpeg', [
		...UNSPECIFIC,
		['FTP', 'image/jpeg'],
		['browser', 'image/pjpeg'],
		['mail', 'image/jpg'],
	]),
	...stored('card.JPEG', file.jpeg(), 'image/jpeg', UNSPECIFIC.slice(0, 2)),
	...stored('note.txt', file.note(), 'text/plain', [...UNSPECIFIC, ['disk', 'text/plain']]),
	...stored('note.txt', file.utf16('Seen on March 3.', 'big'), 'text/plain', [['FTP', UNKNOWN]]),
	...stored('message.txt', file.email(), 'text/plain', [['disk', 'text/plain']]),
	...stored('labs.csv', file.csv(), 'text/csv', [
		...UNSPECIFIC,
		['disk', 'text/csv'],
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
	...stored('letter.docx', file.docx(), DOCX, [
		...UNSPECIFIC,
		['disk', DOCX],
		['FTP', 'application/zip'],
	]),
	...stored('letter.docx', file.docxByLibrary(), DOCX, [['FTP', 'application/zip']]),
	...stored('letter', file.docxByLibrary(), DOCX, [['FTP', 'application/zip']]),
	...stored('letter', file.docx(), DOCX, [['HTTP', DOCX]]),
	...stored('fees.xlsx', file.xlsx(), XLSX, [
		...UNSPECIFIC,
		['disk', XLSX],
		['browser', 'application/x-zip-compressed'],
	]),
	...stored('fees.xlsx', file.xlsxByLibrary(), XLSX, [['FTP', 'application/zip']]),
];

/** A name that contradicts the content: the right type. */
const MISNAMED: CorpusFile[] = [
	...stored('scan.pdf', file.jpeg(), 'image/jpeg', [['disk', 'application/pdf']]),
	...stored('photo.jpg', file.png(), 'image/png', [['disk', 'image/jpeg']]),
	...stored('scan.tif', file.pdf(), 'application/pdf', [['disk', 'image/tiff']]),
	...stored('letter.docx', file.xlsxByLibrary(), XLSX, [['disk', DOCX]]),
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
	...refused('scan.tiff', file.tiff(), 'it is a TIFF image, as fax services send it'),
	...refused('fax.tif', file.tiffOfMotorola(), 'it is a TIFF image', 'image/tiff'),
	...refused('fax.tif', file.bigTiff(), 'it is a TIFF image'),
	...refused(
		'fax.pdf',
		file.tiff(),
		'its name says PDF, but it is a TIFF image',
		'application/pdf',
	),
	...refused('card.heic', file.heic(), 'it is a HEIC photo', 'image/heic'),
	...refused('card.jpg', file.heic(), 'its name says JPEG, but it is a HEIC photo', 'image/jpeg'),
	...refused('logo.gif', file.gif(), 'it is a GIF image', 'image/gif'),
	...refused('scan.bmp', file.bmp(), 'it is a BMP image', 'image/bmp'),
	...refused('photo.webp', file.webp(), 'it is a WebP image', 'image/webp'),
	...refused('drawing.svg', file.svg(), 'it is an SVG image', 'image/svg+xml'),
	...refused('x-ray.dcm', file.dicom(), 'it is a DICOM image', 'application/dicom', UNKNOWN),
	...refused('x-ray.dcm', file.rawDicom(), 'by its name it is a DICOM image'),
	...refused('dictation.mp3', file.mp3(), 'it is an audio or video file', 'audio/mpeg'),
	...refused('dictation.wav', file.wav(), 'it is an audio or video file', 'audio/wav'),
	...refused('gait.mp4', file.mp4(), 'it is an audio or video file', 'video/mp4'),
	...refused(
		'winmail.dat',
		file.winmail(),
		'it is an Outlook container',
		UNKNOWN,
		'application/ms-tnef',
	),
	...refused('page.html', file.html(), 'it is a web page', 'text/html', UNKNOWN),
	...refused(
		'superbill.pdf',
		file.html(),
		'its name says PDF, but it is a web page',
		'application/pdf',
		UNKNOWN,
	),
	...refused('labs.csv', file.html(), 'its name says CSV, but it is a web page', 'text/csv'),
	...refused('note.txt', file.html(), 'its name says plain text, but it is a web page'),
	...refused('superbill.pdf', file.xhtml(), 'its name says PDF, but it is a web page'),
	...refused('labs.csv', file.xml(), 'its name says CSV, but it is an XML file', 'text/csv'),
	...refused('record.xml', file.cda(), 'it is a clinical document (CDA)', 'text/xml', UNKNOWN),
	...refused('record', file.cda(), 'it is a clinical document (CDA)'),
	...refused('bundle.json', file.json(), 'it is a JSON file', 'application/json'),
	...refused('superbill.pdf', file.json(), 'its name says PDF, but it is a JSON file'),
	...refused('result.hl7', file.hl7(), 'by its name it is an HL7 message'),
	...refused('remit.835', file.edi(), 'by its name it is an X12 (EDI) file'),
	...refused('message.eml', file.email(), 'it is an email message', 'message/rfc822', UNKNOWN),
	...refused(
		'letter.doc',
		file.oldOffice(),
		'it is an old Word file',
		'application/msword',
		UNKNOWN,
	),
	...refused('fees.xls', file.oldOffice(), 'it is an old Excel file', 'application/vnd.ms-excel'),
	...refused('slides.ppt', file.oldOffice(), 'it is a PowerPoint file'),
	...refused('slides.pptx', file.pptx(), 'it is a PowerPoint file'),
	...refused('mail.msg', file.oldOffice(), 'it is an Outlook message', 'application/x-cfb'),
	...refused('unnamed', file.oldOffice(), 'it is an old Office file or an Outlook message'),
	...refused(
		'letter.docx',
		file.oldOffice(),
		'its name says DOCX, but it is an Office file that is protected',
	),
	...refused('macros.docm', file.docx(), 'it is a Word file with macros'),
	...refused('letter.odt', file.odt(), 'it is an OpenDocument file'),
	...refused('letter.rtf', file.rtf(), 'it is an RTF document', 'text/rtf', UNKNOWN),
	...refused('files.zip', file.zipArchive(), 'it is a ZIP archive', 'application/zip'),
	...refused('letter.docx', file.zipArchive(), 'its name says DOCX, but it is a ZIP archive', DOCX),
	...refused('files.7z', file.sevenZip(), 'it is a compressed archive'),
	...refused('files.rar', file.rar(), 'it is a compressed archive'),
	...refused('log.gz', file.gzip(), 'it is a compressed archive', 'application/gzip'),
	...refused('letter.ps', file.postScript(), 'it is a PostScript file', 'application/postscript'),
	...refused('viewer.exe', file.windowsProgram(), 'it is a program'),
	...refused('smime.p7s', file.unknown(), "by its name it is a sender's digital signature"),
	...refused('visit.ics', file.note(), 'by its name it is a calendar entry', 'text/calendar'),
	...refused('doctor.vcf', file.note(), 'by its name it is a contact card', 'text/vcard'),
	...refused(
		'superbill.pdf',
		file.note(),
		'its name says PDF, but its content is plain text',
		'application/pdf',
		UNKNOWN,
	),
	...refused(
		'superbill.pdf',
		file.unknown(),
		'its name says PDF, but its content is something else',
		'application/pdf',
	),
	...refused(
		'superbill.pdf',
		file.pdfTooDeep(),
		'its name says PDF, but its content is something else',
	),
	...refused(
		'ecg.png',
		file.note(),
		'its name says PNG, but its content is plain text',
		'image/png',
	),
	...refused(
		'labs.csv',
		file.unknown(),
		'its name says CSV, but its content is something else',
		'text/csv',
	),
	...refused('letter.doc', file.note(), 'by its name it is an old Word file', 'application/msword'),
	...refused(
		'unnamed',
		file.note(),
		'it is recorded as PDF, but its content is plain text',
		'application/pdf',
	),
	...refused('unnamed', file.note(), 'its type is unknown: it is text'),
	...refused('unknown.bin', file.unknown(), 'its type is unknown'),
	...refused(
		'page',
		file.note(),
		'Candid does not accept files of the type text/markdown',
		'text/markdown',
	),
	...refused('x.constructor', file.unknown(), 'its type is unknown'),
];

/** Files as they arrive in workflows, and what has to become of them. */
export const CORPUS: CorpusFile[] = [...ACCEPTED, ...MISNAMED, ...NAMELESS, ...REFUSED];
