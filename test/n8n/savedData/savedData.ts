import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

import { run } from '../commands';
import { ensureInstalled } from '../installation';

const DATABASE_FOLDER = '.n8n';
const DATABASE = 'database.sqlite';

/** Not written by workflows: the installed packages, and the editor's own files. */
const LEFT_OUT = ['node_modules', '.cache'];

/**
 * Looks through everything that an n8n with SQLite has written into its user folder. n8n may be running.
 *
 * @returns for each text, where it stands: columns of the database as `table.column`, and files by the first
 * part of their path, such as `storage` or `n8n.log`
 */
export async function placesOf(userFolder: string, texts: string[]): Promise<string[][]> {
	const [inDatabase, inFiles] = await Promise.all([
		columnsOf(userFolder, texts),
		filesOf(userFolder, texts),
	]);
	return texts.map((_, index) => [...inDatabase[index]!, ...inFiles[index]!].sort());
}

/** Makes n8n believe that all its finished executions ended so many hours earlier. */
export async function ageExecutions(userFolder: string, hours: number): Promise<void> {
	const earlier = `strftime('%Y-%m-%d %H:%M:%f', stoppedAt, '-${hours} hours')`;
	await runSql(userFolder, `UPDATE execution_entity SET stoppedAt = ${earlier}`);
}

/** Changes the database beside the running n8n. */
export async function runSql(userFolder: string, sql: string): Promise<void> {
	await inDatabase(userFolder, 'runSql.mjs', [sql]);
}

async function columnsOf(userFolder: string, texts: string[]): Promise<string[][]> {
	return JSON.parse(await inDatabase(userFolder, 'findInDatabase.mjs', texts)) as string[][];
}

/** Runs a script on n8n's own Node.js, which has node:sqlite. */
async function inDatabase(userFolder: string, script: string, args: string[]): Promise<string> {
	const { node } = await ensureInstalled(() => {});
	const database = join(userFolder, DATABASE_FOLDER, DATABASE);
	return await run(node, [join(__dirname, script), database, ...args]);
}

async function filesOf(userFolder: string, texts: string[]): Promise<string[][]> {
	const found = texts.map(() => new Set<string>());
	for (const entry of await readdir(userFolder, { recursive: true, withFileTypes: true })) {
		const path = join(entry.parentPath, entry.name);
		const parts = relative(userFolder, path)
			.replace(DATABASE_FOLDER + sep, '')
			.split(sep);
		const isLeftOut = LEFT_OUT.some((name) => parts.includes(name));
		if (!entry.isFile() || isLeftOut || entry.name.startsWith(DATABASE)) continue;
		// n8n may have deleted the file since.
		const bytes = await readFile(path).catch(() => Buffer.of());
		texts.forEach((text, index) => {
			if (bytes.includes(text)) found[index]!.add(parts[0]!);
		});
	}
	return found.map((places) => [...places]);
}
