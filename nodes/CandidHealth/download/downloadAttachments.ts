import type {
	IDataObject,
	IExecutePaginationFunctions,
	INodeExecutionData,
	NodeApiError,
} from 'n8n-workflow';

import { isTool } from '../agent/toolCall';
import { candidApiError } from '../errors/candidApiError';
import { failureOf } from '../errors/candidFailure';

import { checkedRequest } from '../request/checkedRequest';
import type { CheckedRequest } from '../request/checkedRequest';
import { sendInTurn } from '../request/sendInTurn';
import type { Result } from '../request/sendInTurn';
import { sendWithRetries, recordsIn, checkedPart, requestError } from '../request/part';
import type { Part, Request } from '../request/part';
import type { ReadIntent } from '../request/readRequest';
import { attachmentFields } from '../request/simplify';
import { paceOf } from '../run/pace';
import type { Run } from '../run/run';
import { runItem } from '../run/runItem';
import { extensionIn, plainFileName } from '../upload/fileName';
import { openFileLink } from './fileLink';
import type { Opened, OpenedFile } from './fileLink';
import { receivedFile } from './receivedFile';

const INTENT: ReadIntent = { subject: 'the attachment', action: 'downloaded' };

/** Node.js frees what streams have used the later the more of them there are: 2 take 10 MB more, 4 take 60 MB. */
const DOWNLOAD_SLOTS = 1;

/**
 * Fetches the file of one item's attachment, as the engine's pagination function: `routing` describes
 * the list of the attachment's charge capture or encounter, and `attachment_id` says which of it.
 *
 * @throws NodeOperationError before anything is sent, when an ID is invalid
 * @throws NodeApiError when there is no such attachment, or its file cannot be downloaded
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
	const list = sharedList(run, context, request, part);
	const attachment = attachmentOf(context, await list, part);
	let opened = await open(context, run, request, attachment);
	if (isRefused(opened)) {
		// A link expires after some time, which other files may have used up. A new list has new links.
		const newList = sharedList(run, context, request, part, list);
		const listedAgain = attachmentOf(context, await newList, part);
		opened = await open(context, run, request, listedAgain);
	}
	if ('status' in opened) throw linkNotAnswered(context, opened.status);
	try {
		return await asItem(context, attachment, opened);
	} finally {
		opened.close();
	}
}

/** By run, the lists that its items need, each requested once for all of them, by account and URL. */
const lists = new WeakMap<Run, Map<string, Promise<Result<unknown[]>>>>();

/** @param outdated the list that is not to be used again */
function sharedList(
	run: Run,
	context: IExecutePaginationFunctions,
	request: Request,
	{ account, url, qs }: Part,
	outdated?: Promise<Result<unknown[]>>,
): Promise<Result<unknown[]>> {
	const known = lists.get(run) ?? new Map<string, Promise<Result<unknown[]>>>();
	lists.set(run, known);
	const key = JSON.stringify([account, url]);
	const list = known.get(key);
	if (list !== undefined && list !== outdated) return list;
	const newList = sendWithRetries(context, run, request, { account, url, qs, body: {} });
	known.set(key, newList);
	return newList;
}

function attachmentOf(
	context: IExecutePaginationFunctions,
	list: Result<unknown[]>,
	{ ids }: CheckedRequest,
): Attachment {
	const found = recordsIn(context, INTENT, list).find(
		({ attachment_id: id }) => String(id).toLowerCase() === ids.attachment_id,
	);
	if (typeof found?.authed_url === 'string') return found as Attachment;
	throw candidApiError(context, INTENT, {
		reason: found ? 'Candid gave no link to its file' : 'Candid does not list it there',
		advice:
			'Check its ID, and the charge capture or encounter. Files that were uploaded to a charge capture are listed with its encounter only after that has been created.',
		outcome: 'refused',
		tryAgain: true,
	});
}

interface Attachment extends IDataObject {
	authed_url: string;
}

async function open(
	context: IExecutePaginationFunctions,
	run: Run,
	{ options: { proxy, skipSslCertificateValidation, timeout } }: Request,
	{ authed_url: link }: Attachment,
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

/** Whether a link was answered, and may be answered with its file later. */
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
 * Streams the file into n8n's storage. Its name is the one that Candid has for it, and so is its type,
 * unless its content is of another kind.
 */
async function asItem(
	context: IExecutePaginationFunctions,
	attachment: Attachment,
	{ file, head, type: answeredType }: OpenedFile,
): Promise<INodeExecutionData> {
	const { attachment_id: id, file_name: name, content_type: type } = attachment;
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
	const json = { ...attachmentFields(attachment), ...(isTool(context) ? NOT_SEEN : {}) };
	return { json, binary: { [outputField(context)]: binary } };
}

/** Of a tool's output n8n hands only the JSON to the model, and nothing to the nodes after the agent (2.41.1). */
const NOT_SEEN: IDataObject = {
	note: 'The file can be downloaded, but its content is not part of this answer: you have not seen it and cannot say what is in it.',
};
