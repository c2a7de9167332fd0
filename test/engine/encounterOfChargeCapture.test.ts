import type { INodeParameters } from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import type { CandidApi, Fault } from '../candid-api';
import { CHARGE_CAPTURES_PATH, CLAIM_CREATIONS_PATH } from '../candid-api/paths';
import { givingUpAfter, scaleWaits } from './faults/scaledWaits';
import { CONTINUE_ON_FAIL, UNKNOWN_ID, locator, startApiForEachTest } from './fixtures';
import { runNode } from './harness';
import type { RunSettings } from './harness';
import type { StoredCredential } from './storedCredential';

let api: CandidApi;
let credential: StoredCredential;

beforeAll(() => scaleWaits(0.02));

startApiForEachTest((started) => ({ api, credential } = started));

const CLAIM_CREATION = 'b7700000-0000-4000-8000-000000000001';
const CREATED = 'e7700000-0000-4000-8000-000000000001';
const CAPTURED = 'c7700000-0000-4000-8000-000000000001';
const OTHER_CAPTURED = 'c7700000-0000-4000-8000-000000000002';

const PATIENT = { firstName: 'Pat', lastName: 'Secretname', dateOfBirth: '1999-12-31' };

const run = async (
	ids: string[],
	parameters: INodeParameters = {},
	settings: Partial<RunSettings> = {},
) =>
	await runNode(new CandidHealth(), {
		credential,
		items: ids.map((id) => ({ json: { id } })),
		parameters: {
			resource: 'chargeCapture',
			operation: 'getEncounter',
			chargeCapture: locator('={{ $json.id }}'),
			...parameters,
		},
		...settings,
	});

/** Adds CC-7 and CC-8, of one claim creation. */
function addBundle() {
	const claim = { claimCreationId: CLAIM_CREATION, patient: PATIENT, status: 'billable' } as const;
	api.addChargeCapture({ id: CAPTURED, chargeExternalId: 'CC-7', ...claim });
	api.addChargeCapture({ id: OTHER_CAPTURED, chargeExternalId: 'CC-8', ...claim });
}

function addEncounter() {
	api.addClaimCreation({
		id: CLAIM_CREATION,
		patient: PATIENT,
		characteristics: { 'patient.name': 'Secretname' },
	});
	api.addEncounter({ externalId: 'ENC-7', encounterId: CREATED, claimCreationId: CLAIM_CREATION });
}

const NO_CLAIM_CREATION = {
	claim_creation_id: null,
	claim_creation_status: null,
	created_encounter_id: null,
	errors: [],
};

const SUCCESSFUL = {
	charge_external_id: 'CC-7',
	charge_capture_id: CAPTURED,
	charge_capture_status: 'billable',
	claim_creation_id: CLAIM_CREATION,
	claim_creation_status: 'successful',
	created_encounter_id: CREATED,
	errors: [],
};

describe('the encounter of a charge capture', () => {
	it.each([
		['an external ID', 'CC-7', {}],
		[
			"Candid's ID",
			CAPTURED.toUpperCase(),
			{ chargeCapture: locator('={{ $json.id }}', 'candidId') },
		],
	])('is found by %s', async (_, id, parameters) => {
		addBundle();
		addEncounter();
		const { output, error } = await run([id], parameters);
		expect(error).toBeUndefined();
		expect(output).toEqual([{ json: SUCCESSFUL, pairedItem: { item: 0 } }]);
		expect(api.requests).toHaveLength(2);
	});

	it('is the same for all charge captures that it was created from', async () => {
		addBundle();
		addEncounter();
		const { output } = await run(['CC-7', 'CC-8']);
		expect(output.map(({ json }) => json)).toEqual([
			SUCCESSFUL,
			{ ...SUCCESSFUL, charge_external_id: 'CC-8', charge_capture_id: OTHER_CAPTURED },
		]);
	});

	it('is null before Candid has begun to create it', async () => {
		const { output } = await run(['CC-1001']);
		expect(output.map(({ json }) => json)).toEqual([
			{
				charge_external_id: 'CC-1001',
				charge_capture_id: 'c0000000-0000-4000-8000-000000001001',
				charge_capture_status: 'planned',
				...NO_CLAIM_CREATION,
			},
		]);
		expect(api.requests).toHaveLength(1);
	});

	it.each([null, ''])('is null where the claim creation ID is %j', async (id) => {
		const chargeCapture = { charge_external_id: 'CC-7', id: CAPTURED, claim_creation_id: id };
		answer(CHARGE_CAPTURES_PATH, { items: [chargeCapture] });
		const { output } = await run(['CC-7']);
		expect(output[0]!.json).toMatchObject(NO_CLAIM_CREATION);
	});

	it.each(['not-started', 'held', 'aborted'] as const)(
		'is null while the claim creation is %s',
		async (status) => {
			addBundle();
			api.addClaimCreation({ id: CLAIM_CREATION, status });
			const { output } = await run(['CC-7']);
			expect(output[0]!.json).toEqual({
				...SUCCESSFUL,
				claim_creation_status: status,
				created_encounter_id: null,
			});
		},
	);

	it('is output with the reasons why it could not be created', async () => {
		addBundle();
		const errors = [
			{ message: 'The provider has no NPI', fieldInError: 'npi', chargeCaptureId: CAPTURED },
			{ message: 'The payer is not known', resolved: true, resolvedBy: 'Secretname' },
		];
		api.addClaimCreation({ id: CLAIM_CREATION, status: 'in-error', errors, patient: PATIENT });
		const { output } = await run(['CC-7']);
		expect(output[0]!.json).toEqual({
			...SUCCESSFUL,
			claim_creation_status: 'in-error',
			created_encounter_id: null,
			errors: [
				{
					message: 'The provider has no NPI',
					field_in_error: 'npi',
					resolved: false,
					charge_capture_id: CAPTURED,
				},
				{
					message: 'The payer is not known',
					field_in_error: null,
					resolved: true,
					charge_capture_id: null,
				},
			],
		});
	});

	it.each([undefined, null, 'none', [null, 'none', 7]])(
		'has no errors where Candid gives %j',
		async (errors) => {
			addBundle();
			answer(CLAIM_CREATIONS_PATH, { id: CLAIM_CREATION, status: 'held', errors });
			const { output } = await run(['CC-7']);
			expect(output[0]!.json).toMatchObject({ claim_creation_status: 'held', errors: [] });
		},
	);

	it.each([{}, { simplify: false }])('never outputs the patient: %j', async (parameters) => {
		addBundle();
		addEncounter();
		const { output } = await run(['CC-7', 'CC-1003'], parameters);
		expect(output).toHaveLength(2);
		expect(JSON.stringify(output)).not.toMatch(/Secretname|1999-12-31|encounter_creation_input/);
		// Candid has sent them.
		const response = await fetch(`${api.url}${CLAIM_CREATIONS_PATH}/${CLAIM_CREATION}`, {
			headers: { authorization: `Bearer ${api.issueToken()}` },
		});
		expect(await response.text()).toContain('Secretname');
	});
});

/** Answers one request to a path, in place of Candid, with JSON. */
const answer = (path: string, body: object) =>
	api.inject({ ...requestTo(path), kind: 'status', status: 200, body });

const requestTo = (path: string) => ({ method: 'GET', path: new RegExp(`^${path}`) });

const LOOK_UPS: Array<[subject: string, path: string]> = [
	['The charge capture', CHARGE_CAPTURES_PATH],
	['The claim creation of the charge capture', CLAIM_CREATIONS_PATH],
];

const TEMPORARY: Array<[string, Partial<Fault>]> = [
	['a 503', { status: 503 }],
	['a 429', { status: 429 }],
	['a connection that is cut', { kind: 'cut' }],
	['a timeout', { kind: 'delay' }],
];

const refusal = (errorName: string) => ({ errorName, content: { message: 'No' } });

const FINAL: Array<[string, Partial<Fault>, string]> = [
	['503', { status: 503 }, 'Candid could not process the request (HTTP 503)'],
	['429', { status: 429, body: refusal('TooMany') }, 'Candid is receiving too many requests'],
	['401', { status: 401, body: refusal('Unauthorized') }, 'Candid did not accept the access token'],
	['403', { status: 403, body: refusal('Unauthorized') }, 'the credential is not allowed'],
	['404', { status: 404, body: refusal('EntityNotFoundError') }, 'Candid does not know this ID'],
	['a page', { status: 200, body: '<h1>In</h1>' }, "Candid's answer is not what was asked for"],
	['nothing', { status: 200, body: '' }, "Candid's answer is not what was asked for"],
	['cuts', { kind: 'cut' }, 'the connection was cut before Candid answered'],
];

describe.each(LOOK_UPS)('%s', (subject, path) => {
	beforeEach(() => {
		addBundle();
		addEncounter();
	});

	const inject = (fault: Partial<Fault>) =>
		api.inject({ kind: 'status', ...requestTo(path), ...fault });

	it.each(TEMPORARY)('is read again after %s', async (_, fault) => {
		inject(fault);
		const { output, error } = await run(['CC-7'], { requestOptions: { timeout: 300 } });
		expect(error).toBeUndefined();
		expect(output.map(({ json }) => json)).toEqual([SUCCESSFUL]);
		expect(api.requests).toHaveLength(3);
	});

	it.each(FINAL)('is named when Candid answers with %s', async (_, fault, reason) => {
		inject({ times: Infinity, ...fault });
		const { error, output } = await givingUpAfter(500, async () => await run(['CC-7']));
		expect(error?.message).toContain(`${subject} [item 0] was not read: ${reason}`);
		expect(`${error?.message} ${error?.description}`).not.toMatch(/\b(error|problem|failure)\b/i);
		expect(output).toEqual([]);
	});

	it('becomes an error item if the node continues on fail', async () => {
		inject({ status: 403, body: refusal('UnauthorizedError') });
		const { output } = await run(['CC-7'], {}, { node: CONTINUE_ON_FAIL });
		expect(output).toMatchObject([
			{
				json: {
					error: expect.stringContaining(`${subject} [item 0] was not read`) as string,
					details: { charge_external_id: 'CC-7', try_again: true },
				},
			},
		]);
	});
});

describe("an answer that is not Candid's record", () => {
	const OTHER = "Candid's answer does not have its ID";

	beforeEach(addBundle);

	it.each([{ status: 'ok' }, { id: UNKNOWN_ID, patient: 'Secretname' }, { id: 7 }])(
		'(%j) is not taken for the claim creation',
		async (body) => {
			answer(CLAIM_CREATIONS_PATH, body);
			const { error, output } = await run(['CC-7']);
			expect(error?.message).toBe(
				`The claim creation of the charge capture [item 0] was not read: ${OTHER}`,
			);
			expect(`${error?.description}`).not.toContain('Secretname');
			expect(output).toEqual([]);
		},
	);

	it.each([{ status: 'ok' }, { id: UNKNOWN_ID, patient: 'Secretname' }])(
		'(%j) is not taken for the charge capture',
		async (body) => {
			answer(CHARGE_CAPTURES_PATH, body);
			const chargeCapture = locator(CAPTURED, 'candidId');
			const { error } = await run(['CC-7'], { chargeCapture });
			expect(error?.message).toBe(`The charge capture [item 0] was not read: ${OTHER}`);
			expect(`${error?.description}`).not.toContain('Secretname');
			expect(api.requests).toHaveLength(1);
		},
	);

	it('is not followed if the ID of the claim creation is a path', async () => {
		const chargeCapture = { charge_external_id: 'CC-7', id: CAPTURED, claim_creation_id: '../x' };
		answer(CHARGE_CAPTURES_PATH, { items: [chargeCapture] });
		const { error } = await run(['CC-7']);
		expect(error?.message).toContain('The claim creation of the charge capture [item 0]');
		expect(api.requests).toHaveLength(1);
	});
});

it('names a charge capture that does not exist, or of which there are two', async () => {
	const { error } = await run(['CC-9999']);
	expect(error?.message).toBe(
		'The charge capture [item 0] was not read: Candid has none with this ID',
	);
	api.addChargeCapture({ chargeExternalId: 'CC-1001' });
	expect((await run(['CC-1001'])).error?.message).toBe(
		'The charge capture [item 0] was not read: Candid has more than one with this ID',
	);
});
