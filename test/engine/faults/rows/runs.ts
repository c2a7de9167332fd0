import { strictEqual } from 'node:assert/strict';

import { namesakes, numberedFiles, sixFiles } from '../files';
import { killedRun } from '../killedRun';
import type { Stage } from '../stage';
import type { Told, Trial, TrialFile, Where } from '../trial';
import {
	KNOWN_FIRST,
	ON_CHARGE_CAPTURE,
	ON_CHARGE_CAPTURE_SKIP,
	ON_ENCOUNTER,
	canTellAge,
} from './where';

const STATUS_500 = { kind: 'status', status: 500, body: '' } as const;

const LISTS = { method: 'GET', path: /^\/api\/encounter-attachments\// };

const REFUSED = { kind: 'status', status: 403, body: '' } as const;

/** Two runs of the process at the same time. */
const atOnce =
	(a: (stage: Stage) => TrialFile[], b: (stage: Stage) => TrialFile[]) =>
	async (stage: Stage): Promise<Told[]> =>
		(await Promise.all([stage.run(a(stage)), stage.run(b(stage))])).flat();

const firstHalf = ({ trial: { files } }: Stage) => files.slice(0, files.length / 2);

const secondHalf = ({ trial: { files } }: Stage) => files.slice(files.length / 2);

const all = ({ trial: { files } }: Stage) => files;

const sameNames = (): TrialFile[] => [...numberedFiles(4), ...numberedFiles(4)];

const twoRuns: Trial[] = [
	...[ON_CHARGE_CAPTURE, ON_ENCOUNTER].flatMap((where): Trial[] => [
		{
			fault: 'two runs at once, same names, 500 after storing',
			...where,
			files: sameNames(),
			play: atOnce(firstHalf, secondHalf),
			faults: [{ ...STATUS_500, when: 'after', times: 2 }],
			expected: canTellAge(where) ? { stored: 8 } : { stored: [6, 7], unknown: [1, 2] },
			namesCandidates: true,
		},
		{
			fault: 'two runs at once, same names, 500 before storing and resets',
			...where,
			files: sameNames(),
			// The first file is stored by then.
			play: async (stage) => [
				...(await stage.run(stage.trial.files.slice(0, 1))),
				...(await atOnce((one) => firstHalf(one).slice(1), secondHalf)(stage)),
			],
			faults: [
				{ ...STATUS_500, times: 2, ...KNOWN_FIRST },
				{ kind: 'cut', cut: 'before-answer-unstored', times: 2, ...KNOWN_FIRST },
			],
			expected: { stored: 8 },
		},
		{
			fault: 'two runs at once with Skip, same files, 500 after storing and resets',
			...where,
			skip: true,
			files: numberedFiles(4),
			play: atOnce(all, all),
			faults: [
				{ ...STATUS_500, when: 'after', times: 2, ...KNOWN_FIRST },
				{ kind: 'cut', cut: 'before-answer', times: 2, ...KNOWN_FIRST },
			],
			expected: { stored: 8 },
			check: ({ api }: Stage) => strictEqual(api.attachments.length, 4),
		},
	]),
	{
		// The second run has read its list before the first has stored what was refused to it once.
		fault: 'two runs at once with Skip, same files, 500 before storing',
		...ON_CHARGE_CAPTURE_SKIP,
		files: numberedFiles(4),
		play: atOnce(all, all),
		faults: [{ ...STATUS_500, times: 2, ...KNOWN_FIRST }],
		expected: { stored: 8 },
		check: ({ api }) => strictEqual(api.attachments.length, 4),
	},
	{
		// The first run does not know of its file; the second has it too, and a list from before.
		fault: 'two runs at once with Skip, one does not know what it has stored',
		...ON_CHARGE_CAPTURE_SKIP,
		files: numberedFiles(3),
		play: async (stage) => {
			const [known, shared, other] = stage.trial.files as [TrialFile, TrialFile, TrialFile];
			const told = await stage.run([known]);
			const sentOnce = stage.createsOver(2);
			const first = stage.run([shared]);
			// Where the first file shows that 'Skip' cannot work, this one is not sent.
			await Promise.race([sentOnce, first]);
			return [...told, ...(await stage.run([other, shared])), ...(await first)];
		},
		faults: [
			{ ...STATUS_500, ...KNOWN_FIRST },
			{ ...STATUS_500, when: 'after', skip: 2 },
		],
		prepare: (stage) =>
			stage.onCreateEnd((ended) => {
				if (ended === 4) stage.api.inject({ ...LISTS, kind: 'status', status: 403 });
			}),
	},
	{
		// While the first tries again, the second has stored its file.
		fault: 'two runs at once with Skip and Retry On Fail, no answer',
		...ON_CHARGE_CAPTURE_SKIP,
		files: numberedFiles(2),
		play: atOnce(all, all),
		node: { retryOnFail: true, maxTries: 3, waitBetweenTries: 0 },
		options: { maxTries: 1 },
		faults: [{ kind: 'cut', cut: 'before-answer-unstored' }],
		check: ({ api }) => strictEqual(api.attachments.length, 2),
	},
	{
		fault: 'two runs at once with Skip, one name, three files each',
		...ON_CHARGE_CAPTURE_SKIP,
		files: namesakes(3),
		play: atOnce(all, all),
		faults: [{ ...STATUS_500, when: 'after', skip: 1 }],
		check: ({ api }) => strictEqual(api.attachments.length, 3),
	},
];

const RETRIED = { retryOnFail: true, maxTries: 3, waitBetweenTries: 0 };

const TWO_AT_A_TIME = { maxConcurrentUploads: 2 };

const again: Trial[] = [
	{
		fault: 'no Retry On Fail, 403 at the 4th',
		...ON_CHARGE_CAPTURE,
		files: numberedFiles(8),
		node: {},
		options: { maxConcurrentUploads: 1 },
		faults: [{ ...REFUSED, skip: 3 }],
		expected: { stored: 3, 'not stored': 1, 'not started': 4 },
	},
	{
		fault: 'Retry On Fail after 3 of 8',
		...ON_CHARGE_CAPTURE,
		files: numberedFiles(8),
		node: RETRIED,
		options: TWO_AT_A_TIME,
		faults: [{ ...REFUSED, skip: 3 }],
		expected: { stored: 8 },
		check: ({ creates }) => strictEqual(creates.length, 9),
	},
	{
		fault: 'Retry On Fail, and refused each time',
		...ON_CHARGE_CAPTURE,
		files: numberedFiles(8),
		node: RETRIED,
		options: { maxConcurrentUploads: 1 },
		faults: [{ ...REFUSED, skip: 3, times: Infinity }],
		expected: { stored: 3, 'not stored': 1, 'not started': 4 },
	},
	{
		fault: 'Retry On Fail with On Error Continue, 403 at the 1st',
		...ON_CHARGE_CAPTURE,
		files: numberedFiles(8),
		node: { ...RETRIED, onError: 'continueRegularOutput' },
		faults: [{ ...REFUSED }],
		prepare: ({ api }) => api.inject({ ...STATUS_500, skip: 2 }),
		options: { maxConcurrentUploads: 1 },
		expected: { stored: 8 },
	},
	...[ON_CHARGE_CAPTURE, ON_CHARGE_CAPTURE_SKIP, ON_ENCOUNTER].map(
		(where): Trial => ({
			fault: 'Retry On Fail, stored and not known to be at the first try',
			...where,
			files: sixFiles(),
			node: RETRIED,
			options: TWO_AT_A_TIME,
			faults: [{ ...STATUS_500, when: 'after', skip: 2 }],
			// None of the lists of the first try can be read.
			prepare: (stage) =>
				stage.onCreateEnd((ended) => {
					if (ended === 3) stage.api.inject({ ...LISTS, kind: 'status', times: 4 });
				}),
			expected: canTellAge(where) ? { stored: 6 } : { stored: 5, unknown: 1 },
			namesCandidates: true,
		}),
	),
	...[ON_CHARGE_CAPTURE, ON_ENCOUNTER].map(
		(where): Trial => ({
			// What the first try does not know must not be forgotten when the later ones stop before it.
			fault: 'Retry On Fail, first unknown, then an earlier file refused',
			...where,
			files: sixFiles(),
			node: { ...RETRIED, maxTries: 2 },
			options: { maxConcurrentUploads: 1 },
			faults: [{ ...REFUSED }, { ...STATUS_500, when: 'after', skip: 1 }],
		}),
	),
];

/**
 * The second file waits for the first, of the same name, so that the third is sent before it. The second
 * try stops at the second file; that the third may be stored must not be forgotten.
 */
const stoppedBefore: Trial = {
	fault: 'Retry On Fail, unknown at the first try, then stopped before it at the second',
	...ON_CHARGE_CAPTURE,
	files: [...namesakes(2), ...numberedFiles(1)],
	node: { ...RETRIED, maxTries: 2 },
	options: { maxConcurrentUploads: 1 },
	faults: [{ ...STATUS_500, when: 'after', times: Infinity, ...KNOWN_FIRST }],
	// The list that was read for the third file shows that the second is new.
	expected: { stored: 2, unknown: 1 },
	expectedIn: { hidden: { stored: 1, unknown: 2 }, '404': { stored: 1, unknown: 2 } },
};

const cancelledAndRunAgain = async (stage: Stage): Promise<Told[]> => {
	await stage.run(undefined, { cancelWhen: stage.createsOver(3) });
	await stage.quiet();
	stage.api.clearFaults();
	return await stage.run(undefined, { skip: true });
};

/** Stored at once and acknowledged late, so that some are on their way when the run ends. */
const SLOW_ANSWERS = { kind: 'delay', when: 'after', delayMs: 400, times: Infinity } as const;

const brokenOff: Trial[] = [ON_CHARGE_CAPTURE, ON_CHARGE_CAPTURE_SKIP, ON_ENCOUNTER].flatMap(
	(where: Where): Trial[] => [
		{
			fault: 'stopped after 3 of 12, run again with Skip',
			...where,
			files: numberedFiles(12),
			faults: [SLOW_ANSWERS],
			play: cancelledAndRunAgain,
			// What was still being sent when the run was stopped is sent again.
			expected: { stored: 12 },
		},
		{
			fault: 'killed after 3 of 12, run again with Skip',
			...where,
			files: numberedFiles(12),
			faults: [SLOW_ANSWERS],
			play: async (stage) => {
				await killedRun(stage, 3);
				await stage.quiet();
				stage.api.clearFaults();
				return await stage.run(undefined, { skip: true });
			},
			expected: { stored: 12 },
		},
	],
);

export const runRows = [...twoRuns, ...again, stoppedBefore, ...brokenOff];
