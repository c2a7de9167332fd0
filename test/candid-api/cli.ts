import { parseArgs } from 'node:util';

import { startCandidApi, type CandidApiSettings, type RecordedRequest } from './server';
import { WORLD_OPTIONS, WORLD_USAGE, worldOf } from './world-options';

const USAGE = `Usage: npm run candid-api -- [options]

  --port <number>             default 5050
  --token-lifetime <seconds>  default 18000
  --help                      show this text

Behavior that Candid's documentation leaves open, the default first:
${WORLD_USAGE}`;

const CLIENT_ID = 'local-client';
const CLIENT_SECRET = 'local-secret';

void main();

async function main(): Promise<void> {
	const options = readOptions();
	if (options === undefined) return;
	const { port } = options;
	try {
		const api = await startCandidApi({
			...options,
			clientId: CLIENT_ID,
			clientSecret: CLIENT_SECRET,
			onRequestEnd: printRequest,
		});
		process.stdout.write(
			`Local Candid Health API: ${api.url} (client ID ${CLIENT_ID}, client secret ${CLIENT_SECRET}). ` +
				`Links to files point to ${api.filesUrl}. Press Ctrl-C to stop.\n`,
		);
		for (const signal of ['SIGINT', 'SIGTERM'] as const) {
			process.once(signal, () => void api.close());
		}
	} catch (error) {
		fail(
			isPortInUse(error) ? `Port ${port} is in use; choose another with --port.` : String(error),
		);
	}
}

/** undefined if the server is not to be started: --help was given, or an option is not valid. */
function readOptions():
	| Pick<CandidApiSettings, 'port' | 'tokenLifetimeSeconds' | 'world'>
	| undefined {
	try {
		const { values } = parseArgs({
			options: {
				port: { type: 'string', default: '5050' },
				'token-lifetime': { type: 'string' },
				help: { type: 'boolean' },
				...WORLD_OPTIONS,
			},
		});
		if (values.help) {
			process.stdout.write(USAGE);
			return undefined;
		}
		const lifetime = values['token-lifetime'];
		return {
			world: worldOf(values),
			port: numberOf('--port', values.port, 65_535),
			tokenLifetimeSeconds:
				lifetime === undefined ? undefined : numberOf('--token-lifetime', lifetime, Infinity),
		};
	} catch (error) {
		fail(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
		return undefined;
	}
}

function numberOf(option: string, text: string, max: number): number {
	const value = Number(text);
	if (!/^\d+(\.\d+)?$/.test(text) || value > max)
		throw new Error(`${option} is not valid: ${text}`);
	return value;
}

/** Prints no query, because the query of a signed link gives access to the file. */
function printRequest({ method, path, status }: RecordedRequest): void {
	process.stdout.write(`${method} ${path.split('?', 1)[0]} ${status ?? 'connection cut'}\n`);
}

function isPortInUse(error: unknown): boolean {
	return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

function fail(message: string): void {
	process.stderr.write(`${message.trimEnd()}\n`);
	process.exitCode = 1;
}
