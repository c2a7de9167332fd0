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
/** Executions that a worker runs at the same time. */
const CONCURRENCY = 5;
const RUN = { N8N_CONCURRENCY_PRODUCTION_LIMIT: String(CONCURRENCY) };

/** A day: what docs/scaling.md advises, so that n8n keeps what a dead worker was doing. */
const LONG_LOCK = { ...RUN, QUEUE_WORKER_LOCK_DURATION: String(24 * 60 * 60 * 1000) };
/** As n8n has it by default, in a thirtieth of the time (60, 10 and 30 s). */
const SHORT_LOCK = {
	...RUN,
	QUEUE_WORKER_LOCK_DURATION: '2000',
	QUEUE_WORKER_LOCK_RENEW_TIME: '333',
	QUEUE_WORKER_STALLED_INTERVAL: '1000',
};

/** Long enough for both workers to have their hands full before the first answer comes. */
const HELD_MS = 10_000;
/** More than a busy machine needs. */
const TEST_MS = 300_000;

/** An execution that is over, as n8n has saved it. */
type Run = SavedExecution & { id: string };

let queue: QueueMode;
let owner: OwnerSession;
let workflow: string;
/** requests that are over, answered or not */
const ended = new Set<RecordedRequest>();
/** all executions that are read, in the order of their IDs */
const saved: Run[] = [];

beforeAll(async () => {
	queue = await startQueueMode(
		[LONG_LOCK, LONG_LOCK, SHORT_LOCK, SHORT_LOCK],
		{ onRequestEnd: (request) => ended.add(request) },
		step,
	);
	workflow = await queue.main.n8n.importWorkflow(
		join(__dirname, '..', 'workflows', 'upload-queue.json'),
	);
	owner = await OwnerSession.open(queue.main.n8n.url);
	await owner.publish(workflow);
}, PREPARE_MS);

afterAll(async () => {
	await queue?.stop();
}, TEST_MS);

test(
	'one worker, and then two, store every file that is delivered',
	async () => {
		const seconds: number[] = [];
		for (const [index, worker] of pair(0).entries()) {
			await worker.n8n.start();
			const delivered = deliveries(`WITH-${index + 1}`, 80);
			const begun = Date.now();
			await postAll(delivered);
			await executionsOver(delivered.length);
			const took = secondsSince(begun);
			expectStoredOnce(delivered, await nextRuns(delivered.length));
			step(`workers: ${index + 1}, ${figures(delivered, took)}`);
			seconds.push(took);
		}
		step(`two workers take ${(seconds[1]! / seconds[0]!).toFixed(2)} of the time of one`);
		expect(queue.api.tokensIssued).toBeLessThanOrEqual(2);
	},
	TEST_MS,
);

test(
	'two workers that are together above the limit store every file, and no execution fails',
	async () => {
		const { api } = queue;
		const refusedBefore = refused();
		const delivered = deliveries('LIMIT', 60);
		api.limitRequests(100);
		const begun = Date.now();
		await postAll(delivered);
		await executionsOver(delivered.length);
		const took = secondsSince(begun);
		api.limitRequests(1_000);
		expectStoredOnce(delivered, await nextRuns(delivered.length));
		expect(refused()).toBeGreaterThan(refusedBefore);
		step(`100 requests in 10 s for two workers: ${figures(delivered, took)}`);
	},
	TEST_MS,
);

test(
	'a worker is killed, started again, and its executions are retried: every file is stored once',
	async () => {
		const { api } = queue;
		const [killed, other] = pair(0);
		const tokensBefore = api.tokensIssued;
		const filesBefore = api.attachments.length;
		const delivered = deliveries('VISIT', 300);
		const begun = Date.now();
		const posted = postAll(delivered);
		await until('60 files stored', () => api.attachments.length >= filesBefore + 60);
		// Time enough for whoever is turned away meanwhile to ask for a token too.
		api.inject({ kind: 'delay', delayMs: 1_000, method: 'POST', path: SIGN_IN_PATH, times: 99 });
		api.expireTokens();
		await until('90 files stored', () => api.attachments.length >= filesBefore + 90);

		// Half of what is held is stored already, the other half will be, whoever has left by then.
		for (let index = 0; index < 60; index++) {
			api.inject({ kind: 'delay', delayMs: HELD_MS, when: index % 2 ? 'before' : 'after' });
		}
		await until('both workers wait for answers in all they run', async () => {
			const waiting = new Set(openCreates().map(deliveryOf));
			if (waiting.size < 2 * CONCURRENCY) return false;
			const { running } = await owner.executions(workflow);
			const journals = (await killed.journal()) + (await other.journal());
			return running.every((id) => startsIn(journals, id) > 0);
		});
		const held = openCreates();
		await killed.n8n.kill();
		api.clearFaults();
		step(`a worker killed, ${held.length} uploads of both on their way`);
		await killed.n8n.start();
		await posted;
		await executionsOver(delivered.length);
		const runs = await nextRuns(delivered.length);
		await until('what was on its way is stored', () => {
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
		// Candid's answers to what the dead worker had sent were lost; the files were not.
		expect(skipped.length).toBeGreaterThanOrEqual(CONCURRENCY);
		step(
			`${crashed.length} executions crashed and were retried: ${skipped.length} of their files ` +
				`were there already, ${creates().length - sentBefore} were sent`,
		);
		step(`workers: 2, one of them killed, ${figures(delivered, took)}`);
		// Three processes have lived, and the tokens have expired once.
		expect(tokensBefore).toBeGreaterThanOrEqual(1);
		expect(api.tokensIssued).toBeGreaterThan(tokensBefore);
		expect(api.tokensIssued).toBeLessThanOrEqual(3 * 2);
	},
	TEST_MS,
);

test(
	'a worker that is too busy to renew its locks loses them, and yet no other runs its executions again',
	async () => {
		const { api } = queue;
		await Promise.all(pair(0).map(async ({ n8n }) => await n8n.stop()));
		const [busy, other] = pair(2);
		await busy.n8n.start();
		// With 'Skip' a new process sends its first file alone.
		await postAll(deliveries('FIRST', 1));
		await executionsOver(1);
		await nextRuns(1);
		const delivered = deliveries('BUSY', 3);
		const sentBefore = creates().length;
		api.inject({ kind: 'delay', delayMs: HELD_MS, times: 99 });
		await postAll(delivered);
		await until('all files stored', () => openCreates().length === filesOf(delivered).length);
		api.clearFaults();
		const pid = await busy.n8n.pid();
		process.kill(pid, 'SIGSTOP');
		try {
			await other.n8n.start();
			await until('its locks are lost', async () => {
				const journal = await queue.main.journal();
				return journal.split('"n8n.queue.job.stalled"').length > delivered.length;
			});
		} finally {
			process.kill(pid, 'SIGCONT');
		}

		await executionsOver(delivered.length);
		const runs = await nextRuns(delivered.length);
		expectStoredOnce(delivered, runs);
		const journals = (await busy.journal()) + (await other.journal());
		expect(runs.map(({ id }) => startsIn(journals, id))).toEqual([1, 1, 1]);
		expect(creates()).toHaveLength(sentBefore + filesOf(delivered).length);
	},
	TEST_MS,
);

test(
	'with a lock that ends, the executions of a dead worker are run by no other and cannot be retried',
	async () => {
		const { api } = queue;
		const [killed, other] = pair(2);
		await other.n8n.stop();
		const delivered = deliveries('LATE', 3);
		api.inject({ kind: 'delay', delayMs: HELD_MS, times: 99 });
		await postAll(delivered);
		await until('all files stored', () => openCreates().length === filesOf(delivered).length);
		await killed.n8n.kill();
		api.clearFaults();
		const sent = creates().length;
		await other.n8n.start();

		await executionsOver(delivered.length);
		const runs = await nextRuns(delivered.length);
		const retries = await retried(runs);
		const nothing = delivered.map(() => ['error', {}]);
		expect(runs.map(({ status, result }) => [status, result.runData])).toEqual(nothing);
		expect(retries.map(({ status, result }) => [status, result.runData])).toEqual(nothing);
		const journal = await other.journal();
		expect([...runs, ...retries].map(({ id }) => startsIn(journal, id))).toEqual(Array(6).fill(0));

		await postAll(delivered);
		await executionsOver(delivered.length);
		expectStoredOnce(delivered, await nextRuns(delivered.length));
		expect(creates()).toHaveLength(sent);
	},
	TEST_MS,
);

test('neither the logs nor what n8n saves of the executions has a link, a token or the secret', async () => {
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

/** Waits until that many executions more than are read are over. */
async function executionsOver(count: number): Promise<void> {
	let told = Date.now();
	await until(`${count} executions over`, async () => {
		const over = (await owner.executions(workflow)).over - saved.length;
		if (Date.now() - told > 5_000) {
			told = Date.now();
			step(`${over} of ${count} executions over`);
		}
		return over === count;
	});
}

/** Reads the next executions: of a new n8n the IDs count from 1. */
async function nextRuns(count: number): Promise<Run[]> {
	const first = saved.length + 1;
	for (let id = first; id < first + count; id++) await read(String(id));
	return saved.slice(-count);
}

/** 'Retry' of each execution. */
async function retried(runs: Run[]): Promise<Run[]> {
	for (const { id } of runs) await read(await owner.retry(id));
	return saved.slice(-runs.length);
}

async function read(id: string): Promise<void> {
	saved.push({ id, ...(await owner.finishedRun(id)) });
}

/**
 * Each file is in Candid once, on its charge capture, byte for byte; and of the executions there is
 * one for each delivery, which succeeded and put out the IDs of its files.
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
	// n8n's webhook puts the files of a request in an order of its own; so each list is sorted.
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

/** Uploads that have arrived to their last byte and have no answer yet. */
function openCreates(): RecordedRequest[] {
	return creates().filter((request) => request.fields && !ended.has(request));
}

/** What the names of all files of a delivery begin with. */
function deliveryOf(request: RecordedRequest): string | undefined {
	return fileNameOf(request)?.replace(/ file .*/, '');
}

/** How often workers have written down that they began the upload of an execution. */
function startsIn(journals: string, executionId: string): number {
	const starts = journals
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
		`${tokensIssued} tokens and ${refused()} answers 429 until now`,
	].join(', ');
}

const refused = () => queue.api.requests.filter(({ status }) => status === 429).length;

const secondsSince = (begun: number) => (Date.now() - begun) / 1000;
