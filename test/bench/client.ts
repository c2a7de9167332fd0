import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** The task of a client, passed as JSON on its command line. */
export interface ClientTask {
	/** the server, and an access token for it */
	url: string;
	token: string;
	/** the folder whose files are all uploaded */
	folder: string;
	/** how many files it has */
	files: number;
	/** how many files are uploaded at a time */
	concurrency: number;
	/** how many files are uploaded per second, for clients with such an option */
	perSecond?: number;
	/** how often all files are uploaded before the measurement, to warm up the process */
	warmUps: number;
}

export interface ClientFile {
	path: string;
	/** bytes */
	size: number;
}

type Upload = (file: ClientFile) => Promise<void>;

/** Uploads the folder and prints the time in milliseconds. */
export function runClient(prepare: (task: ClientTask) => Promise<Upload>): void {
	main(prepare).catch((error: unknown) => {
		process.stderr.write(`${String(error)}\n`);
		process.exit(1);
	});
}

async function main(prepare: (task: ClientTask) => Promise<Upload>): Promise<void> {
	const task = JSON.parse(process.argv[2] ?? '') as ClientTask;
	const files = await filesIn(task.folder);
	const upload = await prepare(task);
	for (let round = 0; round < task.warmUps; round++) await uploadAll(files, task, upload);
	const begin = performance.now();
	await uploadAll(files, task, upload);
	process.stdout.write(String(performance.now() - begin), () => process.exit());
}

async function uploadAll(
	files: ClientFile[],
	{ concurrency }: ClientTask,
	upload: Upload,
): Promise<void> {
	const queue = files.values();
	const worker = async () => {
		for (const file of queue) await upload(file);
	};
	await Promise.all(Array.from({ length: concurrency }, worker));
}

async function filesIn(folder: string): Promise<ClientFile[]> {
	const names = (await readdir(folder)).sort();
	return await Promise.all(
		names.map(async (name) => {
			const path = join(folder, name);
			return { path, size: (await stat(path)).size };
		}),
	);
}
