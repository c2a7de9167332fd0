import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';

import { run } from './commands';

/** Receives one line of progress at a time. */
export type Report = (line: string) => void;

/** What is needed to start n8n: it runs on its own Node.js, not on the one that runs the tests. */
export interface Installation {
	node: string;
	n8n: string;
	/** `PATH` with that Node.js first, for processes that n8n starts as `node`. */
	path: string;
}

const MODULES = join(__dirname, 'node_modules');
/** A package that contains Node.js for this platform; the lock file has one only for Linux. */
const NODE_PACKAGE = `node_modules/node-${process.platform}-${process.arch}`;
const MIN_NODE_MAJOR = 24;
const REPORT_EVERY_MS = 15_000;

/**
 * Installs n8n and its Node.js beside this file, unless the versions of the lock file are installed
 * already. Takes minutes the first time.
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
			expectation: 'about 3 minutes, 3 GB, only once',
			finish: async () => {
				await withProgress(
					report,
					"Building n8n's database driver",
					'1 to 2 minutes, only once',
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
	/** path of the folder with the lock file */
	folder: string;
	/** what is installed, for the progress lines */
	what: string;
	/** how long it takes and how much space it needs, for the progress lines */
	expectation: string;
	/** done after `npm ci`, before the folder is marked as installed */
	finish?(): Promise<void>;
}

/**
 * Installs the packages of a folder's lock file, unless they have been installed completely before.
 *
 * @throws CommandFailed when npm fails
 */
export async function ensureLocked(
	{ folder, what, expectation, finish }: LockedFolder,
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
		() => `${count(onDisk())} of ${count(wanted)} packages installed`,
		async () => await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder }),
	);
	await finish?.();
	await writeFile(marker, state);
}

/** npm is configured to run no install scripts; this package's script is needed. */
async function buildDatabaseDriver({ node, path }: Installation): Promise<void> {
	await run('npm', ['rebuild', 'sqlite3', '--ignore-scripts=false'], {
		cwd: __dirname,
		env: {
			...process.env,
			PATH: path,
			// Without this, node-gyp downloads the headers.
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

/** The Node.js that is installed with n8n, else the one that runs this process. */
function nodeForN8n(): string {
	const installed = join(__dirname, NODE_PACKAGE, 'bin', 'node');
	if (existsSync(installed)) return installed;
	const major = Number(process.versions.node.split('.')[0]);
	if (major >= MIN_NODE_MAJOR) return process.execPath;
	throw new Error(
		`n8n needs Node.js ${MIN_NODE_MAJOR} or newer, and this is ${process.versions.node}. ` +
			'Run the same command with a newer Node.js.',
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

/** Reports a step when it begins, every 15 seconds while it runs, and when it is done. */
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
