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

/** Ten files for each of three charge captures, in the order in which the workflow sorts them. */
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
/** requests that are over, answered or not */
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
	workflow = await n8n.importWorkflow(join(__dirname, 'workflows', 'upload-folder.json'), {
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

test("a run that n8n did not survive is completed by running the workflow again with 'Skip'", async () => {
	// Half of what is on its way when n8n ends is stored already, the other half will be.
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

	const there = new Set(api.attachments.map(({ fileName }) => fileName));
	expect(there.size).toBeGreaterThanOrEqual(10);
	expect(there.size).toBeLessThan(FILES.length);
	const sent = creates().length;
	await setUpNode({ ifAlreadyAttached: 'skip' });
	const again = await run();

	expectAllStoredOnce(again);
	expect(namesSentAfter(sent)).toEqual(fileNames().filter((name) => !there.has(name)));
	expect(namesSkipped(again)).toEqual(fileNames().filter((name) => there.has(name)));
});

test.each<[string, Fault, object]>([
	['refuses a file at first', { kind: 'status', status: 422, skip: 5 }, {}],
	['breaks down over a file', { kind: 'status', status: 500, skip: 5 }, { maxTries: 1 }],
])("n8n's Retry On Fail goes on where Candid %s", async (_, fault, options) => {
	api.inject(fault);
	await setUpNode(options, { retryOnFail: true, maxTries: 2, waitBetweenTries: 100 });

	expectAllStoredOnce(await run());
	const failed = creates().find(({ status }) => status === fault.status);
	expect(namesSentAfter(0)).toEqual([...fileNames(), fileNameOf(failed!)].sort());
});

test('a failed run says in its description what it has stored, what not, and what to do', async () => {
	for (const { chargeCapture, fileName, bytes } of FILES.slice(0, 20)) {
		api.addAttachment({ chargeCaptureExternalId: chargeCapture, fileName, bytes });
	}
	// With 'Skip' the first file may be sent alone.
	api.inject({ kind: 'status', status: 422, times: 2, skip: 1 });
	api.inject({ kind: 'delay', delayMs: 300, times: 99 });
	await setUpNode({ ifAlreadyAttached: 'skip' });
	const { status, result, text } = await run();

	expect(status).toBe('error');
	// Of the four that were sent at the same time, the first two to arrive.
	const refused = creates().filter((request) => request.status === 422);
	const [first, second] = refused
		.map((request) => fileNames().indexOf(fileNameOf(request)!))
		.sort();
	expect(namesSentAfter(0)).toEqual(fileNames().slice(20, 25));
	expect(api.attachments).toHaveLength(23);
	expect(result.error?.message).toMatch(notStored(first!));
	const lines = result.error?.description?.split('<br>\n') ?? [];
	expect(lines.length).toBeLessThanOrEqual(20);
	const shown = api.attachments
		.map(
			({ fileName, attachmentId }) =>
				`- '${fileName}' [item ${fileNames().indexOf(fileName)}] → ${attachmentId}`,
		)
		.filter((line) => lines.includes(line))
		// In the order of the items, whichever was stored first.
		.sort();
	expect(lines).toEqual([
		expect.any(String),
		'',
		'3 files stored before the run stopped:',
		...shown,
		'Also not stored, or not known to be:',
		expect.stringMatching(notStored(second!)),
		'Already attached: 20 files.',
		expect.stringMatching(/^Not started: 5 files, 'VISIT-3 page 15\.pdf' \[item 25\], /),
		expect.stringContaining('what is attached is skipped'),
	]);
	expect(shown).toHaveLength(3);
	// The lists that the run has read are full of links.
	expect(text).not.toMatch(LINK_OR_TOKEN);
});

test.each([
	['sends nothing further', 'stopWorkflow'],
	['sends nothing further where the node goes on after an error', 'continueRegularOutput'],
])("'Stop execution' %s, and the workflow can be run again", async (_, onError) => {
	const HELD_MS = 6000;
	api.inject({ kind: 'delay', delayMs: 100, times: 8 });
	api.inject({ kind: 'delay', delayMs: HELD_MS, when: 'before', times: 99 });
	await setUpNode({}, { onError });
	const executionId = await startRun();
	await until('twelve files are sent', () => creates().length === 12);
	const held = creates().slice(8);
	// Their bodies are all there: Candid will store them, whoever has left by then.
	await until('Candid has them whole', () => held.every(({ fields }) => fields));

	const stopped = Date.now();
	await owner.stopRun(executionId);
	expect((await owner.finishedRun(executionId)).status).toBe('canceled');
	await until('their requests are over', () => held.every((request) => ended.has(request)));
	expect(Date.now() - stopped).toBeLessThan(HELD_MS / 2);
	expect(held.map(({ status }) => status)).toEqual(held.map(() => undefined));
	await until('they are stored', () => api.attachments.length === 12);
	await sleep(500);
	expect(creates()).toHaveLength(12);

	api.clearFaults();
	await setUpNode({ ifAlreadyAttached: 'skip' });
	const begun = Date.now();
	const again = await run();
	// Files that are alike wait for each other over all runs: the one that was stopped must be gone.
	expect(Date.now() - begun).toBeLessThan(20_000);
	expectAllStoredOnce(again);
	expect(namesSentAfter(12)).toEqual(fileNames().slice(12));
	expect(namesSkipped(again)).toEqual(fileNames().slice(0, 12));
});

test("neither n8n's log nor what it saves of these runs has a link, a token or the secret", async () => {
	expect(runs.length).toBeGreaterThanOrEqual(9);
	const saved = runs.map(async (id) => (await owner.finishedRun(id)).text);
	for (const text of [await n8n.log(), ...(await Promise.all(saved))]) {
		expect(text).not.toMatch(LINK_OR_TOKEN);
		expect(text).not.toContain('local-secret');
	}
});

/** Few enough at a time for a run to be interrupted while some of its files have not begun. */
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

/** Each file is with its charge capture once, and the run has put out all IDs in the files' order. */
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

/** @param count of the create requests to leave out */
function namesSentAfter(count: number): unknown[] {
	return creates().slice(count).map(fileNameOf).sort();
}

const fileNames = () => FILES.map(({ fileName }) => fileName);

const notStored = (item: number) =>
	new RegExp(`^(- )?'${FILES[item]?.fileName}' \\[item ${item}\\] was not stored: `);

function sha256Of(bytes: Buffer): string {
	return createHash('sha256').update(bytes).digest('hex');
}
