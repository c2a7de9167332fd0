import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { freePorts } from '../ports';
import { debianProgram } from './debianProgram';
import { startLocalServer } from './localServer';

/** A Redis on the loopback address. */
export interface Redis {
	/** How n8n finds it. */
	env: Record<string, string>;
	stop(): Promise<void>;
}

/**
 * @param folder where it keeps its data and its log; made if it is not there
 * @throws Error that says how to install it when it is not there, or with its output when it does not start
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
