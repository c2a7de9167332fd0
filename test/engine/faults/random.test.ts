import { failureTextOf, hasFailed, randomRuns, randomTrial } from './random';
import type { RandomRun } from './random';
import { scaleWaits } from './scaledWaits';
import { keepLog, secretsIn } from './secrets';
import { sumOf, tableOf } from './tally';
import { nameOf } from './trial';

const SEED = 1;

const RUNS = 50;

const log = keepLog();

let played: RandomRun[] = [];

beforeAll(async () => {
	scaleWaits(0.1);
	const startedAt = Date.now();
	played = await randomRuns(
		SEED,
		Array.from({ length: RUNS }, (_, index) => index + 1),
		'any',
	);
	const tally = sumOf(played.map(({ report }) => report.tally));
	const name = `random faults, seed ${SEED}, ${RUNS} runs`;
	const seconds = (Date.now() - startedAt) / 1000;
	process.stdout.write(`\n${tableOf([{ name, world: 'any', tally, seconds }])}\n\n`);
}, 600_000);

it('no file of 500 in 50 runs with random faults is lost, doubled or given a wrong ID', () => {
	expect(played.filter(hasFailed).map(failureTextOf)).toEqual([]);
	expect(sumOf(played.map(({ report }) => report.tally))).toMatchObject({
		files: 500,
		doubled: 0,
		lost: 0,
		wrongIds: 0,
		untrue: 0,
	});
});

it('the same seed and number give the same run, another number gives another run', () => {
	const drawn = (run: number) => {
		const trial = randomTrial(SEED, run);
		return [nameOf(trial), trial.options, ...trial.files.map(({ name, sha256 }) => [name, sha256])];
	};
	expect(drawn(7)).toEqual(drawn(7));
	expect(drawn(7)).not.toEqual(drawn(8));
});

it('no token, secret or signed link is in the log', () => {
	expect(log.length).toBeGreaterThan(0);
	expect(
		secretsIn(
			log,
			played.flatMap(({ report }) => report.secrets),
		),
	).toEqual([]);
});
