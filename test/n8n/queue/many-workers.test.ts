import { join } from 'node:path';

import type { RecordedRequest } from '../../candid-api';
import { SIGN_IN_PATH } from '../../candid-api/paths';
import { OwnerSession, type SavedExecution } from '../ownerSession';
import { itemsOf } from '../realN8n';
import { step } from '../step';
import { LINK_OR_TOKEN, PREPARE_MS } from '../testBed';
import { until } from '../until';
import { fileNameOf, uploadsTo } from '../uploads';
import { deliveries, post, type Delivery } from './deliveries';
import { startQueueMode, type N8nProcess, type QueueMode } from './queueMode';

const NODE = 'Candid Health';
/** How many executions a worker runs at the same time. */
const CONCURRENCY = 5;
const RUN = { N8N_CONCURRENCY_PRODUCTION_LIMIT: String(CONCURRENCY) };

/** One day, as docs/scaling.md advises: n8n then keeps the executions of a dead worker. */
const LONG_LOCK = { ...RUN, QUEUE_WORKER_LOCK_DURATION: String(24 * 60 * 60 * 1000) };
/** One thirtieth of n8n's defaults (60, 10 and 30 s). */
const SHORT_LOCK = {
	...RUN,
	QUEUE_WORKER_LOCK_DURATION: '2000',
	QUEUE_WORKER_LOCK_RENEW_TIME: '333',
	QUEUE_WORKER_STALLED_INTERVAL: '1000',
};

/** Long enough for both workers to be fully busy before the first answer arrives. */
const HELD_MS = 10_000;
/** More than a busy machine needs. */
const TEST_MS = 300_000;

/** A finished execution as n8n has saved it. */
type Run = SavedExecution & { id: string };

let queue: QueueMode;
let owner: OwnerSession;
let workflow: string;
/** requests that have ended, answered or not */
const ended = new Set<RecordedRequest>();
/** all executions that have been read, in the order of their IDs */
const saved: Run[] = [];

beforeAll(async () => {
	queue = await startQueueMode(
		[LONG_LOCK, LONG_LOCK, SHORT_LOCK, SHORT_LOCK],
		{ onRequestEnd: (request) => ended.add(request) },
		step,
	);
	workflow = await queue.main.n8n.importWorkflow(
		join(__dirname, '..', 'testWorkflows', 'upload-queue.json'),
	);
	owner = await OwnerSession.open(queue.main.n8n.url);
	await owner.publish(workflow);
}, PREPARE_MS);

afterAll(async () => {
	await queue?.stop();
}, TEST_MS);

test(
	'one worker, and then two workers, store every delivered file',
	async () => {
		const seconds: number[] = [];
		for (const [index, worker] of pair(0).entries()) {
			await worker.n8n.start();
			const delivered = deliveries(`WITH-${index + 1}`, 80);
			const begun = Date.now();
			await postAll(delivered);
			await executionsFinished(delivered.length);
			const took = secondsSince(begun);
			expectStoredOnce(delivered, await nextRuns(delivered.length));
			step(`${index + 1} ${index === 0 ? 'worker' : 'workers'}: ${figures(delivered, took)}`);
			seconds.push(took);
		}
		step(`two workers took ${(seconds[1]! / seconds[0]!).toFixed(2)} times as long as one worker`);
		expect(queue.api.tokensIssued).toBeLessThanOrEqual(2);
	},
	TEST_MS,
);

test(
	'two workers that together exceed the rate limit store every file, and no execution fails',
	async () => {
		const { api } = queue;
		const refusedBefore = refused();
		const delivered = deliveries('LIMIT', 60);
		api.limitRequests(100);
		const begun = Date.now();
		await postAll(delivered);
		await executionsFinished(delivered.length);
		const took = secondsSince(begun);
		api.limitRequests(1_000);
		expectStoredOnce(delivered, await nextRuns(delivered.length));
		expect(refused()).toBeGreaterThan(refusedBefore);
		step(`100 requests in 10 s for two workers: ${figures(delivered, took)}`);
	},
	TEST_MS,
);

test(
	'after a worker is killed and restarted, retrying its executions stores every file exactly once',
	async () => {
		const { api } = queue;
		const [killed, other] = pair(0);
		const tokensBefore = api.tokensIssued;
		const filesBefore = api.attachments.length;
		const delivered = deliveries('VISIT', 300);
		const begun = Date.now();
		const posted = postAll(delivered);
		await until('60 files are stored', () => api.attachments.length >= filesBefore + 60);
		// Slow enough for every worker that gets a 401 meanwhile to request a token as well.
		api.inject({ kind: 'delay', delayMs: 1_000, method: 'POST', path: SIGN_IN_PATH, times: 99 });
		api.expireTokens();
		await until('90 files are stored', () => api.attachments.length >= filesBefore + 90);

		// Half of the held files are stored already, the other half later, even if the worker is gone.
		for (let index = 0; index < 60; index++) {
			api.inject({ kind: 'delay', delayMs: HELD_MS, when: index % 2 ? 'before' : 'after' });
		}
		await until('all executions of both workers wait for an answer', async () => {
			const waiting = new Set(openCreates().map(deliveryOf));
			if (waiting.size < 2 * CONCURRENCY) return false;
			const { running } = await owner.executions(workflow);
			const logs = (await killed.eventLog()) + (await other.eventLog());
			return running.every((id) => startsIn(logs, id) > 0);
		});
		const held = openCreates();
		await killed.n8n.kill();
		api.clearFaults();
		step(`killed a worker while ${held.length} uploads of both workers were in progress`);
		await killed.n8n.start();
		await posted;
		await executionsFinished(delivered.length);
		const runs = await nextRuns(delivered.length);
		await until('the uploads in progress are stored', () => {
			const names = new Set(api.attachments.map(({ fileName }) => fileName));
			return held.every((request) => names.has(fileNameOf(request)!));
		});
		const crashed = runs.filter(({ status }) => status === 'crashed');
		expect(crashed).toHaveLength(CONCURRENCY);
		const sentBefore = creates().length;
		const retries = await retried(crashed);
		const took = secondsSince(begun);

		expectStoredOnce(delivered, [...runs.filter((run) => !crashed.includes(run)), ...retries]);
		const skipped = retries
			.flatMap(({ result }) => itemsOf(result, NODE))
			.filter(({ json }) => json.already_attached === true);
		// The answers to the killed worker were lost, but the files were stored.
		expect(skipped.length).toBeGreaterThanOrEqual(CONCURRENCY);
		step(
			`${crashed.length} executions crashed and were retried: ${skipped.length} of their files ` +
				`were already attached, ${creates().length - sentBefore} were uploaded`,
		);
		step(`2 workers, one of them killed: ${figures(delivered, took)}`);
		// There were three processes, and the tokens expired once.
		expect(tokensBefore).toBeGreaterThanOrEqual(1);
		expect(api.tokensIssued).toBeGreaterThan(tokensBefore);
		expect(api.tokensIssued).toBeLessThanOrEqual(3 * 2);
	},
	TEST_MS,
);

test(
	'when a worker is too busy to renew its locks, no other worker runs its executions again',
	async () => {
		const { api } = queue;
		await Promise.all(pair(0).map(async ({ n8n }) => await n8n.stop()));
		const [busy, other] = pair(2);
		await busy.n8n.start();
		// With 'Skip', a new process sends its first file alone.
		await postAll(deliveries('FIRST', 1));
		await executionsFinished(1);
		await nextRuns(1);
		const delivered = deliveries('BUSY', 3);
		const sentBefore = creates().length;
		api.inject({ kind: 'delay', delayMs: HELD_MS, times: 99 });
		await postAll(delivered);
		await until('all files are stored', () => openCreates().length === filesOf(delivered).length);
		api.clearFaults();
		const pid = await busy.n8n.pid();
		process.kill(pid, 'SIGSTOP');
		try {
			await other.n8n.start();
			await until('its locks have expired', async () => {
				const log = await queue.main.eventLog();
				return log.split('"n8n.queue.job.stalled"').length > delivered.length;
			});
		} finally {
			process.kill(pid, 'SIGCONT');
		}

		await executionsFinished(delivered.length);
		const runs = await nextRuns(delivered.length);
		expectStoredOnce(delivered, runs);
		const logs = (await busy.eventLog()) + (await other.eventLog());
		expect(runs.map(({ id }) => startsIn(logs, id))).toEqual([1, 1, 1]);
		expect(creates()).toHaveLength(sentBefore + filesOf(delivered).length);
	},
	TEST_MS,
);

test(
	'with a lock that expires, executions of a killed worker are not run again and cannot be retried',
	async () => {
		const { api } = queue;
		const [killed, other] = pair(2);
		await other.n8n.stop();
		const delivered = deliveries('LATE', 3);
		api.inject({ kind: 'delay', delayMs: HELD_MS, times: 99 });
		await postAll(delivered);
		await until('all files are stored', () => openCreates().length === filesOf(delivered).length);
		await killed.n8n.kill();
		api.clearFaults();
		const sent = creates().length;
		await other.n8n.start();

		await executionsFinished(delivered.length);
		const runs = await nextRuns(delivered.length);
		const retries = await retried(runs);
		const nothing = delivered.map(() => ['error', {}]);
		expect(runs.map(({ status, result }) => [status, result.runData])).toEqual(nothing);
		expect(retries.map(({ status, result }) => [status, result.runData])).toEqual(nothing);
		const log = await other.eventLog();
		expect([...runs, ...retries].map(({ id }) => startsIn(log, id))).toEqual(Array(6).fill(0));

		await postAll(delivered);
		await executionsFinished(delivered.length);
		expectStoredOnce(delivered, await nextRuns(delivered.length));
		expect(creates()).toHaveLength(sent);
	},
	TEST_MS,
);

test("n8n's logs and the saved executions contain no link, token or client secret", async () => {
	const processes = [queue.main, ...queue.workers];
	expect(saved.length).toBeGreaterThanOrEqual(300);
	const logs = await Promise.all(processes.map(async ({ n8n }) => await n8n.log()));
	for (const text of [...logs, ...saved.map((run) => run.text)]) {
		expect(text).not.toMatch(LINK_OR_TOKEN);
		expect(text).not.toContain('local-secret');
	}
});

function pair(first: 0 | 2): [N8nProcess, N8nProcess] {
	return queue.workers.slice(first, first + 2) as [N8nProcess, N8nProcess];
}

async function postAll(delivered: Delivery[]): Promise<void> {
	await post(`${queue.main.n8n.url}/webhook/candid-inbox`, delivered);
}

/** Waits until that many executions have finished that have not been read yet. */
async function executionsFinished(count: number): Promise<void> {
	let reportedAt = Date.now();
	await until(`${count} executions have finished`, async () => {
		const finished = (await owner.executions(workflow)).finished - saved.length;
		if (Date.now() - reportedAt > 5_000) {
			reportedAt = Date.now();
			step(`${finished} of ${count} executions have finished`);
		}
		return finished === count;
	});
}

/** Reads the next executions. The IDs of a new n8n count from 1. */
async function nextRuns(count: number): Promise<Run[]> {
	const first = saved.length + 1;
	for (let id = first; id < first + count; id++) await read(String(id));
	return saved.slice(-count);
}

/** Retries each execution and returns the new ones. */
async function retried(runs: Run[]): Promise<Run[]> {
	for (const { id } of runs) await read(await owner.retry(id));
	return saved.slice(-runs.length);
}

async function read(id: string): Promise<void> {
	saved.push({ id, ...(await owner.finishedRun(id)) });
}

/**
 * Checks that each file is stored exactly once, unchanged and on its charge capture, and that there is
 * one successful execution for each delivery, which returned the IDs of its files.
 */
function expectStoredOnce(delivered: Delivery[], runs: Run[]): void {
	const names = new Set(filesOf(delivered).map(({ fileName }) => fileName));
	const stored = queue.api.attachments.filter(({ fileName }) => names.has(fileName));
	expect(
		stored.map((held) => [held.chargeCaptureExternalId, held.fileName, held.sha256]).sort(),
	).toEqual(
		delivered
			.flatMap(({ chargeCapture, files }) =>
				files.map(({ fileName, sha256 }) => [chargeCapture, fileName, sha256]),
			)
			.sort(),
	);
	const idOf = new Map(stored.map(({ fileName, attachmentId }) => [fileName, attachmentId]));
	// n8n's webhook does not keep the order of the files in a request, so both lists are sorted.
	const outputs = runs.map(({ status, result }) => [
		status,
		...itemsOf(result, NODE)
			.map(({ json }) => [json.charge_capture_external_id, json.file_name, json.attachment_id])
			.sort(),
	]);
	const expected = delivered.map(({ chargeCapture, files }) => [
		'success',
		...files.map(({ fileName }) => [chargeCapture, fileName, idOf.get(fileName)]).sort(),
	]);
	expect(outputs.sort()).toEqual(expected.sort());
}

const filesOf = (delivered: Delivery[]) => delivered.flatMap(({ files }) => files);

const creates = () => uploadsTo(queue.api);

/** Uploads that have arrived completely and have no answer yet. */
function openCreates(): RecordedRequest[] {
	return creates().filter((request) => request.fields && !ended.has(request));
}

/** The beginning that the file names of a delivery have in common. */
function deliveryOf(request: RecordedRequest): string | undefined {
	return fileNameOf(request)?.replace(/ file .*/, '');
}

/** How often the upload of an execution was started, according to the event logs. */
function startsIn(eventLogs: string, executionId: string): number {
	const starts = eventLogs
		.split('\n')
		.filter(
			(line) =>
				line.includes('"n8n.node.started"') &&
				line.includes(`"executionId":"${executionId}"`) &&
				line.includes(`"nodeName":"${NODE}"`),
		);
	return starts.length;
}

function figures(delivered: Delivery[], seconds: number): string {
	const files = filesOf(delivered).length;
	const { tokensIssued } = queue.api;
	return [
		`${delivered.length} executions`,
		`${files} files in ${seconds.toFixed(1)} s`,
		`${(files / seconds).toFixed(1)} files/s`,
		`${tokensIssued} tokens and ${refused()} answers with HTTP 429 so far`,
	].join(', ');
}

const refused = () => queue.api.requests.filter(({ status }) => status === 429).length;

const secondsSince = (begun: number) => (Date.now() - begun) / 1000;
