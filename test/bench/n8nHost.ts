import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { packProject, type PackedPackage } from '../n8n/communityPackage';
import { ensureInstalled, type Installation, type Report } from '../n8n/installation';
import { OwnerSession } from '../n8n/ownerSession';
import {
	RealN8n,
	type BinaryDataMode,
	type CredentialToImport,
	type WorkflowToImport,
} from '../n8n/realN8n';
import { userFolderOf } from '../n8n/userFolder';
import { peakOf, resetPeak } from './peakMemory';
import { MEASURED, TRIGGER } from './benchWorkflows';

/** A line of n8n's event log, which records the start and end of each node even if no run data is saved. */
interface LoggedEvent {
	/** ISO 8601, milliseconds */
	ts: string;
	eventName: string;
	payload: { executionId?: string; nodeName?: string; errorMessage?: string };
}

export interface StepMeasurement {
	/** milliseconds of the step that uploads or downloads; 0 if the workflow has no such step */
	stepMs: number;
	/** peak resident memory of n8n's process during the run, in bytes */
	peakBytes: number;
}

const USER_FOLDER = userFolderOf('bench');
/** The folder where n8n stores everything, and a copy of it from before the first start. */
const N8N_FOLDER = join(USER_FOLDER, '.n8n');
const PREPARED = join(USER_FOLDER, 'prepared');
/** The path is that of n8n 2.41.1. */
const EVENT_LOG = join(N8N_FOLDER, 'n8nEventLog.log');
const POLL_MS = 10;
/** Long enough for n8n's own tasks after its start. */
const SETTLE_MS = 1_000;

/** A real n8n with all workflows of the benchmark, which can be started any number of times. */
export class N8nHost {
	private running?: { n8n: RealN8n; session: OwnerSession };

	private constructor(
		readonly installation: Installation,
		/** the package that is installed in it */
		readonly pack: PackedPackage,
		private readonly readableFolder: string,
		private readonly serverUrl: string,
	) {}

	static async prepare(
		report: Report,
		serverUrl: string,
		readableFolder: string,
		credentials: CredentialToImport[],
		workflows: WorkflowToImport[],
	): Promise<N8nHost> {
		const installation = await ensureInstalled(report);
		report('Packing and installing the node, importing workflows');
		const pack = await packProject();
		await rm(USER_FOLDER, { recursive: true, force: true });
		const host = new N8nHost(installation, pack, readableFolder, serverUrl);
		const n8n = await host.newN8n('filesystem');
		await n8n.install(pack);
		await n8n.importCredentials(...credentials);
		await n8n.importWorkflows(...workflows);
		await cp(N8N_FOLDER, PREPARED, { recursive: true });
		return host;
	}

	/**
	 * Starts n8n in its original state: files and database entries of earlier runs are discarded.
	 *
	 * @param nodeOptions options for n8n's Node.js
	 */
	async start(binaryDataMode: BinaryDataMode, nodeOptions: string[] = []): Promise<void> {
		await rm(N8N_FOLDER, { recursive: true });
		await cp(PREPARED, N8N_FOLDER, { recursive: true });
		const n8n = await this.newN8n(binaryDataMode, nodeOptions);
		await n8n.start();
		this.running = { n8n, session: await OwnerSession.open(n8n.url) };
		await sleep(SETTLE_MS);
	}

	get isRunning(): boolean {
		return this.running !== undefined;
	}

	async stop(): Promise<void> {
		await this.running?.n8n.stop();
		this.running = undefined;
	}

	/**
	 * Runs a workflow in the running n8n.
	 *
	 * @throws Error with n8n's error message if the run fails
	 */
	async run(workflowId: string): Promise<StepMeasurement> {
		if (!this.running) throw new Error('n8n is not running.');
		const { n8n, session } = this.running;
		await n8n.whenReady();
		const pid = await n8n.pid();
		await writeFile(EVENT_LOG, '');
		await resetPeak(pid);
		const events = await eventsOf(await session.startRun(workflowId, TRIGGER));
		const peakBytes = await peakOf(pid);
		const failed = events.find(({ eventName }) => eventName === 'n8n.workflow.failed');
		if (failed) throw new Error(failed.payload.errorMessage ?? 'The run failed.');
		const timeOf = (eventName: string) => {
			const found = events.find(
				({ eventName: name, payload }) => name === eventName && payload.nodeName === MEASURED,
			);
			return found ? Date.parse(found.ts) : 0;
		};
		return { stepMs: timeOf('n8n.node.finished') - timeOf('n8n.node.started'), peakBytes };
	}

	private async newN8n(
		binaryDataMode: BinaryDataMode,
		nodeOptions: string[] = [],
	): Promise<RealN8n> {
		return await RealN8n.prepare(this.installation, {
			userFolder: USER_FOLDER,
			readableFolder: this.readableFolder,
			binaryDataMode,
			env: {
				N8N_CUSTOM_EXTENSIONS: join(__dirname, 'minimalNode'),
				BENCH_SERVER_URL: this.serverUrl,
			},
			nodeOptions,
		});
	}
}

/** Waits for the end of an execution and returns its events. */
async function eventsOf(executionId: string): Promise<LoggedEvent[]> {
	for (;;) {
		const events = (await readFile(EVENT_LOG, 'utf8'))
			.split('\n')
			.filter((line) => line.includes(`"executionId":"${executionId}"`))
			.flatMap(parsed);
		if (events.some(({ eventName }) => /^n8n\.workflow\.(success|failed)$/.test(eventName))) {
			return events;
		}
		await sleep(POLL_MS);
	}
}

/** Returns nothing for a line that is not complete yet. */
function parsed(line: string): LoggedEvent[] {
	try {
		return [JSON.parse(line) as LoggedEvent];
	} catch {
		return [];
	}
}
