import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { run, startService, untilUp, type Service } from '../commands';
import { freePorts } from '../ports';
import { debianProgram } from './debianProgram';

const SUPERUSER = 'n8n';

/** A new, empty PostgreSQL on the loopback address. */
export interface Postgresql {
	/** Environment variables with which n8n connects to it. */
	env: Record<string, string>;
	/** Also removes its data. */
	stop(): Promise<void>;
}

/** @throws Error that says how to install it, or with its output if it does not start */
export async function startPostgresql(logFile: string): Promise<Postgresql> {
	// Not beside this file: the user 'postgres' may have no access to the checkout.
	const folder = await mkdtemp(join(tmpdir(), 'candid-health-postgresql-'));
	let service: Service | undefined;
	const stop = async () => {
		await service?.stop();
		await rm(folder, { recursive: true });
	};
	try {
		const password = randomBytes(16).toString('hex');
		const data = await newDatabase(folder, password);
		const [port] = (await freePorts(0)) as [number];
		service = await serve(data, port, logFile);
		const env = {
			DB_TYPE: 'postgresdb',
			DB_POSTGRESDB_HOST: '127.0.0.1',
			DB_POSTGRESDB_PORT: String(port),
			DB_POSTGRESDB_DATABASE: 'postgres',
			DB_POSTGRESDB_USER: SUPERUSER,
			DB_POSTGRESDB_PASSWORD: password,
		};
		return { env, stop };
	} catch (error) {
		await stop();
		throw error;
	}
}

/** @returns the folder with its data */
async function newDatabase(folder: string, password: string): Promise<string> {
	const data = join(folder, 'data');
	const passwordFile = join(folder, 'password');
	await writeFile(passwordFile, password, { mode: 0o600 });
	if (isRoot()) await run('chown', ['-R', 'postgres:', folder]);
	const [command, args] = notAsRoot(program('initdb'), [
		...['--pgdata', data, '--encoding', 'UTF8', '--no-sync'],
		...['--username', SUPERUSER, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
	]);
	await run(command, args, { cwd: '/' });
	return data;
}

async function serve(data: string, port: number, logFile: string): Promise<Service> {
	const settings = {
		port,
		listen_addresses: '127.0.0.1',
		unix_socket_directories: '',
		// The data need not survive a power failure.
		fsync: 'off',
	};
	const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
	const [command, args] = notAsRoot(program('postgres'), ['-D', data, ...options]);
	const service = startService(command, args, { cwd: '/', logFile });
	const ready = ['--host', '127.0.0.1', '--port', String(port)];
	await untilUp(service, 'PostgreSQL', async () => {
		return await run(program('pg_isready'), ready).then(
			() => true,
			() => false,
		);
	});
	return service;
}

const program = (name: string) => debianProgram(name, 'postgresql');

/** PostgreSQL refuses to run as root; Debian's package creates the user 'postgres' for it. */
function notAsRoot(command: string, args: string[]): [string, string[]] {
	if (!isRoot()) return [command, args];
	const asPostgres = ['--reuid', 'postgres', '--regid', 'postgres', '--init-groups'];
	return ['setpriv', [...asPostgres, command, ...args]];
}

function isRoot(): boolean {
	return process.getuid?.() === 0;
}
