import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePorts } from '../ports';
import { debianProgram } from './debianProgram';
import { startLocalServer } from './localServer';

/** A new, empty Redis on the loopback address. */
export interface Redis {
	/** How n8n finds it. */
	env: Record<string, string>;
	/** Also removes its data. */
	stop(): Promise<void>;
}

/** @throws Error that says how to install it when it is not there, or with its output when it does not start */
export async function startRedis(logFile: string): Promise<Redis> {
	const program = debianProgram('redis-server', 'redis-server');
	const folder = await mkdtemp(join(tmpdir(), 'candid-health-redis-'));
	try {
		const [port] = (await freePorts(0)) as [number];
		const service = await startLocalServer(
			program,
			[
				...['--bind', '127.0.0.1', '--port', String(port)],
				...['--dir', folder, '--appendonly', 'yes'],
			],
			{ port, logFile },
		);
		return {
			env: { QUEUE_BULL_REDIS_HOST: '127.0.0.1', QUEUE_BULL_REDIS_PORT: String(port) },
			stop: async () => {
				await service.stop();
				await rm(folder, { recursive: true });
			},
		};
	} catch (error) {
		await rm(folder, { recursive: true });
		throw error;
	}
}
