import type { IDataObject, IExecutePaginationFunctions, INodeExecutionData } from 'n8n-workflow';

import { candidApiError, explain, isFromCandid, withItem } from '../errors/candidApiError';
import type { Explanation, WriteAction } from '../errors/candidApiError';
import type { CandidFailure } from '../errors/candidFailure';
import type { Run } from '../run/run';
import { REQUEST_SLOTS, runItem } from '../run/runItem';
import type { Refusal, Write } from '../run/runItem';
import { paceFor } from './account';
import { checkedRequest } from './checkedRequest';
import type { CheckedRequest } from './checkedRequest';
import { sendInTurn } from './sendInTurn';
import { sendOnce, checkedPart, recordsOf } from './readRequest';
import type { Intent, Part, Request } from './readRequest';

type Ids = CheckedRequest['ids'];

/** What an operation changes in Candid, and how a run that fails says what it has changed. */
export interface WriteIntent extends Intent, Pick<Write<CheckedRequest>, 'nouns'> {
	action: WriteAction;
	/** one of what was changed, in a line of the report */
	named(ids: Ids): string;
	/** what to do after a run that has done some of its parts */
	advice: string;
	/** what is said when Candid does not know the ID any more after a request that it did not answer */
	gone: Explanation;
	/** called for each that is done, with the host and client it was done for */
	done?(run: Run, account: string, ids: Ids): void;
}

interface KeyedPart extends Part {
	key: string;
}

/**
 * Makes the engine's pagination function for an operation that changes something by what `routing`
 * describes, once the values of all items are checked. What is done is not done again by n8n's Retry On
 * Fail, and the message of a run that fails names it.
 *
 * The function throws a NodeOperationError before anything is sent, when a value is invalid, and a
 * NodeApiError when Candid refuses or does not answer.
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
	// A request that may be done is not sent again; one that Candid had no room for is.
	const result = await sendInTurn(
		run,
		paceFor(part.account),
		async () => ({ value: await sendOnce(context, request, part) }),
		{ maxTries: 1 },
	);
	if ('failure' in result) {
		const { failure } = result;
		const words = explain(failure, intent.action);
		const said = run.outcomes.uncertain.has(part.key)
			? afterUncertain(words, failure, intent)
			: words;
		throw candidApiError(context, intent, said, failure.status);
	}
	run.recordSuccess();
	return recordsOf(context, intent, result.value);
}

/** What an earlier try has asked for may be done, whatever Candid says to this one. */
function afterUncertain(
	words: Explanation,
	failure: CandidFailure,
	{ gone }: WriteIntent,
): Explanation {
	if (isUnknownToCandid(failure)) return gone;
	const advice = `${words.advice} An earlier request was not answered and may have been carried out.`;
	return { ...words, advice, outcome: 'uncertain' };
}

const isUnknownToCandid = ({ status, answer }: CandidFailure) =>
	status === 404 && isFromCandid(answer) && answer.errorName === 'EntityNotFoundError';
