import type { IDataObject, IExecutePaginationFunctions, INodeExecutionData } from 'n8n-workflow';

import { isTool, scopeOf } from '../agent/toolCall';
import { listEndpoints } from '../descriptions/attachment/listEndpoints';
import { withItem } from '../errors/candidApiError';
import { isRecord } from '../types/isRecord';
import { printable } from '../errors/messageText';
import { checkedAccount } from '../request/account';
import { checkedRequest } from '../request/checkedRequest';
import type { Invalid } from '../request/values';
import { MAX_TRIES } from '../request/retryPolicy';
import type { Request } from '../request/part';
import { CHECK_EXPRESSION, textOf } from '../request/text';
import type { Outcomes } from '../run/outcomes';
import { FILE_SLOTS } from '../run/slots';
import { runItem } from '../run/runItem';
import { contentHashOf } from './fileContent';
import type { OutgoingFile } from './outgoingFile';
import { inputFiles } from './inputFiles';
import { enterLane } from './lane';
import { ledgerOf } from './ledger';
import type { FormFields } from './multipartBody';
import { FILE_FIELD } from './sendFile';
import { keyEnd, parentOf, shipmentOf } from './shipment';
import type { Parent, Shipment } from './shipment';
import { storeFile } from './storeFile';
import type { Stored } from './storeFile';

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
		'reason' in checked ? { ...options, body: options.body as IDataObject, ids: {} } : checked;
	const form = formFields(body);
	const fields = isInvalid(form) ? {} : form;
	const tool = isTool(this);
	const ledger = ledgerOf(scopeOf(this));
	const chosen = this.getNodeParameter('options', {}) as IDataObject;
	const maxTries = wholeNumber(chosen.maxTries) ?? MAX_TRIES;
	const slots = wholeNumber(chosen.maxConcurrentUploads);
	// A model asks again when it is not sure.
	const skip = (chosen.ifAlreadyAttached ?? (tool ? 'skip' : 'upload')) === 'skip';
	const invalid = [checked, form].find(isInvalid);
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
			const account = await checkedAccount(this, 'stored');
			const files = await inputFiles(this, body[FILE_FIELD]);
			const shipments = files.map(async (file, index) => {
				const subject = inQuotes(file.fileName);
				const refusal = invalid ?? (isInvalid(account) ? account : undefined);
				if (refusal) return { ...refusal, subject, details: details(file) };
				if ('reason' in file) return { ...file, subject, details: details(file) };
				const contentHash = tool ? await contentHashOf(this, file.binary) : undefined;
				if (typeof contentHash === 'object') {
					return { ...contentHash, subject, details: details(file) };
				}
				return shipmentOf(
					{
						file,
						subject,
						fields,
						request: { ...request, options: { ...options, url, qs } },
						parent: parentIn(ids, String(account)),
						contentHash,
					},
					[this.getNode().name, this.getItemIndex(), index],
				);
			});
			return await Promise.all(shipments);
		},
		queue: async ({ lane, key, contentHash }) => {
			const leaveCalls = contentHash === undefined ? undefined : await enterLane(key);
			const leaveLane = await enterLane(lane);
			return () => {
				leaveLane();
				leaveCalls?.();
			};
		},
		send: async (shipment, run) => {
			const settings = { maxTries, skip };
			const stored = await storeFile(this, run, ledger, shipment, settings);
			const json = outputOf(shipment.file, ids, fields, stored);
			return [{ json: { ...json, ...storedElsewhere(run.outcomes, shipment) } }];
		},
		subject: ({ subject }) => subject,
		details: ({ file }) => details(file),
		write: {
			key: ({ key }) => key,
			line: (_, [item]) => {
				const { file_name: name, attachment_id: id, already_attached: wasThere } = item!.json;
				if (wasThere) return undefined;
				return `${withItem(this, inQuotes(String(name)))} → ${String(id)}`;
			},
			nouns: ['file', 'files'],
			unchanged: 'Attached already',
			advice: skip
				? 'Run the workflow again to go on: what is attached is skipped.'
				: "To go on without storing these twice, run the workflow again with 'If Already Attached' (under Options) set to 'Skip'.",
		},
	});
}

/** A form field may have any name, but its value is text. */
const isInvalid = (value: unknown): value is Invalid =>
	isRecord(value) && 'reason' in value && 'advice' in value;

const inQuotes = (fileName: string) => `'${printable(fileName)}'`;

/** At least 1; nothing where the user has not chosen a number. */
function wholeNumber(value: unknown): number | undefined {
	const number = Math.trunc(Number(value));
	return number ? Math.max(1, number) : undefined;
}

/** How many small files are on their way unless the user says otherwise; a large one takes 20 places. */
const SMALL_FILE_SLOTS = 20 * FILE_SLOTS;

const SMALL_FILE_BYTES = 200 * 1024;

const weightOf = ({ size }: OutgoingFile) =>
	Math.min(Math.ceil(size / SMALL_FILE_BYTES), SMALL_FILE_SLOTS / FILE_SLOTS);

/** The body without its file. Form fields are text; one that an expression left empty is not sent. */
function formFields(body: IDataObject): FormFields | Invalid {
	const fields: FormFields = {};
	for (const [name, value] of Object.entries(body)) {
		if (name === FILE_FIELD || value === '' || value === null || value === undefined) continue;
		const text = typeof value === 'boolean' ? String(value) : textOf(value);
		if (text === '') return { reason: `its ${name} is not text`, advice: CHECK_EXPRESSION };
		fields[name] = text;
	}
	return fields;
}

function parentIn(ids: Record<string, string>, account: string): Parent {
	const kind = 'encounter_id' in ids ? 'encounter' : 'chargeCapture';
	const id = ids.encounter_id ?? ids.charge_capture_external_id ?? '';
	const list = checkedRequest({ ...listEndpoints[kind], qs: ids });
	return parentOf({ kind, id, account, list: 'url' in list ? list.url : '' });
}

/** Where else the execution's tool calls have stored the same file: a model that was wrong sees it there. */
function storedElsewhere({ done }: Outcomes, { contentHash, parent }: Shipment): IDataObject {
	if (contentHash === undefined) return {};
	const sameContent = [...done].filter(([key]) => key.endsWith(keyEnd(contentHash)));
	const places = sameContent.flatMap(([, items]) =>
		items.map(({ json }) => String(json.encounter_id ?? json.charge_capture_external_id)),
	);
	const others = places.filter((id) => id !== parent.id);
	return others.length > 0 ? { also_attached_to: others } : {};
}

function outputOf(
	file: OutgoingFile,
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
