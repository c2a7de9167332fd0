/** Both lists come from the vendor's description. */
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
