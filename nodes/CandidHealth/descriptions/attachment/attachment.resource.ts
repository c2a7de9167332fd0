import type { INodeProperties } from 'n8n-workflow';

import { downloadAttachments } from '../../download/downloadAttachments';
import { deleted } from '../../request/deleted';
import { readRequest } from '../../request/readRequest';
import { writeRequest } from '../../request/writeRequest';
import type { WriteIntent } from '../../request/writeRequest';
import { forgetDone } from '../../run/outcomes';
import { uploadAttachments } from '../../upload/uploadAttachments';
import { forgetDeleted } from '../../upload/listConsistency';
import { attachmentLocator } from './attachment.locator';
import { downloadProperties } from './download.operation';
import { getManyProperties } from './getMany.operation';
import { parentProperties } from './parent';
import { uploadProperties } from './upload.operation';

const DELETE: WriteIntent = {
	subject: 'the attachment',
	action: 'deleted',
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

export const attachmentProperties: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['attachment'] } },
		options: [
			{
				name: 'Delete',
				value: 'delete',
				action: 'Delete attachment',
				description: 'Delete an attachment of a charge capture or an encounter permanently',
				routing: {
					request: { method: 'DELETE' },
					send: { paginate: true },
					operations: { pagination: writeRequest(DELETE) },
					output: { postReceive: [deleted] },
				},
			},
			{
				name: 'Download',
				value: 'download',
				action: 'Download attachment',
				description: 'Retrieve the file of an attachment of a charge capture or an encounter',
				routing: {
					request: { method: 'GET' },
					send: { paginate: true },
					operations: { pagination: downloadAttachments },
				},
			},
			{
				name: 'Get Many',
				value: 'getAll',
				action: 'Get many attachments',
				description: 'Retrieve a list of the attachments of a charge capture or an encounter',
				routing: {
					request: { method: 'GET' },
					send: { paginate: true },
					operations: {
						pagination: readRequest({ subject: 'the list of attachments', action: 'read' }),
					},
				},
			},
			{
				name: 'Upload',
				value: 'upload',
				action: 'Upload attachment',
				description: 'Store files on a charge capture or an encounter and get their attachment IDs',
				routing: {
					send: { paginate: true },
					operations: { pagination: uploadAttachments },
				},
			},
		],
		default: 'upload',
	},
	...parentProperties,
	...uploadProperties,
	...getManyProperties,
	attachmentLocator,
	...downloadProperties,
];
