/* The lists come from the vendor's description. */

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

export const CLAIM_CREATION_STATUSES = [
	'not-started',
	'in-error',
	'successful',
	'successful-dry-run',
	'aborted',
	'held',
] as const;

/** X12 report type codes of a claim's attachments (PWK01). */
export const REPORT_TYPE_CODES = [
	'03',
	'04',
	'05',
	'06',
	'07',
	'08',
	'09',
	'10',
	'11',
	'13',
	'15',
	'21',
	'A3',
	'A4',
	'AM',
	'AS',
	'B2',
	'B3',
	'B4',
	'BR',
	'BS',
	'BT',
	'CB',
	'CK',
	'CT',
	'D2',
	'DA',
	'DB',
	'DG',
	'DJ',
	'DS',
	'EB',
	'HC',
	'HR',
	'I5',
	'IR',
	'LA',
	'M1',
	'MT',
	'NN',
	'OB',
	'OC',
	'OD',
	'OE',
	'OX',
	'OZ',
	'P4',
	'P5',
	'PE',
	'PN',
	'PO',
	'PQ',
	'PY',
	'PZ',
	'RB',
	'RR',
	'RT',
	'RX',
	'SG',
	'V5',
	'XP',
] as const;

/** X12 report transmission codes (PWK02): available on request, by mail, electronically, by fax. */
export const REPORT_TRANSMISSION_CODES = ['AA', 'BM', 'EL', 'FX'] as const;

export const ATTACHMENT_INCLUSIONS = [
	'not_included',
	'included_on_next_submission',
	'included_on_all_submissions',
] as const;

export type ChargeCaptureStatus = (typeof CHARGE_CAPTURE_STATUSES)[number];
export type ClaimCreationStatus = (typeof CLAIM_CREATION_STATUSES)[number];
export type ClaimStatus = (typeof CLAIM_STATUSES)[number];
export type ReportTypeCode = (typeof REPORT_TYPE_CODES)[number];
export type ReportTransmissionCode = (typeof REPORT_TRANSMISSION_CODES)[number];
export type AttachmentInclusion = (typeof ATTACHMENT_INCLUSIONS)[number];
