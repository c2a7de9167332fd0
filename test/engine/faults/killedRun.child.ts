import './typescriptFirst';
import './engineAsOfParent';

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { runUpload } from '../harness';
import { loadedVersion } from '../loadedN8n';
import { StoredCredential } from '../storedCredential';
import { TOLD } from './killedRun';
import type { Answer, Errand } from './killedRun';
import { scaleWaits } from './scaledWaits';
import { toldBy } from './told';
import { trialFile } from './trial';

/** A run in a process of its own, which may be killed: uploads a folder's files. */
async function main(folder: string): Promise<void> {
	const errand = JSON.parse(readFileSync(join(folder, 'errand.json'), 'utf8')) as Errand;
	const engine = loadedVersion('n8n-core');
	if (engine !== errand.engine) throw new Error(`n8n-core ${engine}, not ${errand.engine}`);
	scaleWaits(errand.waitsFactor);
	const files = errand.names.map((name, index) =>
		trialFile(name, readFileSync(join(folder, String(index)))),
	);
	const result = await runUpload({
		credential: new StoredCredential(errand.credential),
		parameters: errand.parameters,
		node: { onError: 'continueRegularOutput' },
		items: files.map(({ name: fileName, bytes }) => ({
			files: { data: { bytes, fileName, mimeType: 'application/pdf' } },
		})),
	});
	const told = toldBy(result, files).map(
		({ file, ...rest }): Answer => ({ ...rest, index: files.indexOf(file) }),
	);
	writeFileSync(join(folder, TOLD), JSON.stringify(told));
	// n8n's engine keeps timers that nobody waits for here.
	process.exit(0);
}

void main(process.argv[2]!);
