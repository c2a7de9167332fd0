import type { ChargeCaptureSeed, EncounterSeed } from './lookups';

/**
 * The charge captures and encounters that exist from the start, all invented. Their IDs are constant,
 * so that tests can name them; each ends in the number of the external ID. The dates differ, so that
 * tests can check sorting.
 */
const CHARGE_CAPTURES: ChargeCaptureSeed[] = [
	{
		id: 'c0000000-0000-4000-8000-000000001001',
		chargeExternalId: 'CC-1001',
		patientExternalId: 'PAT-1',
		status: 'planned',
		...on('2025-01-10'),
	},
	{
		id: 'c0000000-0000-4000-8000-000000001002',
		chargeExternalId: 'CC-1002',
		patientExternalId: 'PAT-2',
		status: 'not-billable',
		...on('2025-01-11'),
	},
	{
		id: 'c0000000-0000-4000-8000-000000001003',
		chargeExternalId: 'CC-1003',
		patientExternalId: 'PAT-1',
		status: 'billable',
		...on('2025-01-12'),
	},
	{
		id: 'c0000000-0000-4000-8000-000000001004',
		chargeExternalId: 'CC-1004',
		patientExternalId: 'PAT-2',
		status: 'aborted',
		...on('2025-01-13'),
	},
	{
		id: 'c0000000-0000-4000-8000-000000001005',
		chargeExternalId: 'CC-1005',
		patientExternalId: 'PAT-1',
		status: 'entered-in-error',
		...on('2025-01-14'),
	},
];

const ENCOUNTERS: EncounterSeed[] = [
	{
		encounterId: 'e0000000-0000-4000-8000-000000002001',
		externalId: 'ENC-2001',
		patientExternalId: 'PAT-1',
		claimStatus: 'biller_received',
		...on('2025-01-10'),
	},
	{
		encounterId: 'e0000000-0000-4000-8000-000000002002',
		externalId: 'ENC-2002',
		patientExternalId: 'PAT-2',
		claimStatus: 'submitted_to_payer',
		...on('2025-01-11'),
	},
	{
		encounterId: 'e0000000-0000-4000-8000-000000002003',
		externalId: 'ENC-2003',
		patientExternalId: 'PAT-1',
		claimStatus: 'finalized_paid',
		...on('2025-01-12'),
	},
];

export interface Seeds {
	chargeCaptures: ChargeCaptureSeed[];
	encounters: EncounterSeed[];
}

export const SEED_DATA: Seeds = {
	chargeCaptures: CHARGE_CAPTURES,
	encounters: ENCOUNTERS,
};

export const NO_SEED_DATA: Seeds = { chargeCaptures: [], encounters: [] };

function on(dateOfService: string) {
	return { dateOfService, createdAt: `${dateOfService}T12:00:00.000Z` };
}
