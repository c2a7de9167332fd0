import type { INode } from 'n8n-workflow';

import type { Fault } from '../../candid-api';
import { SIGN_IN_PATH } from '../../candid-api/paths';
import { pdf } from '../../files/contents';
import { ATTACHMENT_LISTS, CONTINUE_ON_FAIL, retryOnFail } from '../fixtures';
import { playTrial } from './playTrial';
import type { TrialReport } from './playTrial';
import { CONCURRENT_TRIALS, inPool } from './pool';
import { TIMEOUT_MS } from './rows/shared';
import { Seeded } from './seeded';
import type { Stage } from './stage';
import { isBroken } from './tally';
import { trialFile } from './trial';
import type { FileOutcome, Trial, TrialFile } from './trial';
import { WORLDS } from './worlds';
import type { World } from './worlds';

const FILES_PER_RUN = 10;

export interface RandomRun {
	seed: number;
	/** number of the run, from 1; it and the seed determine everything but the timing */
	run: number;
	report: TrialReport;
}

/**
 * Plays runs with faults drawn at random.
 *
 * @param world 'any' for one that is drawn at random too
 * @param onRunEnd called with each run as it ends
 */
export async function randomRuns(
	seed: number,
	runs: number[],
	world: World | 'any',
	onRunEnd: (run: RandomRun) => void = () => {},
): Promise<RandomRun[]> {
	const tasks = runs.map((run) => async (): Promise<RandomRun> => {
		const one = { seed, run, report: await play(seed, run, world) };
		onRunEnd(one);
		return one;
	});
	return await inPool(tasks, CONCURRENT_TRIALS);
}

const play = async (seed: number, run: number, world: World | 'any') =>
	await playTrial(
		randomTrial(seed, run),
		world === 'any' ? new Seeded(seed, run, 1).oneOf(WORLDS) : world,
	);

/** Whether the run lost, doubled or confused a file, did not end, or left a file open or a secret in the log. */
export const hasFailed = ({ report }: RandomRun) =>
	isBroken(report.tally) ||
	!report.inTime ||
	report.open.length + report.leaks.length > 0 ||
	report.checkError !== undefined;

/** What is wrong with a run, and how to repeat it. */
export function failureTextOf({ seed, run, report }: RandomRun): string {
	const { name, world, tally, outcomes, inTime, open, leaks, checkError } = report;
	const lines = outcomes.map(
		({ file, outcome, text }) => `  ${file.name}: ${outcome} ${text.slice(0, 200)}`,
	);
	return [
		`Run ${run} of seed ${seed} (repeat it with --seed ${seed} --only ${run} --world '${world}'): ${name}`,
		JSON.stringify({ tally, inTime, open, leaks, checkError: String(checkError ?? '') }),
		...lines,
	].join('\n');
}

/** The files and faults of one run, always the same for the same seed and number. */
export function randomTrial(seed: number, run: number): Trial {
	const random = new Seeded(seed, run);
	const mode = random.oneOf(RUN_MODES);
	const skip = random.chance(0.4);
	// With 'Skip' a run treats a file of the same name from another run as already attached, by design.
	const withDuplicates = random.chance(0.4) && !(skip && mode.play);
	const files = randomFiles(random, withDuplicates);
	const faults = Array.from({ length: random.whole(1, 4) }, () => randomFault(random));
	const tokenExpiresAfter = random.chance(0.2) ? random.whole(1, 9) : undefined;
	const expiry =
		tokenExpiresAfter === undefined ? '' : `, token expires after ${tokenExpiresAfter}`;
	return {
		fault: `${mode.name}: ${faults.map(faultText).join('; ')}${expiry}`,
		attachTo: random.oneOf(['charge capture', 'encounter']),
		skip,
		files,
		faults,
		node: mode.node,
		play: mode.play,
		timeoutMs: TIMEOUT_MS,
		options: { maxConcurrentUploads: random.whole(1, 6), maxTries: random.whole(1, 4) },
		prepare: (stage) =>
			stage.onCreateEnd((ended) => {
				if (ended === tokenExpiresAfter) stage.api.expireTokens();
			}),
	};
}

interface RunMode {
	name: string;
	node: Partial<INode>;
	play?: (stage: Stage) => Promise<FileOutcome[]>;
}

const RETRY = retryOnFail(3);

const RUN_MODES: RunMode[] = [
	{ name: 'continue', node: CONTINUE_ON_FAIL },
	{ name: 'continue, error output', node: { onError: 'continueErrorOutput' } },
	{ name: 'stop', node: {} },
	{ name: 'Retry On Fail', node: RETRY },
	{ name: 'Retry On Fail and continue', node: { ...RETRY, ...CONTINUE_ON_FAIL } },
	{ name: 'two concurrent runs', node: CONTINUE_ON_FAIL, play: inTwoRuns },
	{ name: 'two concurrent runs with Retry On Fail', node: RETRY, play: inTwoRuns },
];

/** With 'Skip' both runs have all files, otherwise half of them each. */
async function inTwoRuns(stage: Stage): Promise<FileOutcome[]> {
	const { files, skip } = stage.trial;
	const middle = Math.ceil(files.length / 2);
	const runs = skip ? [files, files] : [files.slice(0, middle), files.slice(middle)];
	return (await Promise.all(runs.map(async (ofRun) => await stage.run(ofRun)))).flat();
}

/** @param withDuplicates whether some have the name, or also the content, of the file before */
function randomFiles(random: Seeded, withDuplicates: boolean): TrialFile[] {
	const files: TrialFile[] = [];
	for (let index = 0; index < FILES_PER_RUN; index++) {
		const before = withDuplicates && random.chance(0.3) ? files[index - 1] : undefined;
		// The node sends files of up to 512 KB in one piece, and larger ones as streams.
		const size = random.chance(0.3) ? random.whole(520, 700) * 1024 : random.whole(1, 5000);
		const bytes = before && random.chance(0.3) ? before.bytes : pdf(random.bytes(size));
		files.push(trialFile(before?.name ?? `${index}.pdf`, bytes));
	}
	return files;
}

const STATUSES = [400, 401, 403, 408, 409, 413, 422, 429, 500, 502, 503, 504];

const UNCERTAIN_STATUSES = [408, 500, 502, 503, 504];

const CUTS = [
	'before-body',
	'during-body',
	'before-answer',
	'before-answer-unstored',
	'mid-answer',
] as const;

const KINDS: Array<(random: Seeded) => Fault> = [
	(random) => ({ kind: 'status', status: random.oneOf(STATUSES), body: '' }),
	(random) => ({
		kind: 'status',
		status: random.oneOf(UNCERTAIN_STATUSES),
		body: '',
		when: 'after',
	}),
	(random) => ({ kind: 'cut', cut: random.oneOf(CUTS) }),
	(random) => ({ kind: 'answer', body: random.oneOf(['', '<p>Hello</p>', '"x"', { id: 7 }]) }),
	// Never answered: the file is stored immediately, or after the node's timeout.
	(random) => ({ kind: 'delay', when: random.oneOf(['after', 'after-answer']) }),
	(random) => ({ ...ATTACHMENT_LISTS, kind: 'status', status: random.oneOf([403, 500, 503]) }),
	(random) => ({ ...ATTACHMENT_LISTS, kind: 'cut', cut: random.oneOf(CUTS) }),
];

const BUSY_TOKENS: Fault = { method: 'POST', path: SIGN_IN_PATH, kind: 'status', status: 429 };

function randomFault(random: Seeded): Fault {
	if (random.chance(0.05)) return BUSY_TOKENS;
	const fault = random.oneOf(KINDS)(random);
	return { ...fault, times: random.whole(1, 3), skip: random.whole(0, 8) };
}

function faultText({ kind, method, status, cut, when, times = 1, skip = 0 }: Fault): string {
	const what = [method === undefined ? '' : `${method}:`, kind, status, cut, when];
	return `${what.filter(Boolean).join(' ')} ×${times} after ${skip}`;
}
