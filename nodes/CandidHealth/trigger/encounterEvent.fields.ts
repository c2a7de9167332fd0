import type { PickFields } from '../request/simplify';
import { isRecord } from '../types/isRecord';

/** No names of patients. Candid does not describe the payload, so any of its fields may be missing. */
export const encounterEventFields: PickFields = ({ id, event_type, created_at, payload }) => {
	const { encounter_id, external_id, claim_id, status, previous_status } = (
		isRecord(payload) ? payload : {}
	) as Record<string, string | undefined>;
	return {
		encounter_id,
		external_id,
		claim_id,
		status,
		previous_status,
		event_type,
		event_id: id,
		created_at,
	};
};
