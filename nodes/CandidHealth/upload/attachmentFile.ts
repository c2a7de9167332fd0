import type { IBinaryData } from 'n8n-workflow';

import { MAX_FILE_BYTES, SIZE_ADVICE, TYPE_ADVICE, TYPE_BY_EXTENSION } from '../acceptedFiles';
import { plainFileName, printable } from '../fileName';
import { CHECK_EXPRESSION, isText, textOf } from '../request/text';

const ACCEPTED_TYPES = new Set(Object.values(TYPE_BY_EXTENSION));

/** Types that mail servers, FTP servers and object stores give to files they know nothing about. */
const UNSPECIFIC_TYPES = new Set([
	'',
	'application/octet-stream',
	'binary/octet-stream',
	'application/x-download',
	'application/force-download',
]);

const ALIASES = new Map([
	['image/jpg', 'image/jpeg'],
	['image/pjpeg', 'image/jpeg'],
]);

/** A file of an input item as it will be sent. */
export interface AttachmentFile {
	fileName: string;
	contentType: string;
	/** bytes */
	size: number;
	binary: IBinaryData;
}

/** A file, or the lack of one, that is not sent; `why` completes '… was not stored: '. */
export interface FileRefusal {
	fileName: string;
	why: string;
	advice: string;
}

/** For a file whose content n8n no longer has, or no longer as it was. */
export const READ_AGAIN = 'Run the workflow again from the node that read the file.';

/** What the user sets in the place of the recorded values; an expression may give anything. */
export interface Overrides {
	fileName?: unknown;
	mimeType?: unknown;
}

/**
 * Which of an item's binary fields a selector means.
 *
 * @param selector one name, several separated by commas, or patterns in which `*` stands for any text
 * @returns the fields, each once, in the order of the selector and within a pattern of the item; and
 * the parts of the selector that mean no field
 */
export function selectFields(
	selector: string,
	available: string[],
): { fields: string[]; unmatched: string[] } {
	const fields = new Set<string>();
	const unmatched: string[] = [];
	for (const part of selector.split(',').map((text) => text.trim())) {
		if (part === '') continue;
		const matches = available.filter((name) => name === part || matchesPattern(name, part));
		if (matches.length === 0) unmatched.push(part);
		for (const name of matches) fields.add(name);
	}
	return { fields: [...fields], unmatched };
}

/** `*` matches any text. Walks the literal pieces in order, so that no pattern can be slow. */
function matchesPattern(name: string, pattern: string): boolean {
	const pieces = pattern.split('*');
	if (pieces.length === 1) return false;
	const first = pieces[0] ?? '';
	const last = pieces[pieces.length - 1] ?? '';
	if (!name.startsWith(first) || !name.endsWith(last)) return false;
	let from = first.length;
	for (const piece of pieces.slice(1, -1)) {
		const at = name.indexOf(piece, from);
		if (at === -1) return false;
		from = at + piece.length;
	}
	return from + last.length <= name.length;
}

/**
 * What will be sent of a binary value, or why it will not.
 *
 * @param field name of the binary field, for a file that has no name of its own
 * @param size bytes
 */
export function attachmentFile(
	binary: IBinaryData,
	field: string,
	size: number,
	overrides: Overrides,
): AttachmentFile | FileRefusal {
	const name = overrides.fileName || binary.fileName || '';
	const type = overrides.mimeType || binary.mimeType || '';
	if (!isText(name)) return notText(overrides.fileName ? FILE_NAME : 'its name', field);
	if (!isText(type)) {
		const known = plainFileName(textOf(name)) || field;
		return notText(overrides.mimeType ? MIME_TYPE : 'its type', known);
	}
	const givenName = plainFileName(textOf(name));
	const said = typeOf(textOf(type), givenName);
	const isCsv = said === 'text/plain' && !overrides.mimeType && CSV_NAME.test(givenName);
	const contentType = isCsv ? 'text/csv' : said;
	const fileName = givenName || defaultName(field, contentType);

	if (!ACCEPTED_TYPES.has(contentType)) {
		return {
			fileName,
			why:
				contentType === ''
					? 'its type is unknown'
					: `Candid does not take files of the type ${printable(contentType, 60)}`,
			advice: `${TYPE_ADVICE} Convert the file; or, if only its type is recorded wrongly, set MIME Type under Additional Fields.`,
		};
	}
	if (size === 0) {
		return {
			fileName,
			why: 'it is empty (0 bytes)',
			advice: 'Check the node that read the file.',
		};
	}
	if (size > MAX_FILE_BYTES) {
		return {
			fileName,
			why: `it is too large (${megabytes(size)} MB)`,
			advice: SIZE_ADVICE,
		};
	}
	return { fileName, contentType, size, binary };
}

/** n8n's FTP node looks at the content alone, and calls whatever is text plain (2.41.1). */
const CSV_NAME = /\.csv$/i;

const FILE_NAME = "'File Name' under Additional Fields";

const MIME_TYPE = "'MIME Type' under Additional Fields";

const notText = (what: string, fileName: string): FileRefusal => ({
	fileName,
	why: `${what} is not text`,
	advice: CHECK_EXPRESSION,
});

/** The type without parameters, by the file's extension where the recorded one says nothing. */
function typeOf(recorded: string, fileName: string): string {
	const type = recorded.split(';')[0]!.trim().toLowerCase();
	if (!UNSPECIFIC_TYPES.has(type)) return ALIASES.get(type) ?? type;
	const extension = /\.([^.]+)$/.exec(fileName.trim())?.[1]?.toLowerCase() ?? '';
	return Object.hasOwn(TYPE_BY_EXTENSION, extension) ? TYPE_BY_EXTENSION[extension]! : type;
}

function defaultName(field: string, contentType: string): string {
	const extension = Object.entries(TYPE_BY_EXTENSION).find(([, type]) => type === contentType)?.[0];
	const name = plainFileName(field) || 'file';
	return extension === undefined ? name : `${name}.${extension}`;
}

/** Rounded up, so that a file just over the limit does not read as one that is under it. */
function megabytes(bytes: number): string {
	return (Math.ceil((bytes / 1024 / 1024) * 10) / 10).toFixed(1);
}
