import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { MAX_TRIES } from '../../../nodes/CandidHealth/request/retryPolicy';
import { paceOf } from '../../../nodes/CandidHealth/run/pace';
import { startCandidApi } from '../../candid-api';
import type { CandidApi, Fault } from '../../candid-api';
import { scaleWaits } from '../faults/scaledWaits';
import { ENCOUNTER, startApiForEachTest } from '../fixtures';
import { pastedCredential } from '../storedCredential';
import type { StoredCredential } from '../storedCredential';
import { ActiveTrigger } from './activeTrigger';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const DOCUMENTS: INodeParameters = { event: 'documentsRequested' };
const CREATED: INodeParameters = { event: 'encounterCreated' };
const STATUS: INodeParameters = { event: 'encounterStatusChanged' };

let api: CandidApi;
let credential: StoredCredential;

startApiForEachTest((started) => ({ api, credential } = started));
beforeAll(() => scaleWaits(0.001));
afterAll(() => scaleWaits(1));

async function activated(parameters: INodeParameters): Promise<ActiveTrigger> {
	const trigger = new ActiveTrigger(credential, parameters);
	await trigger.activate();
	return trigger;
}

const request = (more: Partial<Parameters<CandidApi['addTask']>[0]> = {}) =>
	api.addTask({ encounterId: ENCOUNTER, category: 'medical_records_request', ...more });

const idsOf = (items: IDataObject[]) => items.map(({ task_id: id }) => id);

/** Events of the last 20 days, at equal distances. @returns their IDs, the oldest first */
function addEvents(count: number): string[] {
	const start = Date.now() - 20 * DAY_MS;
	return Array.from({ length: count }, (_, index) => {
		const createdAt = new Date(start + (index * 20 * DAY_MS) / count).toISOString();
		return api.setClaimStatus(ENCOUNTER, 'paid', { createdAt }).id;
	});
}

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

describe('the first activation', () => {
	it('starts with what is new', async () => {
		request();
		const trigger = await activated(DOCUMENTS);
		await trigger.poll();
		expect(trigger.executions).toEqual([]);
		const task = request();
		await trigger.poll();
		expect(idsOf(trigger.items)).toEqual([task.taskId]);
	});

	it('outputs everything that is added if Candid had nothing', async () => {
		const trigger = await activated(STATUS);
		await trigger.poll();
		expect(trigger.executions).toEqual([]);
		api.setClaimStatus(ENCOUNTER, 'denied', { createdAt: ago(DAY_MS) });
		api.setClaimStatus(ENCOUNTER, 'paid');
		await trigger.poll();
		expect(trigger.items.map(({ status }) => status)).toEqual(['denied', 'paid']);
	});

	it('remembers where it started, before there is any output', async () => {
		request();
		const trigger = await activated(DOCUMENTS);
		await trigger.poll();
		trigger.crash();
		const task = request();
		await trigger.activate();
		expect(idsOf(trigger.items)).toEqual([task.taskId]);
	});

	it('fails if Candid cannot be read, and succeeds when it can', async () => {
		api.inject({ path: /tasks/, kind: 'status', status: 500, times: MAX_TRIES });
		const trigger = new ActiveTrigger(credential, DOCUMENTS);
		await expect(trigger.activate()).rejects.toThrow(
			'Candid was not checked for requests for documents: Candid could not process the request (HTTP 500)',
		);
		expect(trigger.saved).toBe('{}');
		await trigger.activate();
		const task = request();
		await trigger.poll();
		expect(idsOf(trigger.items)).toEqual([task.taskId]);
	});
});

describe('a test event', () => {
	it.each([
		[DOCUMENTS, () => ({ task_id: request().taskId })],
		[CREATED, () => ({ external_id: api.addEncounter({ externalId: 'NEW-1' }).externalId })],
		[
			{ event: 'chargeCaptureWithoutDocumentation' },
			() => ({ id: api.addChargeCapture({ chargeExternalId: 'CC-9' }).id }),
		],
	])('is the newest one: %j', async (parameters, add) => {
		const newest = add();
		const trigger = new ActiveTrigger(credential, parameters);
		expect(await trigger.fetchTestEvent()).toEqual([expect.objectContaining(newest)]);
	});

	it('is a charge capture that needs documentation', async () => {
		const planned = api.addChargeCapture({ chargeExternalId: 'CC-9', createdAt: ago(1000) });
		for (const status of ['aborted', 'entered-in-error', 'not-billable'] as const) {
			api.addChargeCapture({ chargeExternalId: status, status });
		}
		const trigger = new ActiveTrigger(credential, { event: 'chargeCaptureWithoutDocumentation' });
		expect(await trigger.fetchTestEvent()).toMatchObject([{ id: planned.id }]);
	});

	it('is explained if there is none', async () => {
		const trigger = new ActiveTrigger(credential, STATUS);
		await expect(trigger.fetchTestEvent()).rejects.toMatchObject({
			message: 'Candid has no encounters with a new status to show',
			description: 'Publish the workflow: it starts when there is one.',
		});
	});
});

describe('tasks', () => {
	it('outputs each update of a task once', async () => {
		const trigger = await activated(DOCUMENTS);
		const { taskId } = request({ updatedAt: ago(2000) });
		await trigger.poll();
		api.updateTask(taskId, { status: 'blocked' });
		await trigger.poll();
		await trigger.poll();
		expect(trigger.items.map(({ status }) => status)).toEqual(['open', 'blocked']);
	});

	it.each([
		[DOCUMENTS, ['medical_records_request', 'documentation_addendum_request']],
		[{ event: 'taskUpdated', categories: ['held_by_customer'] }, ['held_by_customer']],
		[
			{ event: 'taskUpdated', categories: [] },
			['medical_records_request', 'documentation_addendum_request', 'held_by_customer'],
		],
	])('outputs only the categories of %j', async (parameters, categories) => {
		const trigger = await activated(parameters);
		const all = [
			'medical_records_request',
			'documentation_addendum_request',
			'held_by_customer',
		] as const;
		for (const category of all) request({ category });
		await trigger.poll();
		expect(trigger.items.map(({ category }) => category)).toEqual(categories);
	});

	it('has names of patients only without Simplify', async () => {
		const simplified = await activated(DOCUMENTS);
		const raw = await activated({ ...DOCUMENTS, simplify: false });
		request({ patientName: 'Zoe Madeup' });
		await simplified.poll();
		await raw.poll();
		expect(JSON.stringify(simplified.items)).not.toContain('Madeup');
		expect(Object.keys(simplified.items[0]!)).toHaveLength(10);
		expect(raw.items).toEqual([expect.objectContaining({ patient_name: 'Zoe Madeup' })]);
	});

	it('reads all that were updated at the same time, even if they change meanwhile', async () => {
		let betweenPages = () => {};
		const other = await startCandidApi({ onRequestEnd: () => betweenPages() });
		const trigger = new ActiveTrigger(pastedCredential(other), DOCUMENTS);
		const add = (updatedAt: string) =>
			other.addTask({ encounterId: ENCOUNTER, category: 'medical_records_request', updatedAt })
				.taskId;
		await trigger.activate();
		const instant = ago(60 * MINUTE_MS);
		const tasks = Array.from({ length: 250 }, () => add(instant));
		add(ago(0));
		// After it was read, a task moves to the end, and one of the next page to this one.
		let pages = 0;
		betweenPages = () => {
			if (pages < 10) other.updateTask(tasks[pages++]!, { status: 'blocked' });
		};
		await trigger.poll();
		betweenPages = () => {};
		await trigger.poll();
		await other.close();
		const output = idsOf(trigger.items);
		expect(tasks.filter((id) => !output.includes(id))).toEqual([]);
		expect(new Set(trigger.items.map((item) => JSON.stringify(item))).size).toBe(output.length);
	});
});

describe('times that are more exact than milliseconds', () => {
	const exact = (index: number) => `2026-01-05T10:00:00.123${String(index).padStart(3, '0')}+00:00`;

	it('reads all tasks of one millisecond', async () => {
		const trigger = await activated(DOCUMENTS);
		const tasks = Array.from({ length: 250 }, (_, index) => request({ updatedAt: exact(index) }));
		request({ updatedAt: ago(0) });
		await trigger.poll();
		await trigger.poll();
		expect(trigger.errors).toEqual([]);
		expect(trigger.items.slice(0, 250).map(({ task_id: id }) => id)).toEqual(
			tasks.map(({ taskId }) => taskId),
		);
		expect(trigger.items).toHaveLength(251);
	});

	it('reads the newest event', async () => {
		const trigger = await activated(STATUS);
		const at = ago(0).replace('Z', '456+00:00');
		api.setClaimStatus(ENCOUNTER, 'paid', { createdAt: at });
		await trigger.poll();
		await trigger.poll();
		expect(trigger.items).toEqual([expect.objectContaining({ created_at: at })]);
	});
});

describe('encounters', () => {
	it('outputs those that were created, and changes of their status', async () => {
		const created = await activated(CREATED);
		const changed = await activated(STATUS);
		const { encounterId } = api.addEncounter({ externalId: 'NEW-1' });
		api.setClaimStatus(encounterId, 'denied');
		await created.poll();
		await changed.poll();
		expect(created.items).toEqual([
			expect.objectContaining({
				encounter_id: encounterId,
				external_id: 'NEW-1',
				event_type: 'CandidApi.Encounter.Created',
			}),
		]);
		expect(changed.items).toEqual([
			expect.objectContaining({
				encounter_id: encounterId,
				previous_status: 'biller_received',
				status: 'denied',
				event_type: 'CandidApi.Encounter.StatusUpdated',
			}),
		]);
	});

	it('outputs an event without a payload', async () => {
		const { id } = api.addEvent({ eventType: 'CandidApi.Encounter.Created' });
		const trigger = new ActiveTrigger(credential, CREATED);
		expect(await trigger.fetchTestEvent()).toEqual([
			{
				event_id: id,
				event_type: 'CandidApi.Encounter.Created',
				created_at: expect.any(String) as string,
			},
		]);
	});

	it('outputs a backlog, the oldest first', async () => {
		const trigger = await activated({ ...STATUS, options: { maxItems: 1_000 } });
		await trigger.poll();
		const ids = addEvents(4_500);
		for (let polls = 0; polls < 6; polls++) await trigger.poll();
		expect(trigger.errors).toEqual([]);
		expect(trigger.items.map(({ event_id: id }) => id)).toEqual(ids);
		expect(trigger.executions.map(({ length }) => length)).toEqual([1000, 1000, 1000, 1000, 500]);
	}, 60_000);

	it('reads all pages of a poll up to the event that was the newest when it began', async () => {
		const trigger = await activated(STATUS);
		addEvents(250);
		const newest = api.setClaimStatus(ENCOUNTER, 'denied').createdAt;
		const before = api.requests.length;
		await trigger.poll();
		const queries = api.requests
			.slice(before)
			.map(({ path }) => new URL(path, api.url).searchParams)
			.filter((query) => query.get('limit') === '100');
		const bound = new Date(Date.parse(newest) + 1).toISOString();
		expect(queries.length).toBeGreaterThanOrEqual(3);
		expect(queries.map((query) => query.get('created_before'))).toEqual(queries.map(() => bound));
		expect(trigger.items).toHaveLength(251);
	});

	it('reads only a part of a long backlog in each poll', async () => {
		const trigger = await activated(STATUS);
		const ids = addEvents(30_000);
		await trigger.poll();
		expect(trigger.items.map(({ event_id: id }) => id)).toEqual(ids.slice(0, 500));
		expect(api.requests.length).toBeLessThan(150);
	}, 60_000);

	it('warns when events may be missing', async () => {
		api.setClaimStatus(ENCOUNTER, 'denied', { createdAt: ago(29 * DAY_MS) });
		const trigger = await activated(STATUS);
		const warn = jest.spyOn(trigger.logger, 'warn');
		await trigger.poll();
		expect(warn).not.toHaveBeenCalled();
		const since = new Date(Date.now() - 40 * DAY_MS).toISOString();
		const { state } = trigger.progress as { state: { since: string } };
		trigger.saved = trigger.saved.replace(state.since, since);
		trigger.crash();
		api.setClaimStatus(ENCOUNTER, 'paid');
		await trigger.activate();
		await trigger.poll();
		expect(warn.mock.calls).toEqual([
			[
				`Candid keeps events for 30 days. This trigger has seen none since ${since}. If it was off for longer, the events between are missing.`,
			],
		]);
		expect(trigger.items.map(({ status }) => status)).toEqual(['paid']);
	});
});

it.each(['documentsRequested', 'encounterCreated', 'chargeCaptureWithoutDocumentation'])(
	'sends every request of %s in its turn with all other requests to Candid',
	async (event) => {
		const inTurn = jest.spyOn(paceOf(api.url), 'inTurn');
		const trigger = await activated({ event });
		await trigger.poll();
		expect(api.requests.length).toBeGreaterThanOrEqual(2);
		expect(inTurn).toHaveBeenCalledTimes(api.requests.length);
	},
);

it('outputs at most Max Items per Poll at a time, and the rest later', async () => {
	const trigger = await activated({ ...DOCUMENTS, options: { maxItems: 2 } });
	const tasks = [5, 4, 3, 2, 1].map((seconds) => request({ updatedAt: ago(seconds * 1000) }));
	for (let polls = 0; polls < 4; polls++) await trigger.poll();
	expect(trigger.executions.map(({ length }) => length)).toEqual([2, 2, 1]);
	expect(idsOf(trigger.items)).toEqual(tasks.map(({ taskId }) => taskId));
});

it('outputs nothing twice when two polls overlap', async () => {
	const trigger = await activated(DOCUMENTS);
	request();
	await Promise.all([trigger.poll(), trigger.poll()]);
	await trigger.poll();
	expect(trigger.items).toHaveLength(1);
});

it('starts over with another event or another host', async () => {
	api.setClaimStatus(ENCOUNTER, 'denied');
	const trigger = await activated(DOCUMENTS);
	trigger.parameters = STATUS;
	await trigger.activate();
	await trigger.poll();
	expect(trigger.items).toEqual([]);
	api.setClaimStatus(ENCOUNTER, 'paid');
	await trigger.poll();
	expect(trigger.items).toHaveLength(1);
});

const FAILURES: Array<[what: string, fault: Partial<Fault>, message: string]> = [
	['an error', { kind: 'status', status: 503, times: MAX_TRIES }, '(HTTP 503)'],
	['a cut connection', { kind: 'cut', times: MAX_TRIES }, 'the connection was cut'],
	['a page', { kind: 'answer', body: '<p>Sign in</p>', contentType: 'text/html' }, 'a list'],
	['a list without the fields', { kind: 'answer', body: { items: [{}] } }, "with 'task_id'"],
	['a refused token', { kind: 'status', status: 401, times: 9 }, 'the access token'],
	[
		'a firewall',
		{ kind: 'status', status: 403, body: { blocked: true } },
		'something between n8n and Candid',
	],
	[
		'tasks that are older than asked for',
		{
			kind: 'answer',
			skip: 1,
			times: Infinity,
			body: {
				items: [1, 2].map((day) => ({ task_id: 'x', updated_at: `2020-01-0${day}T00:00:00Z` })),
				next_page_token: 'next',
			},
		},
		'in the order of the last update',
	],
	[
		'an order that is not the one asked for',
		{
			kind: 'answer',
			skip: 1,
			body: {
				items: [ago(0), ago(9000)].map((at, index) => ({ task_id: `${index}`, updated_at: at })),
			},
		},
		'in the order of the last update',
	],
];

it.each(FAILURES)('says what happened and loses nothing after %s', async (_, fault, message) => {
	request();
	const trigger = await activated(DOCUMENTS);
	const task = request();
	const { saved } = trigger;
	api.inject({ path: /tasks/, ...fault } as Fault);
	await trigger.poll();
	api.clearFaults();
	expect(trigger.executions).toEqual([]);
	expect(trigger.saved).toBe(saved);
	const [error] = trigger.errors as Array<Error & { description?: string }>;
	expect(error!.message).toContain('Candid was not checked for requests for documents: ');
	expect(error!.message).toContain(message);
	expect(error!.description).toBeTruthy();
	// n8n would not try again to activate the workflow.
	expect(error!.message).not.toContain('Authorization');
	await trigger.poll();
	expect(idsOf(trigger.items)).toEqual([task.taskId]);
});

it('tries again by itself after an answer such as 503', async () => {
	const trigger = await activated(DOCUMENTS);
	request();
	api.inject({ path: /tasks/, kind: 'status', status: 503, times: MAX_TRIES - 2 });
	api.inject({ path: /tasks/, kind: 'status', status: 429 });
	await trigger.poll();
	expect(trigger.errors).toEqual([]);
	expect(trigger.items).toHaveLength(1);
});
