import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties } from 'n8n-workflow';

import { withoutDescription } from '../../upload/withoutDescription';

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
		displayName: 'Input Binary Field',
		name: 'binaryPropertyName',
		type: 'string',
		required: true,
		default: 'data',
		placeholder: 'e.g. data or attachment_*',
		hint: "The name of the input field that contains the file. Separate several names with commas, or use * for any text: 'attachment_*' takes all files of an email.",
		description: 'One attachment is made, and one item is output, per file',
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
					"Replaces the file's recorded type. Needed only if that is wrong: where it says nothing, the extension of the file name decides.",
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
				options: [
					{ name: 'V2', value: 'v2' },
					{
						name: 'V1',
						value: 'v1',
						description: 'Deprecated by Candid. Takes no description: one that is set is not sent.',
						routing: {
							request: { url: '/api/encounter-attachments/v1/{encounter_id}' },
							send: { preSend: [withoutDescription] },
						},
					},
				],
				default: 'v2',
				description: "Which of Candid's two endpoints for uploads to an encounter to use",
				displayOptions: { show: { '/attachTo': ['encounter'] } },
			},
			{
				displayName: 'If Already Attached',
				name: 'ifAlreadyAttached',
				type: 'options',
				options: [
					{
						name: 'Skip',
						value: 'skip',
						description:
							'Look first, and send only what is not there: the workflow can be run again after whatever happened',
					},
					{
						name: 'Upload Anyway',
						value: 'upload',
						description: 'Send every file, without looking',
					},
				],
				default: 'upload',
				description:
					'What to do with a file when the charge capture or encounter has an attachment of the same name and attachment type. A skipped file is output with the ID of that attachment.',
			},
			{
				displayName: 'Max Concurrent Uploads',
				name: 'maxConcurrentUploads',
				type: 'number',
				typeOptions: { minValue: 0, maxValue: 50, numberPrecision: 0 },
				default: 0,
				description:
					'How many files are on their way at the same time. 0 goes by their size: 80 of up to 200 KB, fewer the larger they are, 4 from 4 MB on.',
			},
			{
				displayName: 'Max Tries',
				name: 'maxTries',
				type: 'number',
				typeOptions: { minValue: 1, maxValue: 10, numberPrecision: 0 },
				default: 4,
				description:
					'How often a file is sent when Candid cannot be reached or is busy, with growing waits between. It is sent again only after making sure that Candid does not have it. 1 switches this off.',
			},
		],
	},
];

export const uploadProperties = updateDisplayOptions(
	{ show: { resource: ['attachment'], operation: ['upload'] } },
	properties,
);
