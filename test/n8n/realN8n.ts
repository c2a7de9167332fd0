import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { CommandFailed, lastLines, run, startService, untilUp, type Service } from './commands';
import { installLikeN8n, type PackedPackage } from './communityPackage';
import type { Installation } from './installation';
import { freePorts } from './ports';

/** Where n8n keeps the files of a run, in its own words: 'default' is in memory. */
export type BinaryDataMode = 'filesystem' | 'database' | 'default';

/** 'main' is all of n8n, or in queue mode what serves the editor and webhooks; a 'worker' runs executions. */
export type N8nRole = 'main' | 'worker';

export interface RealN8nSettings {
	/** Where this n8n keeps everything: database, binary data, community packages, log. */
	userFolder: string;
	/** The one folder whose files workflows may read. */
	readableFolder: string;
	/** default: 'main' */
	role?: N8nRole;
	/** Default: any free one. Taken if it is free, else another. */
	port?: number;
	/** default: n8n's own default, the disk */
	binaryDataMode?: BinaryDataMode;
	/** What n8n finds in its environment besides. */
	env?: Record<string, string>;
	/** Options of the server's Node.js. */
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

/** An output item as n8n's own run data has it. */
export interface OutputItem {
	json: Record<string, unknown>;
}

/** What n8n keeps of a run: of each node, what each of its executions gave. */
export interface RunResult {
	error?: { message: string; description?: string };
	runData: Record<string, Array<{ data?: { main: [OutputItem[]] } }>>;
}

/** An n8n of the installed version with a user folder of its own, reachable from this machine only. */
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

	/** Prepares the user folder; starts nothing. */
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

	/** @returns false when these very bytes are installed already */
	async install(pack: PackedPackage): Promise<boolean> {
		return await installLikeN8n(pack, join(this.userFolder, '.n8n', 'nodes'));
	}

	async importCredentials(...credentials: CredentialToImport[]): Promise<void> {
		await this.import('credentials', credentials);
	}

	/**
	 * @param file path of an exported workflow with an ID of its own
	 * @param placeholders texts in it, and what takes their place
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
	 * Runs a workflow once, from its manual trigger to its end.
	 *
	 * @returns the items that the node of that name put out
	 * @throws Error with n8n's own words when the run fails
	 */
	async execute(workflowId: string, nodeName: string): Promise<OutputItem[]> {
		return itemsIn(await this.print(workflowId), nodeName);
	}

	/** Runs a workflow once; all that n8n prints of it: its log, and the data that it would save. */
	async print(workflowId: string): Promise<string> {
		return await this.cli(['execute', `--id=${workflowId}`, '--rawOutput']);
	}

	/** Starts the server and waits until it answers. */
	async start(): Promise<void> {
		const { node, n8n } = this.installation;
		const output = { env: this.env, logFile: logFile(this.userFolder) };
		const command = this.role === 'main' ? 'start' : 'worker';
		this.service = startService(node, [...this.nodeOptions, n8n, command], output);
		await untilUp(this.service, `n8n ${command}`, async () => await this.isReady());
	}

	/** The running server's process ID. */
	async pid(): Promise<number> {
		if (!this.service) throw new Error('n8n is not running.');
		return await this.service.pid();
	}

	/** Waits until the running server does its work: a run that has blocked it for long leaves it not ready. */
	async whenReady(): Promise<void> {
		while (!(await this.isReady())) await sleep(200);
	}

	/** What the server has printed, over all its starts. */
	async log(): Promise<string> {
		return await readFile(logFile(this.userFolder), 'utf8');
	}

	/** Does nothing when the server is not running. */
	async stop(): Promise<void> {
		await this.service?.stop();
		this.service = undefined;
	}

	/** Ends the server in the middle of whatever it is doing; it can be started again. */
	async kill(): Promise<void> {
		await this.service?.kill();
		this.service = undefined;
	}

	/** `/healthz` says yes as soon as n8n listens, seconds before it does anything else (2.41.1). */
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
		// A broker of its own: that of a running server keeps its port.
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

/** The items that a node put out, read from what n8n printed of the run. */
export function itemsIn(printed: string, nodeName: string): OutputItem[] {
	// n8n's own notices may stand before and after the result.
	const result = /^\{$[^]*?^\}$/m.exec(printed)?.[0] ?? printed;
	const { data } = JSON.parse(result) as { data: { resultData: RunResult } };
	return itemsOf(data.resultData, nodeName);
}

export function itemsOf({ runData }: RunResult, nodeName: string): OutputItem[] {
	return runData[nodeName]?.[0]?.data?.main[0] ?? [];
}

const logFile = (userFolder: string) => join(userFolder, 'n8n.log');

/** What n8n gets of this process's environment, so that no other n8n's settings get in. */
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
		// A worker has a server for its health alone.
		QUEUE_HEALTH_CHECK_ACTIVE: 'true',
		QUEUE_HEALTH_CHECK_PORT: String(port),
		N8N_WORKER_SERVER_ADDRESS: '127.0.0.1',
		N8N_RUNNERS_BROKER_PORT: String(brokerPort),
		N8N_RESTRICT_FILE_ACCESS_TO: readableFolder,
		// Everything by which n8n asks its makers' servers for something of its own accord.
		N8N_DISABLED_MODULES: 'mcp-registry',
		N8N_VERIFIED_PACKAGES_ENABLED: 'false',
		N8N_DIAGNOSTICS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
		N8N_DYNAMIC_BANNERS_ENABLED: 'false',
		N8N_HIRING_BANNER_ENABLED: 'false',
		N8N_TEMPLATES_ENABLED: 'false',
		N8N_PERSONALIZATION_ENABLED: 'false',
		// n8n's own limits, with room for a busy machine: until a task runner is found for a Code node
		// (seconds, 60 by default), and for an expression and a database ping (5 seconds each).
		N8N_RUNNERS_TASK_REQUEST_TIMEOUT: '300',
		N8N_EXPRESSION_ENGINE_TIMEOUT: '60000',
		DB_PING_TIMEOUT_MS: '60000',
		// The browser's cookie is for plain http on this machine.
		N8N_SECURE_COOKIE: 'false',
	};
}

/** n8n prints the run's data and its error, each under a line of equals signs, and the stack at last. */
function reasonIn(output: string): string {
	const lines = (output.split(/^=+$/m).pop() ?? '').split('\n');
	const plain = lines.filter((line) => !/^\s+at |^\w*Error: /.test(line));
	return lastLines([...new Set(plain)].join('\n')).trim();
}
