import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { startCandidApi, type CandidApi, type CandidApiSettings } from '../../candid-api';
import { packProject } from '../communityPackage';
import { ensureInstalled, type Report } from '../installation';
import { localCredential } from '../localCredential';
import { RealN8n, type N8nRole } from '../realN8n';
import { startPostgresql } from '../services/postgresql';
import { startRedis } from '../services/redis';
import { userFolderOf } from '../userFolder';

const FOLDER = userFolderOf('queue');

/** An n8n in queue mode with a local Candid API. Everything is started except the workers. */
export interface QueueMode {
	api: CandidApi;
	main: N8nProcess;
	/** Not started. */
	workers: N8nProcess[];
	stop(): Promise<void>;
}

export interface N8nProcess {
	n8n: RealN8n;
	/**
	 * The event log that it writes in order to recover after a crash: one line of JSON for each event
	 * since its start.
	 */
	eventLog(): Promise<string>;
}

/**
 * Starts PostgreSQL, Redis, a local Candid API and n8n's main process. Each process of n8n has its own
 * user folder, as on separate machines.
 *
 * @param workerEnvs further environment variables for each worker
 * @param report receives a line about each step
 */
export async function startQueueMode(
	workerEnvs: Array<Record<string, string>>,
	apiSettings: CandidApiSettings,
	report: Report,
): Promise<QueueMode> {
	const stops: Array<() => Promise<void>> = [];
	const stop = async () => {
		for (const end of stops.reverse()) await end();
	};
	try {
		const installation = await ensureInstalled(report);
		report('packing the node');
		const pack = await packProject();
		await rm(FOLDER, { recursive: true, force: true });
		await mkdir(FOLDER, { recursive: true });

		report('starting PostgreSQL and Redis');
		const postgresql = await startPostgresql(join(FOLDER, 'postgresql.log'));
		stops.push(postgresql.stop);
		const redis = await startRedis(join(FOLDER, 'redis'));
		stops.push(redis.stop);
		const api = await startCandidApi(apiSettings);
		stops.push(api.close);

		const shared = {
			...postgresql.env,
			...redis.env,
			EXECUTIONS_MODE: 'queue',
			N8N_ENCRYPTION_KEY: randomBytes(24).toString('hex'),
		};
		const prepare = async (name: string, role: N8nRole, env: Record<string, string> = {}) => {
			const userFolder = join(FOLDER, name);
			const n8n = await RealN8n.prepare(installation, {
				userFolder,
				readableFolder: FOLDER,
				role,
				binaryDataMode: 'database',
				env: { ...shared, ...env },
			});
			await n8n.install(pack);
			const logName = role === 'main' ? 'n8nEventLog.log' : 'n8nEventLog-worker.log';
			return {
				n8n,
				eventLog: async () => await readFile(join(userFolder, '.n8n', logName), 'utf8'),
			};
		};
		report("installing the node in n8n's main process and in each worker");
		const main = await prepare('main', 'main');
		const workers: N8nProcess[] = [];
		for (const [index, env] of workerEnvs.entries()) {
			workers.push(await prepare(`worker-${index + 1}`, 'worker', env));
		}
		report('importing the credential');
		await main.n8n.importCredentials(localCredential(api.url));
		report("starting n8n's main process");
		// A regular stop would wait for the executions of the killed worker.
		stops.push(async () => await main.n8n.kill());
		await main.n8n.start();
		stops.push(async () => {
			await Promise.all(workers.map(async ({ n8n }) => await n8n.stop()));
		});
		return { api, main, workers, stop };
	} catch (error) {
		await stop();
		throw error;
	}
}
