import { isRecord } from '../errors/candidFailure';

/** A file that Candid holds, as the list of its charge capture or encounter gives it. */
export interface AttachedFile {
	id: string;
	fileName: string;
	contentType: string;
	attachmentType: string;
	description: string;
	/** milliseconds since the epoch by Candid's clock; lists of charge captures do not say it */
	createdAt?: number;
}

export interface Listing {
	files: AttachedFile[];
	/** milliseconds since the epoch, by this computer's clock */
	requestedAt: number;
	answeredAt: number;
	/** by how many milliseconds Candid's clock is ahead of this computer's, at least; not below 0 */
	clockAhead: number;
	/** by how many it is behind, at most; not below 0, and infinite where nothing is known */
	clockBehind: number;
}

/** What tells a file that was sent from others. */
export type SentFile = Pick<
	AttachedFile,
	'fileName' | 'contentType' | 'attachmentType' | 'description'
>;

/** What earlier lists of a run say about the age of a parent's attachments. */
export class ListHistory {
	private firstListAt = Infinity;

	private readonly firstSeen = new Map<string, number>();

	add({ files, answeredAt }: Listing): void {
		this.firstListAt = Math.min(this.firstListAt, answeredAt);
		for (const { id } of files) {
			this.firstSeen.set(id, Math.min(this.firstSeen.get(id) ?? Infinity, answeredAt));
		}
	}

	/** Whether a list had it by then. */
	wasThere(id: string, time: number): boolean {
		return (this.firstSeen.get(id) ?? Infinity) <= time;
	}

	/** Whether there is a list that did not have it. */
	hasCome(id: string): boolean {
		return this.firstListAt < (this.firstSeen.get(id) ?? Infinity);
	}
}

/** No candidates: Candid does not have the file. More than none: nobody can tell whether it has. */
export type Sighting = { found: string } | { candidates: string[] };

/**
 * Looks in a list for a file that was sent and not acknowledged. It is found where exactly one entry
 * is like it, and that cannot be older than the sending.
 *
 * @param history of the lists before this one
 * @param sentAt when it was first sent, milliseconds since the epoch
 * @param spokenFor IDs that are known to be other files'
 */
export function seekFile(
	{ files, clockAhead, clockBehind }: Listing,
	history: ListHistory,
	sent: SentFile,
	sentAt: number,
	spokenFor: (id: string) => boolean,
): Sighting {
	const isOlder = ({ id, createdAt = Infinity }: AttachedFile) =>
		history.wasThere(id, sentAt) || createdAt + clockBehind + MINUTE_MS < sentAt;
	const candidates = files.filter(
		(file) => resembles(file, sent) && !spokenFor(file.id) && !isOlder(file),
	);
	const [one, another] = candidates;
	if (one && !another && isSame(one, sent)) {
		const createdSince = one.createdAt !== undefined && one.createdAt >= sentAt + clockAhead;
		if (createdSince || history.hasCome(one.id)) return { found: one.id };
	}
	return { candidates: candidates.map(({ id }) => id) };
}

/** Who writes the `Date` of an answer and who the time of a creation may be two servers. */
const MINUTE_MS = 60_000;

/** The attachments that 'Skip' takes a file to be: same name and attachment type. */
export const sameNamed = (files: AttachedFile[], { fileName, attachmentType }: SentFile) =>
	files.filter(
		(file) => nameOf(file.fileName) === nameOf(fileName) && file.attachmentType === attachmentType,
	);

/** @returns undefined for an answer that is no list of attachments */
export function attachedFiles(answer: unknown): AttachedFile[] | undefined {
	if (!Array.isArray(answer)) return undefined;
	const files: AttachedFile[] = [];
	for (const entry of answer) {
		if (!isRecord(entry) || typeof entry.attachment_id !== 'string') return undefined;
		const text = (name: string) => (typeof entry[name] === 'string' ? entry[name] : '');
		const createdAt = Date.parse(text('created_at'));
		files.push({
			id: entry.attachment_id,
			fileName: text('file_name'),
			contentType: text('content_type'),
			attachmentType: text('attachment_type'),
			description: text('description'),
			createdAt: Number.isNaN(createdAt) ? undefined : createdAt,
		});
	}
	return files;
}

const isSame = (file: AttachedFile, sent: SentFile) =>
	nameOf(file.fileName) === nameOf(sent.fileName);

/** A name that Candid might have cleaned is not absent: it stays in question. */
const resembles = (file: AttachedFile, sent: SentFile) =>
	lettersOf(file.fileName) === lettersOf(sent.fileName) &&
	mediaType(file.contentType) === mediaType(sent.contentType) &&
	file.attachmentType === sent.attachmentType &&
	onOneLine(file.description) === onOneLine(sent.description);

/** As it went out, or as it was: a quotation mark is sent as %22. */
const nameOf = (fileName: string) => onOneLine(fileName.replace(/%22/g, '"'));

const lettersOf = (fileName: string) =>
	nameOf(fileName)
		.toLowerCase()
		.replace(/[^\p{L}\p{N}]/gu, '');

const mediaType = (contentType: string) => contentType.split(';')[0]!.trim().toLowerCase();

const onOneLine = (text: string) => text.normalize('NFC').replace(/\s+/g, ' ').trim();
