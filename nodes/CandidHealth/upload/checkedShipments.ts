import type { IExecutePaginationFunctions } from 'n8n-workflow';

import { isTool } from '../agent/toolCall';
import { listEndpoints } from '../descriptions/attachment/listEndpoints';
import { checkedAccount } from '../request/account';
import { checkedRequest } from '../request/checkedRequest';
import type { Request } from '../request/part';
import { CHECK_EXPRESSION, textOf } from '../request/text';
import type { Invalid } from '../request/values';
import type { Refusal } from '../run/job';
import { isRecord } from '../types/isRecord';
import { contentHashOf } from './fileContent';
import { inputFiles } from './inputFiles';
import type { FormFields } from './multipartBody';
import type { FileRefusal, OutgoingFile } from './outgoingFile';
import { FILE_FIELD } from './sendFile';
import { detailsOf, parentOf, shipmentOf, subjectOf } from './shipment';
import type { Parent, Shipment, ShipmentDetails } from './shipment';

/** Checks the parameters and the files of one item: each file becomes a shipment, or is refused. */
export async function checkedShipments(
	context: IExecutePaginationFunctions,
	request: Request,
): Promise<Array<Shipment | Refusal>> {
	const account = await checkedAccount(context);
	const item = checkedItem(request, account);
	const files = await inputFiles(context, bodyOf(request)[FILE_FIELD]);
	const shipments = files.map(async (file, index) => {
		return await checkedShipment(context, item, file, index);
	});
	return await Promise.all(shipments);
}

/** An item's request without its files, or why it is invalid. */
type CheckedItem = ShipmentDetails & ({ request: Request; parent: Parent } | { invalid: Invalid });

function checkedItem(request: Request, account: string | Invalid): CheckedItem {
	const { options } = request;
	const checked = checkedRequest(options);
	const form = formFields('reason' in checked ? bodyOf(request) : checked.body);
	const ids = 'reason' in checked ? {} : checked.ids;
	const fields = 'reason' in form ? {} : form.fields;
	if ('reason' in checked) return { ids, fields, invalid: checked };
	if ('reason' in form) return { ids, fields, invalid: form };
	if (typeof account !== 'string') return { ids, fields, invalid: account };
	const { url, qs } = checked;
	return {
		ids,
		fields,
		request: { ...request, options: { ...options, url, qs } },
		parent: parentIn(ids, account),
	};
}

async function checkedShipment(
	context: IExecutePaginationFunctions,
	item: CheckedItem,
	file: OutgoingFile | FileRefusal,
	index: number,
): Promise<Shipment | Refusal> {
	const subject = subjectOf(file.fileName);
	const refused = ({ reason, advice }: Invalid): Refusal => {
		return { reason, advice, subject, details: detailsOf(file, item) };
	};
	if ('invalid' in item) return refused(item.invalid);
	if ('reason' in file) return refused(file);
	const contentHash = isTool(context) ? await contentHashOf(context, file.binary) : undefined;
	if (typeof contentHash === 'object') return refused(contentHash);
	const at = [context.getNode().name, context.getItemIndex(), index] as const;
	return shipmentOf({ ...item, file, subject, contentHash }, at);
}

/** What `routing` collected: the form fields, and the value that selects the files. */
function bodyOf({ options: { body } }: Request): Record<string, unknown> {
	return isRecord(body) ? body : {};
}

/** The body without the files. Form fields are text; empty ones are not sent. */
function formFields(body: Record<string, unknown>): { fields: FormFields } | Invalid {
	const fields: FormFields = {};
	for (const [name, value] of Object.entries(body)) {
		if (name === FILE_FIELD || value === '' || value === null || value === undefined) continue;
		const text = typeof value === 'boolean' ? String(value) : textOf(value);
		if (text === '') return { reason: `its ${name} is not text`, advice: CHECK_EXPRESSION };
		fields[name] = text;
	}
	return { fields };
}

function parentIn(ids: Record<string, string>, account: string): Parent {
	const kind = 'encounter_id' in ids ? 'encounter' : 'chargeCapture';
	const id = ids.encounter_id ?? ids.charge_capture_external_id ?? '';
	const list = checkedRequest({ ...listEndpoints[kind], qs: ids });
	return parentOf({ kind, id, account, list: 'url' in list ? list.url : '' });
}
