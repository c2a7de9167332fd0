import type { IDataObject, IExecutePaginationFunctions, INodeExecutionData } from 'n8n-workflow';

import { candidApiError, withItem } from '../errors/candidApiError';
import { isFromCandid } from '../errors/candidFailure';
import type { CandidFailure } from '../errors/candidFailure';
import { explain } from '../errors/explain';
import type { Explanation, WriteAction } from '../errors/explain';
import type { Refusal, Write } from '../run/job';
import type { Run } from '../run/run';
import { runItem } from '../run/runItem';
import { REQUEST_SLOTS } from '../run/slots';
import { paceFor } from './account';
import { checkedRequest } from './checkedRequest';
import type { CheckedRequest } from './checkedRequest';
import { checkedPart, recordsOf, sendOnce } from './part';
import type { Intent, Part, Request } from './part';
import { sendInTurn } from './sendInTurn';

type Ids = CheckedRequest['ids'];

/** An operation that changes something in Candid, and how the report of a failed run names what was changed. */
export interface WriteIntent extends Intent, Pick<Write<CheckedRequest>, 'nouns'> {
	action: WriteAction;
	/** what was changed, for a line of the report */
	named(ids: Ids): string;
	/** what to do after a run that has done some of its parts */
	advice: string;
	/** for an ID that Candid no longer knows after an earlier request was not answered */
	gone: Explanation;
	/** called for each part that is done, with the account it was done for */
	done?(run: Run, account: string, ids: Ids): void;
}

interface KeyedPart extends Part {
	key: string;
}

/**
 * Makes the engine's pagination function for an operation that changes something. It sends what `routing`
 * describes, once the values of all items are checked. What is done is not repeated by n8n's Retry On Fail,
 * and the message of a failed run names it.
 *
 * The function throws a NodeOperationError before anything is sent if a value is invalid, and a
 * NodeApiError if Candid refuses or does not answer.
 */
export function writeRequest(intent: WriteIntent) {
	return async function (
		this: IExecutePaginationFunctions,
		request: Request,
	): Promise<INodeExecutionData[]> {
		const { subject, action, nouns, advice } = intent;
		return await runItem<KeyedPart>(this, {
			action,
			slots: REQUEST_SLOTS,
			check: async () => [await keyedPart(this, request, intent)],
			send: async (part, run) => {
				const items = await send(this, run, request, part, intent);
				intent.done?.(run, part.account, part.ids);
				return items.map((json) => ({ json }));
			},
			subject: () => subject,
			details: ({ ids }) => ids,
			write: {
				key: ({ key }) => key,
				line: ({ ids }) => withItem(this, intent.named(ids)),
				nouns,
				unchanged: '',
				advice,
			},
		});
	};
}

async function keyedPart(
	context: IExecutePaginationFunctions,
	{ options }: Request,
	intent: WriteIntent,
): Promise<KeyedPart | Refusal> {
	const part = await checkedPart(context, checkedRequest(options), intent);
	if ('reason' in part) return part;
	const { account, url, body } = part;
	const place = [context.getNode().name, context.getItemIndex(), account];
	return { ...part, key: JSON.stringify([...place, options.method, url, body]) };
}

async function send(
	context: IExecutePaginationFunctions,
	run: Run,
	request: Request,
	part: KeyedPart,
	intent: WriteIntent,
): Promise<IDataObject[]> {
	// Only one try, because Candid may have carried out a request that failed. A 429 does not count as one.
	const result = await sendInTurn(
		run,
		paceFor(part.account),
		async () => ({ value: await sendOnce(context, request, part) }),
		{ maxTries: 1 },
	);
	if ('failure' in result) {
		const { failure } = result;
		const explanation = explain(failure, intent.action);
		const isUncertain = run.outcomes.uncertain.has(part.key);
		throw candidApiError(
			context,
			intent,
			isUncertain ? afterUncertain(explanation, failure, intent) : explanation,
			failure.status,
		);
	}
	run.recordAnswered();
	return recordsOf(context, intent, result.value);
}

/** For a request that failed after an earlier one that Candid may have carried out. */
function afterUncertain(
	explanation: Explanation,
	failure: CandidFailure,
	{ gone }: WriteIntent,
): Explanation {
	if (isUnknownToCandid(failure)) return gone;
	const advice = `${explanation.advice} An earlier request was not answered and may have been carried out.`;
	return { ...explanation, advice, outcome: 'uncertain' };
}

const isUnknownToCandid = ({ status, answer }: CandidFailure) =>
	status === 404 && isFromCandid(answer) && answer.errorName === 'EntityNotFoundError';
