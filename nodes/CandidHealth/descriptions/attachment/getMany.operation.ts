import type { INodePropertyOptions } from 'n8n-workflow';

import { readRequest } from '../../request/readRequest';
import { simplify } from '../../request/simplify';
import { attachmentFields } from './attachment.fields';

/** 'Attached To' (parent.ts) adds the URL. */
export const getManyOperation: INodePropertyOptions = {
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
		output: { postReceive: [simplify(attachmentFields)] },
	},
};
