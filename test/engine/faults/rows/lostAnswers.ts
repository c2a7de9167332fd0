import { deepEqual, strictEqual } from 'node:assert/strict';

import type { Fault } from '../../../candid-api';
import { BY_CHARGE_CAPTURE_PATH } from '../../../candid-api/paths';
import { numberedFiles, sixFiles } from '../files';
import { freshRunWithSkip, killedRun } from '../killedRun';
import type { Stage } from '../stage';
import type { Trial } from '../trial';
import { EVERYWHERE, ON_CHARGE_CAPTURE, ON_CHARGE_CAPTURE_SKIP, ON_ENCOUNTER } from './where';

const ONE_BY_ONE = { maxConcurrentUploads: 1 };

const lostAnswers: Array<[fault: string, answer: Omit<Fault, 'times'>]> = [
	['connection cut', { kind: 'cut', cut: 'before-answer' }],
	...[500, 502, 504].map((status): [string, Omit<Fault, 'times'>] => [
		String(status),
		{ kind: 'status', status, body: '', when: 'after' },
	]),
];

const often: Array<[often: string, times: number, extra: Partial<Trial>]> = [
	['once', 1, {}],
	['always', Infinity, {}],
	[
		'always, with Retry On Fail 5',
		Infinity,
		{ node: { retryOnFail: true, maxTries: 5, waitBetweenTries: 0 } },
	],
];

/** Nothing that is known to be there is in a list, so that a list cannot prove that this file is not. */
const alone: Trial[] = lostAnswers.flatMap(([fault, answer]) =>
	often.flatMap(([howOften, times, extra]) =>
		EVERYWHERE.map(
			(where): Trial => ({
				fault: `${fault} after storing the only file, ${howOften}`,
				...where,
				...extra,
				files: numberedFiles(1),
				faults: [{ ...answer, times }],
				// On an encounter its creation date says that it is this one.
				...(where.attachTo === 'encounter'
					? { expected: { stored: 1 } }
					: {
							expected: { unknown: 1 },
							// 'Skip' sends nothing to a charge capture of which Candid says that it does not know it.
							expectedIn: {
								hidden: { unknown: 1 },
								'404': where.skip ? { 'not started': 1 } : { unknown: 1 },
							},
							namesCandidates: true,
						}),
				checkEverywhere: ({ creates, world }) =>
					strictEqual(creates.length, where.skip && world === '404' ? 0 : 1),
			}),
		),
	),
);

const LOST = { kind: 'cut', cut: 'before-answer' } as const;

const LOST_UNSTORED = { kind: 'cut', cut: 'before-answer-unstored' } as const;

const NO_WITNESS = {
	hidden: { stored: 3, unknown: 1 },
	'404': { stored: 3, unknown: 1 },
} as const;

/** Where the three are not in the list, it does not prove that the fourth is not there. */
const afterThree: Trial[] = [ON_CHARGE_CAPTURE, ON_ENCOUNTER].flatMap((where): Trial[] => [
	{
		fault: 'three acknowledged, then one stored and its answer lost',
		...where,
		files: numberedFiles(4),
		options: ONE_BY_ONE,
		faults: [{ ...LOST, skip: 3, times: Infinity }],
		expected: where === ON_ENCOUNTER ? { stored: 4 } : { stored: 3, unknown: 1 },
		expectedIn: where === ON_CHARGE_CAPTURE ? NO_WITNESS : undefined,
		namesCandidates: true,
		checkEverywhere: ({ creates }) => strictEqual(creates.length, 4),
	},
	{
		fault: 'three acknowledged, then one not stored and the connection cut',
		...where,
		files: numberedFiles(4),
		options: ONE_BY_ONE,
		faults: [{ ...LOST_UNSTORED, skip: 3 }],
		expected: { stored: 4 },
		expectedIn: where === ON_CHARGE_CAPTURE ? NO_WITNESS : undefined,
	},
]);

const nothingIsLeft = ({ world, api, trial }: Stage) => {
	if (world === 'hidden' && trial.attachTo === 'charge capture') deepEqual(api.attachments, []);
};

const twiceWithSkip: Trial[] = [ON_CHARGE_CAPTURE_SKIP, { ...ON_ENCOUNTER, skip: true }].map(
	(where) => ({
		fault: 'two runs over 5 files, right after each other',
		...where,
		files: numberedFiles(5),
		play: async (stage: Stage) => [...(await stage.run()), ...(await stage.run())],
		expected: { stored: 10 },
		checkEverywhere: nothingIsLeft,
		check: ({ creates }: Stage) => strictEqual(creates.length, 5),
	}),
);

/** Stored at once and acknowledged late, so that some are in progress when the process is killed. */
const SLOW_ANSWERS = { kind: 'delay', when: 'after', delayMs: 400, times: Infinity } as const;

const againInAnotherProcess: Trial[] = [ON_CHARGE_CAPTURE, ON_ENCOUNTER].map(
	(where): Trial => ({
		fault: 'killed after 6 of 12, run again with Skip in another process',
		...where,
		files: numberedFiles(12),
		faults: [SLOW_ANSWERS],
		play: async (stage) => {
			await killedRun(stage, 6);
			await stage.quiet();
			stage.api.clearFaults();
			return await freshRunWithSkip(stage);
		},
		expected: { stored: 12 },
	}),
);

const otherAnswers: Trial[] = (['object', '201'] as const).flatMap((createAnswer) =>
	[ON_CHARGE_CAPTURE, ON_ENCOUNTER].map(
		(where): Trial => ({
			fault: `creates answered by ${createAnswer === '201' ? '201' : 'an object'}`,
			...where,
			files: sixFiles(),
			server: { world: { createAnswer } },
			expected: { stored: 6 },
			check: ({ creates }) => strictEqual(creates.length, 6),
		}),
	),
);

const DELETES = { method: 'DELETE' };

const NOT_FOUND = { errorName: 'EntityNotFoundError', content: { id: 'x' } };

const failedDeletes: Array<[fault: string, answer: Fault]> = [
	['500, once', { kind: 'status', status: 500 }],
	['500, always', { kind: 'status', status: 500, times: Infinity }],
	['500 after it is done', { kind: 'status', status: 500, when: 'after', times: Infinity }],
	['404', { kind: 'status', status: 404, body: NOT_FOUND, times: Infinity }],
	['404 of a proxy', { kind: 'status', status: 404, body: 'Not found', times: Infinity }],
	['a cut, not done', { kind: 'cut', cut: 'before-answer-unstored', times: Infinity }],
	['a cut, done', { kind: 'cut', cut: 'before-answer', times: Infinity }],
];

/**
 * Where the list does not show the first file, 'Skip' deletes it again. A copy that this leaves behind
 * is told of.
 */
const takenBack: Trial[] = failedDeletes.flatMap(([fault, answer]): Trial[] => {
	const row = {
		...ON_CHARGE_CAPTURE_SKIP,
		files: numberedFiles(3),
		faults: [{ ...DELETES, ...answer }],
		mayLeaveCopies: true,
	};
	return [
		{ ...row, fault: `delete of the first file answered by ${fault}`, expected: { stored: 3 } },
		{
			// From an earlier process; a list that is late does not show it at first.
			...row,
			fault: `delete of the first file answered by ${fault}, all files attached already`,
			prepare: ({ api, parent, trial }) => {
				for (const { name, bytes } of trial.files) {
					api.addAttachment({ chargeCaptureExternalId: parent, fileName: name, bytes });
				}
			},
			expected: { stored: 3 },
		},
	];
});

/** From then on the list of a charge capture shows what it has hidden. */
const encounterMeanwhile: Trial[] = [ON_CHARGE_CAPTURE, ON_CHARGE_CAPTURE_SKIP].map(
	(where): Trial => ({
		fault: 'encounter created after 3 of 8, then 500 before storing',
		...where,
		files: numberedFiles(8),
		options: ONE_BY_ONE,
		prepare: (stage) =>
			stage.onCreateEnd((ended) => {
				if (ended === 3) stage.api.addEncounter({ externalId: stage.parent });
			}),
		faults: [{ kind: 'status', status: 500, body: '', skip: 4, times: 2 }],
		expected: { stored: 8 },
	}),
);

/** The list that is needed has never shown a thing, and does not say so by a 404 either. */
const emptyLists: Trial = {
	fault: 'answer lost, and lists that are always empty',
	...ON_CHARGE_CAPTURE,
	files: numberedFiles(2),
	options: ONE_BY_ONE,
	faults: [
		{ ...LOST, skip: 1, times: Infinity },
		{
			method: 'GET',
			path: new RegExp(BY_CHARGE_CAPTURE_PATH),
			kind: 'answer',
			body: [],
			times: Infinity,
		},
	],
	expected: { stored: 1, unknown: 1 },
	check: ({ creates }) => strictEqual(creates.length, 2),
};

export const lostAnswerRows = [
	...alone,
	...afterThree,
	...twiceWithSkip,
	...againInAnotherProcess,
	...otherAnswers,
	...takenBack,
	...encounterMeanwhile,
	emptyLists,
];
