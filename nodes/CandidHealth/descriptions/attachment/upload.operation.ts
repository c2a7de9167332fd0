import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { uploadAttachments } from '../../upload/uploadAttachments';
import { attachmentTypes } from './attachmentTypes';
import { uploadOptions } from './upload.options';

/** 'Attach To' (parent.ts) adds the method and the URL. */
export const uploadOperation: INodePropertyOptions = {
	name: 'Upload',
	value: 'upload',
	action: 'Upload attachment',
	description:
		"Upload files to a charge capture or an encounter and get their attachment IDs. To send them to the payer, use 'Send with Claim'.",
	routing: {
		send: { paginate: true },
		operations: { pagination: uploadAttachments },
	},
};

const properties: INodeProperties[] = [
	{
		displayName: 'Attachment Type',
		name: 'attachmentType',
		type: 'options',
		options: attachmentTypes,
		default: 'DOCUMENTATION',
		routing: { send: { type: 'body', property: 'attachment_type' } },
	},
	{
		displayName:
			"n8n does not pass files to a tool. In 'Input Binary Field', enter an expression that returns the file. If the node that read the file has several items, let the model name the right one: {{ $('Node').all().find(item => item.json.visit === $fromAI('visit')).binary.data }}. If it is not clear which file is meant, nothing is stored.",
		name: 'toolNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { '@tool': [true] } },
	},
	{
		displayName: 'Input Binary Field',
		name: 'binaryPropertyName',
		type: 'string',
		required: true,
		default: 'data',
		placeholder: 'e.g. data or attachment_*',
		hint: "The name of the input field that contains the file. Separate several names with commas, or use * for any text: 'attachment_*' selects all files of an email.",
		description: 'Each file becomes one attachment and one output item',
		routing: { send: { type: 'body', property: 'attachment_file' } },
	},
	{
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		default: {},
		options: [
			{
				displayName: 'Description',
				name: 'description',
				type: 'string',
				default: '',
				placeholder: 'e.g. Superbill of the visit',
				description: 'Text to show with the attachment in Candid',
				routing: { send: { type: 'body', property: 'description' } },
			},
			{
				displayName: 'File Name',
				name: 'fileName',
				type: 'string',
				default: '',
				placeholder: 'e.g. superbill.pdf',
				description:
					'The name to store the file under, instead of its own name. Works with one file per item.',
			},
			{
				displayName: 'MIME Type',
				name: 'mimeType',
				type: 'string',
				default: '',
				placeholder: 'e.g. application/pdf',
				description:
					'The type of the file, if the node does not detect the right one. If empty, the node uses the content of the file, or its name if the content is not enough (plain text or CSV).',
			},
		],
	},
	uploadOptions,
];

export const uploadProperties = updateDisplayOptions(
	{ show: { resource: ['attachment'], operation: ['upload'] } },
	properties,
);
