import type { JsonFields } from './json-fields';
import type { ChargeCapture } from './lookups';
import { CHARGE_CAPTURE_STATUSES } from './statuses';

/** The fields of an update that were sent. */
export type ChargeCaptureChanges = Partial<
	Omit<ChargeCapture, 'id' | 'patient' | 'claimCreationId' | 'dateOfService' | 'createdAt'>
>;

/** Throws the 422 for an unknown status and for a value of the wrong kind. */
export function readChargeCaptureChanges(fields: JsonFields): ChargeCaptureChanges {
	return {
		status: fields.oneOf('status', CHARGE_CAPTURE_STATUSES),
		chargeExternalId: fields.text('charge_external_id'),
		patientExternalId: fields.text('patient_external_id'),
		ehrSourceUrl: fields.text('ehr_source_url'),
		originatingSystem: fields.text('originating_system'),
		claimCreationCategory: fields.text('claim_creation_category'),
		attachmentExternalDocumentIds: fields.texts('attachment_external_document_ids'),
		data: fields.object('data'),
		metadata: fields.objects('metadata'),
	};
}

/** The charge capture with the changes that have a value; members of `data` are replaced one by one. */
export function withChanges(entry: ChargeCapture, changes: ChargeCaptureChanges): ChargeCapture {
	const sent = Object.entries(changes).filter(([, value]) => value !== undefined);
	return {
		...entry,
		...(Object.fromEntries(sent) as ChargeCaptureChanges),
		data: { ...entry.data, ...changes.data },
	};
}
