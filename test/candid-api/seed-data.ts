import type { ChargeCaptureSeed, EncounterSeed } from './lookups';
import type { TaskSeed } from './tasks';

/**
 * The charge captures, encounters and tasks that exist from the start, all invented. Their IDs are constant,
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

const TASKS: TaskSeed[] = [
	{
		taskId: '10000000-0000-4000-8000-000000003001',
		encounterId: 'e0000000-0000-4000-8000-000000002001',
		patientName: 'Ada Sample',
		category: 'medical_records_request',
		status: 'open',
		description: 'The payer asks for the medical records of this visit.',
		payerName: 'Example Payer',
		payerId: '00001',
		createdAt: '2025-01-20T12:00:00.000Z',
		updatedAt: '2025-01-21T12:00:00.000Z',
	},
	{
		taskId: '10000000-0000-4000-8000-000000003002',
		encounterId: 'e0000000-0000-4000-8000-000000002002',
		patientName: 'Ben Example',
		category: 'documentation_addendum_request',
		status: 'in_progress',
		description: 'The note does not say how long the visit took.',
		createdAt: '2025-01-21T12:00:00.000Z',
		updatedAt: '2025-01-22T12:00:00.000Z',
	},
	{
		taskId: '10000000-0000-4000-8000-000000003003',
		encounterId: 'e0000000-0000-4000-8000-000000002003',
		patientName: 'Ada Sample',
		taskType: 'DENIAL_RESOLUTION',
		category: 'other',
		status: 'finished',
		description: 'The claim was denied.',
		blocksClaimSubmission: true,
		createdAt: '2025-01-22T12:00:00.000Z',
		updatedAt: '2025-01-23T12:00:00.000Z',
	},
];

export interface Seeds {
	chargeCaptures: ChargeCaptureSeed[];
	encounters: EncounterSeed[];
	tasks: TaskSeed[];
}

export const SEED_DATA: Seeds = {
	chargeCaptures: CHARGE_CAPTURES,
	encounters: ENCOUNTERS,
	tasks: TASKS,
};

export const NO_SEED_DATA: Seeds = { chargeCaptures: [], encounters: [], tasks: [] };

function on(dateOfService: string) {
	return { dateOfService, createdAt: `${dateOfService}T12:00:00.000Z` };
}
