import { playInWorlds } from './playTrial';
import type { TrialReport } from './playTrial';
import { inPool } from './pool';
import { faultRows } from './rows';
import { scaleWaits } from './scaledWaits';
import { keepLog, secretsIn } from './secrets';
import { isBroken, sumOf, tableOf } from './tally';
import { nameOf } from './trial';
import type { Expected, Trial } from './trial';
import { WORLDS } from './worlds';

/** Most of a trial is waiting. */
const AT_ONCE = 16;

/** For a part of the table: FAULTS='5\\d\\d' npx jest test/engine/faults */
const chosen = faultRows.filter((row) => new RegExp(process.env.FAULTS ?? '').test(nameOf(row)));

const reports = new Map<string, TrialReport[]>();

const log = keepLog();

beforeAll(async () => {
	scaleWaits(0.1);
	await inPool(
		chosen.map((row) => async () => {
			reports.set(nameOf(row), await playInWorlds(row, WORLDS));
		}),
		AT_ONCE,
	);
}, 600_000);

afterAll(() => {
	const rows = chosen.flatMap((row) => reports.get(nameOf(row)) ?? []);
	const totals = ['all', ...WORLDS].map((world) => {
		const those = rows.filter((row) => world === 'all' || row.world === world);
		return { name: 'all', world, tally: sumOf(those.map(({ tally }) => tally)), seconds: 0 };
	});
	process.stdout.write(`\n${tableOf([...rows, ...totals])}\n\n`);
});

it('each row has a name of its own', () => {
	expect(new Set(faultRows.map(nameOf)).size).toBe(faultRows.length);
});

describe('no file is lost, doubled, given a wrong ID or told wrongly of by', () => {
	it.each(chosen.map((row) => [nameOf(row), row] as const))('%s', (name, row) => {
		for (const report of reports.get(name) ?? []) expectSound(report, row);
		expect(reports.get(name)).toBeDefined();
	});
});

function expectSound(report: TrialReport, row: Trial): void {
	const { tally, told, world } = report;
	const explained = {
		...report,
		told: told.map(({ file, outcome, words, tryAgain }) => [file.name, outcome, words, tryAgain]),
		broken: isBroken(tally),
	};
	expect(explained).toMatchObject({
		world,
		broken: false,
		inTime: true,
		open: [],
		leaks: [],
		complaint: undefined,
		...(row.namesCandidates && world === 'at once' ? { unnamed: [] } : {}),
	});
	const expected = world === 'at once' ? row.expected : row.expectedIn?.[world];
	if (expected)
		expect({ world, told: countsIn(tally.told, expected) }).toEqual({ world, told: {} });
}

/** The counts that are not as expected. */
function countsIn(told: TrialReport['tally']['told'], expected: Expected): object {
	const wrong = Object.entries(told).filter(([outcome, count]) => {
		const wanted = expected[outcome as keyof Expected] ?? 0;
		const [least, most] = typeof wanted === 'number' ? [wanted, wanted] : wanted;
		return count < least || count > most;
	});
	return Object.fromEntries(wrong);
}

it('no token, secret or signed link is in the log', () => {
	expect(log.length).toBeGreaterThan(0);
	const secrets = [...reports.values()].flat().flatMap((report) => report.secrets);
	expect(secretsIn(log, secrets)).toEqual([]);
});
