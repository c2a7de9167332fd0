import './typescriptFirst';
import './commandEnvironment';

import { parseArgs } from 'node:util';

import { complaintOf, isAmiss, randomRuns } from './random';
import { keepLog, secretsIn } from './secrets';
import { sumOf, tableOf } from './tally';

const USAGE = `Usage: npm run test:faults -- [options]

  --seed <number>   default 1
  --runs <number>   default 50, of 10 files each
  --only <number>   plays one of the runs again
  --help
`;

void main();

async function main(): Promise<void> {
	try {
		const options = readOptions();
		if (options) process.exitCode = await play(options);
	} catch (error) {
		process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
		process.exitCode = 1;
	}
}

interface Options {
	seed: number;
	runs: number[];
}

/** @returns the exit code */
async function play({ seed, runs }: Options): Promise<number> {
	const log = keepLog();
	const startedAt = Date.now();
	let ended = 0;
	const played = await randomRuns(seed, runs, (run) => {
		const { name, seconds } = run.report;
		const verdict = isAmiss(run) ? 'AMISS' : 'ok';
		const count = `${++ended}/${runs.length}`;
		print(`${count} run ${run.run} ${verdict} ${seconds.toFixed(1)} s: ${name}`);
	});
	const amiss = played.filter(isAmiss);
	const leaks = secretsIn(
		log,
		played.flatMap(({ report }) => report.secrets),
	);
	const tally = sumOf(played.map(({ report }) => report.tally));
	const seconds = (Date.now() - startedAt) / 1000;
	const name = `faults at random, seed ${seed}, ${runs.length} runs`;
	print('', ...amiss.map(complaintOf), ...leaks.map((at) => `A secret is in the log: ${at}`));
	print(tableOf([{ name, tally, seconds }]));
	return amiss.length + leaks.length > 0 ? 1 : 0;
}

function print(...lines: string[]): void {
	process.stdout.write(`${lines.join('\n')}\n`);
}

/** Undefined when help was asked for. */
function readOptions(): Options | undefined {
	const { values } = parseArgs({
		options: {
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
		seed: numberOf('--seed', values.seed),
		runs:
			values.only === undefined
				? Array.from({ length: count }, (_, index) => index + 1)
				: [numberOf('--only', values.only)],
	};
}

function numberOf(option: string, text: string): number {
	if (!/^\d{1,9}$/.test(text)) throw new Error(`${option} is not a number: ${text}`);
	return Number(text);
}
