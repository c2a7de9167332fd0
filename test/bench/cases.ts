import type { BinaryDataMode } from '../n8n/realN8n';

/**
 * What is compared: nodes in a real n8n, and clients in their own processes. Two declarative nodes show
 * the cost of n8n itself: one sends requests without content; the other sends the external ID with the
 * credential, and no file.
 */
export const SIDES = [
	'no upload',
	'no download',
	'this node',
	'HTTP Request node',
	'empty declarative node',
	'one-field declarative node',
	'form-data script',
	'vendor SDK',
	'curl',
	'two processes of this node',
	'three runs of this node',
] as const;

export type Side = (typeof SIDES)[number];

/** The same workflow without the measured step, to calculate the memory that the step adds. */
export const BASELINES: Side[] = ['no upload', 'no download'];

const WITHOUT_FILES: Side[] = [
	...BASELINES,
	'empty declarative node',
	'one-field declarative node',
];

/** This node in n8n's engine without the rest of n8n, of which several can run at the same time. */
export const ENGINE_SIDES: Side[] = ['two processes of this node', 'three runs of this node'];

/** Whether this side transfers files. */
export const transfersFiles = (side: Side) => !WITHOUT_FILES.includes(side);

export interface Case {
	title: string;
	/** what the case shows */
	shows: string;
	/** true: files are downloaded; else they are uploaded */
	download?: boolean;
	files: number;
	/** bytes of each file */
	size: number;
	/** milliseconds between the end of a request and its answer */
	latencyMs: number;
	/** how many requests the server accepts in 10 seconds; default: any number */
	requestsPer10Seconds?: number;
	binaryMode: BinaryDataMode;
	/** true: every measurement starts a new n8n, for its peak memory; false: all share one warm n8n */
	freshN8n: boolean;
	/** files in flight of the clients that can be configured; the same as this node's default */
	concurrency: number;
	/** how many files curl sends per second; default: no limit */
	perSecond?: number;
	/** how often clients upload all files before they are measured; default 0 */
	warmUps?: number;
	/** true: all files go to one charge capture, so that no parameter is an expression */
	oneChargeCapture?: boolean;
	/** in the order of their turns */
	sides: Side[];
	/** how many turns each side gets */
	rounds: number;
}

const MB = 1024 * 1024;
const KB = 1024;

const LARGE = {
	size: 25 * MB - 1,
	latencyMs: 0,
	binaryMode: 'filesystem',
	freshN8n: true,
	concurrency: 4,
} as const;

const SMALL = {
	size: 10 * KB,
	latencyMs: 20,
	binaryMode: 'filesystem',
	freshN8n: false,
	concurrency: 80,
} as const;

const WITH_MEMORY: Side[] = ['no upload', 'this node', 'HTTP Request node'];
const DOWNLOADS: Side[] = ['no download', 'this node', 'HTTP Request node'];
const CLIENTS: Side[] = ['form-data script', 'vendor SDK', 'curl'];
export const NODES: Side[] = [
	'this node',
	'HTTP Request node',
	'empty declarative node',
	'one-field declarative node',
];

/**
 * The cases by name. Except at the limit, they have at most 900 files in ten seconds: more would measure
 * the node's pace, not its cost.
 *
 * @param quick smaller cases, which take less than four minutes
 */
export function benchCases(quick: boolean) {
	const either = (full: number, small: number) => (quick ? small : full);
	return {
		small: {
			...SMALL,
			title: `${either(800, 400)} × 10 KB, 20 ms`,
			shows: 'cost per item',
			files: either(800, 400),
			sides: [...NODES, ...CLIENTS],
			rounds: either(3, 1),
		},
		constant: {
			...SMALL,
			title: `${either(800, 400)} × 10 KB, 20 ms, no expression`,
			shows: 'the same for one charge capture, whose external ID is not an expression',
			files: either(800, 400),
			oneChargeCapture: true,
			sides: NODES,
			rounds: either(3, 1),
		},
		limit: {
			...SMALL,
			title: `At the limit: ${either(3_000, 1_200).toLocaleString('en')} × 10 KB, 100 ms`,
			shows: 'a server that accepts at most 1,000 requests in 10 s',
			files: either(3_000, 1_200),
			latencyMs: 100,
			requestsPer10Seconds: 1_000,
			perSecond: 90,
			sides: ['this node', 'HTTP Request node', 'vendor SDK', 'curl', ...ENGINE_SIDES],
			rounds: either(3, 1),
		},
		distant: {
			...SMALL,
			title: `${either(900, 200)} × 200 KB, 150 ms`,
			shows: 'the latency of a real network, within 1,000 requests in 10 s',
			files: either(900, 200),
			size: 200 * KB,
			latencyMs: 150,
			requestsPer10Seconds: 1_000,
			sides: ['this node', 'HTTP Request node', ...CLIENTS],
			rounds: either(3, 1),
		},
		one: {
			...SMALL,
			title: '1 × 10 KB, a warm n8n',
			shows: 'what the node adds to a bare request',
			files: 1,
			latencyMs: 0,
			warmUps: 200,
			sides: [...NODES, 'form-data script'],
			rounds: either(40, 6),
		},
		large: {
			...LARGE,
			title: `${either(40, 8)} × 25 MB`,
			shows: 'time of the step, peak memory',
			files: either(40, 8),
			sides: [...WITH_MEMORY, ...CLIENTS],
			rounds: either(3, 1),
		},
		many: {
			...LARGE,
			title: `${either(200, 24)} × 25 MB`,
			shows: 'memory does not grow with the number of files',
			files: either(200, 24),
			sides: quick ? ['no upload', 'this node'] : WITH_MEMORY,
			rounds: either(3, 1),
		},
		inMemory: {
			...LARGE,
			title: `${either(40, 8)} × 25 MB, binary data in memory`,
			shows: "n8n's other modes",
			files: either(40, 8),
			binaryMode: 'default',
			sides: quick ? ['this node'] : WITH_MEMORY,
			rounds: either(2, 1),
		},
		inDatabase: {
			...LARGE,
			title: `${either(40, 8)} × 25 MB, binary data in the database`,
			shows: "n8n's other modes",
			files: either(40, 8),
			binaryMode: 'database',
			sides: quick ? ['this node'] : WITH_MEMORY,
			rounds: either(2, 1),
		},
		downloadOne: {
			...LARGE,
			title: `Download of ${either(1_200, 200).toLocaleString('en')} MB`,
			shows: 'memory does not grow with the size of a file',
			download: true,
			files: 1,
			size: either(1_200, 200) * MB,
			sides: DOWNLOADS,
			rounds: either(3, 1),
		},
		downloadMany: {
			...LARGE,
			title: `Download of ${either(40, 8)} × 25 MB`,
			shows: 'time of the step, peak memory',
			download: true,
			files: either(40, 8),
			sides: DOWNLOADS,
			rounds: either(3, 1),
		},
	} satisfies Record<string, Case>;
}

export type CaseName = keyof ReturnType<typeof benchCases>;
