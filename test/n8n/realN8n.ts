import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { CommandFailed, lastLines, run, startService, untilUp, type Service } from './commands';
import { installLikeN8n, type PackedPackage } from './communityPackage';
import type { Installation } from './installation';
import { freePorts } from './ports';

/** Where n8n stores the files of a run, as n8n names it: 'default' means in memory. */
export type BinaryDataMode = 'filesystem' | 'database' | 'default';

/** 'main': the whole n8n, or in queue mode the process for editor and webhooks; 'worker': runs executions. */
export type N8nRole = 'main' | 'worker';

export interface RealN8nSettings {
	/** Folder for everything this n8n stores: database, binary data, community packages, log. */
	userFolder: string;
	/** The only folder whose files workflows may read. */
	readableFolder: string;
	/** default: 'main' */
	role?: N8nRole;
	/** Default: any free port. If the given one is in use, another is taken. */
	port?: number;
	/** default: 'filesystem', n8n's own default */
	binaryDataMode?: BinaryDataMode;
	/** Further environment variables for n8n. */
	env?: Record<string, string>;
	/** Options of Node.js for the server process. */
	nodeOptions?: string[];
}

export interface CredentialToImport {
	id: string;
	name: string;
	type: string;
	data: Record<string, string | number | boolean>;
}

/** A workflow as n8n exports it. */
export interface WorkflowToImport {
	id: string;
	[property: string]: unknown;
}

/** An output item in n8n's run data. */
export interface OutputItem {
	json: Record<string, unknown>;
}

/** The result of a run as n8n stores it: for each node, the output of each of its executions. */
export interface RunResult {
	error?: { message: string; description?: string };
	runData: Record<string, Array<{ data?: { main: [OutputItem[]] } }>>;
}

/** An n8n of the installed version with its own user folder, reachable only from this machine. */
export class RealN8n {
	/** `http://localhost:PORT` */
	readonly url: string;
	private service: Service | undefined;

	private constructor(
		private readonly installation: Installation,
		private readonly userFolder: string,
		private readonly role: N8nRole,
		private readonly env: NodeJS.ProcessEnv,
		private readonly nodeOptions: string[],
	) {
		this.url = `http://localhost:${env.N8N_PORT}`;
	}

	/** Prepares the user folder. Does not start n8n. */
	static async prepare(installation: Installation, settings: RealN8nSettings): Promise<RealN8n> {
		const { userFolder, readableFolder, role = 'main', binaryDataMode = 'filesystem' } = settings;
		await mkdir(userFolder, { recursive: true });
		await writeFile(logFile(userFolder), '');
		const ports = await freePorts(settings.port ?? 0, 0);
		const env = {
			...environment(installation, userFolder, readableFolder, ports),
			N8N_DEFAULT_BINARY_DATA_MODE: binaryDataMode,
			...settings.env,
		};
		return new RealN8n(installation, userFolder, role, env, settings.nodeOptions ?? []);
	}

	/** @returns false if the same tarball is installed already */
	async install(pack: PackedPackage): Promise<boolean> {
		return await installLikeN8n(pack, join(this.userFolder, '.n8n', 'nodes'));
	}

	async importCredentials(...credentials: CredentialToImport[]): Promise<void> {
		await this.import('credentials', credentials);
	}

	/**
	 * @param file path of an exported workflow that has an ID
	 * @param placeholders texts to replace in it, with their replacements
	 * @returns the workflow's ID
	 */
	async importWorkflow(file: string, placeholders: Record<string, string> = {}): Promise<string> {
		let text = await readFile(file, 'utf8');
		for (const [placeholder, value] of Object.entries(placeholders)) {
			text = text.replaceAll(placeholder, JSON.stringify(value).slice(1, -1));
		}
		const workflow = JSON.parse(text) as WorkflowToImport;
		await this.importWorkflows(workflow);
		return workflow.id;
	}

	async importWorkflows(...workflows: WorkflowToImport[]): Promise<void> {
		await this.import('workflow', workflows);
	}

	/**
	 * Runs a workflow once from its manual trigger, and waits for its end.
	 *
	 * @returns the output items of the node with that name
	 * @throws Error with n8n's error message if the run fails
	 */
	async execute(workflowId: string, nodeName: string): Promise<OutputItem[]> {
		return itemsIn(await this.print(workflowId), nodeName);
	}

	/** Runs a workflow once. @returns what n8n prints: its log and the run's data */
	async print(workflowId: string): Promise<string> {
		return await this.cli(['execute', `--id=${workflowId}`, '--rawOutput']);
	}

	/** A workflow as a file that is shared or backed up. */
	async exportedWorkflow(workflowId: string): Promise<string> {
		return await this.cli(['export:workflow', `--id=${workflowId}`]);
	}

	/** All credentials, as anyone can read them who has the database and the encryption key. */
	async decryptedCredentials(): Promise<string> {
		return await this.cli(['export:credentials', '--all', '--decrypted']);
	}

	/** Starts the server and waits until it is ready. */
	async start(): Promise<void> {
		const { node, n8n } = this.installation;
		const output = { env: this.env, logFile: logFile(this.userFolder) };
		const command = this.role === 'main' ? 'start' : 'worker';
		this.service = startService(node, [...this.nodeOptions, n8n, command], output);
		await untilUp(this.service, `n8n ${command}`, async () => await this.isReady());
	}

	/** Process ID of the running server. */
	async pid(): Promise<number> {
		if (!this.service) throw new Error('n8n is not running.');
		return await this.service.pid();
	}

	/** Waits until the running server is ready again, which it is not after a run has blocked it for long. */
	async whenReady(): Promise<void> {
		while (!(await this.isReady())) await sleep(200);
	}

	/** Everything the server has printed since `prepare`, also before a restart. */
	async log(): Promise<string> {
		return await readFile(logFile(this.userFolder), 'utf8');
	}

	/** Does nothing if the server is not running. */
	async stop(): Promise<void> {
		await this.service?.stop();
		this.service = undefined;
	}

	/** Kills the server immediately, as in a crash. It can be started again. */
	async kill(): Promise<void> {
		await this.service?.kill();
		this.service = undefined;
	}

	/** Not `/healthz`: n8n 2.41.1 answers it as soon as it listens, seconds before it is ready. */
	private async isReady(): Promise<boolean> {
		const answer = await fetch(`${this.url}/healthz/readiness`).catch(() => undefined);
		await answer?.body?.cancel();
		return answer?.ok ?? false;
	}

	private async import(kind: 'credentials' | 'workflow', entries: object[]): Promise<void> {
		const folder = await mkdtemp(join(this.userFolder, 'import-'));
		try {
			const input = join(folder, `${kind}.json`);
			await writeFile(input, JSON.stringify(entries), { mode: 0o600 });
			await this.cli([`import:${kind}`, `--input=${input}`]);
		} finally {
			await rm(folder, { recursive: true });
		}
	}

	private async cli(args: string[]): Promise<string> {
		// Its own port for the task broker, because a running server uses the other one.
		const [brokerPort] = await freePorts(0);
		const env = { ...this.env, N8N_RUNNERS_BROKER_PORT: String(brokerPort) };
		try {
			return await run(this.installation.node, [this.installation.n8n, ...args], { env });
		} catch (error) {
			if (!(error instanceof CommandFailed)) throw error;
			throw new Error(`n8n ${args[0]} failed:\n${reasonIn(error.output)}`);
		}
	}
}

/** The output items of a node, read from what n8n printed about the run. */
export function itemsIn(printed: string, nodeName: string): OutputItem[] {
	// n8n may print notices before and after the result.
	const result = /^\{$[^]*?^\}$/m.exec(printed)?.[0] ?? printed;
	const { data } = JSON.parse(result) as { data: { resultData: RunResult } };
	return itemsOf(data.resultData, nodeName);
}

export function itemsOf({ runData }: RunResult, nodeName: string): OutputItem[] {
	return runData[nodeName]?.[0]?.data?.main[0] ?? [];
}

const logFile = (userFolder: string) => join(userFolder, 'n8n.log');

/** The only variables that n8n gets from this process's environment, so that no other n8n settings leak in. */
const INHERITED = ['HOME', 'USER', 'LANG', 'TZ', 'TMPDIR'];

function environment(
	installation: Installation,
	userFolder: string,
	readableFolder: string,
	[port, brokerPort]: number[],
): NodeJS.ProcessEnv {
	return {
		...Object.fromEntries(INHERITED.map((name) => [name, process.env[name]])),
		PATH: installation.path,
		N8N_USER_FOLDER: userFolder,
		N8N_LISTEN_ADDRESS: '127.0.0.1',
		N8N_HOST: 'localhost',
		N8N_PORT: String(port),
		// A worker's server answers only health checks.
		QUEUE_HEALTH_CHECK_ACTIVE: 'true',
		QUEUE_HEALTH_CHECK_PORT: String(port),
		N8N_WORKER_SERVER_ADDRESS: '127.0.0.1',
		N8N_RUNNERS_BROKER_PORT: String(brokerPort),
		N8N_RESTRICT_FILE_ACCESS_TO: readableFolder,
		// Turns off everything for which n8n contacts the servers of its makers on its own.
		N8N_DISABLED_MODULES: 'mcp-registry',
		N8N_VERIFIED_PACKAGES_ENABLED: 'false',
		N8N_DIAGNOSTICS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
		N8N_DYNAMIC_BANNERS_ENABLED: 'false',
		N8N_HIRING_BANNER_ENABLED: 'false',
		N8N_TEMPLATES_ENABLED: 'false',
		N8N_PERSONALIZATION_ENABLED: 'false',
		// n8n's own time limits, raised for busy machines: for finding a task runner for a Code node
		// (seconds, 60 by default), and for an expression and a database ping (5 seconds each).
		N8N_RUNNERS_TASK_REQUEST_TIMEOUT: '300',
		N8N_EXPRESSION_ENGINE_TIMEOUT: '60000',
		DB_PING_TIMEOUT_MS: '60000',
		// Allows the browser's session cookie over plain HTTP.
		N8N_SECURE_COOKIE: 'false',
	};
}

/** n8n prints the run's data and its error, each below a line of equals signs, and then the stack trace. */
function reasonIn(output: string): string {
	const lines = (output.split(/^=+$/m).pop() ?? '').split('\n');
	const plain = lines.filter((line) => !/^\s+at |^\w*Error: /.test(line));
	return lastLines([...new Set(plain)].join('\n')).trim();
}
