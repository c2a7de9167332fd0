import type { IBinaryData } from 'n8n-workflow';

import { printable } from '../errors/messageText';
import { extensionIn, plainFileName } from './fileName';
import { CHECK_EXPRESSION, isText, textOf } from '../request/text';
import {
	TYPE_ADVICE,
	contradiction,
	extensionOf,
	kindOf,
	kindOfType,
	saysNothing,
	typeOf,
} from './fileType';
import type { AcceptedKind, FileKind } from './fileType';

/** Candid's limit, 25 MB, counted as the larger 25 MiB so that Candid has the last word on the difference. */
export const MAX_FILE_BYTES = 25 * 1024 * 1024;

export const SIZE_ADVICE = 'Candid accepts files of at most 25 MB. Split or compress it.';

/** A file of an input item as it will be sent. */
export interface OutgoingFile {
	fileName: string;
	contentType: string;
	/** bytes */
	size: number;
	binary: IBinaryData;
}

/** A file, or the lack of one, that is not sent; `reason` completes '… was not stored: '. */
export interface FileRefusal {
	fileName: string;
	reason: string;
	advice: string;
}

/** For a file whose content n8n no longer has, or no longer as it was. */
export const READ_AGAIN = 'Run the workflow again from the node that read the file.';

/** What the user sets in the place of the recorded values; an expression may give anything. */
export interface Overrides {
	fileName?: unknown;
	mimeType?: unknown;
	/** to send a file as `mimeType` says, even if its content is something else */
	trustMimeType?: unknown;
}

/** What is known of a file's content. */
export interface FileContent {
	/** bytes */
	size: number;
	/** its first bytes, as many as `fileType` wants */
	head: Uint8Array;
}

/**
 * What will be sent of a binary value, or why it will not.
 *
 * @param field name of the binary field, for a file that has no name of its own
 */
export function outgoingFile(
	binary: IBinaryData,
	field: string,
	{ size, head }: FileContent,
	overrides: Overrides,
): OutgoingFile | FileRefusal {
	const name = overrides.fileName || binary.fileName || '';
	if (!isText(name)) return notText(overrides.fileName ? FILE_NAME : 'its name', field);
	const givenName = plainFileName(textOf(name));
	const setType = overrides.mimeType || '';
	if (!isText(setType)) return notText(MIME_TYPE, givenName || field);
	const refused = (reason: string, advice: string) => ({
		fileName: givenName || plainFileName(field) || 'file',
		reason,
		advice,
	});

	if (size === 0) return refused('it is empty (0 bytes)', 'Check the node that read the file.');
	if (size > MAX_FILE_BYTES) return refused(`it is too large (${megabytes(size)} MB)`, SIZE_ADVICE);
	const recorded = textOf(binary.mimeType);
	// Beside a name, n8n takes it from the recorded type (`copyBinaryFile`, 2.41.1).
	const extension = givenName ? extensionIn(givenName) : textOf(binary.fileExtension);
	const decision =
		kindThatIsSet(textOf(setType), head, overrides.trustMimeType === true) ??
		kindOf({ recorded, extension, head });
	if ('reason' in decision) return refused(decision.reason, decision.advice);
	const { kind } = decision;
	const fileName = givenName || defaultName(field, kind);
	return { fileName, contentType: typeOf(kind), size, binary };
}

const FILE_NAME = "'File Name' under Additional Fields";

const MIME_TYPE = "'MIME Type' under Additional Fields";

const notText = (what: string, fileName: string): FileRefusal => ({
	fileName,
	reason: `${what} is not text`,
	advice: CHECK_EXPRESSION,
});

/** The kind that the user has set; nothing where that says nothing, as an expression may. */
function kindThatIsSet(type: string, head: Uint8Array, trusted: boolean): FileKind | undefined {
	const kind = kindOfType(type);
	if (kind === undefined) {
		if (saysNothing(type)) return undefined;
		return {
			reason: `Candid does not accept files of the type ${printable(type, 60)}, which ${MIME_TYPE} says`,
			advice: TYPE_ADVICE,
		};
	}
	const reason = trusted ? undefined : contradiction(kind, head);
	return reason === undefined ? { kind } : { reason, advice: REMOVE_TYPE };
}

const REMOVE_TYPE =
	"Remove MIME Type, so that the node looks at the file itself; or, to store it as that type all the same, turn on 'Trust MIME Type' under Options.";

function defaultName(field: string, kind: AcceptedKind): string {
	return `${plainFileName(field) || 'file'}.${extensionOf(kind)}`;
}

/** Rounded up, so that a file just over the limit does not read as one that is under it. */
function megabytes(bytes: number): string {
	return (Math.ceil((bytes / 1024 / 1024) * 10) / 10).toFixed(1);
}
