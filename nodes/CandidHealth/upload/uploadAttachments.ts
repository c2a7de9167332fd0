import { createHash } from 'crypto';
import type { IDataObject, IExecutePaginationFunctions, INodeExecutionData } from 'n8n-workflow';

import { attachmentLists } from '../attachmentLists';
import { inPlainWords } from '../errors/candidApiError';
import { failureOf } from '../errors/candidFailure';
import { accountOf } from '../auth/environment';
import { printable } from '../fileName';
import { checkedRequest } from '../request/checkedRequest';
import type { Unusable } from '../request/checkedRequest';
import { MAX_TRIES } from '../request/retryPolicy';
import type { Request } from '../request/sendRequest';
import { CHECK_EXPRESSION, textOf } from '../request/text';
import { isToolCall } from '../run/run';
import { FILE_SLOTS, runItem } from '../run/runItem';
import type { AttachmentFile } from './attachmentFile';
import { inputFiles } from './inputFiles';
import { enterLane } from './lanes';
import { ledgerOf } from './ledger';
import type { Ledger } from './ledger';
import type { FormFields } from './multipartBody';
import { FILE_FIELD } from './sendFile';
import { storeFile } from './storeFile';
import type { Shipment, Stored } from './storeFile';

/**
 * Stores the files of one item, as the engine's pagination function: it takes the form fields that
 * `routing` collected, and gives one output item per file, in the order of the files.
 *
 * @throws NodeOperationError before anything is sent, when a file or an ID cannot be right
 * @throws NodeApiError when a file is not stored, or it is not known whether it is
 */
export async function uploadAttachments(
	this: IExecutePaginationFunctions,
	request: Request,
): Promise<INodeExecutionData[]> {
	const { options } = request;
	const checked = checkedRequest(options);
	const { url, qs, body, ids } =
		'why' in checked ? { ...options, body: options.body as IDataObject, ids: {} } : checked;
	const form = formFields(body);
	const fields = isUnusable(form) ? {} : form;
	const unusable = [checked, form].find(isUnusable);
	const ledger = ledgerOf(this.getExecuteData());
	const chosen = this.getNodeParameter('options', {}) as IDataObject;
	const maxTries = wholeNumber(chosen.maxTries) ?? MAX_TRIES;
	const slots = wholeNumber(chosen.maxConcurrentUploads);
	const skip = chosen.ifAlreadyAttached === 'skip';
	const details = ({ fileName }: { fileName: string }) => ({
		file_name: fileName,
		...ids,
		...fields,
	});

	return await runItem<Shipment>(this, {
		action: 'stored',
		slots: slots ?? SMALL_FILE_SLOTS,
		weight: ({ file }) => (slots === undefined ? weightOf(file) : 1),
		check: async () => {
			const account = await accountOfRun(this, ledger);
			const files = await inputFiles(this, body[FILE_FIELD]);
			return files.map((file, index) => {
				const subject = inQuotes(file.fileName);
				const refusal =
					unusable ??
					(typeof account === 'string' ? undefined : account) ??
					('why' in file ? file : undefined);
				if (refusal) return { ...refusal, subject, details: details(file) };
				return shipmentOf(file as AttachmentFile, {
					subject,
					fields,
					request: { ...request, options: { ...options, url, qs } },
					list: listOf(ids),
					account: String(account),
					place: [this.getNode().name, this.getItemIndex(), index],
					content: isToolCall(this) ? contentOf(file as AttachmentFile) : '',
				});
			});
		},
		known: ({ key }) => ledger.stored.get(key),
		queue: async ({ lane }) => await enterLane(lane),
		send: async (shipment, run) => {
			const stored = await storeFile(this, run, ledger, shipment, { maxTries, skip });
			const items = [{ json: outputOf(shipment.file, ids, fields, stored) }];
			ledger.stored.set(shipment.key, items);
			return items;
		},
		subject: ({ subject }) => subject,
		details: ({ file }) => details(file),
		report: {
			line: ([item]) => {
				const { file_name: name, attachment_id: id, already_attached: wasThere } = item!.json;
				if (wasThere) return undefined;
				return `${inQuotes(String(name))} [item ${this.getItemIndex()}] → ${String(id)}`;
			},
			unchanged: 'Attached already',
			advice: skip
				? 'Run the workflow again to go on: what is attached is skipped.'
				: "To go on without storing these twice, run the workflow again with 'If Already Attached' (under Options) on 'Skip'.",
		},
	});
}

/** A form field may have any name, but its value is text. */
const isUnusable = (value: object): value is Unusable => 'why' in value && 'advice' in value;

const inQuotes = (fileName: string) => `'${printable(fileName)}'`;

/** At least 1; nothing where the user has not chosen a number. */
function wholeNumber(value: unknown): number | undefined {
	const number = Math.trunc(Number(value));
	return number ? Math.max(1, number) : undefined;
}

/** How many small files are on their way unless the user says otherwise; a large one takes 20 places. */
const SMALL_FILE_SLOTS = 20 * FILE_SLOTS;

const SMALL_FILE_BYTES = 200 * 1024;

const weightOf = ({ size }: AttachmentFile) =>
	Math.min(Math.ceil(size / SMALL_FILE_BYTES), SMALL_FILE_SLOTS / FILE_SLOTS);

/** The body without its file. Form fields are text; one that an expression left empty is not sent. */
function formFields(body: IDataObject): FormFields | Unusable {
	const fields: FormFields = {};
	for (const [name, value] of Object.entries(body)) {
		if (name === FILE_FIELD || value === '' || value === null || value === undefined) continue;
		const text = typeof value === 'boolean' ? String(value) : textOf(value);
		if (text === '') return { why: `its ${name} is not text`, advice: CHECK_EXPRESSION };
		fields[name] = text;
	}
	return fields;
}

/** Read once for all items: whose files are alike is a question of the host and the client too. */
async function accountOfRun(
	context: IExecutePaginationFunctions,
	ledger: Ledger,
): Promise<string | Unusable> {
	try {
		ledger.account ??= context.getCredentials('candidHealthApi').then(accountOf);
		return await ledger.account;
	} catch (error) {
		ledger.account = undefined;
		const { what, advice } = inPlainWords(failureOf(error), 'stored');
		return { why: what, advice };
	}
}

/** The path of the list in which a parent's attachments stand. */
function listOf(ids: Record<string, string>): string {
	const parent = 'encounter_id' in ids ? 'encounter' : 'chargeCapture';
	const list = checkedRequest({ ...attachmentLists[parent], qs: ids });
	return 'url' in list ? list.url : '';
}

interface Circumstances extends Pick<Shipment, 'subject' | 'fields' | 'request' | 'list'> {
	account: string;
	/** node, item and part: where in the run the file is */
	place: Array<string | number>;
	/** what else tells it from others in the same place */
	content: string;
}

/** Every call of a tool is about item 0: what is held in memory has to be told by what it is. */
const contentOf = ({ binary }: AttachmentFile) =>
	binary.id ? '' : createHash('sha256').update(binary.data).digest('hex');

function shipmentOf(
	file: AttachmentFile,
	{ account, place, content, ...rest }: Circumstances,
): Shipment {
	const { fields, list } = rest;
	const { attachment_type: type } = fields;
	const { id, fileName, mimeType } = file.binary;
	return {
		...rest,
		file,
		// Not the description: an expression such as `$now` gives another one at the next try.
		key: JSON.stringify([
			...place,
			account,
			list,
			type,
			id ?? [fileName, mimeType, file.size, content],
		]),
		lane: JSON.stringify([account, list, type, file.fileName.normalize('NFC').toLowerCase()]),
	};
}

function outputOf(
	file: AttachmentFile,
	ids: Record<string, string>,
	fields: FormFields,
	{ attachmentId, alreadyAttached }: Stored,
): IDataObject {
	return {
		attachment_id: attachmentId,
		...ids,
		...fields,
		file_name: file.fileName,
		content_type: file.contentType,
		file_size: file.size,
		...(alreadyAttached ? { already_attached: true } : {}),
	};
}
