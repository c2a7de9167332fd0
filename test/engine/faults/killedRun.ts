import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ICredentialDataDecryptedObject, INodeParameters } from 'n8n-workflow';

import { loadedVersion } from '../loadedN8n';
import { waitsFactor } from './scaledWaits';
import type { Stage } from './stage';
import type { FileOutcome } from './trial';

/** The input of a run in another process. Its files are in the same folder, named by number. */
export interface RunInput {
	/** version of n8n-core that must be used */
	engine: string;
	credential: ICredentialDataDecryptedObject;
	parameters: INodeParameters;
	names: string[];
	/** factor for all waits */
	waitsFactor: number;
}

/** The outcome of a file, with its number instead of the file itself. */
export type IndexedOutcome = Omit<FileOutcome, 'file' | 'run'> & { index: number };

/** Files in the folder of a run in another process: its input, and its outcomes once it has ended. */
export const INPUT_FILE = 'input.json';
export const OUTCOMES_FILE = 'outcomes.json';

/**
 * Runs the files of a trial in another process, and kills that process after `afterCreates` uploads.
 *
 * @returns nothing, or the outcomes if the process ended before that
 */
export async function killedRun(stage: Stage, afterCreates: number): Promise<FileOutcome[]> {
	return await runInProcess(
		stage,
		stage.trial.skip ?? false,
		stage.createsEndedReach(afterCreates),
	);
}

/** Runs the files of a trial with 'Skip' in another process, which has no memory of earlier runs. */
export async function freshRunWithSkip(stage: Stage): Promise<FileOutcome[]> {
	return await runInProcess(stage, true);
}

async function runInProcess(
	stage: Stage,
	skip: boolean,
	killAt?: Promise<void>,
): Promise<FileOutcome[]> {
	const folder = mkdtempSync(join(tmpdir(), 'candid-health-process-'));
	const existingIds = new Set(stage.api.attachments.map(({ attachmentId }) => attachmentId));
	try {
		const { files } = stage.trial;
		for (const [index, { bytes }] of files.entries()) {
			writeFileSync(join(folder, String(index)), bytes);
		}
		const input: RunInput = {
			engine: loadedVersion('n8n-core'),
			credential: stage.credential.data,
			parameters: stage.parameters(skip),
			names: files.map(({ name }) => name),
			waitsFactor: waitsFactor(),
		};
		writeFileSync(join(folder, INPUT_FILE), JSON.stringify(input));
		stage.saved.push(await childOutput(folder, killAt));
		if (!existsSync(join(folder, OUTCOMES_FILE))) return [];
		const outcomes = JSON.parse(
			readFileSync(join(folder, OUTCOMES_FILE), 'utf8'),
		) as IndexedOutcome[];
		const run = { skip, existingIds };
		return outcomes.map(({ index, ...rest }) => ({ ...rest, file: files[index]!, run }));
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** Runs the process to its end. @returns what it has printed */
async function childOutput(folder: string, killAt?: Promise<void>): Promise<string> {
	const child = spawn(
		process.execPath,
		['--import', 'tsx', join(__dirname, 'killedRun.child.ts'), folder],
		{ env: { ...process.env, N8N_USER_FOLDER: folder }, stdio: ['ignore', 'pipe', 'pipe'] },
	);
	let printed = '';
	for (const stream of [child.stdout, child.stderr]) {
		stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
	}
	const ended = new Promise<[code: number | null, signal: NodeJS.Signals | null]>((resolve) => {
		child.once('close', (...how) => resolve(how));
	});
	void killAt?.then(() => child.kill('SIGKILL'));
	const [code, signal] = await ended;
	if (code !== 0 && !(killAt && signal === 'SIGKILL'))
		throw new Error(`The process failed: ${printed}`);
	return printed;
}
