import type { IExecutePaginationFunctions, IN8nHttpFullResponse } from 'n8n-workflow';

import { failureOf, outcomeOf } from '../errors/candidFailure';
import { paceFor } from '../request/account';
import { sendInTurn } from '../request/sendInTurn';
import type { Result } from '../request/sendInTurn';
import type { Run } from '../run/run';
import { send } from './parentList';
import type { Place } from './parentList';
import { consistencyOf } from './listConsistency';

/**
 * Deletes an attachment that this run has just made. Asking more than once does no harm: the ID is no
 * other's.
 *
 * @returns 'refused' where it is certain that it is still there
 */
export async function rollBack(
	context: IExecutePaginationFunctions,
	run: Run,
	{ parent, request }: Place,
	id: string,
): Promise<'deleted' | 'refused' | 'uncertain'> {
	let mayBeDeleted = false;
	const attempt = async (): Promise<Result<IN8nHttpFullResponse>> => {
		try {
			const body = { attachment_id: id };
			return { value: await send(context, request, 'DELETE', parent.list, { body }) };
		} catch (error) {
			const failure = failureOf(error);
			mayBeDeleted ||= outcomeOf(failure) === 'uncertain';
			return { failure };
		}
	};
	const result = await sendInTurn(run, paceFor(parent.account), attempt, {
		isAborted: () => run.isCancelled,
	});
	if ('failure' in result) return mayBeDeleted ? 'uncertain' : 'refused';
	// Candid answers with nothing; a page confirms nothing.
	const { body } = result.value;
	if (typeof body === 'string' && body.trim() !== '') return 'uncertain';
	consistencyOf(parent).forget(id);
	return 'deleted';
}
