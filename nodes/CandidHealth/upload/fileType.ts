/* eslint-disable no-control-regex -- files begin with such characters */

/** Which kind of file something is; the one place that knows types. */

import { printable } from '../errors/messageText';

/** Bytes of a file's beginning that are enough to tell its kind. */
export const HEAD_BYTES = 4096;

/** The kinds that Candid accepts, the usual extension first. Source: the vendor's API description. */
const ACCEPTED = {
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

export type AcceptedKind = keyof typeof ACCEPTED;

export const TYPE_ADVICE = 'Candid accepts PDF, PNG, JPEG, plain text, CSV, DOCX and XLSX.';

/**
 * Other names of accepted types, as browsers, mail programs and libraries use them. A type that is
 * neither here nor above says nothing: it is given to files that nobody knows (`application/octet-stream`)
 * or to several kinds (`application/zip`; `application/vnd.ms-excel`, to CSV by Windows with Excel).
 */
const OTHER_TYPES: Record<string, AcceptedKind> = {
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
const TO_IMAGE = 'Convert it to PNG or JPEG.';
const SAVE_AS_PDF = 'Save it as PDF.';
const SAVE_AS_DOCX = 'Save it as .docx or PDF.';
const SAVE_AS_XLSX = 'Save it as .xlsx, CSV or PDF.';
const UNPACK = "Unpack it first, for example with n8n's Compression node.";
const SAVE_ATTACHMENTS = 'Store its attachments, or print it as PDF.';
const LEAVE_OUT = 'Leave it out.';

/** Kinds that Candid does not accept: what a message calls them, what to do, and their extensions. */
const REFUSED = {
	tiff: ['a TIFF image, as fax services send it', TO_PDF, 'tif tiff'],
	heic: ['a HEIC photo', TO_IMAGE, 'heic heif avif'],
	gif: ['a GIF image', TO_IMAGE, 'gif'],
	bmp: ['a BMP image', TO_IMAGE, 'bmp'],
	webp: ['a WebP image', TO_IMAGE, 'webp'],
	svg: ['an SVG image', TO_IMAGE, 'svg'],
	dicom: ['a DICOM image', 'Export it as PDF or JPEG.', 'dcm dicom'],
	media: ['an audio or video file', LEAVE_OUT, 'mp3 wav m4a mp4 mov avi wmv'],
	html: [
		'a web page',
		'Check where it comes from: it may be a sign-in or status page in place of the file.',
		'html htm xhtml mht mhtml',
	],
	cda: ['a clinical document (CDA) in XML', TO_PDF, 'ccd ccda cda'],
	xml: ['an XML file', TO_PDF, 'xml'],
	json: ['a JSON file', TO_PDF, 'json'],
	hl7: ['an HL7 message', TO_PDF, 'hl7'],
	edi: ['an X12 (EDI) file', TO_PDF, '835 837 edi x12'],
	rtf: ['an RTF document', SAVE_AS_DOCX, 'rtf'],
	email: ['an email message', SAVE_ATTACHMENTS, 'eml'],
	winmail: [
		'an Outlook container, as winmail.dat is',
		'Ask the sender to send the file itself, in an HTML or plain-text email.',
		'',
	],
	doc: ['an old Word file (.doc)', SAVE_AS_DOCX, 'doc dot'],
	xls: ['an old Excel file (.xls)', SAVE_AS_XLSX, 'xls xlt'],
	ppt: ['a PowerPoint file', SAVE_AS_PDF, 'ppt pps pptx ppsx pptm'],
	msg: ['an Outlook message (.msg)', SAVE_ATTACHMENTS, 'msg'],
	ole: ['an old Office file or an Outlook message', SAVE_AS_PDF, ''],
	locked: ['an Office file that is protected with a password', 'Save it without the password.', ''],
	docm: ['a Word file with macros (.docm)', SAVE_AS_DOCX, 'docm dotm'],
	xlsm: ['an Excel file with macros (.xlsm)', SAVE_AS_XLSX, 'xlsm xltm'],
	xlsb: ['a binary Excel file (.xlsb)', SAVE_AS_XLSX, 'xlsb'],
	odf: ['an OpenDocument file', 'Save it as .docx, .xlsx or PDF.', 'odt ods odp odg'],
	pages: ['a file of Pages, Numbers or Keynote', SAVE_AS_PDF, 'pages numbers key'],
	zip: ['a ZIP archive', UNPACK, 'zip'],
	archive: ['a compressed archive', UNPACK, 'gz tgz tar rar 7z'],
	postscript: ['a PostScript file', TO_PDF, 'ps eps'],
	program: ['a program', LEAVE_OUT, 'exe msi'],
	signature: ["a sender's digital signature", LEAVE_OUT, 'p7s p7m asc'],
	calendar: ['a calendar entry', LEAVE_OUT, 'ics'],
	contact: ['a contact card', LEAVE_OUT, 'vcf'],
} as const;

export type Kind = AcceptedKind | keyof typeof REFUSED;

/**
 * What files begin with, as Latin-1; the first that matches counts. Sources: WHATWG MIME Sniffing section
 * 6 (PNG, JPEG, GIF, BMP, WebP, ZIP, GZIP, RAR, PostScript, audio and video) and 7.1 (HTML, XML), TIFF 6.0
 * and BigTIFF, ISO/IEC 23008-12 (HEIC), DICOM PS3.10 section 7.1, [MS-CFB] (old Office), [MS-OXTNEF]
 * (winmail.dat), RFC 5322 and 2045 (email); RTF and 7z as their makers describe them.
 */
const SIGNATURES: Array<[kind: Kind, pattern: RegExp]> = [
	['pdf', /^%PDF-/],
	['png', /^\x89PNG\r\n\x1a\n/],
	['jpeg', /^\xff\xd8\xff/],
	['zip', /^PK(\x03\x04|\x05\x06|\x07\x08)/],
	['tiff', /^(II[*+]\0|MM\0[*+])/],
	['heic', /^.{4}ftyp(hei[cmsx]|hev[cmsx]|mif1|msf1|avi[fs])/s],
	['media', /^(.{4}ftyp|ID3|OggS|fLaC|\x1aE\xdf\xa3|RIFF.{4}(WAVE|AVI ))/s],
	['gif', /^GIF8[79]a/],
	['webp', /^RIFF.{4}WEBP/s],
	['bmp', /^BM.{4}\0{4}/s],
	['dicom', /^.{128}DICM/s],
	['ole', /^\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1/],
	['winmail', /^\x78\x9f\x3e\x22/],
	['rtf', /^\{\\rtf/],
	['archive', /^(\x1f\x8b|7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|.{257}ustar)/s],
	['postscript', /^(%!PS|\xc5\xd0\xd3\xc6)/],
	['program', /^(MZ.{58}|\x7fELF)/s],
	[
		'html',
		/^\s*(<\?xml[^>]*>\s*|<!--((?!-->).)*-->\s*)*<(!doctype\s+html|html|head|body|script|title|meta)\b/is,
	],
	// Readers look for the header in the first 1,024 bytes: ISO 32000-1, implementation notes to Annex H.
	['pdf', /^.{1,1015}?%PDF-\d\.\d[\r\n]/s],
	['cda', /^\s*<(.*<)?(\w+:)?ClinicalDocument\b/s],
	['svg', /^\s*<(.*<)?svg\b/is],
	['xml', /^\s*<\?xml\b/],
	['json', /^\s*(\[\s*)?\{\s*"/],
	[
		'email',
		/^(?=From |[\w-]+:)([^\r\n]+\r?\n){0,40}?(Received|Return-Path|Delivered-To|Message-ID|MIME-Version):/i,
	],
];

/** Kinds that are text as well, so that a file may be called so. A web page is hardly ever meant to be. */
const ALSO_TEXT = new Set<Kind>(['cda', 'svg', 'xml', 'json', 'email']);

/** What no text has: WHATWG MIME Sniffing, 'binary data byte', and what cannot be decoded. */
const NOT_TEXT = /[\0-\x08\x0b\x0e-\x1a\x1c-\x1f\ufffd]/;

const isAlsoText = (kind?: Kind) => kind !== undefined && ALSO_TEXT.has(kind);

/** Whether files of a kind are text, which people can read. */
export const isTextual = (kind?: Kind) => kind === 'text' || kind === 'html' || isAlsoText(kind);

/** What a file's content shows, with its name where that tells kinds of one container apart. */
function kindOfContent(head: Uint8Array, named?: Kind, said?: AcceptedKind): Kind | undefined {
	const text = decoded(head);
	const known = SIGNATURES.find(([, pattern]) => pattern.test(text))?.[0];
	if (known === 'zip') return kindInZip(text, named, said);
	if (known === 'ole') return kindInOle(named);
	if (known) return known;
	return NOT_TEXT.test(text) ? undefined : 'text';
}

/** UTF-16 by its mark (Unicode 23.8); anything else byte by byte, which is never invalid. */
function decoded(head: Uint8Array): string {
	if (head[0] === 0xff && head[1] === 0xfe) return new TextDecoder('utf-16le').decode(head);
	if (head[0] === 0xfe && head[1] === 0xff) return new TextDecoder('utf-16be').decode(head);
	return Buffer.from(head)
		.toString('latin1')
		.replace(/^\xef\xbb\xbf/, '');
}

/** What is known of a file. */
export interface FileFacts {
	/** the type that n8n or the sender recorded; may be empty */
	recorded: string;
	/** without a dot; may be empty */
	extension: string;
	/** its first `HEAD_BYTES`, or all of it */
	head: Uint8Array;
}

/** What a file is, or why it is not accepted; `reason` completes '… was not stored: '. */
export type FileKind = { kind: AcceptedKind } | { reason: string; advice: string };

/**
 * Decides what a file is: by its content, and by its extension and its recorded type only where content
 * cannot tell (plain text or CSV, Word or Excel). Neither is believed against the content, because n8n
 * takes the recorded type from the extension (Read Files from Disk), or guesses it (FTP; 2.41.1).
 */
export function kindOf(facts: FileFacts): FileKind {
	const { recorded } = facts;
	const { named, said, content } = kindsOf(facts);
	if (content === 'text') {
		if (named === 'csv' || (said === 'csv' && (!named || named === 'text'))) return { kind: 'csv' };
		if (named === 'text') return { kind: 'text' };
	}
	if (named === 'text' && isAlsoText(content)) return { kind: 'text' };
	if (content && content !== 'text' && isAccepted(content)) return { kind: content };
	return refusal(content, named, said, recorded);
}

/** The kinds that a file's name, its recorded type and its content speak for, each if it is a known one. */
export function kindsOf({ recorded, extension, head }: FileFacts) {
	const named = kindOfExtension(extension);
	const said = kindOfType(recorded);
	return { named, said, content: kindOfContent(head, named, said) };
}

/**
 * What speaks against the kind that the user says a file is.
 *
 * @returns nothing when it may be of that kind
 */
export function contradiction(kind: AcceptedKind, head: Uint8Array): string | undefined {
	const content = kindOfContent(head, kind);
	if (content === kind) return undefined;
	if (content === 'text' && kind === 'csv') return undefined;
	if (kind === 'text' && isAlsoText(content)) return undefined;
	return `'MIME Type' says ${ACCEPTED[kind].name}, but ${described(content)}`;
}

/** The media type of a kind. */
export const typeOf = (kind: AcceptedKind): string => ACCEPTED[kind].type;

export const extensionOf = (kind: AcceptedKind): string => ACCEPTED[kind].extensions[0];

const KINDS = Object.keys(ACCEPTED) as AcceptedKind[];

/** The accepted kind that a media type stands for, whatever its parameters. */
export function kindOfType(type: string): AcceptedKind | undefined {
	const essence = essenceOf(type);
	if (Object.hasOwn(OTHER_TYPES, essence)) return OTHER_TYPES[essence];
	return KINDS.find((kind) => ACCEPTED[kind].type === essence);
}

/** A media type without its parameters, in lower case: RFC 9110 section 8.3.1. */
export const essenceOf = (type: string) => type.split(';')[0]!.trim().toLowerCase();

const KIND_BY_EXTENSION = new Map<string, Kind>([
	...KINDS.flatMap((kind) => ACCEPTED[kind].extensions.map((name) => [name, kind] as const)),
	...(Object.keys(REFUSED) as Array<keyof typeof REFUSED>).flatMap((kind) =>
		REFUSED[kind][2].split(' ').map((name) => [name, kind] as const),
	),
]);

const kindOfExtension = (extension: string) =>
	extension === '' ? undefined : KIND_BY_EXTENSION.get(extension.toLowerCase());

export const isAccepted = (kind: Kind): kind is AcceptedKind => Object.hasOwn(ACCEPTED, kind);

/** Office files are ZIP archives, as those of other programs are. */
function kindInZip(text: string, named?: Kind, said?: AcceptedKind): Kind {
	const names = namesInZip(text);
	const holds = (folder: string) => names.some((name) => name.startsWith(folder));
	if (names[0]?.startsWith('mimetypeapplication/vnd.oasis.opendocument')) return 'odf';
	if (!OPEN_PACKAGE.test(names[0] ?? '')) return 'zip';
	if (named && MORE_OFFICE.has(named)) return named;
	if (holds('ppt/')) return 'ppt';
	if (holds('word/')) return 'docx';
	if (holds('xl/')) return 'xlsx';
	return [named, said].find((kind) => kind === 'docx' || kind === 'xlsx') ?? 'zip';
}

/** What an Office file may begin with: ECMA-376 part 2. */
const OPEN_PACKAGE = /^(\[Content_Types\]\.xml|_rels\/|docProps\/|customXml\/|word\/|xl\/|ppt\/)/;

const MORE_OFFICE = new Set<Kind>(['docm', 'xlsm', 'xlsb', 'ppt']);

/** The names of the first files, with what follows each: a name stands at byte 30 of a file's header. */
const namesInZip = (text: string) =>
	[...text.matchAll(/PK\x03\x04.{26}(.{1,60})/gs)].map(([, name]) => name!);

/** An Office file of today that is protected is in the container of the old ones: [MS-OFFCRYPTO]. */
function kindInOle(named?: Kind): Kind {
	if (named === 'docx' || named === 'xlsx') return 'locked';
	return named && OLD_OFFICE.has(named) ? named : 'ole';
}

const OLD_OFFICE = new Set<Kind>(['doc', 'xls', 'ppt', 'msg']);

function refusal(
	content: Kind | undefined,
	named: Kind | undefined,
	said: AcceptedKind | undefined,
	recorded: string,
): { reason: string; advice: string } {
	const claim = claimOf(named, said);
	if (content && content !== 'text') {
		return {
			reason: claim === undefined ? described(content) : `${claim}, but ${described(content)}`,
			advice: adviceOn(content),
		};
	}
	if (claim !== undefined) {
		const advice = 'Check whether the file opens, and the node that read it.';
		return { reason: `${claim}, but ${described(content)}`, advice: `${TYPE_ADVICE} ${advice}` };
	}
	if (named) return { reason: `by its name ${described(named)}`, advice: adviceOn(named) };
	const isText = content === 'text';
	return {
		reason: saysNothing(recorded)
			? `its type is unknown${isText ? ': it is text, and its name does not end with .txt or .csv' : ''}`
			: `Candid does not accept files of the type ${printable(recorded.trim(), 60)}`,
		advice: `${TYPE_ADVICE} ${isText ? SET_TYPE : 'Convert the file.'}`,
	};
}

const SET_TYPE = 'If it is one of them, set File Name or MIME Type under Additional Fields.';

/** Types of files of which nothing is known; n8n calls them `text/plain` (2.41.1). */
export const saysNothing = (type: string) =>
	/^\s*(text\/plain|[\w-]+\/octet-stream|application\/(unknown|binary|(x|force)-download))?\s*(;|$)/i.test(
		type,
	);

/** What a file claims to be, if that is an accepted kind. */
function claimOf(named?: Kind, said?: AcceptedKind): string | undefined {
	if (named) return isAccepted(named) ? `its name says ${ACCEPTED[named].name}` : undefined;
	return said && said !== 'text' ? `it is recorded as ${ACCEPTED[said].name}` : undefined;
}

function described(kind?: Kind): string {
	if (kind === undefined) return 'its content is something else';
	return isAccepted(kind) ? `its content is ${ACCEPTED[kind].name}` : `it is ${REFUSED[kind][0]}`;
}

const adviceOn = (kind: Kind) =>
	isAccepted(kind) ? TYPE_ADVICE : `${TYPE_ADVICE} ${REFUSED[kind][1]}`;
