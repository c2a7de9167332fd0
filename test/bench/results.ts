import type { CaseName, Side } from './cases';
import type { SinkCounts } from './sink';

/** One turn of one side. */
export interface Measurement {
	/** milliseconds */
	stepMs: number;
	/** bytes */
	peakBytes: number;
	/** for several runs at the same time: time of the slowest, divided by that of the fastest */
	slowestToFastest?: number;
	/** what the server has counted */
	server: SinkCounts;
}

/** The turns of a side in a case. After a failed turn there are no more; `failure` is the reason. */
export interface SideResult {
	measurements: Measurement[];
	failure?: string;
}

export type CaseResult = Partial<Record<Side, SideResult>>;

export type Results = Partial<Record<CaseName, CaseResult>>;

/** Size of the package and time to load it. */
export interface PackageFigures {
	/** bytes */
	unpackedSize: number;
	/** milliseconds to load node and credential after n8n-workflow, each in a new process */
	loadMs: number[];
}
