import '../engine/faults/typescriptFirst';
import '../engine/faults/commandEnvironment';

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { runUpload } from '../engine/harness';
import { StoredCredential } from '../engine/storedCredential';

/** What a process of n8n's engine is told, as JSON on its command line. */
export interface EngineTask {
	url: string;
	token: string;
	folder: string;
	/** how many runs of the node there are at once; each has a part of the files */
	runs: number;
	/** the process's own part of the folder: the first file, and the one after the last */
	from: number;
	to: number;
	/** when all processes begin, in milliseconds since the epoch */
	startAt: number;
}

/** This node in n8n's engine alone. Prints how many milliseconds each run took. */
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
