import type { IDataObject, IExecutePaginationFunctions, INodeExecutionData } from 'n8n-workflow';

import { isTool } from '../agent/toolCall';
import { withItem } from '../errors/candidApiError';
import type { Explanation, Unanswered, WriteAction } from '../errors/explain';
import type { Refusal, Write } from '../run/job';
import { enterLane } from '../run/lane';
import type { Run } from '../run/run';
import { runItem } from '../run/runItem';
import { REQUEST_SLOTS } from '../run/slots';
import { checkedRequest } from './checkedRequest';
import type { CheckedRequest } from './checkedRequest';
import { checkedPart } from './part';
import type { Intent, Part, Request } from './part';
import { Writer } from './writer';

/** An operation that changes something in Candid, and how the report of a failed run names what was changed. */
export interface WriteIntent extends Intent, Pick<Write<CheckedRequest>, 'nouns'> {
	action: WriteAction;
	unanswered: Unanswered;
	/** what was changed, for a line of the report; undefined if there was nothing to do */
	named(ids: CheckedRequest['ids'], items: INodeExecutionData[]): string | undefined;
	/** Candid's field with the ID of what is written. An answer without it is not Candid's. */
	id?: string;
	/** what the report says of parts for which there was nothing to do */
	unchanged?: string;
	/** what to do after a run that has done some of its parts */
	advice: string;
	/** Whether sending it twice does no harm. It is then retried. */
	repeatable?: true;
	/** Whether a later write to the same record replaces this one, so that A, B, A are three writes. */
	replaceable?: true;
	/** Sends a part, if that takes more than the request that `routing` describes. */
	send?(writer: Writer): Promise<INodeExecutionData[]>;
	/**
	 * Finds what a request without an answer has created, for what must not be created twice. Such a write is
	 * not sent again while nobody knows its outcome.
	 */
	findCreated?(writer: Writer): Promise<IDataObject | undefined>;
	/** for an ID that Candid no longer knows after an earlier request was not answered */
	gone?: Explanation;
	/** called for each part that is done, with the account it was done for */
	done?(run: Run, account: string, ids: CheckedRequest['ids']): void;
}

/** A checked write. */
export interface WritePart extends Part {
	/** what is written to; the same for every value that is written */
	record: string;
	/** see `Write.key` in `run/job.ts` */
	key: string;
}

/**
 * Makes the engine's pagination function for an operation that changes something. It sends what `routing`
 * describes, once the values of all items are checked. Writes to the same record are sent one after another,
 * in the order of the items. What is done is not repeated by n8n's Retry On Fail, and the message of a failed
 * run names it.
 *
 * The function throws a NodeOperationError before anything is sent if a value is invalid, and a
 * NodeApiError if Candid refuses or does not answer.
 */
export function writeRequest(intent: WriteIntent) {
	return async function (
		this: IExecutePaginationFunctions,
		request: Request,
	): Promise<INodeExecutionData[]> {
		const { subject, action, nouns, unchanged = '', advice } = intent;
		return await runItem<WritePart>(this, {
			action,
			slots: REQUEST_SLOTS,
			check: async () => [await writePart(this, request, intent)],
			queue: async ({ account, url, ids }) => await enterLane(JSON.stringify([account, url, ids])),
			send: async (part, run) => {
				const writer = new Writer(this, run, request, part, intent);
				const sending = intent.send?.(writer) ?? writer.write();
				const items = await sending.catch((error: unknown) => notDone(run, part, error));
				run.recordAnswered();
				intent.done?.(run, part.account, part.ids);
				if (intent.replaceable) forgetUnanswered(run, part);
				return items;
			},
			subject: () => subject,
			details: ({ ids }) => ids,
			write: {
				key: ({ key }) => key,
				isSentAgain: (part, run) => isSentAgain(this, run, part, intent),
				line: ({ ids }, items) => {
					const name = intent.named(ids, items);
					return name === undefined ? undefined : withItem(this, name);
				},
				nouns,
				unchanged,
				advice,
			},
		});
	};
}

async function writePart(
	context: IExecutePaginationFunctions,
	{ options }: Request,
	intent: WriteIntent,
): Promise<WritePart | Refusal> {
	const part = await checkedPart(context, checkedRequest(options), intent);
	if ('reason' in part) return part;
	const { account, url, ids, body } = part;
	const record = JSON.stringify([account, options.method, url, ids]);
	// An item writes once, even if its values differ at the next try of Retry On Fail, as with $now. All tool
	// calls have the same item index.
	const values = isTool(context) ? [body] : [];
	const key = JSON.stringify([context.getNode().name, context.getItemIndex(), ...values]);
	return { ...part, record, key: `${record} ${key}` };
}

/** Candid shows the record as it is now, so it is also known what became of requests that were not answered. */
function forgetUnanswered({ outcomes: { uncertain } }: Run, { record }: WritePart): void {
	for (const key of uncertain.keys()) if (key.startsWith(`${record} `)) uncertain.delete(key);
}

/**
 * Records with a part that was not done. At the next try of Retry On Fail it is sent again, and so are the
 * parts after it, which it would otherwise replace.
 */
const recordsNotDone = new WeakMap<Run, Set<string>>();

/** @throws the error of the part */
function notDone(run: Run, { record }: WritePart, error: unknown): never {
	recordsNotDone.set(run, (recordsNotDone.get(run) ?? new Set()).add(record));
	throw error;
}

/** See `Write.isSentAgain` in `run/job.ts`. */
function isSentAgain(
	context: IExecutePaginationFunctions,
	run: Run,
	{ record }: WritePart,
	{ repeatable, replaceable }: WriteIntent,
): boolean {
	// Of an agent's calls A, B and A, perhaps of two tools, the last is not a repetition.
	if (isTool(context)) return repeatable === true || replaceable === true;
	return replaceable === true && recordsNotDone.get(run)?.has(record) === true;
}
