import './typescriptFirst';
import './commandEnvironment';

import { inspect, parseArgs } from 'node:util';

import { breachesIn } from './breaches';
import { playInWorlds } from './playTrial';
import { inPool } from './pool';
import { failureTextOf, hasFailed, randomRuns } from './random';
import { faultRows } from './rows';
import { keepLog, secretsIn } from './secrets';
import { sumOf, tableOf } from './tally';
import type { TableRow } from './tally';
import { WORLDS } from './worlds';
import type { World } from './worlds';

const USAGE = `Usage: npm run test:faults -- [options]

  Plays faults with the node's real waits, and exits with 1 if a file is lost or doubled, gets a wrong
  ID, or is reported wrongly.

  --world <name|all>  ${WORLDS.join(', ')}; default 'at once'
  --table             plays the whole table of faults instead of random runs
  --seed <number>     default 1
  --runs <number>     default 50, of 10 files each
  --only <number>     repeats one of the runs
  --help
`;

/** More than there are processors, because most of a trial is waiting. */
const CONCURRENT_TRIALS = 32;

const log = keepLog();

void main();

async function main(): Promise<void> {
	try {
		const options = readOptions();
		if (options) process.exitCode = (await play(options)) ? 0 : 1;
	} catch (error) {
		process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
		process.exitCode = 1;
	}
}

interface Options {
	worlds: readonly World[];
	table: boolean;
	seed: number;
	runs: number[];
}

/** @returns whether nothing is wrong */
async function play(options: Options): Promise<boolean> {
	const { ok, secrets } = options.table ? await playTable(options) : await playRuns(options);
	const leaks = secretsIn(log, secrets);
	print(...leaks.map((at) => `A secret is in the log: ${at}`));
	return ok && leaks.length === 0;
}

interface Played {
	ok: boolean;
	secrets: string[];
}

async function playTable({ worlds }: Options): Promise<Played> {
	const breaches: object[] = [];
	const tasks = faultRows.map((row) => async () => {
		const played = await playInWorlds(row, worlds);
		for (const report of played) {
			const found = breachesIn(report, row);
			if (Object.keys(found).length > 0) breaches.push({ row: report.name, ...found });
		}
		return played;
	});
	const reports = (await inPool(tasks, CONCURRENT_TRIALS)).flat();
	print(tableOf([...reports, ...totals(reports, worlds)]), '');
	print(...breaches.map((breach) => inspect(breach, { depth: 5 })));
	return { ok: breaches.length === 0, secrets: reports.flatMap(({ secrets }) => secrets) };
}

const totals = (rows: TableRow[], worlds: readonly World[]): TableRow[] =>
	worlds.map((world) => {
		const tallies = rows.filter((row) => row.world === world).map(({ tally }) => tally);
		return { name: 'all', world, tally: sumOf(tallies), seconds: 0 };
	});

async function playRuns({ worlds, seed, runs }: Options): Promise<Played> {
	const rows: TableRow[] = [];
	const secrets: string[] = [];
	let failures = 0;
	for (const world of worlds) {
		const startedAt = Date.now();
		let ended = 0;
		const played = await randomRuns(seed, runs, world, (run) => {
			const { name, seconds } = run.report;
			const result = hasFailed(run) ? 'FAILED' : 'ok';
			const count = `${world} ${++ended}/${runs.length}`;
			print(`${count} run ${run.run} ${result} ${seconds.toFixed(1)} s: ${name}`);
		});
		print(...played.filter(hasFailed).map(failureTextOf));
		failures += played.filter(hasFailed).length;
		secrets.push(...played.flatMap(({ report }) => report.secrets));
		const tally = sumOf(played.map(({ report }) => report.tally));
		const name = `random faults, seed ${seed}, ${runs.length} runs`;
		rows.push({ name, world, tally, seconds: (Date.now() - startedAt) / 1000 });
	}
	print('', tableOf(rows));
	return { ok: failures === 0, secrets };
}

function print(...lines: string[]): void {
	if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
}

/** @returns undefined when help was requested */
function readOptions(): Options | undefined {
	const { values } = parseArgs({
		options: {
			world: { type: 'string', default: 'at once' },
			table: { type: 'boolean', default: false },
			seed: { type: 'string', default: '1' },
			runs: { type: 'string', default: '50' },
			only: { type: 'string' },
			help: { type: 'boolean' },
		},
	});
	if (values.help) {
		print(USAGE);
		return undefined;
	}
	const count = numberOf('--runs', values.runs);
	return {
		worlds: worldsOf(values.world),
		table: values.table,
		seed: numberOf('--seed', values.seed),
		runs:
			values.only === undefined
				? Array.from({ length: count }, (_, index) => index + 1)
				: [numberOf('--only', values.only)],
	};
}

function worldsOf(name: string): readonly World[] {
	if (name === 'all') return WORLDS;
	const known = WORLDS.filter((world) => world === name);
	if (known.length === 0) throw new Error(`--world is not known: ${name}`);
	return known;
}

function numberOf(option: string, text: string): number {
	if (!/^\d{1,9}$/.test(text)) throw new Error(`${option} is not a number: ${text}`);
	return Number(text);
}
