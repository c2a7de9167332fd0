import { playTrial } from './playTrial';
import type { TrialReport } from './playTrial';
import { inPool } from './pool';
import { faultRows } from './rows';
import { keepLog, secretsIn } from './secrets';
import { isBroken, sumOf, tableOf } from './tally';
import { nameOf } from './trial';

/** Most of a trial is waiting. */
const AT_ONCE = 12;

/** For a part of the table: FAULTS='5\\d\\d' npx jest test/engine/faults */
const chosen = faultRows.filter((row) => new RegExp(process.env.FAULTS ?? '').test(nameOf(row)));

const reports = new Map<string, TrialReport>();

const log = keepLog();

beforeAll(async () => {
	const played = await inPool(
		chosen.map((row) => async () => await playTrial(row)),
		AT_ONCE,
	);
	for (const report of played) reports.set(report.name, report);
}, 300_000);

afterAll(() => {
	const rows = [...reports.values()];
	const total = { name: 'all', tally: sumOf(rows.map(({ tally }) => tally)), seconds: 0 };
	process.stdout.write(`\n${tableOf([...rows, total])}\n\n`);
});

it('each row has a name of its own', () => {
	expect(new Set(faultRows.map(nameOf)).size).toBe(faultRows.length);
});

describe('no file is lost, doubled or given a wrong ID by', () => {
	it.each(chosen.map((row) => [nameOf(row), row] as const))('%s', (name, row) => {
		const report = reports.get(name)!;
		const { tally, told, complaint } = report;
		const explained = { ...report, told: told.map(({ file, ...rest }) => [file.name, rest]) };
		expect({ ...explained, broken: isBroken(tally) }).toMatchObject({
			broken: false,
			inTime: true,
			open: [],
			leaks: [],
			complaint: undefined,
			...(row.namesCandidates ? { unnamed: [] } : {}),
		});
		expect(complaint).toBeUndefined();
		if (row.expected) expect(tally.told).toMatchObject(withNoOthers(row.expected));
	});
});

const withNoOthers = (expected: Partial<TrialReport['tally']['told']>) => ({
	stored: 0,
	'not stored': 0,
	unknown: 0,
	'not started': 0,
	...expected,
});

it('no token, secret or signed link is in the log', () => {
	expect(log.length).toBeGreaterThan(0);
	const secrets = [...reports.values()].flatMap((report) => report.secrets);
	expect(secretsIn(log, secrets)).toEqual([]);
});
