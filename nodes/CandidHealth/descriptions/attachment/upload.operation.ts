import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties } from 'n8n-workflow';

import { choice, fixedChoice } from '../../request/choice';
import { withoutDescription } from '../../upload/withoutDescription';

const ENDPOINT_VERSIONS = { v2: 'V2', v1: 'V1' };

const IF_ALREADY_ATTACHED = { skip: 'Skip', upload: 'Upload Anyway' };

const properties: INodeProperties[] = [
	{
		displayName: 'Attachment Type',
		name: 'attachmentType',
		type: 'options',
		options: [
			{
				name: 'Documentation',
				value: 'DOCUMENTATION',
				description: 'Superbills, notes, lab results',
			},
			{ name: 'EOB', value: 'EOB', description: 'Explanation of benefits, payer letters' },
			{ name: 'Other', value: 'OTHER' },
		],
		default: 'DOCUMENTATION',
		routing: { send: { type: 'body', property: 'attachment_type' } },
	},
	{
		displayName:
			"n8n hands no files to a tool: in 'Input Binary Field', enter an expression that gives the file. Where the node that read it has several items, let the model name one: {{ $('Node').all().find(item => item.json.visit === $fromAI('visit')).binary.data }}. What n8n could mix up is not stored.",
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
		description: 'One attachment is created, and one item is output, per file',
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
				description: 'Shown with the attachment in Candid',
				routing: { send: { type: 'body', property: 'description' } },
			},
			{
				displayName: 'File Name',
				name: 'fileName',
				type: 'string',
				default: '',
				placeholder: 'e.g. superbill.pdf',
				description: "Replaces the file's own name. For one file per item.",
			},
			{
				displayName: 'MIME Type',
				name: 'mimeType',
				type: 'string',
				default: '',
				placeholder: 'e.g. application/pdf',
				description:
					'Which type the file has, if the node does not find the right one. Without it the content of the file decides, and its name where content cannot tell types apart (plain text or CSV).',
			},
		],
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Endpoint Version',
				name: 'endpointVersion',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: ENDPOINT_VERSIONS.v2, value: 'v2' },
					{
						name: ENDPOINT_VERSIONS.v1,
						value: 'v1',
						description:
							'Deprecated by Candid. It does not accept a description: one that is set is not sent.',
						routing: {
							request: { url: '/api/encounter-attachments/v1/{encounter_id}' },
							send: { preSend: [withoutDescription] },
						},
					},
				],
				default: 'v2',
				description: "Which of Candid's two endpoints for uploads to an encounter to use",
				routing: {
					send: {
						preSend: [
							fixedChoice('options.endpointVersion', 'Endpoint Version', ENDPOINT_VERSIONS),
						],
					},
				},
				displayOptions: { show: { '/attachTo': ['encounter'] } },
			},
			{
				displayName: 'If Already Attached',
				name: 'ifAlreadyAttached',
				type: 'options',
				options: [
					{
						name: IF_ALREADY_ATTACHED.skip,
						value: 'skip',
						description: 'Check first, and upload only files that are not attached yet',
					},
					{
						name: IF_ALREADY_ATTACHED.upload,
						value: 'upload',
						description: 'Upload every file without checking',
					},
				],
				default: 'upload',
				description:
					'What to do with a file when the charge capture or encounter has an attachment of the same name and attachment type. A skipped file is output with the ID of that attachment. A tool of an AI agent skips unless you add this option.',
				routing: {
					send: {
						preSend: [
							choice('options.ifAlreadyAttached', 'If Already Attached', IF_ALREADY_ATTACHED),
						],
					},
				},
			},
			{
				displayName: 'Max Concurrent Uploads',
				name: 'maxConcurrentUploads',
				type: 'number',
				typeOptions: { minValue: 0, maxValue: 50, numberPrecision: 0 },
				default: 0,
				description:
					'How many files are uploaded at the same time. With 0 that depends on their size: up to 80 files of 200 KB or less, fewer of larger ones, and 4 of 4 MB or more.',
			},
			{
				displayName: 'Max Tries',
				name: 'maxTries',
				type: 'number',
				typeOptions: { minValue: 1, maxValue: 10, numberPrecision: 0 },
				default: 4,
				description:
					'How many times a file is sent when Candid cannot be reached or does not answer as it should, with longer waits each time. It is sent again only after making sure that Candid does not have it. Set 1 to send each file only once. Waiting for room within the limit of 1,000 requests in 10 seconds does not count.',
			},
			{
				displayName: 'Trust MIME Type',
				name: 'trustMimeType',
				type: 'boolean',
				default: false,
				description:
					"Whether to store a file as the type in 'MIME Type' (under Additional Fields) even if its content is of another type. Without it such a file is not stored.",
			},
		],
	},
];

export const uploadProperties = updateDisplayOptions(
	{ show: { resource: ['attachment'], operation: ['upload'] } },
	properties,
);
