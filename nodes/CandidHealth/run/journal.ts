import { printable } from '../fileName';

/** Lines of a report, at most; what does not fit is counted. */
const MAX_LINES = 16;

const MAX_FAILED = 5;

/** How many of those that were not started are named. */
const MAX_NAMED = 3;

interface Words {
	nouns: [one: string, several: string];
	unchanged: string;
}

interface Entry {
	item: number;
	line: string;
}

/** What a run has done and what not, for the message of a run that did not succeed. */
export class Journal {
	private readonly done: Entry[] = [];

	private readonly notDone: Entry[] = [];

	private unchanged = 0;

	private readonly notStarted: Entry[] = [];

	/** @param line what was done, with what came of it: "'a.pdf' [item 0] → <ID>" */
	addDone(item: number, line: string): void {
		this.done.push({ item, line });
	}

	/** A part that needed nothing to be done. */
	addUnchanged(): void {
		this.unchanged++;
	}

	/** @param line what was not done, and why */
	addNotDone(item: number, line: string): void {
		this.notDone.push({ item, line });
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
	 * @param known the line of the one that the message itself is about
	 * @param words what is counted, and what is said of parts that needed nothing to be done
	 * @returns at most 16 lines; none when there is nothing to say besides that message
	 */
	report(action: string, known: string, { nouns, unchanged }: Words): string[] {
		const count = (parts: number) => `${parts} ${nouns[parts === 1 ? 0 : 1]}`;
		const others = this.notDone.filter(({ line }) => line !== known);
		const failed = section(`Also not ${action}, or not known to be:`, others, MAX_FAILED);
		const rest = [
			...(this.unchanged > 0 ? [`${unchanged}: ${count(this.unchanged)}.`] : []),
			...(this.notStarted.length > 0
				? [`Not started: ${count(this.notStarted.length)}, ${some(this.notStarted)}.`]
				: []),
		];
		const room = MAX_LINES - failed.length - rest.length - 1;
		const heading = `${count(this.done.length)} ${action} before the run stopped:`;
		return [...section(heading, this.done, room), ...failed, ...rest];
	}
}

function section(heading: string, entries: Entry[], room: number): string[] {
	if (entries.length === 0) return [];
	const inOrder = sorted(entries);
	const shown = inOrder.length > room ? inOrder.slice(0, room - 1) : inOrder;
	const rest = inOrder.length - shown.length;
	const lines = shown.map(({ line }) => `- ${printable(line, 200)}`);
	return [heading, ...lines, ...(rest > 0 ? [`- and ${rest} more`] : [])];
}

function some(entries: Entry[]): string {
	const shown = sorted(entries).slice(0, MAX_NAMED);
	const names = shown.map(({ line }) => printable(line, 60)).join(', ');
	const rest = entries.length - shown.length;
	return `${names}${rest > 0 ? ` and ${rest} more` : ''}`;
}

const sorted = (entries: Entry[]) => [...entries].sort((a, b) => a.item - b.item);
