import { BASELINES, type Case, type CaseName, type Side } from './cases';
import { isClientSide } from './clients';
import type { CaseResult, Measurement, PackageFigures, Results } from './results';
import { median, withSpread } from './statistics';

const MB = 1024 * 1024;

/** The results as Markdown: a table of ratios with their targets, and a table for each case. */
export function report(
	cases: Record<CaseName, Case>,
	results: Results,
	figures: PackageFigures,
): string {
	const sections = Object.entries(results).map(([name, result]) => {
		const benchCase = cases[name as CaseName];
		const rows = benchCase.sides.map((side) => sideRow(benchCase, result, side));
		return [
			`### ${benchCase.title}`,
			`Shows: ${benchCase.shows}.`,
			table(headOf(benchCase), rows),
		].join('\n\n');
	});
	const ratios = table(
		['measure', 'target', 'measured', ''],
		ratioRows(cases, results, figures).map(({ measure, target, value, unit = '' }) => [
			measure,
			target === undefined ? '' : `≤ ${target.toFixed(unit === '' ? 2 : 0)}${unit}`,
			value === undefined ? '–' : `${value.toFixed(unit === ' KB' ? 1 : 2)}${unit}`,
			value === undefined || target === undefined ? '' : value <= target ? 'met' : 'missed',
		]),
	);
	return ['### Ratios', ratios, ...sections].join('\n\n');
}

const headOf = ({ download }: Case) => [
	'side',
	'time of the step',
	'per file',
	'peak memory',
	download ? 'more than no download' : 'more than no upload',
	'in flight',
	'connections',
	'429',
];

function sideRow(benchCase: Case, result: CaseResult, side: Side): string[] {
	const { measurements = [], failure } = result[side] ?? {};
	const of = (value: (measurement: Measurement) => number) => measurements.map(value);
	const most = (value: (measurement: Measurement) => number) =>
		measurements.length === 0 ? '–' : String(Math.max(...of(value)));
	const isBaseline = BASELINES.includes(side);
	const time = isBaseline
		? '–'
		: withSpread(
				of(({ stepMs }) => stepMs),
				duration,
			);
	const memory = benchCase.freshN8n || isClientSide(side);
	const growth = memory && !isClientSide(side) ? growthOf(result, side) : undefined;
	return [
		failure === undefined
			? side
			: `${side} (failed: ${failure.replace(/[|\s]+/g, ' ').slice(0, 80)})`,
		time,
		isBaseline || measurements.length === 0
			? '–'
			: `${(median(of(({ stepMs }) => stepMs)) / benchCase.files).toFixed(2)} ms`,
		memory
			? withSpread(
					of(({ peakBytes }) => peakBytes),
					megabytes,
				)
			: '–',
		growth === undefined || isBaseline ? '–' : megabytes(growth),
		most(({ server }) => server.peak),
		most(({ server }) => server.connections),
		most(({ server }) => server.refused),
	];
}

interface Ratio {
	measure: string;
	/** default: no target, the value is only printed */
	target?: number;
	value: number | undefined;
	unit?: string;
}

function ratioRows(
	cases: Record<CaseName, Case>,
	results: Results,
	figures: PackageFigures,
): Ratio[] {
	const time = (name: CaseName, side: Side) => {
		const { measurements = [], failure } = results[name]?.[side] ?? {};
		return failure !== undefined || measurements.length === 0
			? undefined
			: median(measurements.map(({ stepMs }) => stepMs));
	};
	const against = (name: CaseName, side: Side) => ratio(time(name, 'this node'), time(name, side));
	const growth = (name: CaseName, side: Side) => growthOf(results[name] ?? {}, side);
	const turns = (name: CaseName, side: Side) => results[name]?.[side]?.measurements ?? [];
	const most = (measurements: Measurement[], value: (one: Measurement) => number) =>
		measurements.length === 0 ? undefined : Math.max(...measurements.map(value));
	const refused = (name: CaseName, side: Side) => most(turns(name, side), (m) => m.server.refused);
	const AT_100_A_SECOND = cases.limit.files * 10;
	const spans = turns('limit', 'this node').map(({ server }) => server.spanMs);
	return [
		{
			measure: '25 MB files: time of the step relative to HTTP Request',
			target: 0.65,
			value: against('large', 'HTTP Request node'),
		},
		{
			measure: '25 MB files: time of the step relative to curl, same concurrency',
			value: against('large', 'curl'),
		},
		{
			measure: '25 MB files: growth of peak memory relative to HTTP Request',
			target: 0.12,
			value: ratio(growth('large', 'this node'), growth('large', 'HTTP Request node')),
		},
		{
			measure: `growth of peak memory, ${cases.many.files} files relative to ${cases.large.files}`,
			target: 1.15,
			value: ratio(growth('many', 'this node'), growth('large', 'this node')),
		},
		{
			measure: '10 KB files: time per file relative to HTTP Request',
			target: 0.8,
			value: against('small', 'HTTP Request node'),
		},
		{
			measure: '10 KB files without an expression: time per file relative to HTTP Request',
			target: 0.6,
			value: against('constant', 'HTTP Request node'),
		},
		{
			measure: '10 KB files: time per file relative to the one-field declarative node',
			target: 1.1,
			value: against('small', 'one-field declarative node'),
		},
		{
			measure: 'at the limit: first request to last answer, relative to 100 files per second',
			target: 1.1,
			value: ratio(spans.length > 0 ? median(spans) : undefined, AT_100_A_SECOND),
		},
		{
			measure: 'at the limit: time of the whole step, relative to 100 files per second',
			target: 1.1,
			value: ratio(time('limit', 'this node'), AT_100_A_SECOND),
		},
		{
			measure: 'at the limit: HTTP 429 answers',
			target: 0,
			value: refused('limit', 'this node'),
		},
		{
			measure: 'two processes at the limit: time of the step, relative to 100 files per second',
			target: 1.4,
			value: ratio(time('limit', 'two processes of this node'), AT_100_A_SECOND),
		},
		{
			measure: 'two processes at the limit: HTTP 429 answers, % of all',
			target: 2,
			value: most(
				turns('limit', 'two processes of this node'),
				({ server }) => (100 * server.refused) / server.requests,
			),
		},
		{
			measure: 'three runs at the limit: HTTP 429 answers',
			target: 0,
			value: refused('limit', 'three runs of this node'),
		},
		{
			measure: 'three runs at the limit: slowest relative to fastest',
			target: 1.3,
			value: most(turns('limit', 'three runs of this node'), (m) => m.slowestToFastest ?? NaN),
		},
		{
			measure: `${cases.distant.title}: time of the step relative to HTTP Request`,
			target: 1,
			value: against('distant', 'HTTP Request node'),
		},
		{
			measure: `${cases.distant.title}: HTTP 429 answers`,
			target: 0,
			value: refused('distant', 'this node'),
		},
		...(['downloadOne', 'downloadMany'] as const).map((name) => ({
			measure: `${cases[name].title}: growth of peak memory`,
			target: 64,
			value: ratio(growth(name, 'this node'), MB),
			unit: ' MB',
		})),
		{
			measure: 'package, unpacked',
			target: 300,
			value: figures.unpackedSize / 1024,
			unit: ' KB',
		},
		{
			measure: 'package, time to load',
			target: 10,
			value: median(figures.loadMs),
			unit: ' ms',
		},
	];
}

/** Bytes of memory beyond those of the same workflow without the measured step. */
function growthOf(result: CaseResult, side: Side): number | undefined {
	const peak = (of: Side) => {
		const measurements = result[of]?.measurements ?? [];
		return measurements.length === 0 ? undefined : median(measurements.map((m) => m.peakBytes));
	};
	const baseline = BASELINES.find((of) => of in result);
	const [with_, without] = [peak(side), baseline && peak(baseline)];
	return with_ === undefined || without === undefined ? undefined : with_ - without;
}

const ratio = (a: number | undefined, b: number | undefined) =>
	a === undefined || b === undefined ? undefined : a / b;

const duration = (ms: number) =>
	ms < 1_000 ? `${ms.toFixed(0)} ms` : `${(ms / 1_000).toFixed(2)} s`;

const megabytes = (bytes: number) => `${(bytes / MB).toFixed(0)} MB`;

function table(head: string[], rows: string[][]): string {
	const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
	return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
