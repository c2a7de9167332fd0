import { join } from 'node:path';

import type { CandidApi } from '../candid-api';
import { SEED_DATA } from '../candid-api/seed-data';
import { OwnerSession, type SavedExecution } from './ownerSession';
import { itemsOf, type RealN8n } from './realN8n';
import { placesOf } from './savedData/savedData';
import { LINK_OR_TOKEN, PREPARE_MS, prepareTestBed } from './testBed';
import { until } from './until';
import { userFolderOf } from './userFolder';

const TRIGGER = 'Documents requested';
const NEXT_STEP = 'Next step';

const ENCOUNTER_ID = SEED_DATA.encounters[0]!.encounterId!;

/**
 * n8n refuses a cron expression that polls more often than once a minute (2.41.1, `isSubMinuteCron`), but
 * a trigger may have several poll times: one at each fifth second.
 */
const EVERY_FIVE_SECONDS = Array.from({ length: 12 }, (_, index) => ({
	mode: 'custom',
	cronExpression: `${index * 5} * * * * *`,
}));

let api: CandidApi;
let n8n: RealN8n;
let owner: OwnerSession;
let workflow: string;

beforeAll(async () => {
	// Candid's clock differs from n8n's.
	({ api, n8n } = await prepareTestBed(
		'trigger',
		{ readableFolder: '/nowhere' },
		{ clockOffsetMs: -4 * 60_000 },
	));
	addTask();

	const file = join(__dirname, 'testWorkflows', 'trigger.json');
	workflow = await n8n.importWorkflow(file);
	await start();
	await owner.changeNode(workflow, TRIGGER, ({ parameters }) => ({
		parameters: { ...parameters, pollTimes: { item: EVERY_FIVE_SECONDS } },
	}));
}, PREPARE_MS);

afterAll(async () => {
	await n8n?.stop();
	await api?.close();
});

test('a test event shows the newest one', async () => {
	const run = await owner.finishedRun(await owner.startRun(workflow, TRIGGER));
	expect(run.status).toBe('success');
	expect(itemsOf(run.result, NEXT_STEP)).toEqual([
		{
			json: expect.objectContaining({ category: 'medical_records_request', status: 'open' }),
			pairedItem: { item: 0 },
		},
	]);
	expect(run.text).not.toContain('patient_name');
});

test('a published workflow gets each event once, also after n8n was killed or stopped, or the workflow was unpublished', async () => {
	await owner.publish(workflow);
	// Polls without output, whose static data n8n does not save.
	await polls(2);
	await n8n.kill();
	const first = addTask();
	await start();
	await output(first);

	const second = addTask();
	await output(second);
	await polls(2);
	await n8n.stop();
	const third = addTask();
	await start();
	await output(third);

	await owner.unpublish(workflow);
	api.updateTask(first, { status: 'blocked' });
	await owner.publish(workflow);
	await until('the update is output', async () => (await outputs()).length === 4);
	await polls(3);
	expect((await outputs()).map(({ task_id: id, status }) => [id, status])).toEqual([
		[first, 'open'],
		[second, 'open'],
		[third, 'open'],
		[first, 'blocked'],
	]);
}, 600_000);

test('a poll that fails is a failed execution, and the next one outputs what it missed', async () => {
	api.inject({
		path: /tasks/,
		kind: 'status',
		status: 403,
		body: { errorName: 'UnauthorizedError' },
	});
	const fourth = addTask();
	await until('an execution has failed', async () => (await failed()).length === 1);
	await output(fourth);
	const [{ result, text } = never()] = await failed();
	expect(result.error?.message).toBe(
		'Candid was not checked for requests for documents: the credential is not allowed to do this in Candid',
	);
	expect(text).not.toMatch(LINK_OR_TOKEN);
	expect(await n8n.log()).not.toMatch(LINK_OR_TOKEN);
}, 600_000);

test('what the trigger remembers has no descriptions, no patient names, and not even IDs', async () => {
	const { taskId, description, patientName } = api.tasks.at(-1)!;
	const places = await placesOf(userFolderOf('trigger'), [
		api.url,
		taskId,
		description,
		patientName,
	]);
	// It has the host, so the first one shows that it was looked at.
	expect(places).toEqual([
		['workflow_entity.staticData'],
		['execution_data.data'],
		['execution_data.data'],
		[],
	]);
});

function addTask(): string {
	const category = 'medical_records_request';
	return api.addTask({ encounterId: ENCOUNTER_ID, category }).taskId;
}

async function start(): Promise<void> {
	await n8n.start();
	owner = await OwnerSession.open(n8n.url);
}

/** Waits until the trigger was polled so many times more. */
async function polls(count: number): Promise<void> {
	const done = () => api.requests.filter(({ path }) => path.includes('updated_at%3Adesc')).length;
	const before = done();
	await until('the trigger is polled', () => done() >= before + count);
}

async function output(task: string): Promise<void> {
	await until('the task is output', async () =>
		(await outputs()).some(({ task_id: id }) => id === task),
	);
}

/** The executions that the trigger has started, the oldest first. */
async function executions(): Promise<SavedExecution[]> {
	const ids = (await owner.runsOf(workflow)).sort((a, b) => Number(a) - Number(b));
	// The first one was started by hand.
	return await Promise.all(ids.slice(1).map(async (id) => await owner.finishedRun(id)));
}

/** The items of all executions that have succeeded. */
const outputs = async () =>
	(await executions())
		.filter(({ status }) => status === 'success')
		.flatMap(({ result }) => itemsOf(result, NEXT_STEP))
		.map(({ json }) => json);

const failed = async () => (await executions()).filter(({ status }) => status === 'error');

function never(): never {
	throw new Error('There is one');
}
