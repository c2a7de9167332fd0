import type { IDataObject } from 'n8n-workflow';

import { listEndpoints } from '../descriptions/attachment/listEndpoints';
import { isRecord } from '../types/isRecord';
import type { CandidReader } from './candidReader';

/**
 * What is known of a charge capture's documentation. 'not needed': there is some, it will not be billed, or
 * it no longer exists; 'missing': there is none; 'not known': Candid may have some and not show it.
 */
type Documentation =
	| { result: 'not needed' | 'not known' }
	| { result: 'missing'; record: IDataObject };

/** Whether lists of charge captures without an encounter show files; false until one has shown some. */
export interface ListEvidence {
	listsShowFiles: boolean;
}

type Found = Record<string, unknown>;

/** Whether a charge capture may be billed, so that it needs documentation. */
export const mayBeBilled = ({ status }: Record<string, unknown>) =>
	!['aborted', 'entered-in-error', 'not-billable'].includes(String(status));

/**
 * Checks a charge capture. A file that a list shows exists. That there is none is known from the list of
 * the encounter. A charge capture's own list may show files only once there is an encounter ('not
 * searchable via the get endpoint until they are associated with an encounter', Candid's API reference).
 * So before that, an empty list counts only once the list of one without an encounter has shown a file.
 *
 * @param id of the charge capture in Candid
 * @param evidence is changed when such a list is seen
 */
export async function checkDocumentation(
	reader: CandidReader,
	id: string,
	evidence: ListEvidence,
): Promise<Documentation> {
	const chargeCapture = await readChargeCapture(reader, id);
	if (!chargeCapture || !mayBeBilled(chargeCapture)) {
		return { result: 'not needed' };
	}
	const { charge_external_id: externalId } = chargeCapture;
	const url = listEndpoints.chargeCapture.url;
	const ownList = await attachmentsAt(reader, url, { charge_capture_external_id: externalId });
	if (ownList && ownList.length > 0 && !evidence.listsShowFiles) {
		evidence.listsShowFiles = await hasNoEncounter(reader, id);
	}
	if (ownList?.some(isDocumentation)) return { result: 'not needed' };
	const encounterId = await encounterOf(reader, chargeCapture);
	const list =
		encounterId === undefined
			? evidence.listsShowFiles && ownList
			: await attachmentsAt(reader, listEndpoints.encounter.url, { encounter_id: encounterId });
	if (!list) return { result: 'not known' };
	if (list.some(isDocumentation)) return { result: 'not needed' };
	return {
		result: 'missing',
		record: { ...chargeCapture, encounter_id: encounterId } as IDataObject,
	};
}

/** @returns undefined if Candid no longer knows it */
async function readChargeCapture(reader: CandidReader, id: string): Promise<Found | undefined> {
	const url = '/api/charge_captures/v1/{charge_capture_id}';
	return await reader.find(url, { charge_capture_id: id }, 'a charge capture', isRecord);
}

/**
 * Whether a charge capture certainly has no encounter: no claim was created from it, and no encounter has
 * its external ID. To be called after its list was read, because an encounter is never removed again.
 */
async function hasNoEncounter(reader: CandidReader, id: string): Promise<boolean> {
	const chargeCapture = await readChargeCapture(reader, id);
	if (!chargeCapture || chargeCapture.claim_creation_id) return false;
	const qs = { external_id: chargeCapture.charge_external_id, limit: 1 };
	return (await reader.page('/api/encounters/v4', qs)).records.length === 0;
}

/** @returns undefined as long as there is no encounter */
async function encounterOf(
	reader: CandidReader,
	{ claim_creation_id: claimCreationId }: Found,
): Promise<string | undefined> {
	if (typeof claimCreationId !== 'string') return undefined;
	const url = '/api/charge_capture_claim_creation/v1/{claim_creation_id}';
	const ids = { claim_creation_id: claimCreationId };
	const found = await reader.find(url, ids, 'a claim creation', isRecord);
	const encounterId = found?.created_encounter_id;
	return typeof encounterId === 'string' ? encounterId : undefined;
}

/** @returns undefined if Candid does not know what they would belong to */
const attachmentsAt = async (reader: CandidReader, url: string, ids: Found) =>
	await reader.find(url, ids, 'a list', isList);

const isList = (answer: unknown): answer is Found[] =>
	Array.isArray(answer) && answer.every(isRecord);

const isDocumentation = ({ attachment_type: type }: Found) => type === 'DOCUMENTATION';
