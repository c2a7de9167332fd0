import type {
	IDataObject,
	IExecutePaginationFunctions,
	INodeExecutionData,
	INodePropertyOptions,
} from 'n8n-workflow';

import { checkedRequest } from '../../request/checkedRequest';
import { checkedPart } from '../../request/part';
import type { Part, Request } from '../../request/part';
import type { ReadIntent } from '../../request/readRequest';
import { readOnlyMatch, routedReader } from '../../request/reader';
import type { Reader } from '../../request/reader';
import { isUuid } from '../../request/text';
import { runItem } from '../../run/runItem';
import { REQUEST_SLOTS } from '../../run/slots';
import { isRecord } from '../../types/isRecord';
import { ID_MISMATCH, findChargeCapture, identified } from './chargeCapture.find';
import { chargeCaptureIdField } from './chargeCapture.locator';

const CHARGE_CAPTURE: ReadIntent = { subject: 'the charge capture', action: 'read' };

const CLAIM_CREATION: ReadIntent = {
	subject: 'the claim creation of the charge capture',
	action: 'read',
};

export const getEncounterOperation: INodePropertyOptions = {
	name: 'Get Encounter',
	value: 'getEncounter',
	action: 'Get encounter of charge capture',
	description:
		'Get the ID of the encounter that was created from a charge capture, or why there is none',
	routing: {
		request: { method: 'GET', url: '/api/charge_captures/v1' },
		send: { paginate: true, preSend: [chargeCaptureIdField] },
		operations: { pagination: getEncounter },
	},
};

/**
 * This is the engine's pagination function: `routing` describes how the charge capture is found.
 *
 * @throws NodeOperationError before anything is sent, if the ID is invalid
 * @throws NodeApiError if the charge capture or its claim creation cannot be read
 */
async function getEncounter(
	this: IExecutePaginationFunctions,
	request: Request,
): Promise<INodeExecutionData[]> {
	const { subject, action } = CHARGE_CAPTURE;
	return await runItem<Part>(this, {
		action,
		slots: REQUEST_SLOTS,
		check: async () => [await checkedPart(this, checkedRequest(request.options), CHARGE_CAPTURE)],
		send: async (part, run) => {
			const readerFor = (intent: ReadIntent) => routedReader(this, run, request, part, intent);
			const chargeCapture = await findChargeCapture(readerFor(CHARGE_CAPTURE), part);
			const claimCreation = await claimCreationOf(readerFor(CLAIM_CREATION), chargeCapture);
			return [{ json: outcome(chargeCapture, claimCreation) }];
		},
		subject: () => subject,
		details: ({ ids }) => ids,
	});
}

/** @returns an empty record if Candid has not begun to create an encounter from the charge capture */
async function claimCreationOf(
	reader: Reader,
	{ claim_creation_id: id }: IDataObject,
): Promise<IDataObject> {
	if (id === undefined || id === null || id === '') return {};
	// It becomes a part of the path.
	if (!isUuid(id)) throw reader.error(ID_MISMATCH);
	const url = `/api/charge_capture_claim_creation/v1/${id}`;
	return identified(reader, await readOnlyMatch(reader, { url, qs: {} }), id.toLowerCase());
}

/**
 * Leaves out what identifies a patient: `encounter_creation_input` and `characteristics`. What does not
 * exist yet is null, so that an If node can test it.
 */
function outcome(chargeCapture: IDataObject, claimCreation: IDataObject): IDataObject {
	const { errors } = claimCreation;
	return {
		charge_external_id: chargeCapture.charge_external_id,
		charge_capture_id: chargeCapture.id,
		charge_capture_status: chargeCapture.status,
		claim_creation_id: claimCreation.id ?? null,
		claim_creation_status: claimCreation.status ?? null,
		created_encounter_id: claimCreation.created_encounter_id ?? null,
		errors: (Array.isArray(errors) ? errors : []).filter(isRecord).map((error) => ({
			message: error.message ?? null,
			field_in_error: error.field_in_error ?? null,
			resolved: error.resolved ?? null,
			charge_capture_id: error.charge_capture_id ?? null,
		})) as IDataObject[],
	};
}
