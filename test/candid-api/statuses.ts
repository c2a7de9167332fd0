/** All lists come from the vendor's description. */
export const CHARGE_CAPTURE_STATUSES = [
	'planned',
	'not-billable',
	'billable',
	'aborted',
	'entered-in-error',
] as const;

export const CLAIM_STATUSES = [
	'biller_received',
	'coded',
	'submitted_to_payer',
	'missing_information',
	'not_billable',
	'waiting_for_provider',
	'era_received',
	'rejected',
	'denied',
	'paid',
	'paid_incorrectly',
	'finalized_paid',
	'finalized_denied',
	'held_by_customer',
	'era_requires_review',
] as const;

export type ChargeCaptureStatus = (typeof CHARGE_CAPTURE_STATUSES)[number];
export type ClaimStatus = (typeof CLAIM_STATUSES)[number];

export const TASK_STATUSES = [
	'finished',
	'addressed_by_provider_group',
	'sent_to_provider_group',
	'open',
	'blocked',
	'waiting_for_review',
	'in_progress',
] as const;

export const TASK_TYPES = [
	'CUSTOMER_DATA_REQUEST',
	'CLAIM_SUBMISSION_RUN_VALIDATIONS_FAILURE',
	'CLAIM_SUBMISSION_SUBMIT_CLAIM_FAILURE',
	'CLAIM_SUBMISSION_TRANSFORM_FAILURE',
	'CODE_CLAIM',
	'CODE_CLAIM_REVIEW',
	'ELIGIBILITY',
	'CLAIM_FOLLOW_UP',
	'REJECTION_RESOLUTION',
	'PAYER_CONFIGURATION_ERROR',
	'DENIAL_RESOLUTION',
	'MISSING_ENROLLMENT',
	'CHARGE_CAPTURE_UPDATE',
] as const;

export const TASK_CATEGORIES = [
	'other',
	'provider_credentialing',
	'authorization_required',
	'inactive_coverage',
	'unknown_eligibility_or_patient_not_found',
	'incorrect_member_id',
	'documentation_addendum_request',
	'coordination_of_benefits',
	'missing_or_incorrect_gender',
	'incorrect_date_of_birth',
	'incorrect_payer',
	'incorrect_name',
	'invalid_diagnosis_code',
	'non_covered_diagnosis_codes',
	'information_requested_from_patient',
	'incorrect_rendering_provider_info',
	'missing_or_incorrect_modifier',
	'coding_frequency_error',
	'incorrect_patient_address',
	'multiple_em_claims',
	'missing_or_incorrect_charge_amount',
	'medical_records_request',
	'provider_enrollment_or_contracting',
	'missing_or_incorrect_group_number',
	'missing_diagnosis_codes',
	'missing_patient_authorization',
	'incorrect_billing_provider_info',
	'incorrect_procedure_code',
	'incorrect_quantity',
	'incorrect_place_of_service_code',
	'incorrect_service_facility_info',
	'incorrect_date_of_service',
	'missing_or_incorrect_ndc',
	'patient_collections',
	'submit_to_secondary',
	'transient_server_error',
	'missing_remittance_enrollment',
	'missing_claims_enrollment',
	'held_by_customer',
	'pending_manual_remit_posting',
	'incorrect_referring_provider_info',
	'payer_configuration_error',
	'downcoding_review',
] as const;

export type TaskStatus = (typeof TASK_STATUSES)[number];
export type TaskType = (typeof TASK_TYPES)[number];
export type TaskCategory = (typeof TASK_CATEGORIES)[number];
