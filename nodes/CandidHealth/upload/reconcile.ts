import { essenceOf } from './fileKinds';
import type { ListHistory } from './listHistory';
import type { ListedAttachment, ParentList } from './parentList';

/** What tells a file that was sent from others. */
export type SentFile = Pick<
	ListedAttachment,
	'fileName' | 'contentType' | 'attachmentType' | 'description'
>;

/** What a list says of a file that was sent and not acknowledged. */
export type Match =
	| { result: 'found'; id: string }
	/** one of these may be the file, and it cannot be told whether one is, or which */
	| { result: 'ambiguous'; ids: string[] }
	| { result: 'absent' };

/** What is known besides the list. */
export interface Known {
	/** the lists of the same parent before this one */
	history: ListHistory;
	/** when the file was first sent, milliseconds since the epoch */
	sentAt: number;
	/** whether an attachment is known to be another file */
	isOther(id: string): boolean;
	/**
	 * From when on a list shows all that others may have stored before this file was sent (milliseconds
	 * since the epoch); infinite as long as no list has been seen to show what is there
	 */
	reliableSince: number;
	/** whether another file that this list could not tell from this one may be stored too */
	otherUncertain: boolean;
}

/**
 * Looks in a list for a file that was sent and not acknowledged. It is found where exactly one entry is
 * like it, and that entry cannot be older than the file's upload.
 */
export function reconcile(list: ParentList, sent: SentFile, known: Known): Match {
	const { history, sentAt, isOther } = known;
	const isOlder = ({ id, createdAt = Infinity }: ListedAttachment) =>
		history.hadBy(id, sentAt) || createdAt + list.clockBehind + MINUTE_MS < sentAt;
	const candidates = list.attachments.filter(
		(entry) => resembles(entry, sent) && !isOther(entry.id) && !isOlder(entry),
	);
	const [one, another] = candidates;
	if (!one) return { result: 'absent' };
	const isNewer =
		isCreatedSince(one, list, known) || history.lackedSince(one.id, known.reliableSince);
	if (!another && isNewer && hasSameName(one, sent)) {
		return { result: 'found', id: one.id };
	}
	return { result: 'ambiguous', ids: candidates.map(({ id }) => id) };
}

const isCreatedSince = (
	{ createdAt }: ListedAttachment,
	{ clockAhead }: ParentList,
	{ sentAt, otherUncertain }: Known,
) => createdAt !== undefined && createdAt >= sentAt + clockAhead && !otherUncertain;

/** Who writes the `Date` of an answer and who the time of a creation may be two servers. */
const MINUTE_MS = 60_000;

/** The attachments that 'Skip' takes a file to be: same name and attachment type. */
export const sameNamed = (attachments: ListedAttachment[], sent: SentFile) =>
	attachments.filter(
		(entry) => hasSameName(entry, sent) && entry.attachmentType === sent.attachmentType,
	);

/**
 * A file name as names are compared, wherever they are: a quotation mark is sent as `%22`, and spaces
 * and composed letters may come back in another form.
 */
export const comparableName = (fileName: string) => onOneLine(fileName.replace(/%22/g, '"'));

const hasSameName = (entry: ListedAttachment, sent: SentFile) =>
	comparableName(entry.fileName) === comparableName(sent.fileName);

/** An entry with a name that Candid may have cleaned is not another file for certain. */
const resembles = (entry: ListedAttachment, sent: SentFile) =>
	lettersOf(entry.fileName) === lettersOf(sent.fileName) &&
	essenceOf(entry.contentType) === essenceOf(sent.contentType) &&
	entry.attachmentType === sent.attachmentType &&
	onOneLine(entry.description) === onOneLine(sent.description);

const lettersOf = (fileName: string) =>
	comparableName(fileName)
		.toLowerCase()
		.replace(/[^\p{L}\p{N}]/gu, '');

const onOneLine = (text: string) => text.normalize('NFC').replace(/\s+/g, ' ').trim();
