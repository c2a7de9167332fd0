import type {
	IDataObject,
	IExecuteSingleFunctions,
	IHttpRequestOptions,
	INodeProperties,
} from 'n8n-workflow';

import { choice, fixedChoice } from '../../request/choice';
import { omit } from '../../request/omit';

const ENDPOINT_VERSIONS = { v2: 'V2', v1: 'V1' };

const IF_ALREADY_ATTACHED = { skip: 'Skip', upload: 'Upload Anyway' };

export const uploadOptions: INodeProperties = {
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
					description: 'Deprecated by Candid. It does not accept a description, so none is sent.',
					routing: {
						request: { url: '/api/encounter-attachments/v1/{encounter_id}' },
						send: { preSend: [withoutDescription] },
					},
				},
			],
			default: 'v2',
			description: "Which of Candid's two endpoints to use for uploads to an encounter",
			routing: {
				send: {
					preSend: [fixedChoice('options.endpointVersion', 'Endpoint Version', ENDPOINT_VERSIONS)],
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
				'What to do with a file if the charge capture or encounter already has an attachment with the same name and attachment type. A skipped file is output with the ID of that attachment. As the tool of an AI agent, the node skips such files unless you add this option.',
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
			typeOptions: { minValue: 0, maxValue: 80, numberPrecision: 0 },
			default: 0,
			description:
				'How many files to upload at the same time. With 0, this depends on their size: up to 80 files of 200 KB or less, fewer if they are larger, and 4 files of 4 MB or more.',
		},
		{
			displayName: 'Max Tries',
			name: 'maxTries',
			type: 'number',
			typeOptions: { minValue: 1, maxValue: 10, numberPrecision: 0 },
			default: 4,
			description:
				"How many times to send a file if Candid cannot be reached or does not answer as expected, with a longer wait each time. A file is sent again only after making sure that Candid does not have it. Set to 1 to send each file only once. Waiting because of Candid's limit of 1,000 requests in 10 seconds does not count as a try.",
		},
		{
			displayName: 'Trust MIME Type',
			name: 'trustMimeType',
			type: 'boolean',
			default: false,
			description:
				"Whether to store a file as the type in 'MIME Type' (under Additional Fields) even if its content is of another type. If off, such a file is not stored.",
		},
	],
};

/** `preSend` of the endpoint without a description, because Candid would drop one silently. */
async function withoutDescription(
	this: IExecuteSingleFunctions,
	options: IHttpRequestOptions,
): Promise<IHttpRequestOptions> {
	return { ...options, body: omit(options.body as IDataObject, 'description') };
}
