/** Which kind of file something is, and why it is refused: pure decisions over the tables in `fileKinds`. */

import { printable } from '../errors/messageText';
import type { Invalid } from '../request/values';
import { isAlsoText, kindOfContent } from './contentKind';
import {
	ACCEPTED_KINDS,
	REFUSED_KINDS,
	TYPE_ADVICE,
	isAccepted,
	isUnspecific,
	kindOfExtension,
	kindOfType,
} from './fileKinds';
import type { AcceptedKind, Kind } from './fileKinds';

/** What is known of a file. */
export interface FileFacts {
	/** the media type that n8n or the sender recorded; may be empty */
	recorded: string;
	/** without a dot; may be empty */
	extension: string;
	/** its first `HEAD_BYTES`, or all of it */
	head: Uint8Array;
}

/** What a file is, or why it is not accepted; `reason` completes '… was not stored: '. */
export type FileKind = { kind: AcceptedKind } | Invalid;

/**
 * Decides what a file is: by its content, and by its extension and its recorded type only if the content
 * cannot tell (plain text or CSV, Word or Excel). If they contradict each other, the content wins, because
 * n8n derives the recorded type from the extension (Read Files from Disk), or guesses it (FTP; 2.41.1).
 */
export function kindOf(facts: FileFacts): FileKind {
	const kinds = kindsOf(facts);
	const { byName, byType, byContent } = kinds;
	if (byContent === 'text') {
		if (byName === 'csv' || (byType === 'csv' && (!byName || byName === 'text'))) {
			return { kind: 'csv' };
		}
		if (byName === 'text') return { kind: 'text' };
	}
	if (byName === 'text' && isAlsoText(byContent)) return { kind: 'text' };
	if (byContent && byContent !== 'text' && isAccepted(byContent)) return { kind: byContent };
	return refusal(kinds, facts.recorded);
}

/** The kinds that a file's name, recorded type and content indicate; each undefined if it is not known. */
export interface Kinds {
	byName?: Kind;
	byType?: AcceptedKind;
	byContent?: Kind;
}

export function kindsOf({ recorded, extension, head }: FileFacts): Kinds {
	const byName = kindOfExtension(extension);
	const byType = kindOfType(recorded);
	return { byName, byType, byContent: kindOfContent(head, byName, byType) };
}

/**
 * Compares a file's content with the kind that the user has set in 'MIME Type'.
 *
 * @returns why it cannot be of that kind; undefined when it can
 */
export function contradiction(kind: AcceptedKind, head: Uint8Array): string | undefined {
	const content = kindOfContent(head, kind);
	if (content === kind) return undefined;
	if (content === 'text' && kind === 'csv') return undefined;
	if (kind === 'text' && isAlsoText(content)) return undefined;
	return `'MIME Type' says ${ACCEPTED_KINDS[kind].name}, but ${described(content)}`;
}

function refusal({ byName, byType, byContent }: Kinds, recorded: string): Invalid {
	const declared = declaredKind(byName, byType);
	if (byContent && byContent !== 'text') {
		return {
			reason:
				declared === undefined ? described(byContent) : `${declared}, but ${described(byContent)}`,
			advice: adviceOn(byContent),
		};
	}
	if (declared !== undefined) {
		return {
			reason: `${declared}, but ${described(byContent)}`,
			advice: `${TYPE_ADVICE} Check that the file opens, and check the node that read it.`,
		};
	}
	if (byName) return { reason: `by its name ${described(byName)}`, advice: adviceOn(byName) };
	return unknownType(byContent === 'text', recorded);
}

function unknownType(isText: boolean, recorded: string): Invalid {
	const notNamed = isText ? ': it is text, and its name does not end with .txt or .csv' : '';
	return {
		reason: isUnspecific(recorded)
			? `its type is unknown${notNamed}`
			: `Candid does not accept files of the type ${printable(recorded.trim(), 60)}`,
		advice: `${TYPE_ADVICE} ${isText ? SET_TYPE : 'Convert it to PDF.'}`,
	};
}

const SET_TYPE = "If it is one of these, set 'File Name' or 'MIME Type' under Additional Fields.";

/** What the name or the recorded type says that the file is, if that is an accepted kind. */
function declaredKind(byName?: Kind, byType?: AcceptedKind): string | undefined {
	if (byName) {
		return isAccepted(byName) ? `its name says ${ACCEPTED_KINDS[byName].name}` : undefined;
	}
	return byType && byType !== 'text'
		? `it is recorded as ${ACCEPTED_KINDS[byType].name}`
		: undefined;
}

function described(kind?: Kind): string {
	if (kind === undefined) return 'its content is something else';
	if (isAccepted(kind)) return `its content is ${ACCEPTED_KINDS[kind].name}`;
	const [name] = REFUSED_KINDS[kind];
	return `it is ${name}`;
}

function adviceOn(kind: Kind): string {
	if (isAccepted(kind)) return TYPE_ADVICE;
	const [, advice] = REFUSED_KINDS[kind];
	return `${TYPE_ADVICE} ${advice}`;
}
