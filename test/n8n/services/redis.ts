import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { freePorts } from '../ports';
import { debianProgram } from './debianProgram';
import { startLocalServer } from './localServer';

/** A Redis on the loopback address. */
export interface Redis {
	/** Environment variables with which n8n connects to it. */
	env: Record<string, string>;
	stop(): Promise<void>;
}

/**
 * @param folder for its data and its log; created if it does not exist
 * @throws Error that says how to install it, or with its output if it does not start
 */
export async function startRedis(folder: string): Promise<Redis> {
	const program = debianProgram('redis-server', 'redis-server');
	await mkdir(folder, { recursive: true });
	const [port] = (await freePorts(0)) as [number];
	const address = ['--bind', '127.0.0.1', '--port', String(port)];
	const { stop } = await startLocalServer(
		program,
		[...address, '--dir', folder, '--appendonly', 'yes'],
		{ port, logFile: join(folder, 'redis.log') },
	);
	const env = { QUEUE_BULL_REDIS_HOST: '127.0.0.1', QUEUE_BULL_REDIS_PORT: String(port) };
	return { env, stop };
}
