import type { ChargeCapture, Encounter } from './lookups';

/** The optional members without which a charge capture looks bare; none of them is about a patient. */
export function chargeCaptureOnWire(entry: ChargeCapture): object {
	return {
		id: entry.id,
		status: entry.status,
		charge_capture_data: {},
		date_of_service: entry.dateOfService,
		patient_external_id: entry.patientExternalId,
		charge_external_id: entry.chargeExternalId,
		ehr_source_url: `https://ehr.example.invalid/visits/${encodeURIComponent(entry.chargeExternalId)}`,
		originating_system: 'Example EHR',
		claim_creation_category: 'Example category',
		...(entry.status === 'billable' && { claim_creation_id: relatedId(entry.id, 'b') }),
		updates: [],
	};
}

const ADDRESS = {
	address1: '1 Example Street',
	city: 'Exampleville',
	state: 'NY',
	zip_code: '00000',
	zip_plus_four_code: '0000',
};

const PROVIDER = {
	provider_id: '0a3fd4a4-3a4e-4b67-8f0c-51c2c2f2a001',
	organization_name: 'Example Clinic',
	npi: '0000000000',
	address: ADDRESS,
};

/** As little as the vendor's SDK accepts. The patient is a placeholder: it has no name. */
export function encounterOnWire(entry: Encounter): object {
	return {
		encounter_id: entry.encounterId,
		external_id: entry.externalId,
		date_of_service: entry.dateOfService,
		created_at: entry.createdAt,
		url: `https://app.example.invalid/encounters/${entry.encounterId}`,
		patient_authorized_release: true,
		benefits_assigned_to_provider: true,
		provider_accepts_assignment: true,
		billable_status: 'BILLABLE',
		responsible_party: 'INSURANCE_PAY',
		owner_of_next_action: 'NONE',
		submission_origin: 'CANDID',
		patient: {
			individual_id: '0a3fd4a4-3a4e-4b67-8f0c-51c2c2f2a002',
			external_id: entry.patientExternalId,
			first_name: '-',
			last_name: '-',
			gender: 'not_given',
			date_of_birth: '1900-01-01',
			address: ADDRESS,
			phone_numbers: [],
			phone_consent: false,
			email_consent: false,
			auto_charge_consent: false,
			non_insurance_payers: [],
			non_insurance_payers_info: [],
		},
		billing_provider: PROVIDER,
		rendering_provider: PROVIDER,
		service_facility: {
			service_facility_id: '0a3fd4a4-3a4e-4b67-8f0c-51c2c2f2a003',
			organization_name: 'Example Clinic',
			address: ADDRESS,
		},
		claims: [
			{
				claim_id: relatedId(entry.encounterId, 'a'),
				status: entry.claimStatus,
				service_lines: [],
				eras: [],
			},
		],
		diagnoses: [],
		clinical_notes: [],
		patient_histories: [],
		patient_payments: [],
		tags: [],
		schema_instances: [],
	};
}

/** The ID of something that there is once per entry: the entry's own with another first digit. */
function relatedId(id: string, firstDigit: string): string {
	return firstDigit + id.slice(1);
}
