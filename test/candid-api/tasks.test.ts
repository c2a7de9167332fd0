import { CandidApi as Candid } from 'candidhealth';

import { ENCOUNTER, UNKNOWN_ID } from '../engine/fixtures';
import { TASKS_PATH } from './paths';
import { TASK_CATEGORIES, TASK_STATUSES, TASK_TYPES } from './statuses';
import { TestServer } from './test-server';

const local = new TestServer();

const FIRST = '10000000-0000-4000-8000-000000003001';
const SECOND = '10000000-0000-4000-8000-000000003002';
const THIRD = '10000000-0000-4000-8000-000000003003';

const update = async (taskId: string, body: object) =>
	await local.sendJson('PATCH', `${TASKS_PATH}/${taskId}`, body);

async function idsOf(query: string | Record<string, string>): Promise<unknown[]> {
	const { items } = await local.pageOf(
		TASKS_PATH,
		Object.fromEntries(new URLSearchParams(query).entries()),
	);
	return items.map((item) => item.task_id);
}

it('the words for status, type and category are those of the vendor’s SDK', () => {
	expect(TASK_STATUSES).toEqual(Object.values(Candid.tasks.TaskStatus));
	expect(TASK_TYPES).toEqual(Object.values(Candid.tasks.TaskType));
	expect(TASK_CATEGORIES).toEqual(Object.values(Candid.tasks.TaskCategory));
});

describe('the list of tasks', () => {
	it.each([
		['', [THIRD, SECOND, FIRST]],
		['sort=updated_at:asc', [FIRST, SECOND, THIRD]],
		['sort=patient_name:desc', [SECOND, FIRST, THIRD]],
		['sort=blocks_claim_submission:desc', [THIRD, FIRST, SECOND]],
		['status=open', [FIRST]],
		['statuses=open,finished', [THIRD, FIRST]],
		['status=open&statuses=finished', []],
		['task_type=DENIAL_RESOLUTION', [THIRD]],
		['task_types=DENIAL_RESOLUTION,CODE_CLAIM', [THIRD]],
		['categories=medical_records_request,documentation_addendum_request', [SECOND, FIRST]],
		['updated_since=2025-01-22T12:00:00.000Z', [THIRD, SECOND]],
		['updated_since=2025-01-22T14:00:00.001%2B02:00', [THIRD]],
		[`encounter_id=${ENCOUNTER}`, [FIRST]],
		[`encounter_id=${UNKNOWN_ID}`, []],
		['search_term=ENC-2002', [SECOND]],
		['search_term=A0000000-0000-4000-8000-000000002003', [THIRD]],
		['search_term=3001', [FIRST]],
		['search_term=Ada', []],
		['date_of_service_min=2025-01-11&date_of_service_max=2025-01-11', [SECOND]],
		[`assigned_to_id=${UNKNOWN_ID}`, []],
	])('has the tasks that match %j', async (query, expected) => {
		expect(await idsOf(query)).toEqual(expected);
	});

	it.each([
		['limit=0', 'UnprocessableEntityError'],
		['limit=1000', 'UnprocessableEntityError'],
		['limit=ten', 'UnprocessableEntityError'],
		['status=closed', 'HttpRequestValidationsError'],
		['statuses=open,closed', 'HttpRequestValidationsError'],
		['categories=', 'HttpRequestValidationsError'],
		['task_types=other', 'HttpRequestValidationsError'],
		['updated_since=2025-01-22', 'HttpRequestValidationsError'],
		['encounter_id=ENC-2001', 'HttpRequestValidationsError'],
		['sort=updated_at', 'HttpRequestValidationsError'],
		['sort=created_at:asc', 'HttpRequestValidationsError'],
		['page_token=x', 'HttpRequestValidationsError'],
	])('refuses %s', async (query, errorName) => {
		expect(await local.refusalOf(`${TASKS_PATH}?${query}`)).toMatchObject({
			status: 422,
			errorName,
		});
	});

	it('accepts a limit of 999, and shows 100 tasks without one', async () => {
		for (let i = 0; i < 998; i += 1) local.api.addTask({ encounterId: ENCOUNTER });

		expect(await idsOf({ limit: '999' })).toHaveLength(999);
		expect(await idsOf({})).toHaveLength(100);
	});

	it('shifts the next page when a task is updated meanwhile', async () => {
		const query = { sort: 'updated_at:asc', limit: '1' };
		const first = await local.pageOf(TASKS_PATH, query);
		local.api.updateTask(FIRST, { status: 'in_progress' });
		const second = await local.pageOf(TASKS_PATH, {
			...query,
			page_token: first.next_page_token ?? '',
		});

		// SECOND took the place of FIRST, so that this client never gets it.
		expect(first.items).toMatchObject([{ task_id: FIRST }]);
		expect(second.items).toMatchObject([{ task_id: THIRD }]);
	});

	it('compares times, not their texts', async () => {
		const early = { encounterId: ENCOUNTER, updatedAt: '2025-01-22T12:30:00+01:00' };
		const { taskId } = local.api.addTask({ ...early, createdAt: '2025-01-01T00:00:00Z' });

		expect(await idsOf('sort=updated_at:asc')).toEqual([FIRST, taskId, SECOND, THIRD]);
	});
});

describe('a task', () => {
	it('names the patient, and belongs to an encounter', async () => {
		const answer = await fetch(`${local.api.url}${TASKS_PATH}/${FIRST}`, {
			headers: local.bearer,
		});

		expect(await answer.json()).toEqual({
			task_id: FIRST,
			encounter_id: ENCOUNTER,
			task_type: 'CUSTOMER_DATA_REQUEST',
			description: 'The payer asks for the medical records of this visit.',
			blocks_claim_submission: false,
			external_id: 'ENC-2001',
			patient_name: 'Ada Sample',
			patient_external_id: 'PAT-1',
			payer_name: 'Example Payer',
			payer_id: '00001',
			status: 'open',
			notes: [],
			created_at: '2025-01-20T12:00:00.000Z',
			updated_at: '2025-01-21T12:00:00.000Z',
			agg_updated_at: '2025-01-21T12:00:00.000Z',
			date_of_service: '2025-01-10',
			assignments: [],
			category: 'medical_records_request',
		});
	});

	it('of an added encounter has the name of its patient', () => {
		const patient = { firstName: 'Cy', lastName: 'Specimen', dateOfBirth: '1980-01-02' };
		const { encounterId } = local.api.addEncounter({ externalId: 'ENC-TASK', patient });

		expect(local.api.addTask({ encounterId })).toMatchObject({
			patientName: 'Cy Specimen',
			externalId: 'ENC-TASK',
			status: 'open',
		});
	});

	it('cannot be added to an encounter that does not exist', () => {
		expect(() => local.api.addTask({ encounterId: UNKNOWN_ID })).toThrow('404');
	});

	it.each([
		['GET', UNKNOWN_ID, 404, 'EntityNotFoundError'],
		['PATCH', UNKNOWN_ID, 404, 'EntityNotFoundError'],
		['GET', 'task-1', 422, 'HttpRequestValidationsError'],
		['PATCH', 'task-1', 422, 'HttpRequestValidationsError'],
	])('answers a %s of %s with %d', async (method, id, status, errorName) => {
		const body = method === 'PATCH' ? { status: 'finished' } : undefined;
		const answer = await local.sendJson(method, `${TASKS_PATH}/${id}`, body);

		expect(answer).toEqual([status, { errorName, content: expect.anything() }]);
	});

	it('is unknown to another client', async () => {
		const client = { clientId: 'other', clientSecret: 'secret' };
		const api = await local.startOther({ clients: [client] });
		const headers = { authorization: `Bearer ${api.issueToken('other')}` };

		expect((await fetch(`${api.url}${TASKS_PATH}/${FIRST}`, { headers })).status).toBe(404);
		const list = await fetch(`${api.url}${TASKS_PATH}`, { headers });
		expect(await list.json()).toEqual({ items: [] });
	});
});

describe('an update of a task', () => {
	it('changes what it names, and both times of update', async () => {
		const before = new Date().toISOString();
		const body = {
			status: 'finished',
			assignee_user_id: UNKNOWN_ID,
			blocks_claim_submission: true,
		};
		const answer = await update(FIRST, body);
		const task = answer[1] as Record<string, string>;

		expect(answer[0]).toBe(200);
		expect(task).toMatchObject({
			status: 'finished',
			blocks_claim_submission: true,
			assignments: [{ assignee_user_id: UNKNOWN_ID }],
			created_at: '2025-01-20T12:00:00.000Z',
			agg_updated_at: task.updated_at,
		});
		expect(String(task.updated_at) >= before).toBe(true);
		expect(await idsOf({})).toEqual([FIRST, THIRD, SECOND]);
		expect(await idsOf(`assigned_to_id=${UNKNOWN_ID}`)).toEqual([FIRST]);
	});

	it.each([{}, { status: null }])('with %j changes nothing', async (body) => {
		expect(await update(FIRST, body)).toMatchObject([
			200,
			{ status: 'open', updated_at: '2025-01-21T12:00:00.000Z' },
		]);
	});

	it.each(['addressed_by_provider_group', 'sent_to_provider_group'] as const)(
		'refuses the deprecated status %s',
		async (status) => {
			const answer = await update(FIRST, { status, blocks_claim_submission: true });

			expect(answer).toEqual([
				422,
				{
					errorName: 'TaskUpdatedToDeprecatedStatusError',
					content: { deprecated_status: status },
				},
			]);
			expect(local.api.tasks[0]).toMatchObject({ status: 'open', blocksClaimSubmission: false });
			expect(local.api.updateTask(FIRST, { status }).status).toBe(status);
		},
	);

	it.each([
		['status', 'Finished'],
		['assignee_user_id', 'me'],
		['assignee_user_id', 1],
		['blocks_claim_submission', 'true'],
	])('refuses the %s %j', async (field, value) => {
		expect(await update(FIRST, { [field]: value })).toMatchObject([
			422,
			{ content: [{ fieldName: field }] },
		]);
	});

	it.each([
		['text/plain', '{}', 415],
		['application/json', '[', 400],
	])('refuses a body of the type %s: %s', async (type, body, status) => {
		const headers = { ...local.bearer, 'content-type': type };
		const init = { method: 'PATCH', headers, body };

		expect((await fetch(`${local.api.url}${TASKS_PATH}/${FIRST}`, init)).status).toBe(status);
	});

	it('can be lost on its way back after it was done', async () => {
		const path = `${TASKS_PATH}/${FIRST}`;
		local.api.inject({ method: 'PATCH', path, kind: 'cut' });

		await expect(update(FIRST, { status: 'finished' })).rejects.toThrow();
		expect(local.api.tasks[0]).toMatchObject({ status: 'finished' });
	});

	it('of its notes alone leaves its own time as it is', () => {
		const task = local.api.updateTask(FIRST, { note: 'Called the payer.' });

		expect(task).toMatchObject({
			updatedAt: '2025-01-21T12:00:00.000Z',
			notes: [{ text: 'Called the payer.', createdAt: task.aggUpdatedAt }],
		});
		expect(task.aggUpdatedAt > task.updatedAt).toBe(true);
	});
});

describe('the clock of the API', () => {
	const MINUTES = 60_000;
	const distance = (timestamp: unknown) => Date.parse(String(timestamp)) - Date.now();

	it('is the one of tasks, whatever this machine’s is', async () => {
		const api = await local.startOther({ clockOffsetMs: -5 * MINUTES });
		const { taskId, createdAt } = api.addTask({ encounterId: ENCOUNTER });
		expect(distance(createdAt)).toBeCloseTo(-5 * MINUTES, -4);

		api.offsetClock(7 * MINUTES);
		const answer = await fetch(`${api.url}${TASKS_PATH}/${taskId}`, {
			method: 'PATCH',
			headers: {
				authorization: `Bearer ${api.issueToken()}`,
				'content-type': 'application/json',
			},
			body: '{"status":"blocked"}',
		});
		const { updated_at: updatedAt } = (await answer.json()) as Record<string, string>;
		expect(distance(updatedAt)).toBeCloseTo(7 * MINUTES, -4);

		api.reset();
		expect(distance(api.addTask({ encounterId: ENCOUNTER }).createdAt)).toBeCloseTo(
			-5 * MINUTES,
			-4,
		);
	});
});

it('a reset brings the seeded tasks back and deletes the others', () => {
	local.api.addTask({ encounterId: ENCOUNTER });
	local.api.updateTask(FIRST, { status: 'finished', note: 'Done.' });
	local.api.reset();

	expect(local.api.tasks).toMatchObject([
		{ taskId: FIRST, status: 'open', notes: [], updatedAt: '2025-01-21T12:00:00.000Z' },
		{ taskId: SECOND },
		{ taskId: THIRD },
	]);
});
