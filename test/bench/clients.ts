import { spawn } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { CREATE_BY_CHARGE_CAPTURE_PATH } from '../candid-api/paths';
import { outputOf } from '../n8n/commands';
import type { Side } from './cases';
import type { ClientTask } from './client';
import type { EngineTask } from './engineClient';
import { peakUntilEnd } from './peakMemory';

export interface ClientMeasurement {
	/** milliseconds of the uploads, without the start of the process; for curl including its start */
	stepMs: number;
	/** peak resident memory in bytes; for several processes, the sum of their peaks */
	peakBytes: number;
	/** for several runs at the same time: time of the slowest, divided by that of the fastest */
	slowestToFastest?: number;
}

type Client = (task: ClientTask, node: string) => Promise<ClientMeasurement>;

const CLIENTS = {
	'form-data script': async (task, node) => await script('formDataClient.ts', task, node),
	'vendor SDK': async (task, node) => await script('sdkClient.ts', task, node),
	curl,
	'two processes of this node': async (task) => await runEngines(task, { processes: 2, runs: 1 }),
	'three runs of this node': async (task) => await runEngines(task, { processes: 1, runs: 3 }),
} satisfies Partial<Record<Side, Client>>;

export type ClientSide = keyof typeof CLIENTS;

export const isClientSide = (side: Side): side is ClientSide => side in CLIENTS;

/** @param node path of the Node.js that runs the scripts: n8n's own */
export async function runClientSide(
	side: ClientSide,
	task: ClientTask,
	node: string,
): Promise<ClientMeasurement> {
	return await CLIENTS[side](task, node);
}

async function script(file: string, task: ClientTask, node: string): Promise<ClientMeasurement> {
	const args = ['--import', 'tsx', join(__dirname, file), JSON.stringify(task)];
	const { output, peakBytes } = await measured(node, args);
	return { stepMs: Number(output), peakBytes };
}

/** With a rate, curl sends one request after the other, so several processes share the rate. */
async function curl(task: ClientTask): Promise<ClientMeasurement> {
	const names = (await readdir(task.folder)).sort();
	const { perSecond } = task;
	const processes = perSecond === undefined ? 1 : CURLS_AT_A_RATE;
	const pace =
		perSecond === undefined
			? ['--parallel', '--parallel-max', String(task.concurrency)]
			: ['--rate', `${perSecond / processes}/s`];
	const begin = performance.now();
	const measurements = await Promise.all(
		Array.from({ length: processes }, async (_, index) => {
			const config = join(task.folder, '..', `curl-${index}.conf`);
			const own = names.filter((_name, at) => at % processes === index);
			await writeFile(config, own.map((name) => curlRequest(task, name)).join('next\n'));
			return await measured('curl', ['--no-progress-meter', ...pace, '-K', config]);
		}),
	);
	return { stepMs: performance.now() - begin, peakBytes: sum(measurements) };
}

const CURLS_AT_A_RATE = 10;

/** Runs this node in several processes, each with several runs at the same time. */
async function runEngines(
	{ url, token, folder, files }: ClientTask,
	{ processes, runs }: { processes: number; runs: number },
): Promise<ClientMeasurement> {
	const share = Math.ceil(files / processes);
	const startAt = Date.now() + ENGINE_START_MS;
	const measurements = await Promise.all(
		Array.from({ length: processes }, async (_, index) => {
			const [from, to] = [index * share, Math.min((index + 1) * share, files)];
			const task: EngineTask = { url, token, folder, runs, from, to, startAt };
			const args = ['--import', 'tsx', join(__dirname, 'engineClient.ts'), JSON.stringify(task)];
			return await measured(process.execPath, args);
		}),
	);
	const times = measurements.flatMap(({ output }) => JSON.parse(output) as number[]);
	const stepMs = Math.max(...times);
	return {
		stepMs,
		peakBytes: sum(measurements),
		slowestToFastest: times.length > 1 ? stepMs / Math.min(...times) : undefined,
	};
}

/** Enough time for all processes to start and read their files. */
const ENGINE_START_MS = 10_000;

const sum = (measurements: Array<{ peakBytes: number }>) =>
	measurements.reduce((total, { peakBytes }) => total + peakBytes, 0);

/** A request in the format of curl's config files. */
function curlRequest({ url, token, folder }: ClientTask, name: string): string {
	const file = join(folder, name);
	return [
		`url = "${url}${CREATE_BY_CHARGE_CAPTURE_PATH}"`,
		`header = "Authorization: Bearer ${token}"`,
		`form = "charge_capture_external_id=${name}"`,
		'form = "attachment_type=DOCUMENTATION"',
		`form = "attachment_file=@${file};type=application/pdf"`,
		'output = "/dev/null"',
		'fail',
		'',
	].join('\n');
}

/** @throws CommandFailed when its exit code is not 0 */
async function measured(
	command: string,
	args: string[],
): Promise<{ output: string; peakBytes: number }> {
	const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
	const peak = peakUntilEnd(child.pid ?? 0);
	const output = await outputOf(child, command);
	return { output, peakBytes: await peak };
}
