import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { startCandidApi, type CandidApi } from '../candid-api';
import { run } from '../n8n/commands';
import type { WorkflowToImport } from '../n8n/realN8n';
import { step } from '../n8n/step';
import {
	benchCases,
	ENGINE_SIDES,
	NODES,
	SIDES,
	transfersFiles,
	type Case,
	type CaseName,
	type Side,
} from './cases';
import { isClientSide, runClientSide } from './clients';
import { N8nHost } from './n8nHost';
import { packageFigures } from './packageFigures';
import { report } from './report';
import type { CaseResult, Measurement, Results } from './results';
import { SinkProcess } from './sinkProcess';
import {
	CHARGE_CAPTURE,
	credentialsFor,
	downloadWorkflow,
	isNodeSide,
	uploadWorkflow,
	type NodeSide,
	type Target,
} from './benchWorkflows';

const USAGE = `Usage: npm run bench -- [options]

Measures uploads and downloads with this node, n8n's HTTP Request node and other clients, in one run.
A missed target does not fail the run.

  --quick         smaller cases; takes less than four minutes once n8n is installed
  --only <names>  run only these cases: names separated by commas. The beginning of a name
                  stands for all names that begin with it, such as 'download'
  --sides <names> run only these sides: names separated by commas
  --profile       also write a CPU profile of each n8n process
  --help          show this text
`;

const PROJECT = join(__dirname, '..', '..');
const WORK = join(__dirname, '.work');
const FILES = join(WORK, 'files');
const RESULTS = join(WORK, 'results');
const PROFILES = join(WORK, 'profiles');

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
	process.exitCode = 1;
});

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			quick: { type: 'boolean', default: false },
			only: { type: 'string' },
			sides: { type: 'string' },
			profile: { type: 'boolean', default: false },
			help: { type: 'boolean' },
		},
	});
	if (values.help) {
		process.stdout.write(USAGE);
		return;
	}
	const cases: Record<CaseName, Case> = benchCases(values.quick);
	const names = namesIn(values.only, Object.keys(cases) as CaseName[]);
	const sides = namesIn(values.sides, [...SIDES]);
	for (const name of names) {
		cases[name].sides = cases[name].sides.filter((side) => sides.includes(side));
	}
	const sink = await SinkProcess.start();
	const api = await startCandidApi();
	try {
		const targets = {
			sink: { name: 'sink', url: sink.url, token: 'bench' },
			api: { name: 'api', url: api.url, token: api.issueToken() },
		};
		const host = await prepare(cases, names, targets);
		const nodeOptions = values.profile ? ['--cpu-prof', `--cpu-prof-dir=${PROFILES}`] : [];
		const bench = new Bench(host, sink, targets, nodeOptions);
		try {
			await bench.verify(api);
			const results: Results = {};
			for (const name of names) results[name] = await bench.measure(name, cases[name]);
			step('Package');
			const figures = await packageFigures(host.pack, host.installation.node, values.quick ? 3 : 9);
			const text = `${await machine(host)}\n\n${report(cases, results, figures)}\n`;
			await mkdir(RESULTS, { recursive: true });
			const file = join(RESULTS, values.quick ? 'quick' : 'full');
			await writeFile(`${file}.md`, text);
			await writeFile(`${file}.json`, JSON.stringify({ cases, results, figures }, null, '\t'));
			process.stdout.write(`\n${text}\nSaved as ${file}.md and ${file}.json\n`);
			const failed = names.some((name) => results[name]?.['this node']?.failure !== undefined);
			if (failed) process.exitCode = 1;
		} finally {
			await host.stop();
			await rm(FILES, { recursive: true });
		}
	} finally {
		sink.stop();
		await api.close();
	}
}

/** The files with which `verify` checks that every side uploads correctly. */
const CHECK = 'check';
const CHECK_FILES = 5;
const UPLOADERS: Side[] = SIDES.filter(
	(side) => transfersFiles(side) && !ENGINE_SIDES.includes(side),
);
const WARM_UP = 'warm-up';
const WARM_UP_FILES = 200;

type Targets = Record<'sink' | 'api', Target>;

/** Creates the files of all cases, and an n8n with a workflow for each case and side. */
async function prepare(
	cases: Record<CaseName, Case>,
	names: CaseName[],
	{ sink, api }: Targets,
): Promise<N8nHost> {
	step('Creating files');
	await rm(WORK, { recursive: true, force: true });
	await makeFiles(CHECK, CHECK_FILES, 10_000);
	await makeFiles(WARM_UP, WARM_UP_FILES, 10_000);
	const workflows = [
		...UPLOADERS.filter(isNodeSide).map((side) => workflow(CHECK, side, api)),
		...NODES.filter(isNodeSide).map((side) => workflow(WARM_UP, side, sink)),
	];
	for (const name of names) {
		const { download, files, size, sides, oneChargeCapture } = cases[name];
		if (download) {
			workflows.push(...sides.map((side) => downloadWorkflow(workflowId(name, side), side, sink)));
			continue;
		}
		await makeFiles(name, files, size);
		for (const side of sides) {
			if (!isNodeSide(side) && side !== 'no upload') continue;
			workflows.push(workflow(name, side, sink, oneChargeCapture ? CHARGE_CAPTURE : undefined));
		}
	}
	const credentials = [sink, api].flatMap(credentialsFor);
	return await N8nHost.prepare(step, sink.url, FILES, credentials, workflows);
}

function workflow(
	folder: string,
	side: NodeSide | 'no upload',
	target: Target,
	externalId?: string,
): WorkflowToImport {
	return uploadWorkflow(workflowId(folder, side), side, join(FILES, folder), target, externalId);
}

const workflowId = (folder: string, side: Side) => `${folder}-${side.replaceAll(' ', '-')}`;

/** All files are hard links to one content, so that the disk is not what is measured. */
async function makeFiles(name: string, files: number, size: number): Promise<void> {
	const folder = join(FILES, name);
	await mkdir(folder, { recursive: true });
	const content = join(FILES, `${name}.content`);
	const bytes = randomBytes(size);
	// The node checks the beginning of each file.
	bytes.write('%PDF-1.7\n');
	await writeFile(content, bytes);
	for (let index = 0; index < files; index++) {
		await link(content, join(folder, `CC-${String(index).padStart(5, '0')}.pdf`));
	}
}

/** After this time, earlier requests no longer count toward the rate limit, in this node as well. */
const WINDOW_MS = 10_500;

class Bench {
	/** when the node in the running n8n may send at full pace again, in milliseconds since the epoch */
	private fullPaceAt = 0;

	constructor(
		private readonly host: N8nHost,
		private readonly sink: SinkProcess,
		private readonly targets: Targets,
		private readonly nodeOptions: string[],
	) {}

	/** Lets every side upload to the local API, and checks the stored files. */
	async verify(api: CandidApi): Promise<void> {
		step('Checking that every side uploads correctly');
		await this.startWarm();
		for (const side of UPLOADERS) {
			await this.transfer(CHECK, side, this.targets.api, { concurrency: 4, files: CHECK_FILES });
			const names = api.attachments.map((entry) => entry.fileName).sort();
			const places = api.attachments.map((entry) => entry.chargeCaptureExternalId).sort();
			const contents = new Set(api.attachments.map((entry) => entry.sha256));
			const good =
				new Set(names).size === CHECK_FILES &&
				names.length === CHECK_FILES &&
				contents.size === 1 &&
				api.attachments.every(({ size }) => size === 10_000) &&
				String(places) === String(names);
			if (!good) throw new Error(`${side} stored ${names.length} files: ${names.join(', ')}`);
			api.reset();
		}
	}

	/** Measures all rounds of a case; in each round, the sides take turns. */
	async measure(name: CaseName, benchCase: Case): Promise<CaseResult> {
		step(`${benchCase.title}: ${benchCase.shows}`);
		const result: CaseResult = {};
		if (benchCase.freshN8n) await this.host.stop();
		else await this.startWarm();
		for (let round = 1; round <= benchCase.rounds; round++) {
			for (const side of benchCase.sides) {
				const sideResult = (result[side] ??= { measurements: [] });
				if (sideResult.failure !== undefined) continue;
				try {
					const measurement = await this.turn(name, benchCase, side);
					sideResult.measurements.push(measurement);
					if (benchCase.rounds <= 5 || round === benchCase.rounds)
						progress(round, side, measurement);
				} catch (error) {
					sideResult.failure = error instanceof Error ? error.message : String(error);
					step(`  ${side} failed: ${sideResult.failure}`);
				}
			}
		}
		return result;
	}

	private async startWarm(): Promise<void> {
		if (this.host.isRunning) return;
		await this.host.start('filesystem', this.nodeOptions);
		await this.sink.set({ latencyMs: 0 });
		for (const side of NODES.filter(isNodeSide)) await this.host.run(workflowId(WARM_UP, side));
		this.fullPaceAt = Date.now() + WINDOW_MS;
	}

	private async turn(name: CaseName, benchCase: Case, side: Side): Promise<Measurement> {
		const { files, size, latencyMs, requestsPer10Seconds, binaryMode } = benchCase;
		const fresh = benchCase.freshN8n && !isClientSide(side);
		if (fresh) await this.host.start(binaryMode, this.nodeOptions);
		const attachments = benchCase.download ? { count: files, size } : undefined;
		if (!fresh && side === 'this node') await sleep(this.fullPaceAt - Date.now());
		await this.sink.set({ latencyMs, requestsPer10Seconds, attachments });
		const measured = await this.transfer(name, side, this.targets.sink, benchCase);
		const server = await this.sink.counts();
		if (fresh) await this.host.stop();
		if (!fresh && side === 'this node' && files > 1) this.fullPaceAt = Date.now() + WINDOW_MS;
		const answered = server.requests - server.refused;
		if (transfersFiles(side) && (server.bytes < files * size || answered < files)) {
			throw new Error(`Only ${server.bytes} bytes in ${answered} files were transferred.`);
		}
		return { ...measured, server };
	}

	private async transfer(
		name: string,
		side: Side,
		target: Target,
		{
			concurrency,
			files,
			perSecond,
			warmUps = 0,
		}: Pick<Case, 'concurrency' | 'files' | 'perSecond' | 'warmUps'>,
	) {
		if (!isClientSide(side)) return await this.host.run(workflowId(name, side));
		const { url, token } = target;
		const task = { url, token, folder: join(FILES, name), files, concurrency, perSecond, warmUps };
		return await runClientSide(side, task, this.host.installation.node);
	}
}

/** The machine and the versions that were measured. */
async function machine({ installation }: N8nHost): Promise<string> {
	const [cpu] = cpus();
	const version = async (command: string, ...args: string[]) =>
		(await run(command, args)).trim().split('\n')[0];
	const n8n = await version(installation.node, installation.n8n, '--version');
	const node = await version(installation.node, '--version');
	const curl = (await version('curl', '--version'))?.split(' ').slice(0, 2).join(' ');
	const memory = (totalmem() / 1024 ** 3).toFixed(0);
	return [
		`${cpus().length} × ${cpu?.model}, ${memory} GB of memory, Linux ${release().split('-')[0]}.`,
		`n8n ${n8n}, Node.js ${node}, ${curl}, ${await packageVersion('form-data')}, ${await packageVersion('candidhealth')}.`,
	].join('\n');
}

async function packageVersion(name: string): Promise<string> {
	const text = await readFile(join(PROJECT, 'node_modules', name, 'package.json'), 'utf8');
	return `${name} ${(JSON.parse(text) as { version: string }).version}`;
}

/**
 * The names that a comma-separated list selects, by full name or by the beginning of the name; all names
 * without a list.
 */
function namesIn<T extends string>(list: string | undefined, all: T[]): T[] {
	if (list === undefined) return all;
	return list.split(',').flatMap((text) => {
		const name = text.trim();
		const exact = all.filter((known) => known === name);
		const found = exact.length > 0 ? exact : all.filter((known) => known.startsWith(name));
		if (found.length === 0)
			throw new Error(`'${name}' is not known. Choose from: ${all.join(', ')}.`);
		return found;
	});
}

function progress(round: number, side: Side, { stepMs, peakBytes, server }: Measurement): void {
	const memory = `peak ${(peakBytes / 1024 ** 2).toFixed(0)} MB`;
	const seen = `${server.requests} requests, at most ${server.peak} at a time, ${server.connections} connections`;
	step(`  ${round}  ${side.padEnd(22)}  ${stepMs.toFixed(0).padStart(6)} ms  ${memory}, ${seen}`);
}
