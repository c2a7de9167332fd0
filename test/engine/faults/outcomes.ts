import type { INodeExecutionData } from 'n8n-workflow';

import type { RunResult } from '../harness';
import type { FileOutcome, Outcome, TrialFile } from './trial';

/** What a message says of a file. */
type ReportedOutcome = Omit<FileOutcome, 'file'>;

/**
 * Reads what a run reports of its files, of which each item has one: from its output items, or from the
 * message of a failed run.
 */
export function outcomesOf(
	{ output, errors, error }: Pick<RunResult, 'output' | 'errors' | 'error'>,
	files: TrialFile[],
): FileOutcome[] {
	return error
		? outcomesInReport(error, files)
		: [...output, ...errors].flatMap((item) => outcomesInItem(item, files));
}

function outcomesInItem(
	{ json, error, pairedItem }: INodeExecutionData,
	files: TrialFile[],
): FileOutcome[] {
	const index = typeof pairedItem === 'object' && 'item' in pairedItem ? pairedItem.item : -1;
	const file = files[index];
	if (!file) return [];
	if (typeof json.attachment_id === 'string') {
		return [{ file, outcome: 'stored', attachmentId: json.attachment_id, text: '' }];
	}
	const outcome = outcomeIn(String(json.error ?? error?.message), String(json.message ?? ''));
	if (!outcome) return [];
	const { try_again: tryAgain } = (json.details ?? {}) as { try_again?: unknown };
	return [{ file, ...outcome, ...(typeof tryAgain === 'boolean' ? { tryAgain } : {}) }];
}

const STORED_LINE = /^• '(.*)' \[item (\d+)\] → ([\da-f-]{36})\.?$/;

/** Skipped files have no line of their own, only this count. */
const ATTACHED_ALREADY = /^Already attached: (\d+) files?\.$/;

/** Not every file has a line of its own. The number of the others must be as the report counts them. */
function outcomesInReport(
	{ message, description }: { message: string; description?: string | null },
	files: TrialFile[],
): FileOutcome[] {
	const lines = (description ?? '').split('\n');
	const outcomes: FileOutcome[] = [];
	const remaining = new Set(files);
	const add = (file: TrialFile | undefined, outcome: ReportedOutcome) => {
		if (!file || !remaining.delete(file)) return;
		outcomes.push({ file, ...outcome });
	};

	const addOutcomeIn = (sentence: string, advice: string) => {
		const outcome = outcomeIn(sentence, advice);
		const item = /\[item (\d+)\]/.exec(sentence)?.[1];
		if (outcome && item) add(files[Number(item)], outcome);
	};

	// The lines above the first empty line are about the file of the message, the others about all files.
	const emptyLine = lines.includes('') ? lines.indexOf('') : lines.length;
	addOutcomeIn(message, lines.slice(0, emptyLine).join(' '));
	for (const line of lines) addOutcomeIn(withoutBullet(line), '');
	for (const line of lines) {
		const [, name, item, attachmentId] = STORED_LINE.exec(line) ?? [];
		const file = files[Number(item)];
		if (file?.name === name) add(file, { outcome: 'stored', attachmentId, text: line });
	}
	const more = sumIn(lines, /^• and (\d+) more\.$/);
	const notStarted = sumIn(lines, /^Not started: (\d+) files?, /);
	const attachedAlready = sumIn(lines, ATTACHED_ALREADY);
	const nothingSent = description?.includes('Nothing was sent.') ?? false;
	if (nothingSent || more + attachedAlready + notStarted === remaining.size) {
		for (const file of remaining) {
			add(file, {
				outcome: more + attachedAlready > 0 ? 'unknown' : 'not started',
				text: lines.join('\n'),
			});
		}
	}
	return outcomes;
}

/** How the sentences begin that report the outcome of a file. */
const SENTENCES: Array<[beginning: RegExp, outcome: Outcome]> = [
	[/^It is not known whether '.*' \[item \d+\] was stored: /, 'unknown'],
	[/^'.*' \[item \d+\] was not stored: /, 'not stored'],
	[/^'.*' \[item \d+\] was stored, but /, 'stored'],
	[/^'.*' \[item \d+\] was not sent: /, 'not started'],
];

const ATTACHMENT_ID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/;

/** @param advice the text below the sentence */
function outcomeIn(sentence: string, advice: string): ReportedOutcome | undefined {
	const [, outcome] = SENTENCES.find(([beginning]) => beginning.test(sentence)) ?? [];
	if (!outcome) return undefined;
	const text = `${sentence} ${advice}`;
	if (outcome !== 'stored') return { outcome, text };
	const [attachmentId] = ATTACHMENT_ID.exec(text) ?? [];
	return { outcome, text, attachmentId, isAdmitted: true };
}

const withoutBullet = (line: string) => line.replace(/^• /, '');

const sumIn = (lines: string[], pattern: RegExp) =>
	lines.reduce((sum, line) => sum + Number(pattern.exec(line)?.[1] ?? 0), 0);
