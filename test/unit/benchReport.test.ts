import { benchCases, type Side } from '../bench/cases';
import { report } from '../bench/report';
import type { Measurement, Results, SideResult } from '../bench/results';

const MB = 1024 * 1024;

const turns = (...turn: Array<[stepMs: number, peakMb: number]>): SideResult => ({
	measurements: turn.map(
		([stepMs, peakMb]): Measurement => ({
			stepMs,
			peakBytes: peakMb * MB,
			server: { requests: 40, bytes: 1, refused: 0, spanMs: 1, connections: 40, peak: 4 },
		}),
	),
});

const rowsOf = (results: Results) =>
	report(benchCases(false), results, { unpackedSize: 99 * 1024, loadMs: [8, 30, 7] }).split('\n');

const row = (rows: string[], start: string) => rows.find((line) => line.startsWith(`| ${start}`));

it('reports ratios of medians, and whether each target is met', () => {
	const large: Partial<Record<Side, SideResult>> = {
		'no upload': turns([0, 700]),
		'this node': turns([900, 760], [1000, 740], [5000, 750]),
		'HTTP Request node': turns([2500, 1300], [2400, 1200], [2300, 1250]),
		curl: turns([500, 10]),
	};
	const rows = rowsOf({ large });
	expect(row(rows, '25 MB files: time of the step relative to HTTP Request')).toMatch(
		/0\.42 \| met/,
	);
	expect(row(rows, '25 MB files: time of the step relative to curl')).toMatch(
		/\| +\| 2\.00 \| +\|$/,
	);
	expect(row(rows, '25 MB files: growth of peak memory')).toMatch(/0\.09 \| met/);
	expect(row(rows, 'package, time to load')).toMatch(/8\.00 ms \| met/);
	expect(row(rows, 'this node')).toContain('| 1.00 s (900 ms–5.00 s) | 25.00 ms |');
	expect(row(rows, 'this node')).toContain('| 50 MB |');
});

it('reports no result for a ratio that was not measured, and the reason for a side that failed', () => {
	const failed: SideResult = { measurements: [], failure: 'socket | hang up' };
	const rows = rowsOf({ large: { 'this node': turns([900, 1]), 'HTTP Request node': failed } });
	expect(row(rows, '25 MB files: time of the step relative to HTTP Request')).toMatch(
		/\| – \| +\|$/,
	);
	expect(row(rows, 'HTTP Request node')).toContain('(failed: socket hang up)');
});

it('reports the memory of a download as the difference to the same run without it', () => {
	const rows = rowsOf({
		downloadOne: { 'no download': turns([0, 700]), 'this node': turns([900, 770], [950, 750]) },
		downloadMany: { 'no download': turns([0, 700]), 'this node': turns([900, 770]) },
	});
	expect(row(rows, 'Download of 1,200 MB: growth of peak memory')).toMatch(/60\.00 MB \| met/);
	expect(row(rows, 'Download of 40 × 25 MB: growth of peak memory')).toMatch(/70\.00 MB \| missed/);
	expect(row(rows, 'side')).toContain('| more than no download |');
	expect(row(rows, 'no download')).toMatch(/no download \| – \| – \| 700 MB \| – \|/);
});

it('reports the growth of memory with 200 files relative to that with 40', () => {
	const rows = rowsOf({
		large: { 'no upload': turns([0, 700]), 'this node': turns([1, 800]) },
		many: { 'no upload': turns([0, 750]), 'this node': turns([1, 870]) },
	});
	expect(row(rows, 'growth of peak memory, 200 files relative to 40')).toMatch(/1\.20 \| missed/);
});

it('compares times at the limit with 100 files per second, and reports the most refusals of any turn', () => {
	const at = (stepMs: number, refused: number, more: Partial<Measurement> = {}): Measurement => ({
		stepMs,
		peakBytes: MB,
		server: { requests: 3_000, bytes: 1, refused, spanMs: 31_500, connections: 3_000, peak: 80 },
		...more,
	});
	const rows = rowsOf({
		limit: {
			'this node': { measurements: [at(36_000, 0), at(37_500, 0), at(39_000, 1)] },
			'two processes of this node': { measurements: [at(34_000, 30), at(35_000, 75)] },
			'three runs of this node': {
				measurements: [
					at(36_000, 0, { slowestToFastest: 1.1 }),
					at(36_000, 0, { slowestToFastest: 1.4 }),
				],
			},
		},
	});
	expect(row(rows, 'at the limit: first request')).toMatch(/1\.05 \| met/);
	expect(row(rows, 'at the limit: time of the whole step')).toMatch(/1\.25 \| missed/);
	expect(row(rows, 'at the limit: HTTP 429 answers')).toMatch(/1\.00 \| missed/);
	expect(row(rows, 'two processes at the limit: time')).toMatch(/1\.15 \| met/);
	expect(row(rows, 'two processes at the limit: HTTP 429 answers')).toMatch(/2\.50 \| missed/);
	expect(row(rows, 'three runs at the limit: HTTP 429 answers')).toMatch(/0\.00 \| met/);
	expect(row(rows, 'three runs at the limit: slowest')).toMatch(/1\.40 \| missed/);
});
