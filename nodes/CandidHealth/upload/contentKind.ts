/* eslint-disable no-control-regex -- files begin with such characters */

import type { AcceptedKind, Kind } from './fileKinds';

/** Bytes of a file's beginning that are enough to tell its kind. */
export const HEAD_BYTES = 4096;

/**
 * The kind that a file's first bytes show. Kinds that begin alike, because they share a container, are told
 * apart by the name or the recorded type.
 *
 * @param head the file's first `HEAD_BYTES`, or all of it
 * @param byName the kind that the file's extension indicates
 * @param byType the kind that the file's recorded type indicates
 */
export function kindOfContent(
	head: Uint8Array,
	byName?: Kind,
	byType?: AcceptedKind,
): Kind | undefined {
	const text = decoded(head);
	const kind = SIGNATURES.find(([, pattern]) => pattern.test(text))?.[0];
	if (kind === 'zip') return kindInZip(text, byName, byType);
	if (kind === 'ole') return kindInOle(byName);
	if (kind) return kind;
	return NOT_TEXT.test(text) ? undefined : 'text';
}

/** Kinds that are text too, so such a file may be stored as text. Not HTML: that is mostly a sign-in page. */
const ALSO_TEXT = new Set<Kind>(['cda', 'svg', 'xml', 'json', 'email']);

export const isAlsoText = (kind?: Kind) => kind !== undefined && ALSO_TEXT.has(kind);

/** Whether files of a kind are text, which people can read. */
export const isTextual = (kind?: Kind) => kind === 'text' || kind === 'html' || isAlsoText(kind);

/**
 * What files begin with, decoded as Latin-1; the first that matches counts. Sources: WHATWG MIME Sniffing
 * section 6 (PNG, JPEG, GIF, BMP, WebP, ZIP, GZIP, RAR, PostScript, audio and video) and 7.1 (HTML, XML),
 * TIFF 6.0 and BigTIFF, ISO/IEC 23008-12 (HEIC), DICOM PS3.10 section 7.1, [MS-CFB] (old Office),
 * [MS-OXTNEF] (winmail.dat), RFC 5322 and 2045 (email); RTF and 7z as their makers describe them.
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

/** Characters that text does not have: 'binary data byte' of WHATWG MIME Sniffing, and undecodable bytes. */
const NOT_TEXT = /[\0-\x08\x0b\x0e-\x1a\x1c-\x1f\ufffd]/;

/** UTF-16 by its byte order mark (Unicode 23.8); anything else as Latin-1, in which every byte is valid. */
function decoded(head: Uint8Array): string {
	if (head[0] === 0xff && head[1] === 0xfe) return new TextDecoder('utf-16le').decode(head);
	if (head[0] === 0xfe && head[1] === 0xff) return new TextDecoder('utf-16be').decode(head);
	return Buffer.from(head)
		.toString('latin1')
		.replace(/^\xef\xbb\xbf/, '');
}

/** Office files are ZIP archives, and so are the files of other programs. */
function kindInZip(text: string, byName?: Kind, byType?: AcceptedKind): Kind {
	const names = namesInZip(text);
	const holds = (folder: string) => names.some((name) => name.startsWith(folder));
	if (names[0]?.startsWith('mimetypeapplication/vnd.oasis.opendocument')) return 'odf';
	if (!OFFICE_ENTRY.test(names[0] ?? '')) return 'zip';
	if (byName && REFUSED_OFFICE.has(byName)) return byName;
	if (holds('ppt/')) return 'ppt';
	if (holds('word/')) return 'docx';
	if (holds('xl/')) return 'xlsx';
	return [byName, byType].find((kind) => kind === 'docx' || kind === 'xlsx') ?? 'zip';
}

/** Names that the first entry of an Office file may have: ECMA-376 part 2. */
const OFFICE_ENTRY = /^(\[Content_Types\]\.xml|_rels\/|docProps\/|customXml\/|word\/|xl\/|ppt\/)/;

/** Office files in ZIP archives that Candid does not accept. */
const REFUSED_OFFICE = new Set<Kind>(['docm', 'xlsm', 'xlsb', 'ppt']);

/** The names of the first entries, each with the bytes after it: a name begins at byte 30 of an entry's header. */
const namesInZip = (text: string) =>
	[...text.matchAll(/PK\x03\x04.{26}(.{1,60})/gs)].map(([, name]) => name!);

/** A .docx or .xlsx that a password protects is in the same container as old Office files: [MS-OFFCRYPTO]. */
function kindInOle(byName?: Kind): Kind {
	if (byName === 'docx' || byName === 'xlsx') return 'locked';
	return byName && OLD_OFFICE.has(byName) ? byName : 'ole';
}

const OLD_OFFICE = new Set<Kind>(['doc', 'xls', 'ppt', 'msg']);
