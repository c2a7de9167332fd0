import type { IExecuteSingleFunctions, INodeExecutionData, NodeApiError } from 'n8n-workflow';

import { isDone, isNotSent, isUncertain, mayBeDone, withItem } from '../errors/candidApiError';
import { notSentError } from './itemErrors';
import type { Job, Write } from './job';
import type { FailedPart } from './journal';
import type { Run } from './run';

/**
 * Sends a part of an item, unless the run is aborted, and records the result.
 *
 * @returns the output items of the part; none if it was not started
 * @throws NodeApiError
 */
export async function sendPart<T extends object>(
	context: IExecuteSingleFunctions,
	run: Run,
	job: Job<T>,
	part: T,
): Promise<INodeExecutionData[]> {
	if (run.isAborted) return partNotStarted(context, run, job, part);
	const sending = job.send(part, run);
	const [outcome] = await Promise.allSettled([sending]);
	if (outcome.status === 'fulfilled') {
		if (job.write) recordDone(context, run, job.write, part, outcome.value);
		return outcome.value;
	}
	const error = outcome.reason as NodeApiError;
	// It was waiting for its turn when another part failed. The error of that part gives the reason.
	if (run.hasFailed && isNotSent(error)) return partNotStarted(context, run, job, part);
	if (job.write && isUncertain(error)) run.outcomes.uncertain.set(job.write.key(part), error);
	run.abortUnlessContinuing();
	run.journal.addFailed(context.getItemIndex(), failedPart(error));
	return await sending;
}

/** The items of a part that an earlier try of n8n's Retry On Fail has done: it is not done again. */
export function doneEarlier<T extends object>(
	context: IExecuteSingleFunctions,
	run: Run,
	{ write }: Job<T>,
	part: T,
): INodeExecutionData[] | undefined {
	const items = write && run.outcomes.done.get(write.key(part));
	if (items) addToJournal(context, run, write, part, items);
	return items;
}

function recordDone<T extends object>(
	context: IExecuteSingleFunctions,
	run: Run,
	write: Write<T>,
	part: T,
	items: INodeExecutionData[],
): void {
	const key = write.key(part);
	run.outcomes.uncertain.delete(key);
	if (!write.isSentAgain?.(part, run)) run.outcomes.done.set(key, items);
	addToJournal(context, run, write, part, items);
}

function addToJournal<T extends object>(
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

function partNotStarted<T extends object>(
	context: IExecuteSingleFunctions,
	run: Run,
	job: Job<T>,
	part: T,
): INodeExecutionData[] {
	const item = context.getItemIndex();
	// An earlier try may have done this part, so reporting it as not started would be wrong.
	const earlier = job.write && run.outcomes.uncertain.get(job.write.key(part));
	if (earlier) run.journal.addFailed(item, failedPart(earlier));
	else run.journal.addNotStarted(item, withItem(context, job.subject(part)));
	if (run.abortReason && run.continues) {
		throw earlier ?? notSentError(context, run.abortReason, job, part);
	}
	return [];
}

const failedPart = (error: Error & { description?: string | null }): FailedPart => ({
	message: error.message,
	advice: mayBeDone(error) ? (error.description ?? '') : undefined,
	done: isDone(error),
});
