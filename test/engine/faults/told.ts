import type { INodeExecutionData } from 'n8n-workflow';

import type { RunResult } from '../harness';
import type { Outcome, Told, TrialFile } from './trial';

/**
 * Reads what a run says of its files, one per item: from its output items, or from the message of a
 * run that failed.
 */
export function toldBy({ output, errors, error }: RunResult, files: TrialFile[]): Told[] {
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
	const words = `${String(json.error ?? error?.message)} ${String(json.message ?? '')}`;
	const outcome = outcomeOf(words);
	return outcome ? [{ file, outcome, words }] : [];
}

const STORED_LINE = /^- '(.*)' \[item (\d+)\] → ([\da-f-]{36})$/;

/** Skipped files have no line. */
const ATTACHED_ALREADY = /^Attached already: (\d+) files?\.$/;

/** Not every file has a line of its own: what is left must be as many as the report counts. */
function toldByReport(
	{ message, description }: { message: string; description?: string | null },
	files: TrialFile[],
): Told[] {
	const lines = (description ?? '').split(/(?:<br>)?\n/);
	const told: Told[] = [];
	const left = new Set(files);
	const tell = (file: TrialFile | undefined, about: Omit<Told, 'file'>) => {
		if (!file || !left.delete(file)) return;
		told.push({ file, ...about });
	};

	for (const words of [`${message} ${description ?? ''}`, ...lines.map(withoutDash)]) {
		const outcome = outcomeOf(words);
		const item = /\[item (\d+)\]/.exec(words)?.[1];
		if (outcome && item) tell(files[Number(item)], { outcome, words });
	}
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

function outcomeOf(words: string): Outcome | undefined {
	if (/^It is not known whether '.*' \[item \d+\] was stored: /.test(words)) return 'unknown';
	return /^'.*' \[item \d+\] was not stored: /.test(words) ? 'not stored' : undefined;
}

const withoutDash = (line: string) => line.replace(/^- /, '');

const sumOf = (lines: string[], pattern: RegExp) =>
	lines.reduce((sum, line) => sum + Number(pattern.exec(line)?.[1] ?? 0), 0);
