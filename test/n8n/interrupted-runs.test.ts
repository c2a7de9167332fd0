import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { CandidApi, Fault, RecordedRequest } from '../candid-api';
import { pdf } from '../files/contents';
import { OwnerSession, type SavedExecution } from './ownerSession';
import { itemsOf, type RealN8n } from './realN8n';
import { LINK_OR_TOKEN, PREPARE_MS, prepareTestBed } from './testBed';
import { until } from './until';
import { fileNameOf, uploadsTo } from './uploads';

const FOLDER = join(__dirname, '.cache', 'interrupted-runs');

/** Ten files for each of three charge captures, sorted as the workflow sorts them. */
const FILES = Array.from({ length: 30 }, (_, index) => {
	const chargeCapture = `VISIT-${Math.floor(index / 10) + 1}`;
	const fileName = `${chargeCapture} page ${(index % 10) + 10}.pdf`;
	const bytes = pdf(fileName);
	return { chargeCapture, fileName, bytes, sha256: sha256Of(bytes) };
});

const TRIGGER = 'Run by hand';
const NODE = 'Candid Health';

let api: CandidApi;
let n8n: RealN8n;
let owner: OwnerSession;
let workflow: string;
/** requests that have ended, answered or not */
const ended = new Set<RecordedRequest>();
/** execution IDs of all runs */
const runs: string[] = [];

beforeAll(async () => {
	await rm(FOLDER, { recursive: true, force: true });
	await mkdir(FOLDER, { recursive: true });
	for (const { fileName, bytes } of FILES) await writeFile(join(FOLDER, fileName), bytes);
	const readableFolder = FOLDER.replaceAll('\\', '/');
	({ api, n8n } = await prepareTestBed(
		'interrupted-runs',
		{ readableFolder },
		{ onRequestEnd: (request) => ended.add(request) },
	));
	workflow = await n8n.importWorkflow(join(__dirname, 'testWorkflows', 'upload-folder.json'), {
		FILES_FOLDER: readableFolder,
	});
	await n8n.start();
	owner = await OwnerSession.open(n8n.url);
}, PREPARE_MS);

afterAll(async () => {
	await n8n?.stop();
	await api?.close();
});

beforeEach(() => api.reset());

test("after n8n is killed during a run, running the workflow again with 'Skip' uploads the missing files", async () => {
	// Of the uploads in progress when n8n is killed, half are stored already, the other half later.
	FILES.forEach((_, index) => {
		api.inject({ kind: 'delay', delayMs: 400, when: index % 2 ? 'before' : 'after' });
	});
	await setUpNode({});
	await startRun();
	await until('ten files are stored', () => api.attachments.length >= 10);
	await n8n.kill();
	api.clearFaults();
	await n8n.start();
	owner = await OwnerSession.open(n8n.url);

	const storedBefore = new Set(api.attachments.map(({ fileName }) => fileName));
	expect(storedBefore.size).toBeGreaterThanOrEqual(10);
	expect(storedBefore.size).toBeLessThan(FILES.length);
	const sent = creates().length;
	await setUpNode({ ifAlreadyAttached: 'skip' });
	const again = await run();

	expectAllStoredOnce(again);
	expect(namesSentAfter(sent)).toEqual(fileNames().filter((name) => !storedBefore.has(name)));
	expect(namesSkipped(again)).toEqual(fileNames().filter((name) => storedBefore.has(name)));
});

test.each<[string, Fault, object]>([
	['refuses a file once', { kind: 'status', status: 422, skip: 5 }, {}],
	['answers HTTP 500 to a file once', { kind: 'status', status: 500, skip: 5 }, { maxTries: 1 }],
])("n8n's Retry On Fail resends only the failed file when Candid %s", async (_, fault, options) => {
	api.inject(fault);
	await setUpNode(options, { retryOnFail: true, maxTries: 2, waitBetweenTries: 100 });

	expectAllStoredOnce(await run());
	const failed = creates().find(({ status }) => status === fault.status);
	expect(namesSentAfter(0)).toEqual([...fileNames(), fileNameOf(failed!)].sort());
});

test('the error of a failed run lists the files that were stored and not stored, and what to do', async () => {
	for (const { chargeCapture, fileName, bytes } of FILES.slice(0, 20)) {
		api.addAttachment({ chargeCaptureExternalId: chargeCapture, fileName, bytes });
	}
	// With 'Skip', the first file may be sent alone.
	api.inject({ kind: 'status', status: 422, times: 2, skip: 1 });
	api.inject({ kind: 'delay', delayMs: 300, times: 99 });
	await setUpNode({ ifAlreadyAttached: 'skip' });
	const { status, result, text } = await run();

	expect(status).toBe('error');
	// The first two that arrived of the four that were sent at the same time.
	const refused = creates().filter((request) => request.status === 422);
	const [first, second] = refused
		.map((request) => fileNames().indexOf(fileNameOf(request)!))
		.sort();
	expect(namesSentAfter(0)).toEqual(fileNames().slice(20, 25));
	expect(api.attachments).toHaveLength(23);
	expect(result.error?.message).toMatch(notStored(first!));
	const lines = result.error?.description?.split('\n') ?? [];
	expect(lines.length).toBeLessThanOrEqual(20);
	const shown = api.attachments
		.slice(20)
		.map(
			({ fileName, attachmentId }) =>
				`• '${fileName}' [item ${fileNames().indexOf(fileName)}] → ${attachmentId}`,
		)
		// In the order of the items, not in the order in which they were stored.
		.sort();
	shown[2] += '.';
	expect(lines).toEqual([
		expect.any(String),
		'',
		'3 files stored before the run stopped:',
		...shown,
		'Also not stored, or not known to be stored:',
		expect.stringMatching(notStored(second!)),
		'Already attached: 20 files.',
		expect.stringMatching(/^Not started: 5 files, 'VISIT-3 page 15\.pdf' \[item 25\], /),
		expect.stringContaining('files that are already attached are skipped'),
	]);
	// The run has read lists that contain links.
	expect(text).not.toMatch(LINK_OR_TOKEN);
});

test.each([
	['Stop Workflow', 'stopWorkflow'],
	['Continue', 'continueRegularOutput'],
])(
	"'Stop execution' ends the uploads, and the workflow can be run again (On Error: '%s')",
	async (_, onError) => {
		const HELD_MS = 6000;
		api.inject({ kind: 'delay', delayMs: 100, times: 8 });
		api.inject({ kind: 'delay', delayMs: HELD_MS, when: 'before', times: 99 });
		await setUpNode({}, { onError });
		const executionId = await startRun();
		await until('twelve files are sent', () => creates().length === 12);
		const held = creates().slice(8);
		// Candid has received them completely and will store them, even if the client disconnects.
		await until('Candid has received them completely', () => held.every(({ fields }) => fields));

		const stopped = Date.now();
		await owner.stopRun(executionId);
		expect((await owner.finishedRun(executionId)).status).toBe('canceled');
		await until('their requests have ended', () => held.every((request) => ended.has(request)));
		expect(Date.now() - stopped).toBeLessThan(HELD_MS / 2);
		expect(held.map(({ status }) => status)).toEqual(held.map(() => undefined));
		await until('they are stored', () => api.attachments.length === 12);
		await sleep(500);
		expect(creates()).toHaveLength(12);

		api.clearFaults();
		await setUpNode({ ifAlreadyAttached: 'skip' });
		const begun = Date.now();
		const again = await run();
		// Files with the same name and parent wait for each other across runs, so the stopped run must not
		// hold them up.
		expect(Date.now() - begun).toBeLessThan(20_000);
		expectAllStoredOnce(again);
		expect(namesSentAfter(12)).toEqual(fileNames().slice(12));
		expect(namesSkipped(again)).toEqual(fileNames().slice(0, 12));
	},
);

test("n8n's log and the saved executions contain no link, token or client secret", async () => {
	expect(runs.length).toBeGreaterThanOrEqual(9);
	const saved = runs.map(async (id) => (await owner.finishedRun(id)).text);
	for (const text of [await n8n.log(), ...(await Promise.all(saved))]) {
		expect(text).not.toMatch(LINK_OR_TOKEN);
		expect(text).not.toContain('local-secret');
	}
});

/** Four uploads at a time, so that a run can be interrupted before it has started all of them. */
async function setUpNode(options: object, settings: object = {}): Promise<void> {
	await owner.changeNode(workflow, NODE, ({ parameters }) => ({
		retryOnFail: false,
		onError: 'stopWorkflow',
		...settings,
		parameters: { ...parameters, options: { maxConcurrentUploads: 4, ...options } },
	}));
}

async function startRun(): Promise<string> {
	const executionId = await owner.startRun(workflow, TRIGGER);
	runs.push(executionId);
	return executionId;
}

async function run(): Promise<SavedExecution> {
	return await owner.finishedRun(await startRun());
}

/** Checks that each file is stored once, and that the run returned all IDs in the order of the files. */
function expectAllStoredOnce({ status, result }: SavedExecution): void {
	expect([status, result.error]).toEqual(['success', undefined]);
	const entries = api.attachments.map((held) => [
		held.chargeCaptureExternalId,
		held.fileName,
		held.sha256,
	]);
	expect(entries.sort()).toEqual(
		FILES.map(({ chargeCapture, fileName, sha256 }) => [chargeCapture, fileName, sha256]),
	);
	const idOf = new Map(api.attachments.map((held) => [held.fileName, held.attachmentId]));
	expect(itemsOf(result, NODE).map(({ json }) => [json.file_name, json.attachment_id])).toEqual(
		fileNames().map((name) => [name, idOf.get(name)]),
	);
}

function namesSkipped({ result }: SavedExecution): unknown[] {
	const skipped = itemsOf(result, NODE).filter(({ json }) => json.already_attached === true);
	return skipped.map(({ json }) => json.file_name);
}

const creates = () => uploadsTo(api);

/** @param count how many create requests to leave out */
function namesSentAfter(count: number): unknown[] {
	return creates().slice(count).map(fileNameOf).sort();
}

const fileNames = () => FILES.map(({ fileName }) => fileName);

const notStored = (item: number) =>
	new RegExp(`^(• )?'${FILES[item]?.fileName}' \\[item ${item}\\] was not stored: `);

function sha256Of(bytes: Buffer): string {
	return createHash('sha256').update(bytes).digest('hex');
}
