import { breachesIn } from './breaches';
import { playInWorlds } from './playTrial';
import type { TrialReport } from './playTrial';
import { CONCURRENT_TRIALS, inPool } from './pool';
import { faultRows } from './rows';
import { scaleWaits } from './scaledWaits';
import { keepLog, secretsIn } from './secrets';
import { sumOf, tableOf } from './tally';
import { nameOf } from './trial';
import { WORLDS } from './worlds';

/** To play a part of the table: FAULTS='5\\d\\d' npx jest test/engine/faults */
const chosen = faultRows.filter((row) => new RegExp(process.env.FAULTS ?? '').test(nameOf(row)));

const reports = new Map<string, TrialReport[]>();

const log = keepLog();

beforeAll(async () => {
	scaleWaits(0.1);
	await inPool(
		chosen.map((row) => async () => {
			reports.set(nameOf(row), await playInWorlds(row, WORLDS));
		}),
		CONCURRENT_TRIALS,
	);
}, 600_000);

afterAll(() => {
	const rows = chosen.flatMap((row) => reports.get(nameOf(row)) ?? []);
	const totals = ['all', ...WORLDS].map((world) => {
		const ofWorld = rows.filter((row) => world === 'all' || row.world === world);
		return { name: 'all', world, tally: sumOf(ofWorld.map(({ tally }) => tally)), seconds: 0 };
	});
	process.stdout.write(`\n${tableOf([...rows, ...totals])}\n\n`);
});

it('each row has another name', () => {
	expect(new Set(faultRows.map(nameOf)).size).toBe(faultRows.length);
});

describe('no file is lost, doubled, given a wrong ID or reported wrongly after', () => {
	it.each(chosen.map((row) => [nameOf(row), row] as const))('%s', (name, row) => {
		const played = reports.get(name)!;
		const breaches = played.map((report) => breachesIn(report, row));
		expect(breaches).toEqual(played.map(() => ({})));
	});
});

it('no token, secret or signed link is in the log', () => {
	expect(log.length).toBeGreaterThan(0);
	const secrets = [...reports.values()].flat().flatMap((report) => report.secrets);
	expect(secretsIn(log, secrets)).toEqual([]);
});
