import { parseArgs } from 'node:util';

import { startCandidApi, type CandidApi } from '../candid-api';
import { packProject } from './communityPackage';
import { ensureInstalled } from './installation';
import { localCredential } from './localCredential';
import { OWNER, OwnerSession } from './ownerSession';
import { RealN8n } from './realN8n';
import {
	CHARGE_CAPTURE,
	SAMPLES_FOLDER,
	compareWithStored,
	importSampleWorkflow,
	runSampleWorkflow,
	type SampleUpload,
} from './sampleUploads';
import { step } from './step';
import { userFolderOf } from './userFolder';

const USAGE = `Usage: npm run demo -- [options]

Uploads three sample files from a real n8n to a local Candid API and checks the stored files.

  --keep  keep n8n and the local API running, to try the node in a browser
  --help  show this text
`;

const KEPT_N8N_PORT = 5678;
const KEPT_API_PORT = 5050;

main().catch((error: unknown) => {
	process.stderr.write(`${messageOf(error)}\n`);
	process.exitCode = 1;
});

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: { keep: { type: 'boolean' }, help: { type: 'boolean' } },
	});
	if (values.help) {
		process.stdout.write(USAGE);
		return;
	}
	await (values.keep ? runAndKeep() : runOnce());
}

async function runOnce(): Promise<void> {
	const api = await startCandidApi();
	try {
		const { uploads } = await demonstrate(api, 'demo');
		conclude(uploads);
	} finally {
		await api.close();
	}
}

async function runAndKeep(): Promise<void> {
	const api = await startCandidApi({ port: KEPT_API_PORT }).catch(async (error: unknown) => {
		if (!isPortInUse(error)) throw error;
		return await startCandidApi();
	});
	try {
		const { n8n, workflowId, uploads } = await demonstrate(api, 'keep', KEPT_N8N_PORT);
		try {
			step('Starting n8n for the browser');
			await n8n.start();
			await OwnerSession.open(n8n.url);
			say(
				'',
				`Workflow    ${n8n.url}/workflow/${workflowId}`,
				`E-mail      ${OWNER.email}`,
				`Password    ${OWNER.password}`,
				`Candid API  ${api.url}`,
				'Press Ctrl-C to stop n8n and the API.',
				'',
			);
			conclude(uploads);
			await interrupted();
			step('Stopping n8n');
		} finally {
			await n8n.stop();
		}
	} finally {
		await api.close();
	}
}

/** Runs the demo up to the results table, and prints each step. */
async function demonstrate(
	api: CandidApi,
	name: string,
	port?: number,
): Promise<{ n8n: RealN8n; workflowId: string; uploads: SampleUpload[] }> {
	step(`Local Candid API on ${api.url}`);
	const installation = await ensureInstalled(step);
	step('Building and packing the node');
	const pack = await packProject();
	const n8n = await RealN8n.prepare(installation, {
		userFolder: userFolderOf(name),
		readableFolder: SAMPLES_FOLDER,
		port,
	});
	const what = `${pack.name} ${pack.version} (${pack.size.toLocaleString('en')} bytes)`;
	step((await n8n.install(pack)) ? `Installed ${what} in n8n` : `${what} is already installed`);
	step('Importing the credential and the workflow');
	await n8n.importCredentials(localCredential(api.url));
	const workflowId = await importSampleWorkflow(n8n);
	step(`Running the workflow: uploading the files to charge capture ${CHARGE_CAPTURE}`);
	const items = await runSampleWorkflow(n8n, workflowId).catch((error: unknown) => {
		say('', messageOf(error));
		process.exitCode = 1;
		return [];
	});
	step('Comparing the stored files with the files on disk');
	const uploads = await compareWithStored(items, api);
	say('', ...table(uploads), '');
	return { n8n, workflowId, uploads };
}

function table(uploads: SampleUpload[]): string[] {
	const rows = uploads.map(({ sample, output, problem }) => [
		sample.fileName,
		String(output?.attachment_id ?? '–'),
		sample.bytes.length.toLocaleString('en'),
		problem === undefined ? 'yes' : 'no',
	]);
	const all = [['file', 'attachment ID', 'size (bytes)', 'stored unchanged'], ...rows];
	const width = (column: number) => Math.max(...all.map((row) => row[column]?.length ?? 0));
	return all.map((row) =>
		row
			.map((cell, column) => cell.padEnd(width(column)))
			.join('  ')
			.trimEnd(),
	);
}

function conclude(uploads: SampleUpload[]): void {
	const wrong = uploads.filter(({ problem }) => problem !== undefined);
	for (const { sample, problem } of wrong) say(`${sample.fileName}: ${problem}`);
	const stored = uploads.length - wrong.length;
	say(`${stored} of ${uploads.length} files stored unchanged (same SHA-256)`);
	if (wrong.length > 0) process.exitCode = 1;
}

function say(...lines: string[]): void {
	for (const line of lines) process.stdout.write(`${line}\n`);
}

async function interrupted(): Promise<void> {
	await new Promise<void>((resolve) => {
		for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
	});
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

function isPortInUse(error: unknown): boolean {
	return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
