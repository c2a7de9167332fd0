import type { IBinaryData } from 'n8n-workflow';

import { printable } from '../errors/messageText';
import { CHECK_EXPRESSION, isText, textOf } from '../request/text';
import type { FileContent } from './fileContent';
import {
	MAX_FILE_BYTES,
	SIZE_ADVICE,
	TYPE_ADVICE,
	extensionOf,
	isUnspecific,
	kindOfType,
	typeOf,
} from './fileKinds';
import type { AcceptedKind } from './fileKinds';
import { extensionIn, plainFileName } from './fileName';
import { contradiction, kindOf } from './fileType';
import type { FileKind } from './fileType';

/** A file of an input item as it will be sent. */
export interface OutgoingFile {
	fileName: string;
	contentType: string;
	/** bytes */
	size: number;
	binary: IBinaryData;
}

/** A file that is not sent, or that is missing, and why; `reason` completes '… was not stored: '. */
export interface FileRefusal {
	fileName: string;
	reason: string;
	advice: string;
}

/** What the user sets instead of the recorded values; an expression may return a value of any type. */
export interface Overrides {
	fileName?: unknown;
	mimeType?: unknown;
	/** whether a file is sent as `mimeType` even if its content is of another kind */
	trustMimeType?: unknown;
}

/**
 * The file to send for a binary value, or why it cannot be sent.
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
	// For a file with a name, n8n derives `fileExtension` from the recorded type (`copyBinaryFile`, 2.41.1).
	const extension = givenName ? extensionIn(givenName) : textOf(binary.fileExtension);
	const decision =
		kindFromMimeType(textOf(setType), head, overrides.trustMimeType === true) ??
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

/** The kind that 'MIME Type' sets; undefined if it is empty or unspecific, as the result of an expression may be. */
function kindFromMimeType(type: string, head: Uint8Array, trusted: boolean): FileKind | undefined {
	const kind = kindOfType(type);
	if (kind === undefined) {
		if (isUnspecific(type)) return undefined;
		return {
			reason: `${MIME_TYPE} is ${printable(type, 60)}, which Candid does not accept`,
			advice: TYPE_ADVICE,
		};
	}
	const reason = trusted ? undefined : contradiction(kind, head);
	return reason === undefined ? { kind } : { reason, advice: REMOVE_TYPE };
}

const REMOVE_TYPE =
	"Remove 'MIME Type', so that the node checks the file itself. To store the file as that type anyway, turn on 'Trust MIME Type' under Options.";

function defaultName(field: string, kind: AcceptedKind): string {
	return `${plainFileName(field) || 'file'}.${extensionOf(kind)}`;
}

/** Rounded up, so that a file just over the limit is not shown as 25.0 MB. */
function megabytes(bytes: number): string {
	return (Math.ceil((bytes / 1024 / 1024) * 10) / 10).toFixed(1);
}
