import type { ClaimCreation, ClaimCreationError } from './claimCreations';
import type { BillingProvider, ChargeCapture, Encounter, Patient } from './lookups';

/** A charge capture as the API returns it, with some of the optional members. */
export function chargeCaptureOnWire(entry: ChargeCapture, error?: ClaimCreationError): object {
	const { patient, claimCreationId, metadata } = entry;
	return {
		id: entry.id,
		status: entry.status,
		charge_capture_data: {
			...(patient !== undefined && { patient: patientOnWire(patient) }),
			...entry.data,
		},
		date_of_service: entry.dateOfService,
		patient_external_id: entry.patientExternalId,
		charge_external_id: entry.chargeExternalId,
		ehr_source_url: entry.ehrSourceUrl,
		originating_system: entry.originatingSystem,
		claim_creation_category: entry.claimCreationCategory,
		...(metadata !== undefined && { metadata }),
		...(claimCreationId !== undefined && { claim_creation_id: claimCreationId }),
		...(error !== undefined &&
			claimCreationId !== undefined && { error: errorOnWire(error, claimCreationId) }),
		updates: [],
	};
}

const PLACEHOLDER: Patient = { firstName: '-', lastName: '-', dateOfBirth: '1900-01-01' };

const patientOnWire = ({ firstName, lastName, dateOfBirth }: Patient) => ({
	first_name: firstName,
	last_name: lastName,
	date_of_birth: dateOfBirth,
});

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

/** A provider with another NPI has another ID. */
const billingProviderOnWire = ({ name, npi }: BillingProvider) => ({
	...PROVIDER,
	organization_name: name,
	...(npi !== PROVIDER.npi && { npi, provider_id: `${PROVIDER.provider_id.slice(0, 24)}00${npi}` }),
});

/** An encounter as the API returns it: only what the vendor's SDK requires. Default: a placeholder patient. */
export function encounterOnWire(entry: Encounter): object {
	return {
		encounter_id: entry.encounterId,
		external_id: entry.externalId,
		...(entry.claimCreationId !== undefined && { claim_creation_id: entry.claimCreationId }),
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
			...patientOnWire(entry.patient ?? PLACEHOLDER),
			gender: 'not_given',
			address: ADDRESS,
			phone_numbers: [],
			phone_consent: false,
			email_consent: false,
			auto_charge_consent: false,
			non_insurance_payers: [],
			non_insurance_payers_info: [],
		},
		billing_provider: billingProviderOnWire(entry.billingProvider),
		rendering_provider: PROVIDER,
		service_facility: {
			service_facility_id: '0a3fd4a4-3a4e-4b67-8f0c-51c2c2f2a003',
			organization_name: 'Example Clinic',
			address: ADDRESS,
		},
		claims: [
			{
				claim_id: claimIdOf(entry),
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

/** A claim creation as the API returns it. */
export function claimCreationOnWire(
	{ id, status, errors, characteristics, patient }: ClaimCreation,
	createdEncounterId: string | undefined,
): object {
	return {
		id,
		status,
		...(createdEncounterId !== undefined && { created_encounter_id: createdEncounterId }),
		characteristics,
		errors: errors.map((error) => errorOnWire(error, id)),
		...(patient !== undefined && {
			encounter_creation_input: { patient: patientOnWire(patient) },
		}),
	};
}

const errorOnWire = (error: ClaimCreationError, claimCreationId: string): object => ({
	id: error.id,
	charge_capture_id: error.chargeCaptureId,
	message: error.message,
	resolved: error.resolved,
	resolved_by: error.resolvedBy,
	resolution_reason: error.resolutionReason,
	field_in_error: error.fieldInError,
	claim_creation_id: claimCreationId,
});

/** ID of the encounter's only claim. */
export const claimIdOf = ({ encounterId }: Encounter) => relatedId(encounterId, 'a');

/** The ID of something that each entry has exactly one of: the entry's own ID with another first digit. */
export function relatedId(id: string, firstDigit: string): string {
	return firstDigit + id.slice(1);
}
