/** The kinds of files: what Candid accepts, and what it does not accept but a message can name. */

/** The kinds that Candid accepts, the usual extension first. Source: the vendor's API description. */
export const ACCEPTED_KINDS = {
	pdf: { name: 'PDF', type: 'application/pdf', extensions: ['pdf'] },
	png: { name: 'PNG', type: 'image/png', extensions: ['png'] },
	jpeg: { name: 'JPEG', type: 'image/jpeg', extensions: ['jpg', 'jpeg', 'jpe', 'jfif'] },
	text: { name: 'plain text', type: 'text/plain', extensions: ['txt'] },
	csv: { name: 'CSV', type: 'text/csv', extensions: ['csv'] },
	docx: {
		name: 'DOCX',
		type: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
		extensions: ['docx'],
	},
	xlsx: {
		name: 'XLSX',
		type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
		extensions: ['xlsx'],
	},
} as const;

export const TYPE_ADVICE = 'Candid accepts PDF, PNG, JPEG, plain text, CSV, DOCX and XLSX.';

/**
 * Candid's limit. Its API description says '25MB': 25 MiB is the larger reading, so that Candid itself
 * decides on files between 25 MB and 25 MiB.
 */
export const MAX_FILE_BYTES = 25 * 1024 * 1024;

export const SIZE_ADVICE =
	'Candid accepts files of at most 25 MB. Split or compress it. Scans are smallest in black and white.';

export type AcceptedKind = keyof typeof ACCEPTED_KINDS;

/**
 * Other names of accepted types, as browsers, mail programs and libraries use them. Types that do
 * not tell the kind are left out: they mean an unknown one (`application/octet-stream`) or several
 * (`application/zip`; `application/vnd.ms-excel`, which Windows with Excel also uses for CSV files).
 */
const TYPE_ALIASES: Record<string, AcceptedKind> = {
	'application/x-pdf': 'pdf',
	'application/acrobat': 'pdf',
	'application/vnd.pdf': 'pdf',
	'text/pdf': 'pdf',
	'text/x-pdf': 'pdf',
	'image/x-png': 'png',
	'image/jpg': 'jpeg',
	'image/pjpeg': 'jpeg',
	'application/csv': 'csv',
	'application/x-csv': 'csv',
	'text/x-csv': 'csv',
	'text/comma-separated-values': 'csv',
	'text/x-comma-separated-values': 'csv',
};

const TO_PDF = 'Convert it to PDF.';
const BY_TEMPLATE = "Convert it to PDF, as the template 'Fax folder → charge capture' does.";
const TO_IMAGE = 'Convert it to PNG or JPEG.';
const SAVE_AS_PDF = 'Save it as PDF.';
const SAVE_AS_DOCX = 'Save it as .docx or PDF.';
const SAVE_AS_XLSX = 'Save it as .xlsx, CSV or PDF.';
const UNPACK = "Unpack it first, for example with n8n's Compression node.";
const SAVE_ATTACHMENTS = 'Store its attachments, or print it as PDF.';
const LEAVE_OUT = 'Leave it out.';

/**
 * Kinds that Candid does not accept: what a message calls them (after 'it is'), what the user can do, and
 * their extensions.
 */
export const REFUSED_KINDS = {
	tiff: ['a TIFF image, which fax services often send', BY_TEMPLATE, ['tif', 'tiff']],
	heic: ['a HEIC photo', BY_TEMPLATE, ['heic', 'heif', 'avif']],
	gif: ['a GIF image', TO_IMAGE, ['gif']],
	bmp: ['a BMP image', TO_IMAGE, ['bmp']],
	webp: ['a WebP image', TO_IMAGE, ['webp']],
	svg: ['an SVG image', TO_IMAGE, ['svg']],
	dicom: ['a DICOM image', 'Export it as PDF or JPEG.', ['dcm', 'dicom']],
	media: ['an audio or video file', LEAVE_OUT, ['mp3', 'wav', 'm4a', 'mp4', 'mov', 'avi', 'wmv']],
	html: [
		'a web page',
		'Check where it comes from: it may be a sign-in or status page instead of the file.',
		['html', 'htm', 'xhtml', 'mht', 'mhtml'],
	],
	cda: ['a clinical document (CDA) in XML', TO_PDF, ['ccd', 'ccda', 'cda']],
	xml: ['an XML file', TO_PDF, ['xml']],
	json: ['a JSON file', TO_PDF, ['json']],
	hl7: ['an HL7 message', TO_PDF, ['hl7']],
	edi: ['an X12 (EDI) file', TO_PDF, ['835', '837', 'edi', 'x12']],
	rtf: ['an RTF document', SAVE_AS_DOCX, ['rtf']],
	email: ['an email message', SAVE_ATTACHMENTS, ['eml']],
	winmail: [
		'an Outlook container (winmail.dat)',
		'Ask the sender to send the file itself, in an HTML or plain-text email.',
		[],
	],
	doc: ['an old Word file (.doc)', SAVE_AS_DOCX, ['doc', 'dot']],
	xls: ['an old Excel file (.xls)', SAVE_AS_XLSX, ['xls', 'xlt']],
	ppt: ['a PowerPoint file', SAVE_AS_PDF, ['ppt', 'pps', 'pptx', 'ppsx', 'pptm']],
	msg: ['an Outlook message (.msg)', SAVE_ATTACHMENTS, ['msg']],
	ole: ['an old Office file or an Outlook message', SAVE_AS_PDF, []],
	locked: ['an Office file that is protected with a password', 'Save it without the password.', []],
	docm: ['a Word file with macros (.docm)', SAVE_AS_DOCX, ['docm', 'dotm']],
	xlsm: ['an Excel file with macros (.xlsm)', SAVE_AS_XLSX, ['xlsm', 'xltm']],
	xlsb: ['a binary Excel file (.xlsb)', SAVE_AS_XLSX, ['xlsb']],
	odf: ['an OpenDocument file', 'Save it as .docx, .xlsx or PDF.', ['odt', 'ods', 'odp', 'odg']],
	pages: ['a Pages, Numbers or Keynote file', SAVE_AS_PDF, ['pages', 'numbers', 'key']],
	zip: ['a ZIP archive', UNPACK, ['zip']],
	archive: ['a compressed archive', UNPACK, ['gz', 'tgz', 'tar', 'rar', '7z']],
	postscript: ['a PostScript file', TO_PDF, ['ps', 'eps']],
	program: ['a program', LEAVE_OUT, ['exe', 'msi']],
	signature: ["a sender's digital signature", LEAVE_OUT, ['p7s', 'p7m', 'asc']],
	calendar: ['a calendar entry', LEAVE_OUT, ['ics']],
	contact: ['a contact card', LEAVE_OUT, ['vcf']],
} as const satisfies Record<string, RefusedEntry>;

type RefusedEntry = readonly [name: string, advice: string, extensions: readonly string[]];

export type RefusedKind = keyof typeof REFUSED_KINDS;

export type Kind = AcceptedKind | RefusedKind;

export const isAccepted = (kind: Kind): kind is AcceptedKind => Object.hasOwn(ACCEPTED_KINDS, kind);

/** The media type of a kind. */
export const typeOf = (kind: AcceptedKind): string => ACCEPTED_KINDS[kind].type;

/** The usual extension of a kind, without a dot. */
export const extensionOf = (kind: AcceptedKind): string => ACCEPTED_KINDS[kind].extensions[0];

const KIND_BY_TYPE = new Map<string, AcceptedKind>(Object.entries(TYPE_ALIASES));

const KIND_BY_EXTENSION = new Map<string, Kind>();

for (const kind of Object.keys(ACCEPTED_KINDS) as AcceptedKind[]) {
	KIND_BY_TYPE.set(typeOf(kind), kind);
	for (const extension of ACCEPTED_KINDS[kind].extensions) KIND_BY_EXTENSION.set(extension, kind);
}
for (const kind of Object.keys(REFUSED_KINDS) as RefusedKind[]) {
	const [, , extensions] = REFUSED_KINDS[kind];
	for (const extension of extensions) KIND_BY_EXTENSION.set(extension, kind);
}

/** The accepted kind of a media type, whatever its parameters. */
export const kindOfType = (type: string) => KIND_BY_TYPE.get(essenceOf(type));

/** @param extension without a dot; may be empty */
export const kindOfExtension = (extension: string) =>
	KIND_BY_EXTENSION.get(extension.toLowerCase());

/** A media type without its parameters, in lower case: RFC 9110 section 8.3.1. */
export const essenceOf = (type: string) => type.split(';')[0]!.trim().toLowerCase();

/** Whether a media type says nothing about a file. n8n records `text/plain` for unknown files (2.41.1). */
export const isUnspecific = (type: string) =>
	/^\s*(text\/plain|[\w-]+\/octet-stream|application\/(unknown|binary|(x|force)-download))?\s*(;|$)/i.test(
		type,
	);
