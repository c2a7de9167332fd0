import { spawn } from 'node:child_process';

/**
 * Runs the command given as arguments as long as standard input is open. Standard input closes when the
 * parent process ends, for whatever reason, so nothing is left running. Anything that is written to it
 * kills the command immediately, as in a crash.
 */
const STOP_WAIT_MS = 15_000;

const [command, ...args] = process.argv.slice(2);
// In its own process group, so that the command's children end with it.
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });

child.on('error', (error) => {
	process.stderr.write(`${error.message}\n`);
	process.exit(127);
});
child.on('exit', (code, signal) => {
	signalGroup('SIGKILL');
	if (signal) process.stderr.write(`${command} was ended by ${signal}\n`);
	process.exit(code ?? 1);
});

process.stdin.on('data', () => signalGroup('SIGKILL'));
process.stdin.on('error', stop);
process.stdin.on('close', stop);

function stop() {
	signalGroup('SIGTERM');
	setTimeout(() => signalGroup('SIGKILL'), STOP_WAIT_MS);
}

function signalGroup(signal) {
	try {
		process.kill(-child.pid, signal);
	} catch (error) {
		if (error.code !== 'ESRCH') throw error;
	}
}
