import type { IDataObject } from 'n8n-workflow';

import type { PickFields } from '../../request/simplify';
import { isRecord } from '../../types/isRecord';

/** No names of patients. */
export const encounterFields: PickFields = (encounter) => ({
	encounter_id: encounter.encounter_id,
	external_id: encounter.external_id,
	patient_external_id: (encounter.patient as IDataObject | undefined)?.external_id,
	date_of_service: encounter.date_of_service,
	claim_statuses: claimStatuses(encounter),
	billable_status: encounter.billable_status,
	responsible_party: encounter.responsible_party,
	owner_of_next_action: encounter.owner_of_next_action,
	created_at: encounter.created_at,
	url: encounter.url,
});

/** The status of each of the encounter's claims. */
export function claimStatuses({ claims }: IDataObject): string[] {
	return Array.isArray(claims) ? claims.filter(isRecord).map(({ status }) => String(status)) : [];
}
