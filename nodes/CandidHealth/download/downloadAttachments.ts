import type {
	IDataObject,
	IExecutePaginationFunctions,
	INodeExecutionData,
	NodeApiError,
} from 'n8n-workflow';

import { isTool } from '../agent/toolCall';
import { attachmentFields } from '../descriptions/attachment/attachment.fields';
import { candidApiError } from '../errors/candidApiError';
import { failureOf } from '../errors/candidFailure';
import { checkedRequest } from '../request/checkedRequest';
import { checkedPart, requestError } from '../request/part';
import type { Part, Request } from '../request/part';
import type { ReadIntent } from '../request/readRequest';
import { sendInTurn } from '../request/sendInTurn';
import type { Result } from '../request/sendInTurn';
import { paceOf } from '../run/pace';
import type { Run } from '../run/run';
import { runItem } from '../run/runItem';
import { extensionIn, plainFileName } from '../upload/fileName';
import { openFileLink } from './fileLink';
import type { Opened, OpenedFile } from './fileLink';
import { attachmentIn, sharedList } from './listedAttachment';
import type { AttachmentWithLink } from './listedAttachment';
import { receivedFile } from './receivedFile';

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
		check: async () => {
			const checked = outputField(this) === '' ? NO_FIELD : checkedRequest(request.options);
			return [await checkedPart(this, checked, INTENT)];
		},
		send: async (part, run) => [await download(this, run, request, part)],
		subject: () => INTENT.subject,
		details: ({ ids }) => ids,
	});
}

const outputField = (context: IExecutePaginationFunctions) =>
	String(context.getNodeParameter('binaryPropertyName') ?? '').trim();

const NO_FIELD = {
	reason: "'Put Output File in Field' is empty",
	advice: "Enter a name for the field, such as 'data'.",
};

async function download(
	context: IExecutePaginationFunctions,
	run: Run,
	request: Request,
	part: Part,
): Promise<INodeExecutionData> {
	const id = part.ids.attachment_id;
	const list = sharedList(context, run, request, part);
	const attachment = attachmentIn(context, INTENT, await list, id);
	let opened = await open(context, run, request, attachment);
	if (isRefused(opened)) {
		// A link expires, perhaps while other files were downloaded. A new list has new links.
		const newList = sharedList(context, run, request, part, list);
		const listedAgain = attachmentIn(context, INTENT, await newList, id);
		opened = await open(context, run, request, listedAgain);
	}
	if ('status' in opened) throw linkNotAnswered(context, opened.status);
	try {
		return await toItem(context, attachment, opened);
	} finally {
		opened.close();
	}
}

async function open(
	context: IExecutePaginationFunctions,
	run: Run,
	{ options: { proxy, skipSslCertificateValidation, timeout } }: Request,
	{ link }: AttachmentWithLink,
): Promise<Opened> {
	const network = {
		proxy,
		skipSslCertificateValidation: Boolean(skipSslCertificateValidation),
		timeout,
	};
	const result = await sendInTurn(run, paceOf(link), async (): Promise<Result<Opened>> => {
		const opened = await openFileLink(context, link, network);
		if ('status' in opened && isDown(opened)) return { failure: opened };
		run.recordAnswered();
		return { value: opened };
	});
	if ('value' in result) return result.value;
	const { failure } = result;
	if (isDown(failure)) return { status: failure.status };
	throw requestError(context, INTENT, failure);
}

/** Whether the answer is a server error, after which the link may work later. */
const isDown = <T extends { status?: number }>(answer: T): answer is T & { status: number } =>
	answer.status !== undefined && answer.status >= 500;

const isRefused = (opened: Opened) =>
	'status' in opened && opened.status >= 400 && opened.status < 500;

function linkNotAnswered(context: IExecutePaginationFunctions, status: number): NodeApiError {
	return candidApiError(
		context,
		INTENT,
		{
			reason: `the link to its file did not work (HTTP ${status})`,
			advice: 'Run it again in a few minutes.',
			outcome: 'refused',
			tryAgain: true,
		},
		status,
	);
}

/**
 * Streams the file into n8n's storage, under the name that Candid has for it, and as the type that Candid
 * has for it unless the content is of another kind.
 */
async function toItem(
	context: IExecutePaginationFunctions,
	{ record }: AttachmentWithLink,
	{ file, head, type: answeredType }: OpenedFile,
): Promise<INodeExecutionData> {
	const { attachment_id: id, file_name: name, content_type: type } = record;
	const fileName = plainFileName(String(name ?? ''));
	const recorded = typeof type === 'string' ? type : '';
	const extension = extensionIn(fileName);
	const received = receivedFile({ recorded, extension, head }, answeredType);
	if ('reason' in received) {
		throw candidApiError(context, INTENT, { ...received, outcome: 'refused', tryAgain: true });
	}
	const stored = context.helpers.prepareBinaryData(file, fileName || String(id), received.type);
	const binary = await stored.catch((error: unknown) => {
		throw requestError(context, INTENT, failureOf(error));
	});
	const json = { ...attachmentFields(record), ...(isTool(context) ? CONTENT_NOT_SEEN : {}) };
	return { json, binary: { [outputField(context)]: binary } };
}

/**
 * n8n passes only the JSON of a tool's output to the model, and none of it to the nodes after the agent
 * (2.41.1).
 */
const CONTENT_NOT_SEEN: IDataObject = {
	note: 'The file can be downloaded, but its content is not part of this answer: you have not seen it and cannot say what is in it.',
};
