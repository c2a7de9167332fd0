import type { PickFields } from '../../request/simplify';

/** No names of patients, and nothing that differs from claim to claim. */
export const chargeCaptureFields: PickFields = (chargeCapture) => ({
	charge_external_id: chargeCapture.charge_external_id,
	id: chargeCapture.id,
	patient_external_id: chargeCapture.patient_external_id,
	date_of_service: chargeCapture.date_of_service,
	status: chargeCapture.status,
	claim_creation_id: chargeCapture.claim_creation_id,
	claim_creation_category: chargeCapture.claim_creation_category,
	originating_system: chargeCapture.originating_system,
	ehr_source_url: chargeCapture.ehr_source_url,
});
