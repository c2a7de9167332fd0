import { NodeOperationError } from 'n8n-workflow';
import type { IDataObject, IExecutePaginationFunctions, INodeExecutionData } from 'n8n-workflow';

import { candidApiError, inPlainWords, unusableAnswer } from '../candidApiError';
import type { PlainWords } from '../candidApiError';
import { unusableExternalId } from './attachmentFile';
import type { AttachmentFile, Refusal } from './attachmentFile';
import { inputFiles } from './inputFiles';
import type { FormFields } from './multipartBody';
import { FILE_FIELD, sendFile } from './sendFile';
import type { Request } from './sendFile';
import { withinRun } from './uploadRun';
import type { UploadRun } from './uploadRun';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

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
	return await withinRun(this, async (run) => {
		const body = request.options.body as IDataObject;
		const fields = formFields(body);

		const checking = run.inSlot(async () => await checkedFiles(this, body, fields));
		const verdict = await run.verdict(checking.then((files) => !files.some(isRefusal)));
		if (verdict === 'abandoned') return notSent(this);
		const files = await checking;
		if (verdict === 'refused') {
			throwRefusals(this, run, files.filter(isRefusal));
			return notSent(this);
		}

		const outcomes = await Promise.allSettled(
			files.map(async (file) => {
				if (isRefusal(file)) throw refusalError(this, run, file);
				return await run.inSlot(async () =>
					run.stopped ? [] : [await upload(this, run, request, fields, file)],
				);
			}),
		);
		return outcomes.flatMap((outcome, index) => {
			if (outcome.status === 'fulfilled') return outcome.value;
			if (!run.continues) throw outcome.reason;
			return errorItem(this, outcome.reason as Error, files[index]!.fileName, fields);
		});
	});
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

async function checkedFiles(
	context: IExecutePaginationFunctions,
	body: IDataObject,
	fields: FormFields,
): Promise<Array<AttachmentFile | Refusal>> {
	const files = await inputFiles(context, body[FILE_FIELD]);
	if (!('charge_capture_external_id' in body)) return files;
	const wrongId = unusableExternalId(fields.charge_capture_external_id ?? '');
	return wrongId ? files.map(({ fileName }) => ({ fileName, ...wrongId })) : files;
}

const isRefusal = (file: AttachmentFile | Refusal): file is Refusal => 'why' in file;

async function upload(
	context: IExecutePaginationFunctions,
	run: UploadRun,
	request: Request,
	fields: FormFields,
	file: AttachmentFile,
): Promise<INodeExecutionData> {
	const itemIndex = context.getItemIndex();
	const stop = (words: PlainWords, status?: number) => {
		run.stop();
		return candidApiError(context.getNode(), { fileName: file.fileName, itemIndex }, words, status);
	};

	const reply = await sendFile(context, request, fields, file);
	if ('failure' in reply) throw stop(inPlainWords(reply.failure), reply.failure.status);
	const { answer } = reply;
	if (typeof answer !== 'string' || !UUID.test(answer)) throw stop(unusableAnswer(answer));
	return {
		json: {
			attachment_id: answer,
			...fields,
			file_name: file.fileName,
			content_type: file.contentType,
			file_size: file.size,
		},
		pairedItem: { item: itemIndex },
	};
}

function throwRefusals(
	context: IExecutePaginationFunctions,
	run: UploadRun,
	[first, ...others]: Refusal[],
): void {
	if (first) throw refusalError(context, run, first, others);
}

function refusalError(
	context: IExecutePaginationFunctions,
	run: UploadRun,
	{ fileName, why, advice }: Refusal,
	others: Refusal[] = [],
): NodeOperationError {
	const itemIndex = context.getItemIndex();
	const nothingSent = run.continues || run.batched ? [] : ['Nothing was sent.'];
	const alsoRefused = others.map((other) => `'${other.fileName}' too: ${other.why}.`);
	return new NodeOperationError(
		context.getNode(),
		`'${fileName}' [item ${itemIndex}] was not stored: ${why}`,
		{ itemIndex, description: [advice, ...nothingSent, ...alsoRefused].join(' ') },
	);
}

/** Shape that n8n takes for an error item and, on the error output, completes with the input's JSON. */
function errorItem(
	context: IExecutePaginationFunctions,
	error: Error & { description?: string | null },
	fileName: string,
	fields: FormFields,
): INodeExecutionData {
	return {
		json: {
			error: error.message,
			message: error.description ?? '',
			details: { file_name: fileName, ...fields },
		},
		pairedItem: { item: context.getItemIndex() },
	};
}

/** For an item that was held back. The run ends with another item's refusal, so nobody should see it. */
function notSent(context: IExecutePaginationFunctions): INodeExecutionData[] {
	return [
		{
			json: { error: 'Not sent, because another item of this run could not be' },
			pairedItem: { item: context.getItemIndex() },
		},
	];
}
