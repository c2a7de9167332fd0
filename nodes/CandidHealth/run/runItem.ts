import { NodeOperationError } from 'n8n-workflow';
import type { IDataObject, IExecuteSingleFunctions, INodeExecutionData } from 'n8n-workflow';

import { capitalized } from '../candidApiError';
import type { Deed } from '../candidApiError';
import { withinRun } from './run';
import type { Run } from './run';

/** How many requests without a file are in flight: at 100 ms each, Candid's 1,000 in 10 seconds. */
export const REQUEST_SLOTS = 10;

/** How many files are on their way unless the user says otherwise: more costs memory and gains little. */
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
	deed: Deed;
	/** how many parts of the whole run may be in flight, at least 1 */
	slots: number;
	/** sends nothing; finds out what can be sent */
	check(): Promise<Array<T | Refusal>>;
	/** @throws an n8n error in plain words */
	send(part: T, run: Run): Promise<INodeExecutionData[]>;
	/** what the error item of a part says of it besides */
	details(part: T): IDataObject;
}

/**
 * Checks an item, waits until all items of the run are checked, and then sends its parts, each in a
 * slot of the run. Nothing is sent when any item cannot be, unless the node continues on fail.
 *
 * @returns the items that the parts gave, in the order of the parts, linked to their input item
 * @throws the first part's error, unless the node continues on fail: then it is an item of its own
 */
export async function runItem<T extends object>(
	context: IExecuteSingleFunctions,
	job: Job<T>,
): Promise<INodeExecutionData[]> {
	const items = await withinRun(context, job.slots, async (run) => {
		const checking = run.inSlot(async () => await job.check());
		const verdict = await run.verdict(checking.then((parts) => !parts.some(isRefusal)));
		if (verdict === 'abandoned') return NOT_SENT;
		const parts = await checking;
		if (verdict === 'refused') {
			const [first, ...others] = parts.filter(isRefusal);
			if (first) throw refusalError(context, run, job.deed, first, others);
			return NOT_SENT;
		}

		const outcomes = await Promise.allSettled(
			parts.map(async (part) => {
				if (isRefusal(part)) throw refusalError(context, run, job.deed, part);
				return await run.inSlot(async () => (run.stopped ? [] : await sendOrStop(job, part, run)));
			}),
		);
		return outcomes.flatMap((outcome, index) => {
			if (outcome.status === 'fulfilled') return outcome.value;
			if (!run.continues) throw outcome.reason;
			const part = parts[index]!;
			const details = isRefusal(part) ? part.details : job.details(part);
			return errorItem(outcome.reason as Error, details);
		});
	});
	return items.map((item) => ({ ...item, pairedItem: { item: context.getItemIndex() } }));
}

const isRefusal = (part: object): part is Refusal => 'why' in part;

/** For an item that was held back. The run ends with another item's refusal, so nobody should see it. */
const NOT_SENT: INodeExecutionData[] = [
	{ json: { error: 'Not sent, because another item of this run could not be' } },
];

async function sendOrStop<T extends object>(
	job: Job<T>,
	part: T,
	run: Run,
): Promise<INodeExecutionData[]> {
	const sending = job.send(part, run);
	sending.catch(() => run.stop());
	return await sending;
}

function refusalError(
	context: IExecuteSingleFunctions,
	run: Run,
	deed: Deed,
	{ subject, why, advice }: Refusal,
	others: Refusal[] = [],
): NodeOperationError {
	const itemIndex = context.getItemIndex();
	const nothingSent = run.continues || run.batched ? [] : ['Nothing was sent.'];
	const alsoRefused = others.map((other) => `${other.subject} too: ${other.why}.`);
	return new NodeOperationError(
		context.getNode(),
		`${capitalized(subject)} [item ${itemIndex}] was not ${deed}: ${why}`,
		{ itemIndex, description: [advice, ...nothingSent, ...alsoRefused].join(' ') },
	);
}

/** Shape that n8n takes for an error item and, on the error output, completes with the input's JSON. */
function errorItem(
	error: Error & { description?: string | null },
	details: IDataObject,
): INodeExecutionData {
	return { json: { error: error.message, message: error.description ?? '', details } };
}
