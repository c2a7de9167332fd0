import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ICredentialDataDecryptedObject, INodeParameters } from 'n8n-workflow';

import { loadedVersion } from '../loadedN8n';
import { waitsFactor } from './scaledWaits';
import type { Stage } from './stage';
import type { Told } from './trial';

/** What a run in a process of its own needs to know; the files are beside it, by number. */
export interface Errand {
	/** version of n8n-core that is to do it */
	engine: string;
	credential: ICredentialDataDecryptedObject;
	parameters: INodeParameters;
	names: string[];
	/** by which all waits are multiplied */
	waitsFactor: number;
}

/** What the process was told of a file: without the file itself, but with its number. */
export type Answer = Omit<Told, 'file' | 'run'> & { index: number };

/** In the folder of the errand, once the process has come to its end. */
export const TOLD = 'told.json';

/**
 * Runs the files of a trial in another process, and kills that with so many of them answered.
 *
 * @returns nothing, or what the process was told if it ended before that
 */
export async function killedRun(stage: Stage, afterCreates: number): Promise<Told[]> {
	return await runElsewhere(stage, stage.trial.skip ?? false, stage.createsOver(afterCreates));
}

/** Runs the files of a trial with 'Skip' in another process, which knows nothing of the runs before. */
export async function freshRunWithSkip(stage: Stage): Promise<Told[]> {
	return await runElsewhere(stage, true);
}

async function runElsewhere(stage: Stage, skip: boolean, killAt?: Promise<void>): Promise<Told[]> {
	const folder = mkdtempSync(join(tmpdir(), 'candid-health-elsewhere-'));
	const heldBefore = new Set(stage.api.attachments.map(({ attachmentId }) => attachmentId));
	try {
		const { files } = stage.trial;
		for (const [index, { bytes }] of files.entries()) {
			writeFileSync(join(folder, String(index)), bytes);
		}
		const errand: Errand = {
			engine: loadedVersion('n8n-core'),
			credential: stage.credential.data,
			parameters: stage.parameters(skip),
			names: files.map(({ name }) => name),
			waitsFactor: waitsFactor(),
		};
		writeFileSync(join(folder, 'errand.json'), JSON.stringify(errand));
		stage.kept.push(await untilItEnds(folder, killAt));
		if (!existsSync(join(folder, TOLD))) return [];
		const told = JSON.parse(readFileSync(join(folder, TOLD), 'utf8')) as Answer[];
		const run = { skip, heldBefore };
		return told.map(({ index, ...rest }) => ({ ...rest, file: files[index]!, run }));
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** @returns what the process has printed */
async function untilItEnds(folder: string, killAt?: Promise<void>): Promise<string> {
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
	if (code !== 0 && !(killAt && signal === 'SIGKILL')) throw new Error(`It failed: ${printed}`);
	return printed;
}
