import '../engine/faults/typescriptFirst';
import '../engine/faults/commandEnvironment';

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { runUpload } from '../engine/harness';
import { StoredCredential } from '../engine/storedCredential';

/** The task of a process with n8n's engine, passed as JSON on its command line. */
export interface EngineTask {
	url: string;
	token: string;
	folder: string;
	/** how many runs of the node take place at the same time; each uploads a part of the files */
	runs: number;
	/** the part of the folder that this process uploads: indexes of the first file, and after the last one */
	from: number;
	to: number;
	/** when all processes start to upload, in milliseconds since the epoch */
	startAt: number;
}

/** Runs this node in n8n's engine without the rest of n8n. Prints the milliseconds of each run. */
async function main(task: EngineTask): Promise<void> {
	const names = (await readdir(task.folder)).sort().slice(task.from, task.to);
	const items = await Promise.all(
		names.map(async (fileName) => ({
			json: { fileName },
			files: {
				data: {
					bytes: await readFile(join(task.folder, fileName)),
					fileName,
					mimeType: 'application/pdf',
				},
			},
		})),
	);
	const credential = new StoredCredential({
		environment: 'custom',
		baseUrl: task.url,
		authentication: 'accessToken',
		accessToken: task.token,
	});
	const size = Math.ceil(items.length / task.runs);
	await new Promise((resolve) => setTimeout(resolve, task.startAt - Date.now()));
	const times = Array.from({ length: task.runs }, async (_, run) => {
		const begin = performance.now();
		const { error } = await runUpload({
			credential,
			items: items.slice(run * size, (run + 1) * size),
			parameters: { chargeCaptureExternalId: BY_FILE_NAME },
		});
		if (error) throw new Error(error.message);
		return performance.now() - begin;
	});
	process.stdout.write(JSON.stringify(await Promise.all(times)), () => process.exit());
}

const BY_FILE_NAME = { __rl: true, mode: 'id', value: '={{ $json.fileName }}' };

main(JSON.parse(process.argv[2] ?? '') as EngineTask).catch((error: unknown) => {
	process.stderr.write(`${String(error)}\n`);
	process.exit(1);
});
