import type { IDataObject, IExecuteSingleFunctions, INodeExecutionData } from 'n8n-workflow';

import { isRecord } from '../types/isRecord';
import { omit } from './omit';

type Pick = (entry: IDataObject) => IDataObject;

/**
 * Makes the `postReceive` of a 'Simplify' parameter: if that is on, it reduces each entry of the
 * answer, be it one entry, a list or a page. Anything else stays as it is.
 */
export function simplify(pick: Pick) {
	return async function (
		this: IExecuteSingleFunctions,
		items: INodeExecutionData[],
	): Promise<INodeExecutionData[]> {
		if (this.getNodeParameter('simplify', true) !== true) return items;
		return items.map((item) => ({ ...item, json: simplified(item.json, pick) as IDataObject }));
	};
}

function simplified(answer: unknown, pick: Pick): unknown {
	if (Array.isArray(answer)) return answer.map((entry) => simplified(entry, pick));
	if (!isRecord(answer)) return answer;
	if (Array.isArray(answer.items)) return { ...answer, items: simplified(answer.items, pick) };
	return defined(pick(answer as IDataObject));
}

/** Without the link to the file, which is as good as the file, and with its maker's ID and name only. */
export const attachmentFields: Pick = (entry) => {
	const { created_by: maker, ...fields } = omit(entry, 'authed_url') as IDataObject;
	if (!isRecord(maker)) return fields;
	return { ...fields, created_by: maker.user_id as string, created_by_name: nameOf(maker) };
};

/** No names of patients, and none of what differs from claim to claim. */
export const chargeCaptureFields: Pick = (entry) => ({
	charge_external_id: entry.charge_external_id,
	id: entry.id,
	patient_external_id: entry.patient_external_id,
	date_of_service: entry.date_of_service,
	status: entry.status,
	claim_creation_id: entry.claim_creation_id,
	claim_creation_category: entry.claim_creation_category,
	originating_system: entry.originating_system,
	ehr_source_url: entry.ehr_source_url,
});

/** No names of patients. */
export const encounterFields: Pick = (entry) => ({
	encounter_id: entry.encounter_id,
	external_id: entry.external_id,
	patient_external_id: (entry.patient as IDataObject | undefined)?.external_id,
	date_of_service: entry.date_of_service,
	claim_statuses: claimStatuses(entry),
	billable_status: entry.billable_status,
	responsible_party: entry.responsible_party,
	owner_of_next_action: entry.owner_of_next_action,
	created_at: entry.created_at,
	url: entry.url,
});

/** An encounter has a status for each of its claims. */
export function claimStatuses({ claims }: IDataObject): string[] {
	return Array.isArray(claims) ? claims.filter(isRecord).map(({ status }) => String(status)) : [];
}

function nameOf({ user_metadata: metadata }: Record<string, unknown>): string | undefined {
	if (!isRecord(metadata)) return undefined;
	const names = [metadata.name, metadata.first_name, metadata.last_name];
	return names.filter((name) => typeof name === 'string' && name !== '').join(' ') || undefined;
}

const defined = (entry: IDataObject) =>
	Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));
