import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { readRequest } from '../../request/readRequest';
import { limit, returnAll, simplifyTo } from '../getMany';
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
	},
};

const properties: INodeProperties[] = [returnAll, limit, simplifyTo(attachmentFields)];

export const getManyProperties = updateDisplayOptions(
	{ show: { resource: ['attachment'], operation: ['getAll'] } },
	properties,
);
