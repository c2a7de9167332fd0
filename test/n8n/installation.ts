import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';

import { run } from './commands';

/** Takes one line for the reader about what is being done. */
export type Report = (line: string) => void;

/** How n8n is started: with its own Node.js, whatever runs this. */
export interface Installation {
	node: string;
	n8n: string;
	/** `PATH` with that Node.js first, for what n8n starts by the name `node`. */
	path: string;
}

const MODULES = join(__dirname, 'node_modules');
/** A package with a Node.js for this platform; the lock file has one for Linux only. */
const NODE_PACKAGE = `node_modules/node-${process.platform}-${process.arch}`;
const LEAST_NODE_MAJOR = 24;
const REPORT_EVERY_MS = 15_000;

/**
 * Installs n8n and the Node.js it needs beside this file, if they are not there for the current
 * lock file. Takes minutes the first time and nothing later.
 *
 * @throws CommandFailed when npm fails; Error on a platform without a Node.js for n8n
 */
export async function ensureInstalled(report: Report): Promise<Installation> {
	const lock = await readFile(join(__dirname, 'package-lock.json'), 'utf8');
	const packages = lockedPackages(lock);
	const version = packages['node_modules/n8n']?.version ?? '';
	if (!(NODE_PACKAGE in packages)) nodeForN8n();

	await ensureLocked(
		{
			folder: __dirname,
			what: `n8n ${version}`,
			expectation: 'about 3 minutes, 3 GB, once only',
			afterwards: async () => {
				await withProgress(
					report,
					"Building n8n's database driver",
					'1 to 2 minutes, once only',
					() => 'compiling',
					async () => await buildDatabaseDriver(installation()),
				);
			},
		},
		report,
	);
	return installation();
}

export interface LockedFolder {
	/** path of the folder that has the lock file */
	folder: string;
	/** what to call it */
	what: string;
	/** how long that takes, and so on */
	expectation: string;
	/** what has to be done before it counts as installed */
	afterwards?(): Promise<void>;
}

/**
 * Installs the packages of a folder's lock file, unless that was done for this lock file to its end.
 *
 * @throws CommandFailed when npm fails
 */
export async function ensureLocked(
	{ folder, what, expectation, afterwards }: LockedFolder,
	report: Report,
): Promise<void> {
	const lock = await readFile(join(folder, 'package-lock.json'), 'utf8');
	const state = `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}`;
	const marker = join(folder, 'node_modules', '.installed');
	if ((await readFile(marker, 'utf8').catch(() => '')) === state) return;

	const packages = lockedPackages(lock);
	const wanted = Object.keys(packages).filter((path) => path && !packages[path]?.optional);
	const onDisk = () => wanted.filter((path) => existsSync(join(folder, path, 'package.json')));
	await withProgress(
		report,
		`Installing ${what}`,
		expectation,
		() => `${count(onDisk())} of ${count(wanted)} packages on disk`,
		async () => await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder }),
	);
	await afterwards?.();
	await writeFile(marker, state);
}

/** npm has been told to run no package's scripts; this one's has to run. */
async function buildDatabaseDriver({ node, path }: Installation): Promise<void> {
	await run('npm', ['rebuild', 'sqlite3', '--ignore-scripts=false'], {
		cwd: __dirname,
		env: {
			...process.env,
			PATH: path,
			// node-gyp would download the headers otherwise.
			npm_config_nodedir: dirname(dirname(node)),
			JOBS: 'max',
		},
	});
}

function installation(): Installation {
	const node = nodeForN8n();
	return {
		node,
		n8n: join(MODULES, 'n8n', 'bin', 'n8n'),
		path: [dirname(node), process.env.PATH].join(delimiter),
	};
}

/** The one that came with n8n, else the one that runs this. */
function nodeForN8n(): string {
	const brought = join(__dirname, NODE_PACKAGE, 'bin', 'node');
	if (existsSync(brought)) return brought;
	const major = Number(process.versions.node.split('.')[0]);
	if (major >= LEAST_NODE_MAJOR) return process.execPath;
	throw new Error(
		`n8n needs Node.js ${LEAST_NODE_MAJOR} or newer. This is ${process.versions.node}: ` +
			'run the same command with a newer one.',
	);
}

type LockedPackages = Record<string, { version?: string; optional?: boolean }>;

function lockedPackages(lock: string): LockedPackages {
	const { packages } = JSON.parse(lock) as { packages: LockedPackages };
	return packages;
}

function count(list: unknown[]): string {
	return list.length.toLocaleString('en');
}

/** Reports a step when it begins, every 15 seconds while it lasts, and when it is done. */
async function withProgress(
	report: Report,
	step: string,
	expectation: string,
	state: () => string,
	work: () => Promise<unknown>,
): Promise<void> {
	const begin = Date.now();
	const seconds = () => Math.round((Date.now() - begin) / 1000);
	report(`${step} (${expectation})`);
	const timer = setInterval(() => {
		report(`${step}: ${seconds()} s, ${state()}`);
	}, REPORT_EVERY_MS);
	try {
		await work();
	} finally {
		clearInterval(timer);
	}
	report(`${step}: done in ${seconds()} s`);
}
