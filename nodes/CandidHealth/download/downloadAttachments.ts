import type { IExecutePaginationFunctions, INodeExecutionData } from 'n8n-workflow';

import { attachmentFields } from '../descriptions/attachment/attachment.fields';
import { candidApiError } from '../errors/candidApiError';
import { checkedRequest } from '../request/checkedRequest';
import { checkedPart } from '../request/part';
import type { Part, Request } from '../request/part';
import type { ReadIntent } from '../request/readRequest';
import type { Run } from '../run/run';
import { runItem } from '../run/runItem';
import { contentNote, downloadFile, isRefused, linkNotAnswered, outputField } from './downloadFile';
import type { LinkedFile, Place } from './downloadFile';
import { attachmentIn, sharedList } from './listedAttachment';
import type { AttachmentWithLink } from './listedAttachment';

const INTENT: ReadIntent = { subject: 'the attachment', action: 'downloaded' };

/** The more streams, the later Node.js frees their memory: 2 need 10 MB more than one, 4 need 60 MB more. */
const DOWNLOAD_SLOTS = 1;

/**
 * Downloads the file of one item's attachment. This is the engine's pagination function: `routing` describes
 * the list of the charge capture's or encounter's attachments, with `attachment_id` to select one of them.
 *
 * @throws NodeOperationError before anything is sent, if an ID is invalid
 * @throws NodeApiError if there is no such attachment, or its file cannot be downloaded
 */
export async function downloadAttachments(
	this: IExecutePaginationFunctions,
	request: Request,
): Promise<INodeExecutionData[]> {
	return await runItem<Part>(this, {
		action: INTENT.action,
		slots: DOWNLOAD_SLOTS,
		check: async () => [await checkedPart(this, checkedRequest(request.options), INTENT)],
		send: async (part, run) => [await download(this, run, request, part)],
		subject: () => INTENT.subject,
		details: ({ ids }) => ids,
	});
}

async function download(
	context: IExecutePaginationFunctions,
	run: Run,
	request: Request,
	part: Part,
): Promise<INodeExecutionData> {
	const id = part.ids.attachment_id;
	const place: Place = {
		context,
		run,
		request,
		failed: (explanation, status) => candidApiError(context, INTENT, explanation, status),
	};
	const list = sharedList(context, run, request, part);
	const attachment = attachmentIn(context, INTENT, await list, id);
	let file = await downloadFile(place, linkedFile(attachment));
	if (isRefused(file)) {
		// A new list has new links.
		const newList = sharedList(context, run, request, part, list);
		const { link } = attachmentIn(context, INTENT, await newList, id);
		file = await downloadFile(place, linkedFile({ ...attachment, link }));
	}
	if ('status' in file) throw place.failed(linkNotAnswered(file.status), file.status);
	const json = { ...attachmentFields(attachment.record), ...contentNote(context) };
	return { json, binary: { [outputField(context)]: file.binary } };
}

function linkedFile({ record, link }: AttachmentWithLink): LinkedFile {
	const { attachment_id: id, file_name: name, content_type: type } = record;
	return {
		link,
		name: String(name ?? ''),
		id: String(id),
		type: typeof type === 'string' ? type : '',
	};
}
