import type { IExecuteSingleFunctions, INodeExecutionData, NodeApiError } from 'n8n-workflow';

import { ambiguousReference } from '../agent/ambiguousReference';
import { isTool } from '../agent/toolCall';
import { addReport, errorItem, refusalError, withHiddenError } from './itemErrors';
import { isRefusal } from './job';
import type { Job, Refusal } from './job';
import type { Run } from './run';
import { runOf } from './runOf';
import { doneEarlier, sendPart } from './sendPart';

/**
 * Checks an item, waits until all items of the run are checked, and then sends its parts, each in a
 * slot of the run. If any item cannot be sent, nothing is sent, unless the node continues on fail.
 *
 * @returns the output items of the parts, in the order of the parts, linked to their input item
 * @throws the first part's error when all items of the run have ended, with a report of what the run has
 * done; unless the node continues on fail: then each error is an item of its own
 */
export async function runItem<T extends object>(
	context: IExecuteSingleFunctions,
	job: Job<T>,
): Promise<INodeExecutionData[]> {
	const run = runOf(context, job.slots);
	const [outcome] = await Promise.allSettled([checkAndSend(context, run, job)]);
	run.itemEnded();
	if (outcome.status === 'fulfilled') return linked(context, outcome.value);
	if (!run.continues) {
		await run.ended;
		addReport(outcome.reason as NodeApiError, run, job);
	}
	throw outcome.reason;
}

function linked(
	context: IExecuteSingleFunctions,
	items: INodeExecutionData[],
): INodeExecutionData[] {
	// If there were no items, n8n would give the model an empty answer (2.41.1).
	if (items.length === 0 && isTool(context)) return [{ json: { results: 0 } }];
	const toErrorOutput = context.getNode().onError === 'continueErrorOutput' && !isTool(context);
	return items.map(({ error, ...rest }) => {
		const item = { ...rest, pairedItem: { item: context.getItemIndex() } };
		return error && toErrorOutput ? withHiddenError(item, error) : item;
	});
}

async function checkAndSend<T extends object>(
	context: IExecuteSingleFunctions,
	run: Run,
	job: Job<T>,
): Promise<INodeExecutionData[]> {
	const checking = run.inSlots(1, async () => await check(context, job));
	const result = await run.gate.pass(checking.then((parts) => !parts.some(isRefusal)));
	if (result === 'incomplete') return ITEM_NOT_SENT;
	const parts = await checking;
	if (result === 'refused') return refuseItem(context, run, job, parts);

	const outcomes = await Promise.allSettled(
		parts.map(async (part) => {
			if (isRefusal(part)) throw refusalError(context, run, job.action, part);
			return await inQueueAndSlots(context, run, job, part);
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

/** The parts of an item; all are refused if it is not known which item a tool call is about. */
async function check<T extends object>(
	context: IExecuteSingleFunctions,
	job: Job<T>,
): Promise<Array<T | Refusal>> {
	const parts = await job.check();
	const ambiguous = ambiguousReference(context);
	if (!ambiguous) return parts;
	return parts.map((part) =>
		isRefusal(part)
			? { ...part, ...ambiguous }
			: { ...ambiguous, subject: job.subject(part), details: job.details(part) },
	);
}

/** @throws NodeOperationError if this item cannot be sent; not if only another item of the run cannot */
function refuseItem<T extends object>(
	context: IExecuteSingleFunctions,
	run: Run,
	job: Job<T>,
	parts: Array<T | Refusal>,
): INodeExecutionData[] {
	run.abortUnlessContinuing();
	// The report includes what an earlier try of n8n's Retry On Fail has done.
	for (const part of parts) if (!isRefusal(part)) doneEarlier(context, run, job, part);
	const [first, ...others] = parts.filter(isRefusal);
	if (first) throw refusalError(context, run, job.action, first, others);
	return ITEM_NOT_SENT;
}

/** The output of an item that was not sent. The run ends with another item's error, so this is not seen. */
const ITEM_NOT_SENT: INodeExecutionData[] = [
	{ json: { error: 'Not sent, because another item of this run could not be' } },
];

async function inQueueAndSlots<T extends object>(
	context: IExecuteSingleFunctions,
	run: Run,
	job: Job<T>,
	part: T,
): Promise<INodeExecutionData[]> {
	const done = doneEarlier(context, run, job, part);
	if (done) return done;
	const leaveQueue = await job.queue?.(part);
	try {
		// Other tool calls for the same file may have been ahead in the queue.
		const doneMeanwhile = doneEarlier(context, run, job, part);
		if (doneMeanwhile) return doneMeanwhile;
		const slots = job.weight?.(part) ?? 1;
		return await run.inSlots(slots, async () => await sendPart(context, run, job, part));
	} finally {
		leaveQueue?.();
	}
}
