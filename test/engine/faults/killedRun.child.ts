import './typescriptFirst';
import './engineAsOfParent';

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { runUpload } from '../harness';
import { loadedVersion } from '../loadedN8n';
import { StoredCredential } from '../storedCredential';
import type { Errand } from './killedRun';

/** The process that is killed: runs the upload of a folder's files. */
async function main(folder: string): Promise<void> {
	const errand = JSON.parse(readFileSync(join(folder, 'errand.json'), 'utf8')) as Errand;
	const engine = loadedVersion('n8n-core');
	if (engine !== errand.engine) throw new Error(`n8n-core ${engine}, not ${errand.engine}`);
	await runUpload({
		credential: new StoredCredential(errand.credential),
		parameters: errand.parameters,
		node: { onError: 'continueRegularOutput' },
		items: errand.names.map((fileName, index) => ({
			files: {
				data: {
					bytes: readFileSync(join(folder, String(index))),
					fileName,
					mimeType: 'application/pdf',
				},
			},
		})),
	});
}

void main(process.argv[2]!);
