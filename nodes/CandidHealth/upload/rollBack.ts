import type { IExecutePaginationFunctions, IN8nHttpFullResponse } from 'n8n-workflow';

import { failureOf, outcomeOf } from '../errors/candidFailure';
import { paceFor } from '../request/account';
import { sendInTurn } from '../request/sendInTurn';
import type { Result } from '../request/sendInTurn';
import type { Run } from '../run/run';
import { consistencyOf } from './listConsistency';
import { sendSideRequest } from '../request/sideRequest';
import type { Place } from './shipment';

/** 'refused': Candid has not deleted the attachment; 'uncertain': it may have. */
export type RollBackResult = 'deleted' | 'refused' | 'uncertain';

/**
 * Deletes an attachment that this run has just stored. Repeating the request does no harm, because the ID
 * belongs to no other attachment.
 */
export async function rollBack(
	context: IExecutePaginationFunctions,
	run: Run,
	{ parent, request }: Place,
	id: string,
): Promise<RollBackResult> {
	let mayBeDeleted = false;
	const attempt = async (): Promise<Result<IN8nHttpFullResponse>> => {
		try {
			const body = { attachment_id: id };
			return { value: await sendSideRequest(context, request, 'DELETE', parent.list, { body }) };
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
	// Candid answers with an empty body. A web page does not confirm that anything was deleted.
	const { body } = result.value;
	if (typeof body === 'string' && body.trim() !== '') return 'uncertain';
	consistencyOf(parent).stored.forget(id);
	return 'deleted';
}
