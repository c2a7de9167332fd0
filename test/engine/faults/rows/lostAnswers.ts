import { deepEqual, strictEqual } from 'node:assert/strict';

import type { Fault } from '../../../candid-api';
import { ATTACHMENT_LISTS, ONE_AT_A_TIME, retryOnFail } from '../../fixtures';
import { numberedFiles, sixFiles } from '../files';
import { freshRunWithSkip, killedRun } from '../killedRun';
import type { Stage } from '../stage';
import type { Trial } from '../trial';
import {
	EVERYWHERE,
	ON_CHARGE_CAPTURE,
	ON_CHARGE_CAPTURE_SKIP,
	ON_ENCOUNTER,
	SLOW_ANSWERS,
} from './shared';

const lostAnswers: Array<[fault: string, answer: Omit<Fault, 'times'>]> = [
	['connection cut', { kind: 'cut', cut: 'before-answer' }],
	...[500, 502, 504].map((status): [string, Omit<Fault, 'times'>] => [
		String(status),
		{ kind: 'status', status, body: '', when: 'after' },
	]),
];

const frequencies: Array<[howOften: string, times: number, extra: Partial<Trial>]> = [
	['once', 1, {}],
	['always', Infinity, {}],
	['always, with Retry On Fail 5', Infinity, { node: retryOnFail(5) }],
];

/** No list has shown a known attachment yet, so no list can prove that this file was not stored. */
const onlyFile: Trial[] = lostAnswers.flatMap(([fault, answer]) =>
	frequencies.flatMap(([howOften, times, extra]) =>
		EVERYWHERE.map(
			(where): Trial => ({
				fault: `${fault} after storing the only file, ${howOften}`,
				...where,
				...extra,
				files: numberedFiles(1),
				faults: [{ ...answer, times }],
				// The list of an encounter has creation dates, which identify the file.
				...(where.attachTo === 'encounter'
					? { expected: { stored: 1 } }
					: {
							expected: { unknown: 1 },
							// 'Skip' sends nothing to a charge capture whose list Candid answers with a 404.
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

const UNKNOWN_FOURTH = {
	hidden: { stored: 3, unknown: 1 },
	'404': { stored: 3, unknown: 1 },
} as const;

/** Where the list does not show the first three files, it cannot prove that the fourth was not stored. */
const afterThree: Trial[] = [ON_CHARGE_CAPTURE, ON_ENCOUNTER].flatMap((where): Trial[] => [
	{
		fault: 'answer lost after storing the fourth file',
		...where,
		files: numberedFiles(4),
		options: ONE_AT_A_TIME,
		faults: [{ ...LOST, skip: 3, times: Infinity }],
		expected: where === ON_ENCOUNTER ? { stored: 4 } : { stored: 3, unknown: 1 },
		expectedIn: where === ON_CHARGE_CAPTURE ? UNKNOWN_FOURTH : undefined,
		namesCandidates: true,
		checkEverywhere: ({ creates }) => strictEqual(creates.length, 4),
	},
	{
		fault: 'connection cut before storing the fourth file',
		...where,
		files: numberedFiles(4),
		options: ONE_AT_A_TIME,
		faults: [{ ...LOST_UNSTORED, skip: 3 }],
		expected: { stored: 4 },
		expectedIn: where === ON_CHARGE_CAPTURE ? UNKNOWN_FOURTH : undefined,
	},
]);

const nothingRemains = ({ world, api, trial }: Stage) => {
	if (world === 'hidden' && trial.attachTo === 'charge capture') deepEqual(api.attachments, []);
};

const twiceWithSkip: Trial[] = [ON_CHARGE_CAPTURE_SKIP, { ...ON_ENCOUNTER, skip: true }].map(
	(where) => ({
		fault: 'two runs over the same 5 files, one right after the other',
		...where,
		files: numberedFiles(5),
		play: async (stage: Stage) => [...(await stage.run()), ...(await stage.run())],
		expected: { stored: 10 },
		checkEverywhere: nothingRemains,
		check: ({ creates }: Stage) => strictEqual(creates.length, 5),
	}),
);

const againInAnotherProcess: Trial[] = [ON_CHARGE_CAPTURE, ON_ENCOUNTER].map(
	(where): Trial => ({
		fault: 'killed after 6 of 12, run again with Skip in another process',
		...where,
		files: numberedFiles(12),
		faults: [SLOW_ANSWERS],
		play: async (stage) => {
			await killedRun(stage, 6);
			await stage.settled();
			stage.api.clearFaults();
			return await freshRunWithSkip(stage);
		},
		expected: { stored: 12 },
	}),
);

const otherAnswers: Trial[] = (['object', '201'] as const).flatMap((createAnswer) =>
	[ON_CHARGE_CAPTURE, ON_ENCOUNTER].map(
		(where): Trial => ({
			fault: `uploads answered with ${createAnswer === '201' ? '201' : 'an object'}`,
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
	['500 after deleting', { kind: 'status', status: 500, when: 'after', times: Infinity }],
	['404', { kind: 'status', status: 404, body: NOT_FOUND, times: Infinity }],
	['404 from a proxy', { kind: 'status', status: 404, body: 'Not found', times: Infinity }],
	[
		'a cut connection before deleting',
		{ kind: 'cut', cut: 'before-answer-unstored', times: Infinity },
	],
	['a cut connection after deleting', { kind: 'cut', cut: 'before-answer', times: Infinity }],
];

/**
 * Where the list does not show the first file, 'Skip' deletes it again. If the delete fails, a message
 * names the copy that may remain.
 */
const rolledBack: Trial[] = failedDeletes.flatMap(([fault, answer]): Trial[] => {
	const row = {
		...ON_CHARGE_CAPTURE_SKIP,
		files: numberedFiles(3),
		faults: [{ ...DELETES, ...answer }],
		mayLeaveCopies: true,
	};
	return [
		{ ...row, fault: `delete of the first file answered with ${fault}`, expected: { stored: 3 } },
		{
			// Attached by an earlier process; in the world 'late' the list does not show them at first.
			...row,
			fault: `delete of the first file answered with ${fault}, all files attached already`,
			prepare: ({ api, parent, trial }) => {
				for (const { name, bytes } of trial.files) {
					api.addAttachment({ chargeCaptureExternalId: parent, fileName: name, bytes });
				}
			},
			expected: { stored: 3 },
		},
	];
});

/** Once there is an encounter, the list of the charge capture shows the files that it did not show before. */
const encounterCreatedDuringRun: Trial[] = [ON_CHARGE_CAPTURE, ON_CHARGE_CAPTURE_SKIP].map(
	(where): Trial => ({
		fault: 'encounter created after 3 of 8, then 500 before storing',
		...where,
		files: numberedFiles(8),
		options: ONE_AT_A_TIME,
		prepare: (stage) =>
			stage.onCreateEnd((ended) => {
				if (ended === 3) stage.api.addEncounter({ externalId: stage.parent });
			}),
		faults: [{ kind: 'status', status: 500, body: '', skip: 4, times: 2 }],
		expected: { stored: 8 },
	}),
);

/** The list has never shown an attachment, and is not a 404 either. */
const emptyLists: Trial = {
	fault: 'answer lost, and lists that are always empty',
	...ON_CHARGE_CAPTURE,
	files: numberedFiles(2),
	options: ONE_AT_A_TIME,
	faults: [
		{ ...LOST, skip: 1, times: Infinity },
		{
			...ATTACHMENT_LISTS,
			kind: 'answer',
			body: [],
			times: Infinity,
		},
	],
	expected: { stored: 1, unknown: 1 },
	check: ({ creates }) => strictEqual(creates.length, 2),
};

export const lostAnswerRows = [
	...onlyFile,
	...afterThree,
	...twiceWithSkip,
	...againInAnotherProcess,
	...otherAnswers,
	...rolledBack,
	...encounterCreatedDuringRun,
	emptyLists,
];
