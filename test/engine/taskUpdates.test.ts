import type { INode, INodeParameters } from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import type { CandidApi, Fault } from '../candid-api';
import { TASKS_PATH } from '../candid-api/paths';
import { givingUpAfter, scaleWaits } from './faults/scaledWaits';
import {
	CONTINUE_ON_FAIL,
	ENCOUNTER,
	TASK,
	UNKNOWN_ID,
	locator,
	retryOnFail,
	startApiForEachTest,
} from './fixtures';
import { runNode } from './harness';
import { isN8n1 } from './loadedN8n';
import type { StoredCredential } from './storedCredential';

let api: CandidApi;
let credential: StoredCredential;

beforeAll(() => scaleWaits(0.02));

startApiForEachTest((started) => ({ api, credential } = started));

const UPDATE: INodeParameters = {
	resource: 'task',
	operation: 'update',
	taskId: locator('={{ $json.id }}'),
	taskStatus: '={{ $json.status }}',
	simplify: true,
	requestOptions: { timeout: 300 },
};

/** An item for each pair of a task's ID and its new status. */
type Updates = Array<[id: string, status: string]>;

const run = async (updates: Updates, node: Partial<INode> = {}, parameters: INodeParameters = {}) =>
	await runNode(new CandidHealth(), {
		credential,
		items: updates.map(([id, status]) => ({ json: { id, status } })),
		parameters: { ...UPDATE, ...parameters },
		node,
	});

const inject = (fault: Partial<Fault>) => api.inject({ kind: 'status', method: 'PATCH', ...fault });

/** Adds tasks that are open. */
const addMany = (count: number) =>
	Array.from({ length: count }, () => api.addTask({ encounterId: ENCOUNTER }).taskId);

const statusOf = (id: string) => api.tasks.find(({ taskId }) => taskId === id)?.status;

/** The updates that Candid was asked for, in order. */
const requested = () =>
	api.requests
		.filter(({ method }) => method === 'PATCH')
		.map(({ path, body }) => [
			path.slice(TASKS_PATH.length + 1),
			(body as { status: string }).status,
		]);

const linesOf = (description: unknown) => String(description).split('\n');

const NOT_FOUND = { errorName: 'EntityNotFoundError', content: { id: TASK } };
const UNAUTHORIZED = { errorName: 'UnauthorizedError', content: { message: 'No' } };
const UNPROCESSABLE = { errorName: 'UnprocessableEntityError', content: { message: 'Not now' } };
const TOO_MANY = { status: 429, body: { errorName: 'TooManyRequestsError', content: {} } };
const PAGE = { body: '<h1>Log in</h1>', contentType: 'text/html' };

/**
 * Faults after which nobody can know whether Candid has updated the task, and whether it has. What times out
 * 'before' is carried out when the node has stopped waiting.
 */
const UNCERTAIN: Array<[string, Partial<Fault>, updated: boolean]> = [
	['a 500 before', { status: 500 }, false],
	['a 500 after', { status: 500, when: 'after' }, true],
	['a 503 that is a page', { status: 503, ...PAGE }, false],
	['a cut before', { kind: 'cut', cut: 'before-answer-unstored' }, false],
	['a cut after', { kind: 'cut', cut: 'before-answer' }, true],
	['a cut within the answer', { kind: 'cut', cut: 'mid-answer' }, true],
	['a timeout before', { kind: 'delay', when: 'before' }, true],
	['a timeout after', { kind: 'delay', when: 'after' }, true],
	["a proxy's page with 200 before", { status: 200, ...PAGE }, false],
	["a proxy's page with 200 after", { kind: 'answer', ...PAGE }, true],
	['JSON that is not the task', { status: 200, body: { ok: true } }, false],
];

/**
 * Faults after which it is certain that Candid has not updated the task, and how the message says so. After a
 * 401 n8n itself sends the request again, with a new token.
 */
const REFUSED: Array<[string, Partial<Fault>, reason: string, requests?: number]> = [
	['a 401', { status: 401, body: UNAUTHORIZED }, 'Candid did not accept the access token', 2],
	[
		'a 403 from Candid',
		{ status: 403, body: UNAUTHORIZED },
		'the credential is not allowed to do this in Candid',
	],
	[
		"a proxy's page with 403",
		{ status: 403, ...PAGE },
		// n8n 1 drops the page.
		isN8n1
			? 'the request was refused (HTTP 403)'
			: 'something between n8n and Candid answered (HTTP 403)',
	],
	['a 404', { status: 404, body: NOT_FOUND }, 'Candid does not know this ID or address'],
	['a 422', { status: 422, body: UNPROCESSABLE }, 'Candid did not accept its data'],
];

describe('an update that Candid does not answer as it should', () => {
	it.each(UNCERTAIN)('is sent again after %s', async (_, fault) => {
		inject(fault);
		const { output, error } = await run([[TASK, 'finished']]);
		expect(error).toBeUndefined();
		expect(output.map(({ json }) => json)).toEqual([
			expect.objectContaining({ task_id: TASK, status: 'finished' }),
		]);
		expect(statusOf(TASK)).toBe('finished');
		expect(requested()).toEqual([
			[TASK, 'finished'],
			[TASK, 'finished'],
		]);
	});

	it.each(UNCERTAIN)(
		'has an unknown outcome after %s at all four tries',
		async (_, fault, updated) => {
			inject({ ...fault, times: 4 });
			const { output, error } = await run([[TASK, 'finished']]);
			expect(error?.message).toMatch(/^It is not known whether the task \[item 0\] was updated: /);
			expect(error?.description).toContain(
				'Candid may have updated it anyway. You can run it again: it sets the same values.',
			);
			expect(output).toEqual([]);
			expect(statusOf(TASK)).toBe(updated ? 'finished' : 'open');
			expect(requested()).toHaveLength(4);
		},
	);

	it.each(REFUSED)('was not carried out after %s', async (_, fault, reason, requests = 1) => {
		inject({ ...fault, times: 9 });
		const { error } = await run([[TASK, 'finished']]);
		expect(error?.message).toBe(`The task [item 0] was not updated: ${reason}`);
		expect(error?.description).not.toContain('may have');
		expect(statusOf(TASK)).toBe('open');
		expect(requested()).toHaveLength(requests);
	});

	it.each(REFUSED)('has an unknown outcome after a 500 followed by %s', async (_, fault) => {
		inject({ status: 500, when: 'after' });
		inject({ ...fault, times: 9 });
		const { error } = await run([[TASK, 'finished']]);
		expect(error?.message).toMatch(/^It is not known whether the task \[item 0\] was updated: /);
		expect(error?.description).toContain('An earlier request was not answered');
		expect(statusOf(TASK)).toBe('finished');
	});

	it('is sent again after any number of 429 answers', async () => {
		inject({ ...TOO_MANY, times: 6 });
		const { error } = await run([[TASK, 'finished']]);
		expect(error).toBeUndefined();
		expect(statusOf(TASK)).toBe('finished');
		expect(requested()).toHaveLength(7);
	});

	it('counts as an answer if Candid refuses it, so that a long run goes on', async () => {
		inject({ status: 422, skip: 1, body: { errorName: 'UnprocessableEntityError', content: {} } });
		inject({ status: 503 });
		const requestOptions = { batching: { batch: { batchSize: 1, batchInterval: 400 } } };
		const ids = addMany(3);
		const { output } = await givingUpAfter(
			300,
			async () =>
				await run(
					ids.map((id) => [id, 'finished']),
					CONTINUE_ON_FAIL,
					{ requestOptions },
				),
		);
		expect(output[0]!.json.error).toContain('[item 0] was updated: Candid did not accept');
		expect(ids.map(statusOf)).toEqual(['open', 'finished', 'finished']);
	});

	it('was not carried out if Candid answers 429 for five minutes', async () => {
		inject({ ...TOO_MANY, times: Infinity });
		const { error } = await givingUpAfter(500, async () => await run([[TASK, 'finished']]));
		expect(error?.message).toBe(
			'The task [item 0] was not updated: Candid is receiving too many requests',
		);
		expect(statusOf(TASK)).toBe('open');
	});
});

describe('a status', () => {
	it.each(['addressed_by_provider_group', 'sent_to_provider_group'])(
		'that Candid no longer uses is explained: %s',
		async (status) => {
			const { error } = await run([[TASK, status]]);
			expect(error).toMatchObject({
				message: 'The task [item 0] was not updated: Candid did not accept its data',
				description: `Candid says: the status '${status}' is no longer used. Correct the fields that Candid names, then run it again.`,
			});
			expect(statusOf(TASK)).toBe('open');
		},
	);

	it.each(['', ' ', '={{ null }}', '={{ undefined }}', '={{ $json.nothing }}', '={{ [] }}'])(
		'that is empty is refused: %j',
		async (taskStatus) => {
			const { error } = await run([[TASK, 'x']], {}, { taskStatus });
			expect(error).toMatchObject({
				message: "The task [item 0] was not updated: 'Status' is empty",
				description: expect.stringContaining('If it is an expression, check its result') as string,
			});
			expect(api.requests).toEqual([]);
		},
	);

	it('that Candid does not know is refused by Candid', async () => {
		const { error } = await run([[TASK, 'done']]);
		expect(error?.message).toContain('was not updated: Candid did not accept its data');
		expect(error?.description).toContain('status');
		expect(requested()).toHaveLength(1);
	});
});

it('an unknown task is reported', async () => {
	const { error } = await run([[UNKNOWN_ID, 'finished']]);
	expect(error?.message).toBe(
		'The task [item 0] was not updated: Candid does not know this ID or address',
	);
});

it("shows the patient's name only if Simplify is off", async () => {
	const simplified = await run([[TASK, 'blocked']]);
	expect(simplified.output[0]!.json).not.toHaveProperty('patient_name');
	expect(JSON.stringify(simplified.output)).not.toContain('Ada Sample');
	const { output } = await run([[TASK, 'open']], {}, { simplify: false });
	expect(output[0]!.json).toMatchObject({ status: 'open', patient_name: 'Ada Sample' });
});

describe('a run that did not update everything', () => {
	const OF_SECOND = (ids: string[]) => new RegExp(ids[1]!);

	it('names every updated task with its item', async () => {
		const ids = addMany(2);
		inject({ path: OF_SECOND(ids), status: 403, body: UNAUTHORIZED });
		const { error } = await run(ids.map((id) => [id, 'finished']));
		expect(error?.message).toContain('[item 1] was not updated: the credential');
		expect(linesOf(error?.description).slice(-3)).toEqual([
			'1 task updated before the run stopped:',
			`• ${ids[0]} [item 0].`,
			'These were updated. You can run the workflow again: it sets the same values.',
		]);
	});

	it("updates the remaining ones with n8n's Retry On Fail", async () => {
		const ids = addMany(3);
		inject({ path: OF_SECOND(ids), status: 500, times: 4 });
		const { output, error } = await run(
			ids.map((id) => [id, 'finished']),
			retryOnFail(2),
		);
		expect(error).toBeUndefined();
		expect(output.map(({ json, pairedItem }) => [json.task_id, json.status, pairedItem])).toEqual(
			ids.map((id, item) => [id, 'finished', { item }]),
		);
		expect(ids.map(statusOf)).toEqual(['finished', 'finished', 'finished']);
		const times = ids.map((id) => requested().filter(([sent]) => sent === id).length);
		expect(times).toEqual([1, 5, 1]);
	});

	it('updates the others if the node continues on fail, and says whether to run it again', async () => {
		const ids = addMany(4);
		inject({ path: OF_SECOND(ids), status: 422, body: UNPROCESSABLE });
		inject({ path: new RegExp(ids[2]!), status: 500, times: 4 });
		const { output } = await run(
			ids.map((id) => [id, 'finished']),
			CONTINUE_ON_FAIL,
		);
		expect(output).toMatchObject([
			{ json: { task_id: ids[0] }, pairedItem: { item: 0 } },
			{
				json: {
					error: expect.stringContaining('[item 1] was not updated') as string,
					details: { task_id: ids[1], try_again: false },
				},
				pairedItem: { item: 1 },
			},
			{
				json: {
					error: expect.stringContaining('not known whether the task [item 2]') as string,
					details: { task_id: ids[2], try_again: true },
				},
				pairedItem: { item: 2 },
			},
			{ json: { task_id: ids[3] }, pairedItem: { item: 3 } },
		]);
		expect(ids.map(statusOf)).toEqual(['finished', 'open', 'open', 'finished']);
	});
});

describe('several updates of one task', () => {
	const STATUSES = ['blocked', 'in_progress', 'finished', 'open', 'waiting_for_review'];

	const many = (count: number): Updates =>
		Array.from({ length: count }, (_, index) => [TASK, STATUSES[index % STATUSES.length]!]);

	it('are sent in the order of the items', async () => {
		const updates = many(48);
		const { output, error } = await run(updates);
		expect(error).toBeUndefined();
		expect(requested()).toEqual(updates);
		expect(output.map(({ json }) => json.status)).toEqual(updates.map(([, status]) => status));
		expect(statusOf(TASK)).toBe(updates.at(-1)![1]);
	});

	it.each(UNCERTAIN)('keep their order if the first one meets %s', async (_, fault) => {
		inject(fault);
		const { error } = await run(many(3));
		expect(error).toBeUndefined();
		expect(requested()).toEqual([many(1)[0], ...many(3)]);
		expect(statusOf(TASK)).toBe('finished');
	});

	it('end where one of them fails', async () => {
		inject({ skip: 1, status: 403, body: UNAUTHORIZED });
		const { error } = await run(many(3));
		expect(requested()).toEqual(many(2));
		expect(statusOf(TASK)).toBe('blocked');
		expect(error?.message).toContain('[item 1] was not updated');
		expect(error?.description).toContain(`• ${TASK} [item 0]`);
		expect(error?.description).toContain('Not started: 1 task, the task [item 2].');
	});

	it("continue with n8n's Retry On Fail where they stopped", async () => {
		inject({ skip: 1, status: 403, body: UNAUTHORIZED });
		const updates: Updates = [
			[TASK, 'blocked'],
			[TASK, 'open'],
			[TASK, 'blocked'],
		];
		const { output, error } = await run(updates, retryOnFail(2));
		expect(error).toBeUndefined();
		expect(output.map(({ json }) => json.status)).toEqual(['blocked', 'open', 'blocked']);
		expect(requested()).toEqual([...updates.slice(0, 2), ...updates.slice(1)]);
		expect(statusOf(TASK)).toBe('blocked');
	});
});
