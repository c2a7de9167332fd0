import './typescriptFirst';
import './engineAsOfParent';

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { CONTINUE_ON_FAIL, pdfFile } from '../fixtures';
import { runUpload } from '../harness';
import { loadedVersion } from '../loadedN8n';
import { StoredCredential } from '../storedCredential';
import { INPUT_FILE, OUTCOMES_FILE } from './killedRun';
import type { IndexedOutcome, RunInput } from './killedRun';
import { outcomesOf } from './outcomes';
import { scaleWaits } from './scaledWaits';
import { trialFile } from './trial';

/** Uploads the files of a folder in a separate process, which may be killed. */
async function main(folder: string): Promise<void> {
	const input = JSON.parse(readFileSync(join(folder, INPUT_FILE), 'utf8')) as RunInput;
	const engine = loadedVersion('n8n-core');
	if (engine !== input.engine) throw new Error(`n8n-core ${engine}, not ${input.engine}`);
	scaleWaits(input.waitsFactor);
	const files = input.names.map((name, index) =>
		trialFile(name, readFileSync(join(folder, String(index)))),
	);
	const result = await runUpload({
		credential: new StoredCredential(input.credential),
		parameters: input.parameters,
		node: CONTINUE_ON_FAIL,
		items: files.map(({ name, bytes }) => ({ files: { data: pdfFile(name, bytes) } })),
	});
	const outcomes = outcomesOf(result, files).map(
		({ file, ...rest }): IndexedOutcome => ({ ...rest, index: files.indexOf(file) }),
	);
	writeFileSync(join(folder, OUTCOMES_FILE), JSON.stringify(outcomes));
	// Timers of n8n's engine would keep the process running.
	process.exit(0);
}

void main(process.argv[2]!);
