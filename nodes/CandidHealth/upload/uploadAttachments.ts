import { randomBytes } from 'crypto';
import { NodeOperationError } from 'n8n-workflow';
import type {
	DeclarativeRestApiSettings,
	IBinaryData,
	IDataObject,
	IExecutePaginationFunctions,
	INodeExecutionData,
} from 'n8n-workflow';

import { candidApiError, failureOf, inPlainWords, unusableAnswer } from '../candidApiError';
import type { CandidFailure, PlainWords } from '../candidApiError';
import { attachmentFile, selectFields } from './attachmentFile';
import type { AttachmentFile, Overrides, Refusal } from './attachmentFile';
import { multipartBody } from './multipartBody';
import type { MultipartBody } from './multipartBody';
import { withinRun } from './uploadRun';
import type { UploadRun } from './uploadRun';

/** The one form field that is a file; its routing value is the user's choice of binary fields. */
const FILE_FIELD = 'attachment_file';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

type Fields = Record<string, string>;

type Request = DeclarativeRestApiSettings.ResultOptions;

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
		const { [FILE_FIELD]: selector, ...rest } = request.options.body as IDataObject;
		const fields = textFields(rest);

		const checked = run.inSlot(async () => await checkFiles(this, fields, selector));
		const accepted = checked.then((files) => throwFirstRefusal(this, run, files));
		if (!(await run.allChecked(accepted))) {
			await accepted;
			return notStarted(this);
		}

		const files = await checked;
		const outcomes = await Promise.allSettled(
			files.map(async (file) => {
				if ('why' in file) throw refusalError(this, run, file);
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

/** Form fields are text; one that an expression left empty is not sent. */
function textFields(body: IDataObject): Fields {
	const entries = Object.entries(body).map(([name, value]): [string, string] => {
		const isText = ['string', 'number', 'boolean'].includes(typeof value);
		return [name, isText ? String(value) : ''];
	});
	return Object.fromEntries(entries);
}

async function checkFiles(
	context: IExecutePaginationFunctions,
	fields: Fields,
	selector: unknown,
): Promise<Array<AttachmentFile | Refusal>> {
	const available = binaryFields(context);
	const { fields: selected, unmatched } =
		typeof selector === 'string'
			? selectFields(selector, Object.keys(available))
			: selectBinaryObject(available, selector);
	if (selected.length === 0 && unmatched.length === 0) unmatched.push('');

	const overrides = context.getNodeParameter('additionalFields', {}) as Overrides;
	const wrongId = unusableExternalId(fields);
	const files = await Promise.all(
		selected.map(async (name): Promise<AttachmentFile | Refusal> => {
			const binary = available[name]!;
			const fileName = overrides.fileName || binary.fileName || name;
			if (wrongId) return { fileName, ...wrongId };
			if (overrides.fileName && selected.length > 1) {
				return {
					fileName,
					why: `File Name under Additional Fields is one name, and the item has ${selected.length} files`,
					advice: 'Remove it to keep the name of each file, or select one file.',
				};
			}
			try {
				return attachmentFile(binary, name, await sizeOf(context, binary), overrides);
			} catch {
				return {
					fileName,
					why: 'n8n no longer has its content',
					advice: 'Run the workflow again from the node that read the file.',
				};
			}
		}),
	);
	return [...files, ...unmatched.map((name) => missingField(name, Object.keys(available)))];
}

/** By name: the item's binary values, wherever the workflow's binary mode keeps them. */
function binaryFields(context: IExecutePaginationFunctions): Record<string, IBinaryData> {
	const { binary, json } = context.getInputData();
	if (context.getWorkflowSettings().binaryMode !== 'combined') return { ...binary };
	const values = Object.entries({ ...json, ...(json._files as IDataObject | undefined) });
	return { ...Object.fromEntries(values.filter(isBinaryEntry)), ...binary };
}

/** An expression may give the file itself instead of the name of its field. */
function selectBinaryObject(available: Record<string, IBinaryData>, value: unknown) {
	if (!isBinaryEntry(['', value])) return { fields: [], unmatched: [] };
	const binary = value as IBinaryData;
	const name = binary.fileName ?? 'file';
	available[name] = binary;
	return { fields: [name], unmatched: [] };
}

function isBinaryEntry(entry: [string, unknown]): entry is [string, IBinaryData] {
	const value = entry[1];
	return (
		typeof value === 'object' &&
		value !== null &&
		'mimeType' in value &&
		('data' in value || 'id' in value)
	);
}

function missingField(name: string, available: string[]): Refusal {
	const names = available.map((field) => `'${field}'`).join(', ');
	return {
		fileName: name || 'file',
		why:
			name === ''
				? "'Input Binary Field' is empty"
				: `the item has no binary field that matches '${name}'`,
		advice: names
			? `The item's binary fields are: ${names}.`
			: 'The item has no binary data. Check that the node before this one outputs a file.',
	};
}

/**
 * In a URL path `.` and `..` mean another place even when percent-encoded (WHATWG URL, 'double-dot
 * path segment'), so an attachment filed under them could never be listed or deleted.
 */
function unusableExternalId(fields: Fields): Omit<Refusal, 'fileName'> | undefined {
	const id = fields.charge_capture_external_id;
	if (id === undefined || !['', '.', '..'].includes(id.trim())) return undefined;
	return {
		why: id.trim() === '' ? 'the charge capture is not given' : `'${id}' is no external ID`,
		advice:
			"Enter the charge capture's external ID, or check what the expression in 'Charge Capture' gives for this item.",
	};
}

/** Bytes. */
async function sizeOf(context: IExecutePaginationFunctions, binary: IBinaryData): Promise<number> {
	if (binary.id) return (await context.helpers.getBinaryMetadata(binary.id)).fileSize;
	return Buffer.byteLength(binary.data, 'base64');
}

async function upload(
	context: IExecutePaginationFunctions,
	run: UploadRun,
	request: Request,
	fields: Fields,
	file: AttachmentFile,
): Promise<INodeExecutionData> {
	const itemIndex = context.getItemIndex();
	const refuse = (words: PlainWords, status?: number) => {
		run.stop();
		return candidApiError(context.getNode(), { fileName: file.fileName, itemIndex }, words, status);
	};

	const reply = await send(context, request, fields, file);
	if ('failure' in reply) throw refuse(inPlainWords(reply.failure), reply.failure.status);
	const { answer } = reply;
	if (typeof answer !== 'string' || !UUID.test(answer)) throw refuse(unusableAnswer(answer));
	return {
		json: {
			attachment_id: answer,
			...sent(fields),
			file_name: file.fileName,
			content_type: file.contentType,
			file_size: file.size,
		},
		pairedItem: { item: itemIndex },
	};
}

/** `answer` is the body of a successful answer, parsed if it was JSON. */
type Reply = { answer: unknown } | { failure: CandidFailure };

async function send(
	context: IExecutePaginationFunctions,
	request: Request,
	fields: Fields,
	file: AttachmentFile,
): Promise<Reply> {
	const attempt = async (): Promise<Reply> => {
		let content: Content | undefined;
		try {
			const frame = multipartBody(
				sent(fields),
				{ field: FILE_FIELD, ...file },
				`----n8n-candid-health-${randomBytes(16).toString('hex')}`,
			);
			content = await openContent(context, file, frame);
			const options = {
				...request.options,
				body: content.body,
				headers: {
					...request.options.headers,
					'Content-Type': frame.contentType,
					'Content-Length': frame.contentLength,
				},
			};
			const [answer] = await context.makeRoutingRequest({ ...request, options });
			return { answer: answer?.json };
		} catch (error) {
			return { failure: failureOf(error) };
		} finally {
			content?.close();
		}
	};
	const reply = await attempt();
	// On a 401 n8n fetches a new token and sends a buffer once more by itself, but never a stream.
	const tokenRenewed = file.binary.id && 'failure' in reply && reply.failure.status === 401;
	return tokenRenewed ? await attempt() : reply;
}

/** A whole multipart body; `close` lets go of the file behind it, whatever has become of the request. */
interface Content {
	body: object;
	close(): void;
}

async function openContent(
	context: IExecutePaginationFunctions,
	file: AttachmentFile,
	{ head, tail }: MultipartBody,
): Promise<Content> {
	const { id, data } = file.binary;
	if (!id) {
		return { body: Buffer.concat([head, Buffer.from(data, 'base64'), tail]), close: () => {} };
	}
	const stored = await context.helpers.getBinaryStream(id);
	const body = stored.compose(framed(head, tail, file.size)) as typeof stored;
	// The request reports what goes wrong; without a listener, a body that no request took up would
	// end the process. So it would in Node.js before 24 if it were destroyed before it had begun.
	body.on('error', () => {});
	body.read(0);
	return {
		body,
		close: () => {
			body.destroy();
			stored.destroy();
		},
	};
}

/** Puts head and tail around a file. A file that is not as long as recorded must not look complete. */
function framed(head: Buffer, tail: Buffer, size: number) {
	return async function* (source: AsyncIterable<Buffer>) {
		yield head;
		let left = size;
		for await (const chunk of source) {
			left -= chunk.length;
			if (left < 0) break;
			yield chunk;
		}
		if (left !== 0) throw new Error('the file has changed since it was read');
		yield tail;
	};
}

function sent(fields: Fields): Fields {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
}

function throwFirstRefusal(
	context: IExecutePaginationFunctions,
	run: UploadRun,
	files: Array<AttachmentFile | Refusal>,
): void {
	const refusals = files.filter((file): file is Refusal => 'why' in file);
	const [first, ...others] = refusals;
	if (!first || run.continues) return;
	throw refusalError(context, run, first, others);
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
	fields: Fields,
): INodeExecutionData {
	return {
		json: {
			error: error.message,
			message: error.description ?? '',
			details: { file_name: fileName, ...sent(fields) },
		},
		pairedItem: { item: context.getItemIndex() },
	};
}

/** Stands in for files that were held back; the engine replaces it by the reason, which is another item's. */
function notStarted(context: IExecutePaginationFunctions): INodeExecutionData[] {
	return [
		{
			json: { error: 'Not sent, because another item of this run could not be' },
			pairedItem: { item: context.getItemIndex() },
		},
	];
}
