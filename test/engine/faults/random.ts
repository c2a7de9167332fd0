import type { INode } from 'n8n-workflow';

import type { Fault } from '../../candid-api';
import { SIGN_IN_PATH } from '../../candid-api/paths';
import { pdf } from '../../files/contents';
import { playTrial } from './playTrial';
import type { TrialReport } from './playTrial';
import { inPool } from './pool';
import { Seeded } from './seeded';
import type { Stage } from './stage';
import { isBroken } from './tally';
import { trialFile } from './trial';
import type { Told, Trial, TrialFile } from './trial';
import { WORLDS } from './worlds';
import type { World } from './worlds';

const FILES_PER_RUN = 10;

const AT_ONCE = 16;

/** Long enough for a machine that is busy with other runs; only what is never answered runs into it. */
const TIMEOUT_MS = 10_000;

export interface RandomRun {
	seed: number;
	/** number of the run, from 1; with the seed it decides everything but the time */
	run: number;
	report: TrialReport;
}

/**
 * Plays runs with faults drawn at random.
 *
 * @param world 'any' for one that is drawn too
 * @param done is told of each run as it ends
 */
export async function randomRuns(
	seed: number,
	runs: number[],
	world: World | 'any',
	done: (run: RandomRun) => void = () => {},
): Promise<RandomRun[]> {
	const tasks = runs.map((run) => async (): Promise<RandomRun> => {
		const one = { seed, run, report: await play(seed, run, world) };
		done(one);
		return one;
	});
	return await inPool(tasks, AT_ONCE);
}

const play = async (seed: number, run: number, world: World | 'any') =>
	await playTrial(
		randomTrial(seed, run),
		world === 'any' ? new Seeded(seed, run, 1).oneOf(WORLDS) : world,
	);

/** Whether the run lost, doubled or mistook a file, did not end, or left something behind. */
export const isAmiss = ({ report }: RandomRun) =>
	isBroken(report.tally) ||
	!report.inTime ||
	report.open.length + report.leaks.length > 0 ||
	report.complaint !== undefined;

/** What is wrong with a run, and how to play it again. */
export function complaintOf({ seed, run, report }: RandomRun): string {
	const { name, world, tally, told, inTime, open, leaks, complaint } = report;
	const words = told.map((one) => `  ${one.file.name}: ${one.outcome} ${one.words.slice(0, 200)}`);
	return [
		`Run ${run} of seed ${seed} (play it again with --seed ${seed} --only ${run} --world '${world}'): ${name}`,
		JSON.stringify({ tally, inTime, open, leaks, complaint: String(complaint ?? '') }),
		...words,
	].join('\n');
}

/** The files and faults of one run; always the same for the same numbers. */
export function randomTrial(seed: number, run: number): Trial {
	const random = new Seeded(seed, run);
	const manner = random.oneOf(MANNERS);
	const skip = random.chance(0.4);
	// 'Skip' takes another run's file of the same name for its own: that is what it is for.
	const twins = random.chance(0.4) && !(skip && manner.play);
	const files = randomFiles(random, twins);
	const faults = Array.from({ length: random.whole(1, 4) }, () => randomFault(random));
	const tokenExpiresAfter = random.chance(0.2) ? random.whole(1, 9) : undefined;
	const expiry =
		tokenExpiresAfter === undefined ? '' : `, token expires after ${tokenExpiresAfter}`;
	return {
		fault: `${manner.name}: ${faults.map(inWords).join('; ')}${expiry}`,
		attachTo: random.oneOf(['charge capture', 'encounter']),
		skip,
		files,
		faults,
		node: manner.node,
		play: manner.play,
		timeoutMs: TIMEOUT_MS,
		options: { maxConcurrentUploads: random.whole(1, 6), maxTries: random.whole(1, 4) },
		prepare: (stage) =>
			stage.onCreateEnd((ended) => {
				if (ended === tokenExpiresAfter) stage.api.expireTokens();
			}),
	};
}

interface Manner {
	name: string;
	node: Partial<INode>;
	play?: (stage: Stage) => Promise<Told[]>;
}

const CONTINUE: Partial<INode> = { onError: 'continueRegularOutput' };

const RETRY: Partial<INode> = { retryOnFail: true, maxTries: 3, waitBetweenTries: 0 };

const MANNERS: Manner[] = [
	{ name: 'continue', node: CONTINUE },
	{ name: 'continue, error output', node: { onError: 'continueErrorOutput' } },
	{ name: 'stop', node: {} },
	{ name: 'Retry On Fail', node: RETRY },
	{ name: 'Retry On Fail and continue', node: { ...RETRY, ...CONTINUE } },
	{ name: 'two runs at once', node: CONTINUE, play: atOnce },
	{ name: 'two runs with Retry On Fail at once', node: RETRY, play: atOnce },
];

/** With 'Skip' both runs have all the files. */
async function atOnce(stage: Stage): Promise<Told[]> {
	const { files, skip } = stage.trial;
	const middle = Math.ceil(files.length / 2);
	const runs = skip ? [files, files] : [files.slice(0, middle), files.slice(middle)];
	return (await Promise.all(runs.map(async (ofRun) => await stage.run(ofRun)))).flat();
}

/** @param twins whether some have the name, or even the content, of the one before */
function randomFiles(random: Seeded, twins: boolean): TrialFile[] {
	const files: TrialFile[] = [];
	for (let index = 0; index < FILES_PER_RUN; index++) {
		const before = twins && random.chance(0.3) ? files[index - 1] : undefined;
		// The node sends files of up to 512 KB in one piece, and larger ones as streams.
		const size = random.chance(0.3) ? random.whole(520, 700) * 1024 : random.whole(1, 5000);
		const bytes = before && random.chance(0.3) ? before.bytes : pdf(random.bytes(size));
		files.push(trialFile(before?.name ?? `${index}.pdf`, bytes));
	}
	return files;
}

const STATUSES = [400, 401, 403, 408, 409, 413, 422, 429, 500, 502, 503, 504];

const UNSURE_STATUSES = [408, 500, 502, 503, 504];

const CUTS = [
	'before-body',
	'during-body',
	'before-answer',
	'before-answer-unstored',
	'mid-answer',
] as const;

const LISTS = { method: 'GET', path: /^\/api\/encounter-attachments\// };

const KINDS: Array<(random: Seeded) => Fault> = [
	(random) => ({ kind: 'status', status: random.oneOf(STATUSES), body: '' }),
	(random) => ({
		kind: 'status',
		status: random.oneOf(UNSURE_STATUSES),
		body: '',
		when: 'after',
	}),
	(random) => ({ kind: 'cut', cut: random.oneOf(CUTS) }),
	(random) => ({ kind: 'answer', body: random.oneOf(['', '<p>Hello</p>', '"x"', { id: 7 }]) }),
	// Never answered: the file is stored at once, or when the node has given up waiting.
	(random) => ({ kind: 'delay', when: random.oneOf(['after', 'after-answer']) }),
	(random) => ({ ...LISTS, kind: 'status', status: random.oneOf([403, 500, 503]) }),
	(random) => ({ ...LISTS, kind: 'cut', cut: random.oneOf(CUTS) }),
];

const BUSY_TOKENS: Fault = { method: 'POST', path: SIGN_IN_PATH, kind: 'status', status: 429 };

function randomFault(random: Seeded): Fault {
	if (random.chance(0.05)) return BUSY_TOKENS;
	const fault = random.oneOf(KINDS)(random);
	return { ...fault, times: random.whole(1, 3), skip: random.whole(0, 8) };
}

function inWords({ kind, method, status, cut, when, times = 1, skip = 0 }: Fault): string {
	const what = [method === undefined ? '' : `${method}:`, kind, status, cut, when];
	return `${what.filter(Boolean).join(' ')} ×${times} after ${skip}`;
}
