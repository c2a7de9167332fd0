import type { INodeExecutionData } from 'n8n-workflow';

import type { RunResult } from '../harness';
import type { Outcome, Told, TrialFile } from './trial';

/** What a message says of a file. */
type Account = Omit<Told, 'file'>;

/**
 * Reads what a run says of its files, one per item: from its output items, or from the message of a
 * run that failed.
 */
export function toldBy(
	{ output, errors, error }: Pick<RunResult, 'output' | 'errors' | 'error'>,
	files: TrialFile[],
): Told[] {
	return error
		? toldByReport(error, files)
		: [...output, ...errors].flatMap((item) => toldByItem(item, files));
}

function toldByItem({ json, error, pairedItem }: INodeExecutionData, files: TrialFile[]): Told[] {
	const index = typeof pairedItem === 'object' && 'item' in pairedItem ? pairedItem.item : -1;
	const file = files[index];
	if (!file) return [];
	if (typeof json.attachment_id === 'string') {
		return [{ file, outcome: 'stored', attachmentId: json.attachment_id, words: '' }];
	}
	const account = accountOf(String(json.error ?? error?.message), String(json.message ?? ''));
	if (!account) return [];
	const { try_again: tryAgain } = (json.details ?? {}) as { try_again?: unknown };
	return [{ file, ...account, ...(typeof tryAgain === 'boolean' ? { tryAgain } : {}) }];
}

const STORED_LINE = /^- '(.*)' \[item (\d+)\] → ([\da-f-]{36})$/;

/** Skipped files have no line. */
const ATTACHED_ALREADY = /^Already attached: (\d+) files?\.$/;

/** Not every file has a line of its own: what is left must be as many as the report counts. */
function toldByReport(
	{ message, description }: { message: string; description?: string | null },
	files: TrialFile[],
): Told[] {
	const lines = (description ?? '').split(/(?:<br>)?\n/);
	const told: Told[] = [];
	const left = new Set(files);
	const tell = (file: TrialFile | undefined, account: Account) => {
		if (!file || !left.delete(file)) return;
		told.push({ file, ...account });
	};

	const tellWhatIsSaid = (sentence: string, advice: string) => {
		const account = accountOf(sentence, advice);
		const item = /\[item (\d+)\]/.exec(sentence)?.[1];
		if (account && item) tell(files[Number(item)], account);
	};

	// What stands above the first empty line is about the file of the message, the rest is about all.
	const emptyLine = lines.includes('') ? lines.indexOf('') : lines.length;
	tellWhatIsSaid(message, lines.slice(0, emptyLine).join(' '));
	for (const line of lines) tellWhatIsSaid(withoutDash(line), '');
	for (const line of lines) {
		const [, name, item, attachmentId] = STORED_LINE.exec(line) ?? [];
		const file = files[Number(item)];
		if (file?.name === name) tell(file, { outcome: 'stored', attachmentId, words: line });
	}
	const more = sumOf(lines, /^- and (\d+) more$/);
	const notStarted = sumOf(lines, /^Not started: (\d+) files?, /);
	const attachedAlready = sumOf(lines, ATTACHED_ALREADY);
	const nothingSent = description?.includes('Nothing was sent.') ?? false;
	if (nothingSent || more + attachedAlready + notStarted === left.size) {
		for (const file of left) {
			tell(file, {
				outcome: more + attachedAlready > 0 ? 'unknown' : 'not started',
				words: lines.join('\n'),
			});
		}
	}
	return told;
}

/** How a sentence begins that says what has become of a file. */
const SENTENCES: Array<[beginning: RegExp, outcome: Outcome]> = [
	[/^It is not known whether '.*' \[item \d+\] was stored: /, 'unknown'],
	[/^'.*' \[item \d+\] was not stored: /, 'not stored'],
	[/^'.*' \[item \d+\] was stored, but /, 'stored'],
	[/^'.*' \[item \d+\] was not sent: /, 'not started'],
];

const ATTACHMENT_ID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/;

/** @param advice what stands below the sentence */
function accountOf(sentence: string, advice: string): Account | undefined {
	const [, outcome] = SENTENCES.find(([beginning]) => beginning.test(sentence)) ?? [];
	if (!outcome) return undefined;
	const words = `${sentence} ${advice}`;
	if (outcome !== 'stored') return { outcome, words };
	const [attachmentId] = ATTACHMENT_ID.exec(words) ?? [];
	return { outcome, words, attachmentId, isAdmitted: true };
}

const withoutDash = (line: string) => line.replace(/^- /, '');

const sumOf = (lines: string[], pattern: RegExp) =>
	lines.reduce((sum, line) => sum + Number(pattern.exec(line)?.[1] ?? 0), 0);
