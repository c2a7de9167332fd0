import type { INodeProperties } from 'n8n-workflow';

/** How a user selects an attachment of a charge capture or an encounter. */
export const attachmentLocator: INodeProperties = {
	displayName: 'Attachment',
	name: 'attachmentId',
	type: 'resourceLocator',
	required: true,
	displayOptions: {
		show: { resource: ['attachment'], operation: ['delete', 'download', 'sendWithClaim'] },
	},
	default: { mode: 'list', value: '' },
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			placeholder: 'Select an attachment...',
			typeOptions: { searchListMethod: 'searchAttachments', searchable: true },
		},
		{
			displayName: 'By ID',
			name: 'id',
			type: 'string',
			placeholder: 'e.g. d5e9c84f-c2b2-4bf4-b4b0-7ffd7a9ffc32',
			hint: "The 'attachment_id' in the output of Upload or Get Many",
		},
	],
	routing: { send: { type: 'body', property: 'attachment_id' } },
};
