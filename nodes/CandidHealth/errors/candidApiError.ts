import { NodeApiError } from 'n8n-workflow';
import type { IExecuteSingleFunctions, JsonObject } from 'n8n-workflow';

import { isTool } from '../agent/toolCall';
import type { Action, Explanation } from './explain';
import { capitalized } from './messageText';

/**
 * Makes an n8n error from an explanation. Its message names the subject and the item. It contains no
 * request, header or token.
 */
export function candidApiError(
	context: Pick<IExecuteSingleFunctions, 'getNode' | 'getItemIndex'>,
	{ subject, action }: { subject: string; action: Action },
	explanation: Explanation,
	httpCode?: number,
): NodeApiError {
	const { reason, advice, outcome } = explanation;
	const itemIndex = context.getItemIndex();
	const named = withItem(context, subject);
	const message = {
		refused: `${capitalized(named)} was not ${action}: ${reason}`,
		uncertain: `It is not known whether ${named} was ${action}: ${reason}`,
		done: `${capitalized(named)} was ${action}, but ${reason}`,
		'not sent': `${capitalized(named)} was not sent: ${reason}`,
	}[outcome];
	const details: JsonObject = { message };
	const error = new NodeApiError(context.getNode(), details, {
		message,
		description: advice,
		itemIndex,
		httpCode: httpCode === undefined ? undefined : String(httpCode),
	});
	explanations.set(error, explanation);
	return error;
}

/** What a message is about, with the item as n8n names it: "'a.pdf' [item 0]". Tool calls have no item number. */
export const withItem = (
	context: Pick<IExecuteSingleFunctions, 'getNode' | 'getItemIndex'>,
	subject: string,
) => (isTool(context) ? subject : `${subject} [item ${context.getItemIndex()}]`);

/** By error. Not a property of the error, because n8n would show that to the user. */
const explanations = new WeakMap<object, Explanation>();

/** Whether Candid may or may not have carried out the action. */
export const isUncertain = (error: object): boolean =>
	explanations.get(error)?.outcome === 'uncertain';

/** Whether the request was not sent. */
export const isNotSent = (error: object): boolean =>
	explanations.get(error)?.outcome === 'not sent';

/** Whether Candid has carried out the action, but not as it should be. */
export const isDone = (error: object): boolean => explanations.get(error)?.outcome === 'done';

/** Whether Candid has, or may have, carried out the action. */
export const mayBeDone = (error: object): boolean => isUncertain(error) || isDone(error);

/** Whether running the same item again may succeed and does no harm. */
export const mayTryAgain = (error: object): boolean => explanations.get(error)?.tryAgain === true;
