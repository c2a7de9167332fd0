import type { IDataObject, IExecutePaginationFunctions, INodeExecutionData } from 'n8n-workflow';

import { isTool, scopeOf } from '../agent/toolCall';
import { withItem } from '../errors/candidApiError';
import type { Request } from '../request/part';
import { MAX_TRIES } from '../request/retryPolicy';
import { textOf } from '../request/text';
import type { Write } from '../run/job';
import type { Outcomes } from '../run/outcomes';
import { runItem } from '../run/runItem';
import { FILE_SLOTS } from '../run/slots';
import { isRecord } from '../types/isRecord';
import { checkedShipments } from './checkedShipments';
import { enterLane } from '../run/lane';
import { ledgerOf } from './ledger';
import type { OutgoingFile } from './outgoingFile';
import { detailsOf, keyEnd, subjectOf } from './shipment';
import type { Shipment } from './shipment';
import { storeFile } from './storeFile';
import type { Settings, Stored } from './upload';

/**
 * Stores the files of one item. This is the engine's pagination function: it receives the form fields that
 * `routing` collected, and returns one output item per file, in the order of the files.
 *
 * @throws NodeOperationError before anything is sent, if a file or an ID is invalid
 * @throws NodeApiError if a file is not stored, or it is not known whether it is
 */
export async function uploadAttachments(
	this: IExecutePaginationFunctions,
	request: Request,
): Promise<INodeExecutionData[]> {
	const { maxConcurrentUploads, ...settings } = optionsOf(this);
	const ledger = ledgerOf(scopeOf(this));
	return await runItem<Shipment>(this, {
		action: 'stored',
		slots: maxConcurrentUploads ?? SMALL_FILE_SLOTS,
		weight: ({ file }) => (maxConcurrentUploads === undefined ? weightOf(file) : 1),
		check: async () => await checkedShipments(this, request),
		queue: enterLanes,
		send: async (shipment, run) => {
			const stored = await storeFile(this, run, ledger, shipment, settings);
			return [{ json: outputOf(shipment, stored, run.outcomes) }];
		},
		subject: ({ subject }) => subject,
		details: ({ file, ids, fields }) => detailsOf(file, { ids, fields }),
		write: writeOf(this, settings),
	});
}

/** The parameters under 'Options' that concern uploads, except 'Trust MIME Type' (see `inputFiles`). */
interface UploadOptions extends Settings {
	/** undefined if the user has set no number */
	maxConcurrentUploads?: number;
}

function optionsOf(context: IExecutePaginationFunctions): UploadOptions {
	const given: unknown = context.getNodeParameter('options', {});
	const { maxTries, maxConcurrentUploads, ifAlreadyAttached } = isRecord(given) ? given : {};
	// A model repeats a call when it is not sure that it has worked.
	const byDefault = isTool(context) ? 'skip' : 'upload';
	return {
		maxTries: wholeNumber(maxTries) ?? MAX_TRIES,
		maxConcurrentUploads: wholeNumber(maxConcurrentUploads),
		skip: (ifAlreadyAttached ?? byDefault) === 'skip',
	};
}

/** At least 1; undefined if the user has set no number. */
function wholeNumber(value: unknown): number | undefined {
	const number = Math.trunc(Number(value));
	return number ? Math.max(1, number) : undefined;
}

/** How many small files are in flight unless the user sets another number; a large one uses 20 of the slots. */
export const SMALL_FILE_SLOTS = 20 * FILE_SLOTS;

const SMALL_FILE_BYTES = 200 * 1024;

const weightOf = ({ size }: OutgoingFile) =>
	Math.min(Math.ceil(size / SMALL_FILE_BYTES), SMALL_FILE_SLOTS / FILE_SLOTS);

/** @returns a function that lets the next file in */
async function enterLanes({ lane, key, contentHash }: Shipment): Promise<() => void> {
	// Tool calls about the same content wait for each other.
	const leaveCalls = contentHash === undefined ? undefined : await enterLane(key);
	const leaveLane = await enterLane(lane);
	return () => {
		leaveLane();
		leaveCalls?.();
	};
}

function outputOf(
	shipment: Shipment,
	{ attachmentId, alreadyAttached }: Stored,
	outcomes: Outcomes,
): IDataObject {
	const { file, ids, fields } = shipment;
	return {
		attachment_id: attachmentId,
		...ids,
		...fields,
		file_name: file.fileName,
		content_type: file.contentType,
		file_size: file.size,
		...(alreadyAttached ? { already_attached: true } : {}),
		...alsoAttachedTo(shipment, outcomes),
	};
}

/** Where else the execution's tool calls have stored the same content, so that a model can notice its mistake. */
function alsoAttachedTo({ contentHash, parent }: Shipment, { done }: Outcomes): IDataObject {
	if (contentHash === undefined) return {};
	const sameContent = [...done].filter(([key]) => key.endsWith(keyEnd(contentHash)));
	const places = sameContent.flatMap(([, items]) =>
		items.map(({ json }) => textOf(json.encounter_id ?? json.charge_capture_external_id)),
	);
	const others = places.filter((id) => id !== parent.id);
	return others.length > 0 ? { also_attached_to: others } : {};
}

/** How uploads are remembered for n8n's Retry On Fail, and how an error reports them. */
const writeOf = (context: IExecutePaginationFunctions, { skip }: Settings): Write<Shipment> => ({
	key: ({ key }) => key,
	line: (_, [item]) => {
		const { file_name: name, attachment_id: id, already_attached: wasThere } = item?.json ?? {};
		if (wasThere) return undefined;
		return `${withItem(context, subjectOf(textOf(name)))} → ${textOf(id)}`;
	},
	nouns: ['file', 'files'],
	unchanged: 'Already attached',
	advice: skip
		? 'To continue, run the workflow again: files that are already attached are skipped.'
		: "To continue without storing these twice, run the workflow again with 'If Already Attached' (under Options) set to 'Skip'.",
});
