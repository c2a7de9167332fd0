import type { INodePropertyOptions } from 'n8n-workflow';

/** Candid's categories of tasks (`TaskCategory` of its SDK 1.33.0), in the order of their labels. */
const CATEGORIES = [
	'authorization_required',
	'coding_frequency_error',
	'coordination_of_benefits',
	'documentation_addendum_request',
	'downcoding_review',
	'held_by_customer',
	'inactive_coverage',
	'incorrect_billing_provider_info',
	'incorrect_date_of_birth',
	'incorrect_date_of_service',
	'incorrect_member_id',
	'incorrect_name',
	'incorrect_patient_address',
	'incorrect_payer',
	'incorrect_place_of_service_code',
	'incorrect_procedure_code',
	'incorrect_quantity',
	'incorrect_referring_provider_info',
	'incorrect_rendering_provider_info',
	'incorrect_service_facility_info',
	'information_requested_from_patient',
	'invalid_diagnosis_code',
	'medical_records_request',
	'missing_claims_enrollment',
	'missing_diagnosis_codes',
	'missing_or_incorrect_charge_amount',
	'missing_or_incorrect_gender',
	'missing_or_incorrect_group_number',
	'missing_or_incorrect_modifier',
	'missing_or_incorrect_ndc',
	'missing_patient_authorization',
	'missing_remittance_enrollment',
	'multiple_em_claims',
	'non_covered_diagnosis_codes',
	'other',
	'patient_collections',
	'payer_configuration_error',
	'pending_manual_remit_posting',
	'provider_credentialing',
	'provider_enrollment_or_contracting',
	'submit_to_secondary',
	'transient_server_error',
	'unknown_eligibility_or_patient_not_found',
];

/** Words that are not written with a capital first letter only. */
const SPELLINGS: Record<string, string> = {
	by: 'by',
	em: 'E/M',
	from: 'from',
	id: 'ID',
	ndc: 'NDC',
	of: 'of',
	or: 'or',
	to: 'to',
};

/** The options of a parameter for categories of tasks. */
export const taskCategories: INodePropertyOptions[] = CATEGORIES.map((value) => ({
	name: value.replace(/[a-z]+/g, inTitleCase).replace(/_/g, ' '),
	value,
}));

function inTitleCase(word: string): string {
	return SPELLINGS[word] ?? word.charAt(0).toUpperCase() + word.slice(1);
}
