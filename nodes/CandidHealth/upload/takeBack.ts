import type { IExecutePaginationFunctions } from 'n8n-workflow';

import { failureOf, outcomeOf } from '../errors/candidFailure';
import { MAX_TRIES, nextStep } from '../request/retryPolicy';
import type { Run } from '../run/run';
import { send } from './parentList';
import type { Place } from './parentList';
import { witnessOf } from './witness';

/**
 * Deletes an attachment that this run has just made. Asking more than once does no harm: the ID is no
 * other's.
 *
 * @returns 'refused' where it is certain that it is still there
 */
export async function takeBack(
	context: IExecutePaginationFunctions,
	run: Run,
	{ parent, request }: Place,
	id: string,
): Promise<'deleted' | 'refused' | 'uncertain'> {
	let outcome: 'refused' | 'uncertain' = 'refused';
	for (let tries = 1; ; tries++) {
		try {
			await run.ready();
			const body = { attachment_id: id };
			const answer = await send(context, request, 'DELETE', parent.list, { body });
			// Candid answers with nothing; a page confirms nothing.
			if (typeof answer.body === 'string' && answer.body.trim() !== '') return 'uncertain';
			witnessOf(parent).forget(id);
			return 'deleted';
		} catch (error) {
			const failure = failureOf(error);
			if (outcomeOf(failure) === 'uncertain') outcome = 'uncertain';
			const attempts = { tries, maxTries: MAX_TRIES, tokenRenewed: true };
			const next = nextStep(failure, attempts, Math.random());
			if (next.step === 'end' || (next.step === 'look' && !next.sendIfAbsent)) return outcome;
			await run.rest(next.afterMs);
			if (run.cancelled) return outcome;
		}
	}
}
