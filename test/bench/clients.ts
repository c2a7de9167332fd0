import { spawn } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { CREATE_BY_CHARGE_CAPTURE_PATH } from '../candid-api/paths';
import { outputOf } from '../n8n/commands';
import type { Side } from './cases';
import type { ClientTask } from './client';
import { peakUntilEnd } from './peakMemory';

export interface ClientMeasurement {
	/** milliseconds of the uploads, without the start of the process; of curl, all of it */
	stepMs: number;
	/** bytes that the process had resident, at most */
	peakBytes: number;
}

type Client = (task: ClientTask, node: string) => Promise<ClientMeasurement>;

const CLIENTS = {
	'form-data script': async (task, node) => await script('formDataClient.ts', task, node),
	'vendor SDK': async (task, node) => await script('sdkClient.ts', task, node),
	curl,
} satisfies Partial<Record<Side, Client>>;

export type ClientSide = keyof typeof CLIENTS;

export const isClientSide = (side: Side): side is ClientSide => side in CLIENTS;

/** @param node the Node.js that the scripts run on: n8n's own */
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

async function curl(task: ClientTask): Promise<ClientMeasurement> {
	const names = (await readdir(task.folder)).sort();
	const config = join(task.folder, '..', 'curl.conf');
	await writeFile(config, names.map((name) => curlRequest(task, name)).join('next\n'));
	const parallel = ['--parallel', '--parallel-max', String(task.concurrency)];
	const begin = performance.now();
	const { peakBytes } = await measured('curl', ['--no-progress-meter', ...parallel, '-K', config]);
	return { stepMs: performance.now() - begin, peakBytes };
}

/** A request in the language of curl's config files. */
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
