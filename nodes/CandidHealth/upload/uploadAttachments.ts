import type { IDataObject, IExecutePaginationFunctions, INodeExecutionData } from 'n8n-workflow';

import { candidApiError, inPlainWords, unusableAnswer } from '../candidApiError';
import { checkedRequest, isUuid } from '../request/checkedRequest';
import type { Intent, Request } from '../request/sendRequest';
import { FILE_SLOTS, runItem } from '../run/runItem';
import type { AttachmentFile } from './attachmentFile';
import { inputFiles } from './inputFiles';
import type { FormFields } from './multipartBody';
import { FILE_FIELD, sendFile } from './sendFile';

/**
 * Sends the files of one item, as the engine's pagination function: it takes the form fields that
 * `routing` collected, and gives one output item per file, in the order of the files.
 *
 * @throws NodeOperationError before anything is sent, when a file or an ID cannot be right
 * @throws NodeApiError when Candid refuses a file or its answer is lost
 */
export async function uploadAttachments(
	this: IExecutePaginationFunctions,
	request: Request,
): Promise<INodeExecutionData[]> {
	const { options } = request;
	const checked = checkedRequest(options);
	const unusable = 'why' in checked ? checked : undefined;
	const { url, qs, body, ids } =
		'why' in checked ? { ...options, body: options.body as IDataObject, ids: {} } : checked;
	const fields = formFields(body);
	const about = ({ fileName }: { fileName: string }) => ({
		subject: inQuotes({ fileName }),
		details: { file_name: fileName, ...ids, ...fields },
	});

	return await runItem<AttachmentFile>(this, {
		deed: 'stored',
		slots: chosenSlots(this),
		check: async () => {
			const files = await inputFiles(this, body[FILE_FIELD]);
			return files.map((file) => {
				const refusal = unusable ?? ('why' in file ? file : undefined);
				return refusal ? { ...refusal, ...about(file) } : (file as AttachmentFile);
			});
		},
		send: async (file) => {
			const target = { ...request, options: { ...options, url, qs } };
			return [
				{
					json: {
						attachment_id: await attachmentId(this, target, fields, file),
						...ids,
						...fields,
						file_name: file.fileName,
						content_type: file.contentType,
						file_size: file.size,
					},
				},
			];
		},
		details: (file) => about(file).details,
	});
}

function chosenSlots(context: IExecutePaginationFunctions): number {
	const chosen = Number(context.getNodeParameter('options.maxConcurrentUploads', FILE_SLOTS));
	return Math.max(1, Math.trunc(chosen) || FILE_SLOTS);
}

/** The body without its file. Form fields are text; one that an expression left empty is not sent. */
function formFields(body: IDataObject): FormFields {
	const fields: FormFields = {};
	for (const [name, value] of Object.entries(body)) {
		const isText = ['string', 'number', 'boolean'].includes(typeof value);
		if (name !== FILE_FIELD && isText && value !== '') fields[name] = String(value);
	}
	return fields;
}

/** @returns the attachment ID that Candid gave to the file */
async function attachmentId(
	context: IExecutePaginationFunctions,
	request: Request,
	fields: FormFields,
	file: AttachmentFile,
): Promise<string> {
	const intent: Intent = { subject: inQuotes(file), deed: 'stored' };
	const reply = await sendFile(context, request, fields, file);
	if ('failure' in reply) {
		const { failure } = reply;
		throw candidApiError(context, intent, inPlainWords(failure, 'stored'), failure.status);
	}
	if (isUuid(reply.answer)) return reply.answer;
	throw candidApiError(context, intent, unusableAnswer(reply.answer, 'an attachment ID', 'stored'));
}

const inQuotes = ({ fileName }: { fileName: string }) => `'${fileName}'`;
