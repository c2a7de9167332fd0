import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 200;

export interface CommandOptions {
	cwd?: string;
	/** The complete environment; default: that of this process. */
	env?: NodeJS.ProcessEnv;
}

/** Thrown when a command ends with an exit code other than 0. */
export class CommandFailed extends Error {
	constructor(
		command: string,
		readonly exitCode: number | null,
		/** Standard output, followed by standard error. */
		readonly output: string,
	) {
		super(`'${command}' ended with exit code ${exitCode}:\n${lastLines(output)}`);
	}
}

/**
 * Runs a command to its end.
 *
 * @returns what it wrote to standard output
 * @throws CommandFailed when its exit code is not 0
 */
export async function run(
	command: string,
	args: string[],
	options: CommandOptions = {},
): Promise<string> {
	return await outputOf(spawnTied(command, args, options, 'pipe'), [command, ...args].join(' '));
}

/**
 * Waits for the end of a process whose output is piped.
 *
 * @param name for the error message
 * @returns what it wrote to standard output
 * @throws CommandFailed when its exit code is not 0
 */
export async function outputOf(child: ChildProcess, name: string): Promise<string> {
	const written = { stdout: '', stderr: '' };
	for (const stream of ['stdout', 'stderr'] as const) {
		child[stream]?.setEncoding('utf8').on('data', (text: string) => (written[stream] += text));
	}
	const exitCode = await ended(child);
	if (exitCode !== 0) throw new CommandFailed(name, exitCode, written.stdout + written.stderr);
	return written.stdout;
}

/** A command that runs until it is stopped. */
export interface Service {
	/** Resolves with the exit code when the command has ended for whatever reason. */
	ended: Promise<number | null>;
	/** path of the file with its output */
	logFile: string;
	/** Process ID of the command itself, read from Linux's /proc. */
	pid(): Promise<number>;
	stop(): Promise<void>;
	/** Kills it immediately (SIGKILL), as in a crash. */
	kill(): Promise<void>;
}

/** Starts a command whose output is appended to a file. */
export function startService(
	command: string,
	args: string[],
	options: CommandOptions & { logFile: string },
): Service {
	const log = openSync(options.logFile, 'a');
	const child = spawnTied(command, args, options, log);
	closeSync(log);
	const end = ended(child);
	return {
		ended: end,
		logFile: options.logFile,
		pid: async () => {
			const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
			return parseInt(children, 10);
		},
		stop: async () => {
			child.stdin?.end();
			await end;
		},
		kill: async () => {
			child.stdin?.write('kill');
			await end;
		},
	};
}

/**
 * Waits until a service is ready.
 *
 * @param name for the error message
 * @param isUp called five times a second
 * @throws Error with the end of its output if the service ends before it is ready
 */
export async function untilUp(
	service: Service,
	name: string,
	isUp: () => Promise<boolean>,
): Promise<void> {
	const exited = service.ended.then(() => true);
	while (!(await isUp())) {
		if (await Promise.race([exited, sleep(POLL_MS, false)])) {
			const log = await readFile(service.logFile, 'utf8');
			throw new Error(`${name} did not start:\n${lastLines(log)}`);
		}
	}
}

export function lastLines(text: string, count = 40): string {
	return text.trimEnd().split('\n').slice(-count).join('\n');
}

/** Starts a command that ends when this process ends; see untilParentEnds.mjs. */
function spawnTied(
	command: string,
	args: string[],
	{ cwd, env = process.env }: CommandOptions,
	output: 'pipe' | number,
): ChildProcess {
	return spawn(process.execPath, [join(__dirname, 'untilParentEnds.mjs'), command, ...args], {
		cwd,
		env,
		stdio: ['pipe', output, output],
		// Ctrl-C in a terminal then reaches only this process, which stops the others in order.
		detached: true,
	});
}

async function ended(child: ChildProcess): Promise<number | null> {
	return await new Promise((resolve, reject) => {
		child.once('error', reject);
		child.once('close', resolve);
	});
}
