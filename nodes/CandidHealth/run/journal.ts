import { printable } from '../errors/messageText';

/** Most lines of a report; the parts that do not fit are counted. */
const MAX_LINES = 16;

const MAX_FAILED = 5;

/** Most characters of a line. */
const LINE_LENGTH = 200;

/** How many of the parts that were not started are named. */
const MAX_NAMED = 3;

/** See `Write` in `run/job.ts`. */
interface ReportTexts {
	nouns: [one: string, several: string];
	unchanged: string;
}

interface Entry {
	item: number;
	line: string;
}

/** A part that was not done, or not as it should be. */
export interface FailedPart {
	message: string;
	/** what to do about a part that may have been done */
	advice?: string;
	/** whether it was done, but not as it should be */
	done?: boolean;
}

/** What a run has done and what it has not, for the message of a run that did not succeed. */
export class Journal {
	private readonly done: Entry[] = [];

	private readonly failed: Array<FailedPart & { item: number }> = [];

	private unchanged = 0;

	private readonly notStarted: Entry[] = [];

	/** @param line what was done, with the result: "'a.pdf' [item 0] → <ID>" */
	addDone(item: number, line: string): void {
		this.done.push({ item, line });
	}

	/** A part for which there was nothing to do. */
	addUnchanged(): void {
		this.unchanged++;
	}

	addFailed(item: number, notDone: FailedPart): void {
		this.failed.push({ item, ...notDone });
	}

	/** @param line what was not started: "'a.pdf' [item 0]" */
	addNotStarted(item: number, line: string): void {
		this.notStarted.push({ item, line });
	}

	get hasDone(): boolean {
		return this.done.length > 0;
	}

	/**
	 * @param action as in 'was not stored'
	 * @param known the message of the error that the report is added to
	 * @param texts what is counted, and what is said of parts for which there was nothing to do
	 * @returns at most 16 lines; none when there is nothing to add to that message
	 */
	report(action: string, known: string, { nouns, unchanged }: ReportTexts): string[] {
		const count = (parts: number) => `${parts} ${nouns[parts === 1 ? 0 : 1]}`;
		const others = inOrder(this.failed.filter(({ message }) => message !== known));
		// Parts that may have been done come first: somebody must check them, so they must be named, not counted.
		const lines = [
			...others.filter(({ advice }) => advice !== undefined),
			...others.filter(({ advice }) => advice === undefined),
		].map(inOneLine);
		const title = others.some((part) => part.done)
			? 'Also needs attention:'
			: `Also not ${action}, or not known to be ${action}:`;
		const failed = section(title, lines, MAX_FAILED);
		const rest = [
			...(this.unchanged > 0 ? [`${unchanged}: ${count(this.unchanged)}.`] : []),
			...(this.notStarted.length > 0
				? [`Not started: ${count(this.notStarted.length)}, ${some(this.notStarted)}.`]
				: []),
		];
		const room = MAX_LINES - failed.length - rest.length - 1;
		const heading = `${count(this.done.length)} ${action} before the run stopped:`;
		const done = inOrder(this.done).map(({ line }) => printable(line, LINE_LENGTH));
		return [...section(heading, done, room), ...failed, ...rest];
	}
}

const inOneLine = ({ message, advice }: FailedPart) =>
	[
		printable(message, LINE_LENGTH),
		...(advice === undefined ? [] : [printable(advice, 2 * LINE_LENGTH)]),
	].join('. ');

function section(heading: string, lines: string[], room: number): string[] {
	if (lines.length === 0) return [];
	const shown = lines.length > room ? lines.slice(0, room - 1) : lines;
	const rest = lines.length - shown.length;
	const listed = [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].map((line) => `• ${line}`);
	// n8n's editor shows line breaks as spaces (2.41.1), so the end of a list has to be seen without them.
	const last = listed.pop()!;
	return [heading, ...listed, last.endsWith('.') ? last : `${last}.`];
}

function some(entries: Entry[]): string {
	const shown = inOrder(entries).slice(0, MAX_NAMED);
	const names = shown.map(({ line }) => printable(line, 60)).join(', ');
	const rest = entries.length - shown.length;
	return `${names}${rest > 0 ? ` and ${rest} more` : ''}`;
}

const inOrder = <T extends { item: number }>(entries: T[]): T[] =>
	[...entries].sort((a, b) => a.item - b.item);
