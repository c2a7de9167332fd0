import { essenceOf } from './fileKinds';
import type { ListHistory } from './listHistory';
import type { ListedAttachment, ParentList } from './parentList';

/** The properties in a list by which a file that was sent is recognized. */
export type SentFile = Pick<
	ListedAttachment,
	'fileName' | 'contentType' | 'attachmentType' | 'description'
>;

/** Whether a list shows a file that was sent and not acknowledged. */
export type ReconcileResult =
	| { result: 'found'; id: string }
	/** one of these may be the file, but it is not certain that one is, or which */
	| { result: 'ambiguous'; ids: string[] }
	| { result: 'absent' };

/** What is known besides the list. */
export interface ReconcileContext {
	/** the lists of the same parent before this one */
	history: ListHistory;
	/** when the file was first sent, milliseconds since the epoch */
	sentAt: number;
	/** whether an attachment is known to be another file */
	isOther(id: string): boolean;
	/**
	 * A list requested at this time or later shows everything that others may have stored before this file
	 * was sent. Milliseconds since the epoch; Infinity if it is not known whether lists show what is stored
	 */
	reliableSince: number;
	/** whether another file that this list could not tell from this one may be stored too */
	otherUncertain: boolean;
}

/**
 * Looks in a list for a file that was sent and not acknowledged. It is found if exactly one entry matches
 * it, and that entry cannot be older than the file's upload.
 */
export function reconcile(
	list: ParentList,
	sent: SentFile,
	context: ReconcileContext,
): ReconcileResult {
	const { history, sentAt, isOther } = context;
	const isOlder = ({ id, createdAt = Infinity }: ListedAttachment) =>
		history.hadBy(id, sentAt) || createdAt + list.clockBehind + MINUTE_MS < sentAt;
	const candidates = list.attachments.filter(
		(entry) => maybeSameFile(entry, sent) && !isOther(entry.id) && !isOlder(entry),
	);
	const [one, another] = candidates;
	if (!one) return { result: 'absent' };
	const isNewer =
		isCreatedSince(one, list, context) || history.lackedSince(one.id, context.reliableSince);
	if (!another && isNewer && hasSameName(one, sent)) {
		return { result: 'found', id: one.id };
	}
	return { result: 'ambiguous', ids: candidates.map(({ id }) => id) };
}

const isCreatedSince = (
	{ createdAt }: ListedAttachment,
	{ clockAhead }: ParentList,
	{ sentAt, otherUncertain }: ReconcileContext,
) => createdAt !== undefined && createdAt >= sentAt + clockAhead && !otherUncertain;

/** Allowed difference: the `Date` of an answer and `created_at` may come from two of Candid's servers. */
const MINUTE_MS = 60_000;

/** The attachments that 'Skip' treats as the same file: same name and attachment type. */
export const sameNamed = (attachments: ListedAttachment[], sent: SentFile) =>
	attachments.filter(
		(entry) => hasSameName(entry, sent) && entry.attachmentType === sent.attachmentType,
	);

/**
 * A file name in the form in which all names are compared: a quotation mark is sent as `%22`, and lists may
 * show spaces and composed letters in another form than they were sent in.
 */
export const comparableName = (fileName: string) => onOneLine(fileName.replace(/%22/g, '"'));

const hasSameName = (entry: ListedAttachment, sent: SentFile) =>
	comparableName(entry.fileName) === comparableName(sent.fileName);

/** Compares only letters and digits of the name, because Candid may have replaced other characters. */
const maybeSameFile = (entry: ListedAttachment, sent: SentFile) =>
	lettersOf(entry.fileName) === lettersOf(sent.fileName) &&
	essenceOf(entry.contentType) === essenceOf(sent.contentType) &&
	entry.attachmentType === sent.attachmentType &&
	onOneLine(entry.description) === onOneLine(sent.description);

const lettersOf = (fileName: string) =>
	comparableName(fileName)
		.toLowerCase()
		.replace(/[^\p{L}\p{N}]/gu, '');

const onOneLine = (text: string) => text.normalize('NFC').replace(/\s+/g, ' ').trim();
