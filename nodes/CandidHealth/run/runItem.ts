import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import type { IDataObject, IExecuteSingleFunctions, INodeExecutionData } from 'n8n-workflow';

import { isTool, unclearReference } from '../agent/toolCall';
import {
	candidApiError,
	capitalized,
	isNotSent,
	isUncertain,
	mayBeDone,
	mayTryAgain,
	withItem,
} from '../errors/candidApiError';
import type { Action, Explanation, ReadAction, WriteAction } from '../errors/candidApiError';
import type { FailedPart } from './journal';
import { runOf } from './run';
import type { Run } from './run';

/** How many requests without a file are in flight: at 100 ms each, Candid's 1,000 in 10 seconds. */
export const REQUEST_SLOTS = 10;

/** How many large files are in flight: more costs memory and gains little. */
export const FILE_SLOTS = 4;

/** Something that an item asks for and that cannot be sent; `reason` completes '… was not stored: '. */
export interface Refusal {
	/** what the message is about: a file's name, say */
	subject: string;
	reason: string;
	advice: string;
	/** what the error item says of it besides */
	details: IDataObject;
}

/** What a node does for one item, in one or several parts: a file each, say. */
interface Common<T> {
	/** how many parts of the whole run may be in flight, at least 1 */
	slots: number;
	/** how many of the slots a part takes, if not one */
	weight?(part: T): number;
	/** sends nothing; finds out what can be sent */
	check(): Promise<Array<T | Refusal>>;
	/** waits for parts that must not be in flight together with this one; @returns lets the next go on */
	queue?(part: T): Promise<() => void>;
	/** @throws an n8n error in plain words */
	send(part: T, run: Run): Promise<INodeExecutionData[]>;
	/** what a message calls a part */
	subject(part: T): string;
	/** what the error item of a part says of it besides */
	details(part: T): IDataObject;
}

/** Asks Candid for something, and can ask again. */
interface Reading<T> extends Common<T> {
	action: ReadAction;
	write?: undefined;
}

/** Changes something in Candid: what is done is remembered for n8n's Retry On Fail, and reported. */
interface Writing<T> extends Common<T> {
	action: WriteAction;
	write: Write<T>;
}

export type Job<T extends object> = Reading<T> | Writing<T>;

export interface Write<T> {
	/** tells the part from all others of the run, and is the same at every try of n8n's */
	key(part: T): string;
	/** what was done, with what came of it; nothing for a part that needed nothing to be done */
	line(part: T, items: INodeExecutionData[]): string | undefined;
	/** what the report counts, in singular and plural */
	nouns: [one: string, several: string];
	/** what is said of parts that needed nothing to be done */
	unchanged: string;
	/** what to do after a run that has done some of its parts */
	advice: string;
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
	run.itemEnded();
	if (outcome.status === 'fulfilled') {
		const toErrorOutput = context.getNode().onError === 'continueErrorOutput' && !isTool(context);
		const items = outcome.value.map(({ error, ...rest }) => {
			const item = { ...rest, pairedItem: { item: context.getItemIndex() } };
			return error && toErrorOutput ? withHiddenError(item, error as NodeApiError) : item;
		});
		// An agent would hand its model an empty text (2.41.1).
		return items.length === 0 && isTool(context) ? [{ json: { results: 0 } }] : items;
	}
	if (!run.continues) {
		await run.ended;
		addReport(outcome.reason as Described, run, job);
	}
	throw outcome.reason;
}

/** What an item asks for; all of it is refused where it cannot be told which item a tool call is about. */
async function check<T extends object>(
	context: IExecuteSingleFunctions,
	job: Job<T>,
): Promise<Array<T | Refusal>> {
	const parts = await job.check();
	const unclear = unclearReference(context);
	if (!unclear) return parts;
	return parts.map((part) =>
		isRefusal(part)
			? { ...part, ...unclear }
			: { ...unclear, subject: job.subject(part), details: job.details(part) },
	);
}

async function checkAndSend<T extends object>(
	context: IExecuteSingleFunctions,
	run: Run,
	job: Job<T>,
): Promise<INodeExecutionData[]> {
	const checking = run.inSlots(1, async () => await check(context, job));
	const decision = await run.afterAllChecks(checking.then((parts) => !parts.some(isRefusal)));
	if (decision === 'abandoned') return ITEM_NOT_SENT;
	const parts = await checking;
	if (decision === 'refused') {
		run.recordItemFailure();
		for (const part of parts) if (!isRefusal(part)) alreadyDone(context, run, job, part);
		const [first, ...others] = parts.filter(isRefusal);
		if (first) throw refusalError(context, run, job.action, first, others);
		return ITEM_NOT_SENT;
	}

	const outcomes = await Promise.allSettled(
		parts.map(async (part) => {
			if (isRefusal(part)) throw refusalError(context, run, job.action, part);
			const done = alreadyDone(context, run, job, part);
			if (done) return done;
			const leaveQueue = await job.queue?.(part);
			try {
				// Tool calls wait here for others that are about the same file.
				const doneMeanwhile = alreadyDone(context, run, job, part);
				if (doneMeanwhile) return doneMeanwhile;
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

const isRefusal = (part: object): part is Refusal => 'reason' in part;

/** For an item that was held back. The run ends with another item's refusal, so nobody should see it. */
const ITEM_NOT_SENT: INodeExecutionData[] = [
	{ json: { error: 'Not sent, because another item of this run could not be' } },
];

/** What an earlier try of n8n's Retry On Fail has done is not done again. */
function alreadyDone<T extends object>(
	context: IExecuteSingleFunctions,
	run: Run,
	{ write }: Job<T>,
	part: T,
): INodeExecutionData[] | undefined {
	const items = write && run.outcomes.done.get(write.key(part));
	if (items) recordDone(context, run, write, part, items);
	return items;
}

async function sendUnlessStopped<T extends object>(
	context: IExecuteSingleFunctions,
	run: Run,
	job: Job<T>,
	part: T,
): Promise<INodeExecutionData[]> {
	if (run.isAborted) return partNotStarted(context, run, job, part);
	const key = job.write?.key(part);
	const { done, uncertain } = run.outcomes;
	const sending = job.send(part, run);
	const [outcome] = await Promise.allSettled([sending]);
	if (outcome.status === 'fulfilled') {
		if (key !== undefined && job.write) {
			uncertain.delete(key);
			done.set(key, outcome.value);
			recordDone(context, run, job.write, part, outcome.value);
		}
		return outcome.value;
	}
	const error = outcome.reason as Described;
	// It has waited for its turn until another one failed, which says why.
	if (run.hasFailed && isNotSent(error)) return partNotStarted(context, run, job, part);
	if (key !== undefined && isUncertain(error)) uncertain.set(key, error);
	run.recordItemFailure();
	run.journal.addFailed(context.getItemIndex(), failedPart(error));
	return await sending;
}

/** A part that is not begun with any more. */
function partNotStarted<T extends object>(
	context: IExecuteSingleFunctions,
	run: Run,
	job: Job<T>,
	part: T,
): INodeExecutionData[] {
	const item = context.getItemIndex();
	// What an earlier try may have done is not simply 'not started'.
	const earlier = job.write && run.outcomes.uncertain.get(job.write.key(part));
	if (earlier) run.journal.addFailed(item, failedPart(earlier));
	else run.journal.addNotStarted(item, withItem(context, job.subject(part)));
	if (run.abortReason && run.continues)
		throw earlier ?? notSentError(context, run.abortReason, job, part);
	return [];
}

const failedPart = (error: Described): FailedPart => ({
	message: error.message,
	advice: mayBeDone(error) ? (error.description ?? '') : undefined,
});

function notSentError<T extends object>(
	context: IExecuteSingleFunctions,
	halted: Explanation,
	{ subject, action }: Job<T>,
	part: T,
) {
	const words = { ...halted, outcome: 'not sent' } as const;
	return candidApiError(context, { subject: subject(part), action }, words);
}

function recordDone<T extends object>(
	context: IExecuteSingleFunctions,
	{ journal }: Run,
	{ line }: Write<T>,
	part: T,
	items: INodeExecutionData[],
): void {
	const done = line(part, items);
	if (done === undefined) journal.addUnchanged();
	else journal.addDone(context.getItemIndex(), done);
}

type Described = Error & { description?: string | null };

/** The engine drops what the other items gave: what they did must stand in the message. */
function addReport<T extends object>(error: Described, run: Run, { action, write }: Job<T>): void {
	if (!write) return;
	const lines = run.journal.report(action, error.message, write);
	if (lines.length === 0) return;
	const advice = run.journal.hasDone ? [write.advice] : [];
	// n8n's editor shows descriptions as HTML (2.41.1), others as text.
	error.description = [error.description ?? '', '', ...lines, ...advice].join('<br>\n');
}

function refusalError(
	context: IExecuteSingleFunctions,
	run: Run,
	action: Action,
	{ subject, reason, advice }: Refusal,
	others: Refusal[] = [],
): NodeOperationError {
	const itemIndex = context.getItemIndex();
	const nothingSent = run.continues || run.batched ? [] : ['Nothing was sent.'];
	const alsoRefused = others.slice(0, 3).map((other) => `${other.subject} too: ${other.reason}.`);
	if (others.length > 3) alsoRefused.push(`And ${others.length - 3} more.`);
	return new NodeOperationError(
		context.getNode(),
		`${capitalized(withItem(context, subject))} was not ${action}: ${reason}`,
		{ itemIndex, description: [advice, ...nothingSent, ...alsoRefused].join(' ') },
	);
}

/** Shape that n8n 2 takes for an error item and, on the error output, completes with the input's JSON. */
function errorItem(error: NodeApiError, details: IDataObject): INodeExecutionData {
	const json = { error: error.message, message: error.description ?? '' };
	return { json: { ...json, details: { ...details, try_again: mayTryAgain(error) } }, error };
}

/**
 * n8n 1 needs the error itself to tell an error item by (1.123.81). Later n8n puts its message in the
 * place of the JSON, unless it is gone: what is not enumerable is, once items are on the error output.
 */
function withHiddenError(item: INodeExecutionData, error: NodeApiError): INodeExecutionData {
	return Object.defineProperty(item, 'error', { value: error });
}
