import type { CaseName, Side } from './cases';
import type { SinkCounts } from './sink';

/** One turn of one side. */
export interface Measurement {
	/** milliseconds */
	stepMs: number;
	/** bytes */
	peakBytes: number;
	/** of several runs at once, the time of the slowest in that of the fastest */
	slowestToFastest?: number;
	/** what the server has seen */
	server: SinkCounts;
}

/** A side's turns in a case; where one failed, why, and none after it. */
export interface SideResult {
	measurements: Measurement[];
	failure?: string;
}

export type CaseResult = Partial<Record<Side, SideResult>>;

export type Results = Partial<Record<CaseName, CaseResult>>;

/** What n8n loads of the package. */
export interface PackageFigures {
	/** bytes */
	unpackedSize: number;
	/** milliseconds to load node and credential in a process that has n8n-workflow, each in a new process */
	loadMs: number[];
}
