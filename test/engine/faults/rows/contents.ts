import { appendFileSync, rmSync, truncateSync } from 'node:fs';

import type { AttachmentSeed } from '../../../candid-api';
import { ATTACHMENT_LISTS, ONE_AT_A_TIME } from '../../fixtures';
import { copies, sameNameFiles, numberedFiles, sixFiles } from '../files';
import type { Stage } from '../stage';
import type { Trial, TrialFile } from '../trial';
import {
	EVERYWHERE,
	ON_CHARGE_CAPTURE,
	ON_CHARGE_CAPTURE_SKIP,
	ON_ENCOUNTER,
	STATUS_500,
	AFTER_FIRST,
	canTellAge,
} from './shared';

const withSecond = (afterStoring: TrialFile['afterStoring']): TrialFile[] =>
	sixFiles().map((file, index) => (index === 1 ? { ...file, afterStoring } : file));

const changedFiles: Trial[] = [
	{
		fault: 'file shorter than its recorded size',
		files: withSecond((path) => truncateSync(path, 1000)),
	},
	{
		fault: 'file longer than its recorded size',
		files: withSecond((path) => appendFileSync(path, 'more')),
	},
	{
		fault: 'file gone from the disk after the check',
		files: sixFiles(),
		options: ONE_AT_A_TIME,
		prepare: (stage: Stage) =>
			stage.onCreateEnd((ended) => {
				const fourth = stage.paths.find(({ file }) => file === stage.trial.files[3]);
				if (ended === 1) rmSync(fourth!.path);
			}),
	},
].map((row) => ({ ...row, ...ON_CHARGE_CAPTURE, expected: { stored: 5, 'not stored': 1 } }));

const duplicates: Trial[] = EVERYWHERE.flatMap((where): Trial[] => [
	{
		fault: 'same file twice',
		...where,
		files: copies(2),
		expected: { stored: 2 },
	},
	{
		fault: 'same file twice, 500 before storing the first',
		...where,
		files: copies(2),
		faults: [STATUS_500],
		// The list has not shown a known attachment yet, so the first is not sent again.
		expected: { stored: where.skip ? 0 : 1, unknown: 1, ...(where.skip && { 'not started': 1 }) },
	},
	{
		fault: 'same name twice, other content',
		...where,
		files: sameNameFiles(2),
		expected: { stored: 2 },
	},
	{
		fault: 'same name three times, 500 after storing the first',
		...where,
		files: sameNameFiles(3),
		faults: [{ ...STATUS_500, when: 'after' }],
		expected:
			(where.skip && { unknown: 1, 'not started': 2 }) ||
			(canTellAge(where) ? { stored: 3 } : { stored: 2, unknown: 1 }),
		namesCandidates: true,
	},
	{
		fault: 'same name three times, 500 after storing the second',
		...where,
		files: sameNameFiles(3),
		faults: [{ ...STATUS_500, when: 'after', ...AFTER_FIRST }],
		expected: canTellAge(where) ? { stored: 3 } : { stored: 2, unknown: 1 },
		namesCandidates: true,
	},
	{
		fault: 'same name three times, 500 before storing the second',
		...where,
		files: sameNameFiles(3),
		faults: [{ ...STATUS_500, ...AFTER_FIRST }],
		expected: { stored: 3 },
	},
]);

const uncertainDuplicates: Trial[] = [
	{
		// If the second were sent, it would be taken for the first when the workflow is run again.
		fault: 'same name three times, 403 for the first, run again with Skip',
		...ON_CHARGE_CAPTURE_SKIP,
		files: sameNameFiles(3),
		faults: [{ ...STATUS_500, status: 403 }],
		play: async (stage) => {
			await stage.run();
			return await stage.run();
		},
		expected: { stored: 3 },
	},
	{
		// The first is stored only after the second was sent, and the second is never stored.
		fault: 'same name twice, the first uncertain and stored late',
		...ON_ENCOUNTER,
		files: sameNameFiles(2),
		faults: [
			{ kind: 'cut', cut: 'before-answer-unstored', times: 2 },
			{ ...ATTACHMENT_LISTS, kind: 'status', status: 403 },
		],
		prepare: (stage) =>
			stage.onCreateEnd((ended) => {
				const { name: fileName, bytes } = stage.trial.files[0]!;
				if (ended === 2) stage.api.addAttachment({ encounterId: stage.parent, fileName, bytes });
			}),
		expected: { unknown: 2 },
	},
];

const THIRTY_SECONDS_MS = 30_000;

const YEAR_MS = 365 * 24 * 60 * 60_000;

/** Adds an attachment that differs from a file of the trial only by its age, as far as a list shows. */
const withOlder =
	(index: number, ageMs: number) =>
	({ api, parent, trial }: Stage) => {
		const owner: AttachmentSeed =
			trial.attachTo === 'encounter'
				? { encounterId: parent }
				: { chargeCaptureExternalId: parent };
		const createdAt = new Date(Date.now() - ageMs).toISOString();
		api.addAttachment({ ...owner, fileName: trial.files[index]!.name, createdAt });
	};

const besideOlder: Trial[] = [ON_CHARGE_CAPTURE, ON_ENCOUNTER].flatMap((where): Trial[] => [
	...(['before', 'after'] as const).flatMap((when) => {
		const row = {
			...where,
			files: sixFiles(),
			options: ONE_AT_A_TIME,
			faults: [{ ...STATUS_500, when, ...AFTER_FIRST }],
			namesCandidates: true,
		};
		return [
			{
				...row,
				fault: `attachment of the same name from a year ago, 500 ${when} storing`,
				prepare: withOlder(1, YEAR_MS),
				expected: canTellAge(where) ? { stored: 6 } : { stored: 5, unknown: 1 },
			},
			{
				// The clocks of n8n and Candid may differ by this much.
				...row,
				fault: `attachment of the same name from 30 s ago, 500 ${when} storing`,
				prepare: withOlder(1, THIRTY_SECONDS_MS),
				expected: { stored: 5, unknown: 1 },
			},
		];
	}),
	{
		// The list that is read for the second file has the older attachment with the name of the third.
		fault: 'attachment of the same name in an earlier list, 500 after storing',
		...where,
		files: sixFiles(),
		options: ONE_AT_A_TIME,
		prepare: withOlder(2, THIRTY_SECONDS_MS),
		faults: [{ ...STATUS_500, when: 'after', times: 2, ...AFTER_FIRST }],
		expected: canTellAge(where) ? { stored: 6 } : { stored: 5, unknown: 1 },
	},
]);

const large: Trial = {
	fault: 'reset in the middle, files of 20 MB',
	...ON_ENCOUNTER,
	files: numberedFiles(4, 20_000_000),
	options: ONE_AT_A_TIME,
	faults: [{ kind: 'cut', cut: 'during-body', times: 2, ...AFTER_FIRST }],
	expected: { stored: 4 },
};

export const contentRows = [
	...changedFiles,
	...duplicates,
	...uncertainDuplicates,
	...besideOlder,
	large,
];
