import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import type { IDataObject, IExecuteSingleFunctions, INodeExecutionData } from 'n8n-workflow';

import { candidApiError, capitalized } from '../errors/candidApiError';
import type { Action } from '../errors/candidApiError';
import { runOf } from './run';
import type { Run } from './run';

/** How many requests without a file are in flight: at 100 ms each, Candid's 1,000 in 10 seconds. */
export const REQUEST_SLOTS = 10;

/** How many large files are on their way: more costs memory and gains little. */
export const FILE_SLOTS = 4;

/** Something that an item asks for and that cannot be sent; `why` completes '… was not stored: '. */
export interface Refusal {
	/** what the message is about: a file's name, say */
	subject: string;
	why: string;
	advice: string;
	/** what the error item says of it besides */
	details: IDataObject;
}

/** What a node does for one item, in one or several parts: a file each, say. */
export interface Job<T extends object> {
	action: Action;
	/** how many parts of the whole run may be in flight, at least 1 */
	slots: number;
	/** how many of the slots a part takes, if not one */
	weight?(part: T): number;
	/** sends nothing; finds out what can be sent */
	check(): Promise<Array<T | Refusal>>;
	/** what an earlier try of n8n's Retry On Fail has done already */
	known?(part: T): INodeExecutionData[] | undefined;
	/** waits for parts that must not be in flight together with this one; @returns lets the next go on */
	queue?(part: T): Promise<() => void>;
	/** @throws an n8n error in plain words */
	send(part: T, run: Run): Promise<INodeExecutionData[]>;
	/** what a message calls a part */
	subject(part: T): string;
	/** what the error item of a part says of it besides */
	details(part: T): IDataObject;
	/** For an action that has consequences: how the message of a failed run says what it has done. */
	report?: {
		/** a part that was done, with what came of it; nothing for one that needed nothing to be done */
		line(items: INodeExecutionData[]): string | undefined;
		/** what is said of those */
		unchanged: string;
		/** what to do after a run that has done some of its parts */
		advice: string;
	};
}

/**
 * Checks an item, waits until all items of the run are checked, and then sends its parts, each in a
 * slot of the run. Nothing is sent when any item cannot be, unless the node continues on fail.
 *
 * @returns the items that the parts gave, in the order of the parts, linked to their input item
 * @throws the first part's error when all of the run has come to its end, with a report of what it has
 * done; unless the node continues on fail: then each error is an item of its own
 */
export async function runItem<T extends object>(
	context: IExecuteSingleFunctions,
	job: Job<T>,
): Promise<INodeExecutionData[]> {
	const run = runOf(context, job.slots);
	const [outcome] = await Promise.allSettled([checkAndSend(context, run, job)]);
	run.leave();
	if (outcome.status === 'fulfilled') {
		const toErrorOutput = context.getNode().onError === 'continueErrorOutput';
		return outcome.value.map(({ error, ...rest }) => {
			const item = { ...rest, pairedItem: { item: context.getItemIndex() } };
			return error && toErrorOutput ? marked(item, error as NodeApiError) : item;
		});
	}
	if (!run.continues) {
		await run.over;
		addReport(outcome.reason as Described, run, job);
	}
	throw outcome.reason;
}

async function checkAndSend<T extends object>(
	context: IExecuteSingleFunctions,
	run: Run,
	job: Job<T>,
): Promise<INodeExecutionData[]> {
	const checking = run.inSlots(1, async () => await job.check());
	const verdict = await run.verdict(checking.then((parts) => !parts.some(isRefusal)));
	if (verdict === 'abandoned') return NOT_SENT;
	const parts = await checking;
	if (verdict === 'refused') {
		run.stop();
		for (const part of parts) if (!isRefusal(part)) alreadyDone(context, run, job, part);
		const [first, ...others] = parts.filter(isRefusal);
		if (first) throw refusalError(context, run, job.action, first, others);
		return NOT_SENT;
	}

	const outcomes = await Promise.allSettled(
		parts.map(async (part) => {
			if (isRefusal(part)) throw refusalError(context, run, job.action, part);
			const known = alreadyDone(context, run, job, part);
			if (known) return known;
			const leaveQueue = await job.queue?.(part);
			try {
				const slots = job.weight?.(part) ?? 1;
				return await run.inSlots(slots, async () => {
					return await sendUnlessStopped(context, run, job, part);
				});
			} finally {
				leaveQueue?.();
			}
		}),
	);
	return outcomes.flatMap((outcome, index) => {
		if (outcome.status === 'fulfilled') return outcome.value;
		if (!run.continues) throw outcome.reason;
		const part = parts[index]!;
		const details = isRefusal(part) ? part.details : job.details(part);
		return errorItem(outcome.reason as NodeApiError, details);
	});
}

const isRefusal = (part: object): part is Refusal => 'why' in part;

/** For an item that was held back. The run ends with another item's refusal, so nobody should see it. */
const NOT_SENT: INodeExecutionData[] = [
	{ json: { error: 'Not sent, because another item of this run could not be' } },
];

function alreadyDone<T extends object>(
	context: IExecuteSingleFunctions,
	run: Run,
	{ known, report }: Job<T>,
	part: T,
): INodeExecutionData[] | undefined {
	const items = known?.(part);
	if (items) note(context, run, report, items);
	return items;
}

async function sendUnlessStopped<T extends object>(
	context: IExecuteSingleFunctions,
	run: Run,
	job: Job<T>,
	part: T,
): Promise<INodeExecutionData[]> {
	const item = context.getItemIndex();
	if (run.stopped) {
		run.journal.addNotStarted(item, `${job.subject(part)} [item ${item}]`);
		if (run.halted && run.continues) {
			throw candidApiError(context, { subject: job.subject(part), action: job.action }, run.halted);
		}
		return [];
	}
	const sending = job.send(part, run);
	await sending.then(
		(items) => {
			note(context, run, job.report, items);
		},
		(error: Error) => {
			run.stop();
			run.journal.addNotDone(item, error.message);
		},
	);
	return await sending;
}

function note(
	context: IExecuteSingleFunctions,
	{ journal }: Run,
	report: Job<object>['report'],
	items: INodeExecutionData[],
): void {
	const line = report?.line(items);
	if (line === undefined) journal.addUnchanged();
	else journal.addDone(context.getItemIndex(), line);
}

type Described = Error & { description?: string | null };

/** The engine drops what the other items gave: what they did must stand in the message. */
function addReport<T extends object>(error: Described, run: Run, { action, report }: Job<T>): void {
	if (!report) return;
	const lines = run.journal.report(action, error.message, report.unchanged);
	if (lines.length === 0) return;
	// n8n's editor shows descriptions as HTML (2.41.1), others as text.
	error.description = [error.description ?? '', '', ...lines, report.advice].join('<br>\n');
}

function refusalError(
	context: IExecuteSingleFunctions,
	run: Run,
	action: Action,
	{ subject, why, advice }: Refusal,
	others: Refusal[] = [],
): NodeOperationError {
	const itemIndex = context.getItemIndex();
	const nothingSent = run.continues || run.batched ? [] : ['Nothing was sent.'];
	const alsoRefused = others.slice(0, 3).map((other) => `${other.subject} too: ${other.why}.`);
	if (others.length > 3) alsoRefused.push(`And ${others.length - 3} more.`);
	return new NodeOperationError(
		context.getNode(),
		`${capitalized(subject)} [item ${itemIndex}] was not ${action}: ${why}`,
		{ itemIndex, description: [advice, ...nothingSent, ...alsoRefused].join(' ') },
	);
}

/** Shape that n8n 2 takes for an error item and, on the error output, completes with the input's JSON. */
function errorItem(error: NodeApiError, details: IDataObject): INodeExecutionData {
	const json = { error: error.message, message: error.description ?? '' };
	return { json: { ...json, details: { ...details, try_again: mayEndOtherwise(error) } }, error };
}

/**
 * n8n 1 needs the error itself to tell an error item by (1.123.81). Later n8n puts its message in the
 * place of the JSON, unless it is gone: what is not enumerable is, once items are on the error output.
 */
function marked(item: INodeExecutionData, error: NodeApiError): INodeExecutionData {
	return Object.defineProperty(item, 'error', { value: error });
}

/** Answers about what was sent, which Candid would give again: RFC 9110 section 15.5. */
const ABOUT_THE_ITEM = ['400', '404', '409', '413', '415', '422'];

/** Whether the very same item may fare better another time; if not, it has to be corrected. */
const mayEndOtherwise = (error: Described) =>
	error instanceof NodeApiError && !ABOUT_THE_ITEM.includes(error.httpCode ?? '');
