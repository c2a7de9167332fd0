import { NodeOperationError } from 'n8n-workflow';
import type {
	IDataObject,
	IExecuteSingleFunctions,
	INodeExecutionData,
	NodeApiError,
} from 'n8n-workflow';

import { candidApiError, mayTryAgain, withItem } from '../errors/candidApiError';
import type { Action, Explanation } from '../errors/explain';
import { capitalized } from '../errors/messageText';
import type { Job, Refusal } from './job';
import type { Run } from './run';

type Described = Error & { description?: string | null };

/** The error of an item with a part that cannot be sent. @param others more such parts of the item */
export function refusalError(
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

/** The error of a part that was not started. */
export const notSentError = <T extends object>(
	context: IExecuteSingleFunctions,
	reason: Explanation,
	{ subject, action }: Job<T>,
	part: T,
): NodeApiError =>
	candidApiError(context, { subject: subject(part), action }, { ...reason, outcome: 'not sent' });

/** Adds to an error what the run has done, because the engine drops the output of its other items. */
export function addReport<T extends object>(
	error: Described,
	{ journal }: Run,
	{ action, write }: Job<T>,
): void {
	if (!write) return;
	const lines = journal.report(action, error.message, write);
	if (lines.length === 0) return;
	const advice = journal.hasDone ? [write.advice] : [];
	error.description = [error.description ?? '', '', ...lines, ...advice].join('\n').trim();
}

/** Makes an item from an error, in the form to which n8n 2 adds the input's JSON on the error output. */
export function errorItem(
	error: NodeApiError | NodeOperationError,
	details: IDataObject,
): INodeExecutionData {
	const json = { error: error.message, message: error.description ?? '' };
	return { json: { ...json, details: { ...details, try_again: mayTryAgain(error) } }, error };
}

/**
 * The same item for n8n's error output, with `error` as a property that is not enumerable. n8n 1 recognizes
 * an error item by its `error` (1.123.81). n8n drops a property that is not enumerable when it puts the item
 * on the error output; if `error` were still there, it would then replace the item's JSON with its message.
 */
export const withHiddenError = (
	item: INodeExecutionData,
	error: INodeExecutionData['error'],
): INodeExecutionData => Object.defineProperty(item, 'error', { value: error });
