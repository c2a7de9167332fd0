import { NodeApiError } from 'n8n-workflow';
import type { IPollFunctions, JsonObject } from 'n8n-workflow';

import type { Explanation, Unanswered } from '../errors/explain';

/** For a poll that Candid did not answer as expected. */
export const NEXT_POLL: Unanswered = {
	outcome: 'refused',
	advice: 'At its next poll, the trigger continues where it stopped.',
	tryAgain: true,
};

/**
 * The n8n error of a poll that did not succeed. It never contains the word 'Authorization': without its
 * publication service, n8n does not try again to activate a workflow whose message does (2.41.1,
 * active-workflow-manager.js).
 *
 * @param subject completes 'Candid was not checked for '
 */
export function pollError(
	context: Pick<IPollFunctions, 'getNode'>,
	subject: string,
	{ reason, advice }: Pick<Explanation, 'reason' | 'advice'>,
	status?: number,
): NodeApiError {
	const message = `Candid was not checked for ${subject}: ${reason}`;
	const details: JsonObject = { message };
	return new NodeApiError(context.getNode(), details, {
		message,
		description: advice,
		httpCode: status === undefined ? undefined : String(status),
	});
}
