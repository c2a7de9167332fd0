import { strictEqual } from 'node:assert/strict';

import { ATTACHMENT_LISTS, CONTINUE_ON_FAIL, ONE_AT_A_TIME, retryOnFail } from '../../fixtures';
import { numberedFiles, sameNameFiles, sixFiles } from '../files';
import { killedRun } from '../killedRun';
import type { Stage } from '../stage';
import type { FileOutcome, Trial, TrialFile, Where } from '../trial';
import {
	AFTER_FIRST,
	ON_CHARGE_CAPTURE,
	ON_CHARGE_CAPTURE_SKIP,
	ON_ENCOUNTER,
	SLOW_ANSWERS,
	STATUS_500,
	canTellAge,
} from './shared';

const REFUSED = { kind: 'status', status: 403, body: '' } as const;

/** Two runs of the process at the same time. */
const concurrently =
	(a: (stage: Stage) => TrialFile[], b: (stage: Stage) => TrialFile[]) =>
	async (stage: Stage): Promise<FileOutcome[]> =>
		(await Promise.all([stage.run(a(stage)), stage.run(b(stage))])).flat();

const firstHalf = ({ trial: { files } }: Stage) => files.slice(0, files.length / 2);

const secondHalf = ({ trial: { files } }: Stage) => files.slice(files.length / 2);

const all = ({ trial: { files } }: Stage) => files;

const sameNames = (): TrialFile[] => [...numberedFiles(4), ...numberedFiles(4)];

const twoRuns: Trial[] = [
	...[ON_CHARGE_CAPTURE, ON_ENCOUNTER].flatMap((where): Trial[] => [
		{
			fault: 'two concurrent runs, same names, 500 after storing',
			...where,
			files: sameNames(),
			play: concurrently(firstHalf, secondHalf),
			faults: [{ ...STATUS_500, when: 'after', times: 2 }],
			expected: canTellAge(where) ? { stored: 8 } : { stored: [6, 7], unknown: [1, 2] },
			namesCandidates: true,
		},
		{
			fault: 'two concurrent runs, same names, 500 before storing and resets',
			...where,
			files: sameNames(),
			// The first file is stored before both runs.
			play: async (stage) => [
				...(await stage.run(stage.trial.files.slice(0, 1))),
				...(await concurrently((one) => firstHalf(one).slice(1), secondHalf)(stage)),
			],
			faults: [
				{ ...STATUS_500, times: 2, ...AFTER_FIRST },
				{ kind: 'cut', cut: 'before-answer-unstored', times: 2, ...AFTER_FIRST },
			],
			expected: { stored: 8 },
		},
		{
			fault: 'two concurrent runs with Skip, same files, 500 after storing and resets',
			...where,
			skip: true,
			files: numberedFiles(4),
			play: concurrently(all, all),
			faults: [
				{ ...STATUS_500, when: 'after', times: 2, ...AFTER_FIRST },
				{ kind: 'cut', cut: 'before-answer', times: 2, ...AFTER_FIRST },
			],
			expected: { stored: 8 },
			check: ({ api }: Stage) => strictEqual(api.attachments.length, 4),
		},
	]),
	{
		// The second run has read its list before the first run has sent its failed file again.
		fault: 'two concurrent runs with Skip, same files, 500 before storing',
		...ON_CHARGE_CAPTURE_SKIP,
		files: numberedFiles(4),
		play: concurrently(all, all),
		faults: [{ ...STATUS_500, times: 2, ...AFTER_FIRST }],
		expected: { stored: 8 },
		check: ({ api }) => strictEqual(api.attachments.length, 4),
	},
	{
		// The first run does not know whether its file was stored. The second has the same file, and an earlier list.
		fault: 'two concurrent runs with Skip, one with a file of unknown outcome',
		...ON_CHARGE_CAPTURE_SKIP,
		files: numberedFiles(3),
		play: async (stage) => {
			const [known, shared, other] = stage.trial.files as [TrialFile, TrialFile, TrialFile];
			const outcomes = await stage.run([known]);
			const sentOnce = stage.createsEndedReach(2);
			const first = stage.run([shared]);
			// This file is not sent where the first file has shown that 'Skip' cannot work.
			await Promise.race([sentOnce, first]);
			return [...outcomes, ...(await stage.run([other, shared])), ...(await first)];
		},
		faults: [
			{ ...STATUS_500, ...AFTER_FIRST },
			{ ...STATUS_500, when: 'after', skip: 2 },
		],
		prepare: (stage) =>
			stage.onCreateEnd((ended) => {
				if (ended === 4) stage.api.inject({ ...ATTACHMENT_LISTS, kind: 'status', status: 403 });
			}),
	},
	{
		// While the first run tries again, the second has stored the file.
		fault: 'two concurrent runs with Skip and Retry On Fail, no answer',
		...ON_CHARGE_CAPTURE_SKIP,
		files: numberedFiles(2),
		play: concurrently(all, all),
		node: retryOnFail(3),
		options: { maxTries: 1 },
		faults: [{ kind: 'cut', cut: 'before-answer-unstored' }],
		check: ({ api }) => strictEqual(api.attachments.length, 2),
	},
	{
		fault: 'two concurrent runs with Skip, three files of the same name each',
		...ON_CHARGE_CAPTURE_SKIP,
		files: sameNameFiles(3),
		play: concurrently(all, all),
		faults: [{ ...STATUS_500, when: 'after', skip: 1 }],
		check: ({ api }) => strictEqual(api.attachments.length, 3),
	},
];

const RETRIED = retryOnFail(3);

const TWO_AT_A_TIME = { maxConcurrentUploads: 2 };

const retried: Trial[] = [
	{
		fault: '403 for the 4th of 8 without Retry On Fail',
		...ON_CHARGE_CAPTURE,
		files: numberedFiles(8),
		node: {},
		options: ONE_AT_A_TIME,
		faults: [{ ...REFUSED, skip: 3 }],
		expected: { stored: 3, 'not stored': 1, 'not started': 4 },
	},
	{
		fault: '403 for the 4th of 8 with Retry On Fail',
		...ON_CHARGE_CAPTURE,
		files: numberedFiles(8),
		node: RETRIED,
		options: TWO_AT_A_TIME,
		faults: [{ ...REFUSED, skip: 3 }],
		expected: { stored: 8 },
		check: ({ creates }) => strictEqual(creates.length, 9),
	},
	{
		fault: '403 for the 4th of 8 at every try of Retry On Fail',
		...ON_CHARGE_CAPTURE,
		files: numberedFiles(8),
		node: RETRIED,
		options: ONE_AT_A_TIME,
		faults: [{ ...REFUSED, skip: 3, times: Infinity }],
		expected: { stored: 3, 'not stored': 1, 'not started': 4 },
	},
	{
		fault: '403 for the 1st of 8 with Retry On Fail and On Error Continue',
		...ON_CHARGE_CAPTURE,
		files: numberedFiles(8),
		node: { ...RETRIED, ...CONTINUE_ON_FAIL },
		faults: [{ ...REFUSED }],
		prepare: ({ api }) => api.inject({ ...STATUS_500, skip: 2 }),
		options: ONE_AT_A_TIME,
		expected: { stored: 8 },
	},
	...[ON_CHARGE_CAPTURE, ON_CHARGE_CAPTURE_SKIP, ON_ENCOUNTER].map(
		(where): Trial => ({
			fault: 'Retry On Fail, one file stored but uncertain at the first try',
			...where,
			files: sixFiles(),
			node: RETRIED,
			options: TWO_AT_A_TIME,
			faults: [{ ...STATUS_500, when: 'after', skip: 2 }],
			// No list can be read in the first try.
			prepare: (stage) =>
				stage.onCreateEnd((ended) => {
					if (ended === 3) stage.api.inject({ ...ATTACHMENT_LISTS, kind: 'status', times: 4 });
				}),
			expected: canTellAge(where) ? { stored: 6 } : { stored: 5, unknown: 1 },
			namesCandidates: true,
		}),
	),
	...[ON_CHARGE_CAPTURE, ON_ENCOUNTER].map(
		(where): Trial => ({
			// The unknown outcome of the first try must still be reported if later tries stop before that file.
			fault: 'Retry On Fail, uncertain at the first try, then an earlier file refused',
			...where,
			files: sixFiles(),
			node: retryOnFail(2),
			options: ONE_AT_A_TIME,
			faults: [{ ...REFUSED }, { ...STATUS_500, when: 'after', skip: 1 }],
		}),
	),
];

/**
 * The second file waits for the first, which has the same name, so the third is sent before it. The second
 * try stops at the second file. It must still be reported that the third may be stored.
 */
const stoppedBefore: Trial = {
	fault: 'Retry On Fail, uncertain at the first try, then stopped before that file',
	...ON_CHARGE_CAPTURE,
	files: [...sameNameFiles(2), ...numberedFiles(1)],
	node: retryOnFail(2),
	options: ONE_AT_A_TIME,
	faults: [{ ...STATUS_500, when: 'after', times: Infinity, ...AFTER_FIRST }],
	// The list that was read for the third file shows that the second is new.
	expected: { stored: 2, unknown: 1 },
	expectedIn: { hidden: { stored: 1, unknown: 2 }, '404': { stored: 1, unknown: 2 } },
};

const cancelledAndRunAgain = async (stage: Stage): Promise<FileOutcome[]> => {
	await stage.run(undefined, { cancelWhen: stage.createsEndedReach(3) });
	await stage.settled();
	stage.api.clearFaults();
	return await stage.run(undefined, { skip: true });
};

const interrupted: Trial[] = [ON_CHARGE_CAPTURE, ON_CHARGE_CAPTURE_SKIP, ON_ENCOUNTER].flatMap(
	(where: Where): Trial[] => [
		{
			fault: 'stopped after 3 of 12, run again with Skip',
			...where,
			files: numberedFiles(12),
			faults: [SLOW_ANSWERS],
			play: cancelledAndRunAgain,
			// Files that were still being sent when the run was stopped are sent again.
			expected: { stored: 12 },
		},
		{
			fault: 'killed after 3 of 12, run again with Skip',
			...where,
			files: numberedFiles(12),
			faults: [SLOW_ANSWERS],
			play: async (stage) => {
				await killedRun(stage, 3);
				await stage.settled();
				stage.api.clearFaults();
				return await stage.run(undefined, { skip: true });
			},
			expected: { stored: 12 },
		},
	],
);

export const runRows = [...twoRuns, ...retried, stoppedBefore, ...interrupted];
