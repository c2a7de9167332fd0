import type {
	IExecuteSingleFunctions,
	IN8nHttpFullResponse,
	INodeExecutionData,
	INodePropertyOptions,
} from 'n8n-workflow';

import { writeRequest } from '../../request/writeRequest';
import type { WriteIntent } from '../../request/writeRequest';
import { forgetDone } from '../../run/outcomes';
import { forgetDeleted } from '../../upload/listConsistency';

const DELETE: WriteIntent = {
	subject: 'the attachment',
	action: 'deleted',
	unanswered: {
		outcome: 'uncertain',
		advice:
			'Candid may have deleted it anyway. Look at the attachments of the charge capture or encounter.',
		tryAgain: false,
	},
	nouns: ['attachment', 'attachments'],
	named: ({ attachment_id: id }) => String(id),
	advice:
		'These are deleted for good. To delete the others, run the workflow again without these items.',
	gone: {
		reason: 'an earlier request was not answered, and Candid no longer has this ID',
		advice: 'It was deleted by that request, or was never there. Check the ID.',
		outcome: 'uncertain',
		tryAgain: false,
	},
	done: (run, account, { attachment_id: id = '' }) => {
		forgetDeleted(account, id);
		forgetDone(run.outcomes, id);
	},
};

/** 'Attached To' (parent.ts) adds the URL. */
export const deleteOperation: INodePropertyOptions = {
	name: 'Delete',
	value: 'delete',
	action: 'Delete attachment',
	description: 'Permanently delete an attachment of a charge capture or an encounter',
	routing: {
		request: { method: 'DELETE' },
		send: { paginate: true },
		operations: { pagination: writeRequest(DELETE) },
		output: { postReceive: [deleted] },
	},
};

/** Candid answers a delete with an empty body. Text, such as a proxy's page, does not confirm a delete. */
async function deleted(
	this: IExecuteSingleFunctions,
	items: INodeExecutionData[],
	{ body }: IN8nHttpFullResponse,
): Promise<INodeExecutionData[]> {
	const isText = typeof body === 'string' && body.trim() !== '';
	return isText ? items : [{ json: { deleted: true } }];
}
