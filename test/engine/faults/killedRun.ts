import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ICredentialDataDecryptedObject, INodeParameters } from 'n8n-workflow';

import { loadedVersion } from '../loadedN8n';
import type { Stage } from './stage';

/** What a run in a process of its own needs to know; the files are beside it, by number. */
export interface Errand {
	/** version of n8n-core that is to do it */
	engine: string;
	credential: ICredentialDataDecryptedObject;
	parameters: INodeParameters;
	names: string[];
}

/** Runs the files of a trial in another process, and kills that with so many of them answered. */
export async function killedRun(stage: Stage, afterCreates: number): Promise<void> {
	const folder = mkdtempSync(join(tmpdir(), 'candid-health-killed-'));
	try {
		const { files } = stage.trial;
		for (const [index, { bytes }] of files.entries()) {
			writeFileSync(join(folder, String(index)), bytes);
		}
		const errand: Errand = {
			engine: loadedVersion('n8n-core'),
			credential: stage.credential.data,
			parameters: stage.parameters(stage.trial.skip),
			names: files.map(({ name }) => name),
		};
		writeFileSync(join(folder, 'errand.json'), JSON.stringify(errand));
		stage.kept.push(await untilKilled(folder, stage.createsOver(afterCreates)));
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** @returns what the process has printed */
async function untilKilled(folder: string, moment: Promise<void>): Promise<string> {
	const child = spawn(
		process.execPath,
		['--import', 'tsx', join(__dirname, 'killedRun.child.ts'), folder],
		{ env: { ...process.env, N8N_USER_FOLDER: folder }, stdio: ['ignore', 'pipe', 'pipe'] },
	);
	let printed = '';
	for (const stream of [child.stdout, child.stderr]) {
		stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
	}
	const ended = new Promise<NodeJS.Signals | null>((resolve) => {
		child.once('close', (_, signal) => resolve(signal));
	});
	void moment.then(() => child.kill('SIGKILL'));
	if ((await ended) !== 'SIGKILL') throw new Error(`It ended by itself: ${printed}`);
	return printed;
}
