import { CandidApi as Candid } from 'candidhealth';

import type { ClaimCreationSeed } from './index';
import { CHARGE_CAPTURES_PATH, CLAIM_CREATIONS_PATH } from './paths';
import { CLAIM_CREATION_STATUSES } from './statuses';
import { TestServer } from './test-server';

const ID = 'b0000000-0000-4000-8000-0000000000ff';
const MESSAGE = 'The subscriber is missing.';

const local = new TestServer();

const add = (seed: ClaimCreationSeed = {}) => local.api.addClaimCreation({ id: ID, ...seed });

const addChargeCapture = (externalId: string, claimCreationId = ID) =>
	local.api.addChargeCapture({ chargeExternalId: externalId, claimCreationId }).id;

const read = async (id = ID) =>
	(await local.sendJson('GET', `${CLAIM_CREATIONS_PATH}/${id}`))[1] as Record<string, unknown>;

const errorOf = async (chargeCaptureId: string) => {
	const [, entry] = await local.sendJson('GET', `${CHARGE_CAPTURES_PATH}/${chargeCaptureId}`);
	return (entry as { error?: unknown }).error;
};

describe('a claim creation', () => {
	it('has the statuses of the vendor’s SDK', () => {
		const { ChargeCaptureClaimCreationStatus } = Candid.chargeCaptureBundles.v1;

		expect([...CLAIM_CREATION_STATUSES].sort()).toEqual(
			Object.values(ChargeCaptureClaimCreationStatus).sort(),
		);
	});

	it.each(CLAIM_CREATION_STATUSES)('can be %s', async (status) => {
		add({ status });

		expect(await read()).toEqual({ id: ID, status, characteristics: {}, errors: [] });
	});

	it('shows its characteristics, its errors and the input with the patient', async () => {
		add({
			status: 'in-error',
			characteristics: { date_of_service: '2025-01-15' },
			errors: [
				{ id: 'E-1', message: MESSAGE, fieldInError: 'subscriber_primary' },
				{ message: 'Old', resolved: true, resolvedBy: 'a user', resolutionReason: 'corrected' },
			],
			patient: { firstName: 'Ada', lastName: 'Sample', dateOfBirth: '1990-02-03' },
		});

		expect(await read()).toEqual({
			id: ID,
			status: 'in-error',
			characteristics: { date_of_service: '2025-01-15' },
			errors: [
				{
					id: 'E-1',
					message: MESSAGE,
					resolved: false,
					field_in_error: 'subscriber_primary',
					claim_creation_id: ID,
				},
				{
					id: expect.any(String),
					message: 'Old',
					resolved: true,
					resolved_by: 'a user',
					resolution_reason: 'corrected',
					claim_creation_id: ID,
				},
			],
			encounter_creation_input: {
				patient: { first_name: 'Ada', last_name: 'Sample', date_of_birth: '1990-02-03' },
			},
		});
	});

	it('becomes successful when an encounter is created from it', async () => {
		const { id } = local.api.addClaimCreation({ status: 'held' });
		expect(await read(id)).toMatchObject({ status: 'held' });
		const seed = { externalId: 'ENC-CREATED', claimCreationId: id };
		const { encounterId } = local.api.addEncounter(seed);

		expect(await read(id)).toMatchObject({
			status: 'successful',
			created_encounter_id: encounterId,
		});
		expect(local.api.addClaimCreation({ id }).status).toBe('successful');
	});

	it('that is added without a status is not started', () => {
		expect(local.api.addClaimCreation({}).status).toBe('not-started');
	});

	it('of another client is unknown', async () => {
		const other = await local.startOther({ clients: [{ clientId: 'b', clientSecret: 'b' }] });
		const { id } = other.addClaimCreation({ clientId: 'b' });
		const status = async (clientId: string) => {
			const headers = { authorization: `Bearer ${other.issueToken(clientId)}` };
			return (await fetch(`${other.url}${CLAIM_CREATIONS_PATH}/${id}`, { headers })).status;
		};

		expect([await status('b'), await status('local-client')]).toEqual([200, 404]);
	});

	it('is not answered while a fault applies to its path', async () => {
		add();
		local.api.inject({ path: `${CLAIM_CREATIONS_PATH}/${ID}`, kind: 'status', status: 503 });
		const status = async () => (await local.sendJson('GET', `${CLAIM_CREATIONS_PATH}/${ID}`))[0];

		expect([await status(), await status()]).toEqual([503, 200]);
	});
});

describe('a charge capture', () => {
	it('shows the first unresolved error that names it', async () => {
		const [first, second, third] = ['CC-E1', 'CC-E2', 'CC-E3'].map((id) => addChargeCapture(id));
		add({
			status: 'in-error',
			errors: [
				{ id: 'E-0', message: 'About all' },
				{ id: 'E-1', message: 'Resolved', chargeCaptureId: first, resolved: true },
				{ id: 'E-2', message: MESSAGE, chargeCaptureId: first },
				{ id: 'E-3', message: 'Later', chargeCaptureId: first },
				{ id: 'E-4', message: 'Resolved', chargeCaptureId: second, resolved: true },
			],
		});

		expect(await errorOf(first ?? '')).toEqual({
			id: 'E-2',
			charge_capture_id: first,
			message: MESSAGE,
			resolved: false,
			claim_creation_id: ID,
		});
		expect([await errorOf(second ?? ''), await errorOf(third ?? '')]).toEqual([
			undefined,
			undefined,
		]);
		const { items } = await local.pageOf(CHARGE_CAPTURES_PATH, { charge_external_id: 'CC-E1' });
		expect(items).toMatchObject([{ error: { id: 'E-2' } }]);
	});
});

describe('several charge captures of one encounter', () => {
	const ids = ['b0000000-0000-4000-8000-0000000000f1', 'b0000000-0000-4000-8000-0000000000f2'];
	const [firstId = '', secondId = ''] = ids;
	let encounterId = '';

	beforeAll(() => {
		addChargeCapture('CC-B1', firstId);
		addChargeCapture('CC-B2', firstId);
		addChargeCapture('CC-B3', secondId);
		encounterId = local.api.addEncounter({
			externalId: 'ENC-B',
			claimCreationId: firstId,
		}).encounterId;
	});

	const listed = async (query: string) => {
		const [, page] = await local.sendJson('GET', `${CHARGE_CAPTURES_PATH}?${query}`);
		const { items } = page as { items: Array<{ charge_external_id: string }> };
		return items.map((item) => item.charge_external_id).sort();
	};

	it.each<[string, () => string, string[]]>([
		['the claim creation', () => `claim_creation_ids=${firstId}`, ['CC-B1', 'CC-B2']],
		[
			'several claim creations',
			() => `claim_creation_ids=${firstId}&claim_creation_ids=${secondId}`,
			['CC-B1', 'CC-B2', 'CC-B3'],
		],
		['the encounter', () => `claim_ids=${encounterId}`, ['CC-B1', 'CC-B2']],
		['its claim', () => `claim_ids=a${encounterId.slice(1)}`, ['CC-B1', 'CC-B2']],
		['an unknown claim', () => `claim_ids=${ID}`, []],
		['an unknown claim creation', () => 'claim_creation_ids=', []],
	])('are found by %s', async (_name, query, expected) => {
		expect(await listed(query())).toEqual(expected);
	});
});
