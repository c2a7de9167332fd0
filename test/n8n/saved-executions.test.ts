import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { createTransport } from 'nodemailer';

import type { CandidApi } from '../candid-api';
import { pdf } from '../files/contents';
import { run as runCommand } from './commands';
import { ensureInstalled } from './installation';
import { OwnerSession } from './ownerSession';
import { RealN8n, type BinaryDataMode } from './realN8n';
import { imapCredential } from './services/credentials';
import { startImapServer, type ImapServer } from './services/imapServer';
import { startListener, type Listener } from './savedData/listener';
import { ageExecutions, placesOf, runSql } from './savedData/savedData';
import { PREPARE_MS, prepareTestBed } from './testBed';
import { until } from './until';
import { userFolderOf } from './userFolder';

const NAME = 'saved-executions';
const USER_FOLDER = userFolderOf(NAME);
const CACHE = join(__dirname, '.cache', NAME);
const FILES_FOLDER = join(CACHE, 'files');
const DOCS = join(__dirname, '..', '..', 'docs', 'patient-data.md');

/** By where it stands, what stands there. */
type Traces = Record<string, string[]>;

let api: CandidApi;
let n8n: RealN8n;
let owner: OwnerSession;
/** stands in for the server to which n8n sends its telemetry */
let makers: Listener;
let imap: ImapServer;
let workflow: string;
let errorWorkflow: string;
let mailWorkflow: string;

beforeAll(async () => {
	makers = await startListener();
	await rm(CACHE, { recursive: true, force: true });
	await mkdir(CACHE, { recursive: true });
	imap = await startImapServer(join(CACHE, 'imap'));
	({ api, n8n } = await prepareTestBed(
		NAME,
		{ readableFolder: FILES_FOLDER, env: { ...telemetry(), N8N_DIAGNOSTICS_ENABLED: 'true' } },
		{ world: { chargeCaptureList: 'at once' } },
	));
	const workflows = join(__dirname, 'testWorkflows');
	errorWorkflow = await n8n.importWorkflow(join(workflows, 'error-workflow.json'));
	workflow = await n8n.importWorkflow(join(workflows, 'patient-data.json'), {
		FILES_FOLDER: FILES_FOLDER.replaceAll('\\', '/'),
	});
	mailWorkflow = await n8n.importWorkflow(join(workflows, 'mail-upload.json'));
	await n8n.importCredentials(imapCredential(imap));
	await n8n.start();
	owner = await OwnerSession.open(n8n.url);
	await owner.publish(errorWorkflow);
	await owner.publish(workflow);
}, PREPARE_MS);

afterAll(async () => {
	await imap?.stop();
	await n8n?.stop();
	await api?.close();
	makers?.close();
});

const NOT_THE_CONTENT = [
	'file name',
	'description',
	'attachment ID',
	'link to the file',
	'patient name',
];
const FILE = ['file name', 'content'];
/** A message names the file. n8n writes it into both of its logs, whatever it saves. */
const IN_LOGS: Traces = { 'n8n.log': ['file name'], 'n8nEventLog.log': ['file name'] };

describe("with n8n's own settings", () => {
	const SAVED: Traces = { 'execution_data.data': NOT_THE_CONTENT, storage: FILE };
	const FAILED: Traces = { 'execution_data.data': ['file name'], storage: FILE, ...IN_LOGS };

	test('a saved execution has what each node outputs, the link and the patient name only with Simplify off', async () => {
		await post('production');

		await expectTraces('production', SAVED);
		const [execution] = await owner.runsOf(workflow);
		const { result } = await owner.finishedRun(execution!);
		const stored = ['file name', 'description', 'attachment ID'];
		expect(
			Object.entries(result.runData).map(([node, runs]) => [
				node,
				kindsIn('production', JSON.stringify(runs)),
			]),
		).toEqual([
			['File posted', ['file name']],
			['Upload', stored],
			['List', stored],
			['List in full', [...stored, 'link to the file']],
			['Download', stored],
			['Charge capture', []],
			['Charge capture in full', ['patient name']],
		]);
	});

	test('a failed one has its message, which an error workflow and both logs get too', async () => {
		await post('failed', 'tiff');

		await until('it is there', async () => (await owner.runsOf(errorWorkflow)).length === 1);
		await expectTraces('failed', FAILED);
		const [execution] = await owner.runsOf(errorWorkflow);
		const { text } = await owner.finishedRun(execution!);
		expect(kindsIn('failed', text)).toEqual(['file name']);
	});

	test('runs from the editor are saved like all others', async () => {
		await runByHand('by-hand');
		await expectTraces('by-hand', SAVED);
		await runByHand('by-hand-failed', 'tiff');
		await expectTraces('by-hand-failed', FAILED);
	});

	test('n8n sends the message of a failed run from the editor to its makers', async () => {
		const sent = () => kindsIn('by-hand-failed', makers.received());
		await until('the telemetry is sent', () => sent().length > 0);
		expect(sent()).toEqual(['file name']);
	});

	test('without a license, a workflow cannot redact. What n8n hides on request stays in the database', async () => {
		await owner.changeWorkflow(workflow, { settings: { redactionPolicy: 'all' } });
		await owner.publish(workflow);
		await post('redacted');
		const [execution] = await owner.runsOf(workflow);
		await owner.finishedRun(execution!);

		const shown = await owner.shownRun(execution!);
		expect(kindsIn('redacted', shown!)).toEqual(NOT_THE_CONTENT);
		const onRequest = await owner.shownRun(execution!, '?redactExecutionData=true');
		expect(onRequest).toContain('"redacted');
		expect(kindsIn('redacted', onRequest!)).toEqual([]);
		await expectTraces('redacted', SAVED);
	});

	test('pinned data is part of the workflow and of its export until it is unpinned', async () => {
		const marker = 'pinned-patient';
		await owner.changeWorkflow(workflow, {
			pinData: { 'Read the file': [{ json: { name: marker } }] },
		});
		expect(await placesOf(USER_FOLDER, [marker])).toEqual([['workflow_entity.pinData']]);
		expect(await n8n.exportedWorkflow(workflow)).toContain(marker);
		await owner.changeWorkflow(workflow, { pinData: {} });
		expect(await placesOf(USER_FOLDER, [marker])).toEqual([[]]);
	});

	test('the client secret and the token are encrypted, and stand nowhere else', async () => {
		const [token] = api.requests.flatMap(({ headers }) => headers.authorization?.slice(7) ?? []);
		expect(token).toMatch(/^eyJ/);
		const secrets = ['local-secret', token!];
		expect(await placesOf(USER_FOLDER, secrets)).toEqual([[], []]);
		expect(secrets.filter((secret) => makers.received().includes(secret))).toEqual([]);
		// With n8n's encryption key, which is in the same folder, both can be read.
		const decrypted = await n8n.decryptedCredentials();
		expect(secrets.filter((secret) => decrypted.includes(secret))).toEqual(secrets);
	});

	test('what a workflow does not save is gone for users, but the input stays until n8n deletes it', async () => {
		await owner.changeWorkflow(workflow, {
			settings: {
				saveDataSuccessExecution: 'none',
				saveDataErrorExecution: 'none',
				saveManualExecutions: false,
			},
		});
		await owner.publish(workflow);
		const before = await owner.runsOf(workflow);
		await post('unsaved');
		await post('unsaved-failed', 'tiff');
		await runByHand('unsaved-by-hand');

		expect(await owner.runsOf(workflow)).toEqual(before);
		await expectTraces('unsaved', { 'execution_data.data': ['file name'], storage: FILE });
		await expectTraces('unsaved-failed', FAILED);
		await expectTraces('unsaved-by-hand', { storage: FILE });
	});
});

describe('with the settings in docs/patient-data.md', () => {
	/** what n8n had sent before */
	let received: string;

	beforeAll(async () => {
		await owner.changeWorkflow(workflow, {
			settings: {
				saveDataSuccessExecution: 'DEFAULT',
				saveDataErrorExecution: 'DEFAULT',
				saveManualExecutions: 'DEFAULT',
			},
		});
		await owner.publish(workflow);
		await restart('filesystem', {
			...(await documentedSettings()),
			// In minutes: so that the test need not wait.
			EXECUTIONS_DATA_PRUNE_HARD_DELETE_INTERVAL: '0.03',
		});
		received = makers.received();
	}, PREPARE_MS);

	test('nothing is left of an execution but the messages in the logs', async () => {
		await post('docs');
		await post('docs-failed', 'tiff');
		await runByHand('docs-by-hand');
		await runByHand('docs-by-hand-failed', 'tiff');

		await expectTraces('docs', {});
		await expectTraces('docs-failed', IN_LOGS);
		await expectTraces('docs-by-hand', {});
		await expectTraces('docs-by-hand-failed', IN_LOGS);
	});

	test('the files of emails stay on the disk until the documented command deletes them', async () => {
		await owner.publish(mailWorkflow);
		const { name, bytes } = fileOf('mail');
		await imap.deliver(await emailWith(name, bytes));
		await done(name);
		await until('the execution is deleted', async () => {
			const [places] = await placesOf(USER_FOLDER, [mailWorkflow]);
			return !places!.some((place) => place.startsWith('execution_'));
		});
		await expectTraces('mail', { storage: FILE });

		const [command] = await documented('find ');
		const env = { ...process.env, HOME: USER_FOLDER };
		await runCommand('sh', ['-c', command!], { env });
		await expectTraces('mail', { storage: FILE });
		await ageTriggerFiles();
		await runCommand('sh', ['-c', command!], { env });
		await expectTraces('mail', {});
		await owner.unpublish(mailWorkflow);
	});

	test('nothing is sent to the makers of n8n, and nothing but that message was sent before', async () => {
		await n8n.stop();
		expect(makers.received()).toBe(received);
		// Everything that was sent before these settings.
		const runs = ['production', 'failed', 'by-hand', 'by-hand-failed'];
		expect(runs.map((run) => kindsIn(run, received))).toEqual([[], [], [], ['file name']]);
	});
});

describe('with failed executions saved for Retry, and files in the database', () => {
	beforeAll(async () => {
		await restart('database', {
			...(await documentedSettings()),
			EXECUTIONS_DATA_SAVE_ON_ERROR: 'all',
			EXECUTIONS_DATA_PRUNE_HARD_DELETE_INTERVAL: '0.03',
			EXECUTIONS_DATA_PRUNE_SOFT_DELETE_INTERVAL: '0.05',
		});
	}, PREPARE_MS);

	const IN_DATABASE: Traces = {
		'binary_data.data': ['content'],
		'binary_data.fileName': ['file name'],
	};

	test('they are deleted when they are older than EXECUTIONS_DATA_MAX_AGE, but not the files that a webhook got', async () => {
		await runByHand('unsaved-in-database', 'tiff');
		await expectTraces('unsaved-in-database', IN_LOGS);
		await post('old', 'tiff');
		const saved = { 'execution_data.data': ['file name'], ...IN_DATABASE, ...IN_LOGS };
		await expectTraces('old', saved);
		const { EXECUTIONS_DATA_MAX_AGE: hours } = await documentedSettings();
		await ageExecutions(USER_FOLDER, Number(hours) + 1);
		await expectTraces('old', { ...IN_DATABASE, ...IN_LOGS });

		const [sql] = await documented('DELETE FROM binary_data ');
		await runSql(USER_FOLDER, sql!);
		await expectTraces('old', { ...IN_DATABASE, ...IN_LOGS });
		const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
		await runSql(USER_FOLDER, sql!.replace(/'\d{4}-\d\d-\d\d'/, `'${tomorrow}'`));
		await expectTraces('old', IN_LOGS);
	});

	test('files of an earlier mode stay on the disk when their executions are deleted', async () => {
		await expectTraces('production', { storage: FILE });
	});
});

test('in memory mode, the file itself is in the execution data, as Base64', async () => {
	await restart('default', {});
	await post('in-memory');
	await expectTraces('in-memory', {
		'execution_data.data': [...NOT_THE_CONTENT, 'content in Base64'],
	});
});

/** A file for a visit. A TIFF is not stored. */
function fileOf(run: string, type: 'pdf' | 'tiff' = 'pdf') {
	const bytes = type === 'pdf' ? pdf(`content-of-${run}.`) : Buffer.from(`II*\0content-of-${run}.`);
	return { name: `file_${run}_.${type}`, bytes };
}

/** Runs the published workflow, and checks that the file was uploaded or refused. */
async function post(run: string, type?: 'tiff'): Promise<void> {
	const { name, bytes } = visitWith(run, type);
	const form = new FormData();
	form.append('data', new Blob([new Uint8Array(bytes)]), name);
	let status = 404;
	// n8n may be ready a little earlier than its webhooks.
	await until('the webhook answers', async () => {
		const url = `${n8n.url}/webhook/patient-data`;
		const answer = await fetch(url, { method: 'POST', body: form });
		await answer.text();
		({ status } = answer);
		return status !== 404;
	});
	expect(status).toBe(type === 'tiff' ? 500 : 200);
	await done(name, type);
}

/** The same, as 'Execute workflow' does it. */
async function runByHand(run: string, type?: 'tiff'): Promise<void> {
	const { name, bytes } = visitWith(run, type);
	await rm(FILES_FOLDER, { recursive: true, force: true });
	await mkdir(FILES_FOLDER, { recursive: true });
	await writeFile(join(FILES_FOLDER, name), bytes);
	const execution = await owner.startRun(workflow, 'Run by hand');
	await done(name, type);
	await until('the run has ended', async () => {
		const shown = await owner.shownRun(execution);
		return shown === undefined || /"status":"(success|error)"/.test(shown);
	});
}

/** Waits until a file is uploaded, or the message is in n8n's log. */
async function done(name: string, type?: 'tiff'): Promise<void> {
	await until(`${name} is done`, async () => {
		if (type === 'tiff') return (await n8n.log()).includes(name);
		return api.attachments.some(({ fileName }) => fileName === name);
	});
}

function visitWith(run: string, type?: 'tiff'): { name: string; bytes: Buffer } {
	const patient = { firstName: '-', lastName: `patient-of-${run}.`, dateOfBirth: '1990-02-03' };
	api.addChargeCapture({ chargeExternalId: `visit-${run}`, patient });
	return fileOf(run, type);
}

/** What a run may leave: by its kind, the text that identifies it. */
function textsOf(run: string): Record<string, string> {
	const stored = api.attachments.find(({ fileName }) => fileName === fileOf(run).name);
	const { name, bytes } = fileOf(run, stored ? 'pdf' : 'tiff');
	return {
		'file name': name,
		description: `description-of-${run}.`,
		...(stored && {
			'attachment ID': stored.attachmentId,
			'link to the file': `${api.filesUrl}/files/${stored.attachmentId}?signature=`,
		}),
		'patient name': `patient-of-${run}.`,
		content: `content-of-${run}.`,
		'content in Base64': bytes.toString('base64'),
	};
}

function kindsIn(run: string, text: string): string[] {
	const texts = Object.entries(textsOf(run));
	return texts.filter(([, part]) => text.includes(part)).map(([kind]) => kind);
}

async function traces(run: string): Promise<Traces> {
	const texts = textsOf(run);
	const places = await placesOf(USER_FOLDER, Object.values(texts));
	const found: Traces = {};
	Object.keys(texts).forEach((kind, index) => {
		for (const place of places[index]!) (found[place] ??= []).push(kind);
	});
	return found;
}

/** Checks what a run has left. n8n writes and deletes some of it after the run, so this waits. */
async function expectTraces(run: string, expected: Traces): Promise<void> {
	const isMet = async () => isDeepStrictEqual(await traces(run), expected);
	await until('these traces', isMet, 30_000).catch(() => {});
	expect(await traces(run)).toEqual(expected);
}

/** Starts n8n again, with its data and other settings. */
async function restart(binaryDataMode: BinaryDataMode, env: Record<string, string>): Promise<void> {
	await n8n.stop();
	n8n = await RealN8n.prepare(await ensureInstalled(() => {}), {
		userFolder: USER_FOLDER,
		readableFolder: FILES_FOLDER,
		binaryDataMode,
		env: { ...telemetry(), ...env },
	});
	await n8n.start();
	owner = await OwnerSession.open(n8n.url);
}

/** Where n8n sends its telemetry, if it does. */
const telemetry = () => ({
	N8N_DIAGNOSTICS_CONFIG_BACKEND: `key;${makers.url}`,
	N8N_DIAGNOSTICS_POSTHOG_API_HOST: makers.url,
});

/** The settings that the docs tell an admin to copy. */
async function documentedSettings(): Promise<Record<string, string>> {
	const [, block = ''] = /```sh\n(EXECUTIONS_[^]*?)```/.exec(await readFile(DOCS, 'utf8')) ?? [];
	return Object.fromEntries(
		[...block.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]),
	);
}

/** The commands in the docs that begin like this. */
async function documented(beginning: string): Promise<string[]> {
	const lines = (await readFile(DOCS, 'utf8')).split('\n');
	return lines.filter((line) => line.startsWith(beginning));
}

async function emailWith(filename: string, content: Buffer): Promise<Buffer> {
	const transport = createTransport({ streamTransport: true, buffer: true });
	const { message } = await transport.sendMail({
		to: imap.user,
		attachments: [{ filename, content }],
	});
	return message as Buffer;
}

/** Makes the files that triggers have stored ten days old. */
async function ageTriggerFiles(): Promise<void> {
	const tenDaysAgo = new Date(Date.now() - 10 * 86_400_000);
	const folder = join(USER_FOLDER, '.n8n', 'storage');
	for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
		const isTriggerFile = entry.isFile() && entry.parentPath.includes('/executions/temp/');
		if (isTriggerFile) await utimes(join(entry.parentPath, entry.name), tenDaysAgo, tenDaysAgo);
	}
}
