import type { IDataObject } from 'n8n-workflow';

import type { RunResult } from '../harness';

/** What a run says of an item. */
export interface Report {
	/** undefined: nothing, or nothing that is understood */
	said?: 'done' | 'not done' | 'unknown';
	/** the JSON of its output item, if it was done */
	output?: IDataObject;
}

/** Reads what a run of writes with one part per item says of each item: in its output, or in its message. */
export const reportsOf = (result: RunResult, count: number): Report[] =>
	Array.from({ length: count }, (_, index) =>
		result.error ? inMessage(result.error, index) : inItems(result, index),
	);

function inItems({ output, errors }: RunResult, index: number): Report {
	const ofItem = [...output, ...errors].filter(
		({ pairedItem }) => (pairedItem as { item: number }).item === index,
	);
	const [item] = ofItem;
	if (!item || ofItem.length > 1) return {};
	const { json } = item;
	return typeof json.error === 'string'
		? { said: inSentence(json.error) }
		: { said: 'done', output: json };
}

function inMessage(
	{ message, description }: NonNullable<RunResult['error']>,
	index: number,
): Report {
	const lines = [message, ...(description ?? '').split('\n')];
	const own = lines.filter((line) => line.includes(`[item ${index}]`));
	const said = new Set(own.map(inSentence));
	// Of the parts that were not started, the report names only some.
	if (own.length === 0)
		return /^Not started: .* more\.$/m.test(lines.join('\n')) ? NOT_STARTED : {};
	return said.size === 1 ? { said: [...said][0] } : {};
}

const NOT_STARTED: Report = { said: 'not done' };

function inSentence(line: string): Report['said'] {
	if (line.includes('It is not known whether ')) return 'unknown';
	if (/\[item \d+\] was not |^Not started: /.test(line)) return 'not done';
	return /^• .* \[item \d+\]\.?$|\[item \d+\] was \w+, but /.test(line) ? 'done' : undefined;
}
