import { appendFileSync, rmSync, truncateSync } from 'node:fs';

import type { AttachmentSeed } from '../../../candid-api';
import { copies, namesakes, numberedFiles, sixFiles } from '../files';
import type { Stage } from '../stage';
import type { Trial, TrialFile } from '../trial';
import {
	EVERYWHERE,
	ON_CHARGE_CAPTURE,
	ON_CHARGE_CAPTURE_SKIP,
	ON_ENCOUNTER,
	KNOWN_FIRST,
	canTellAge,
} from './where';

const ONE_BY_ONE = { maxConcurrentUploads: 1 };

const withSecond = (afterStoring: TrialFile['afterStoring']): TrialFile[] =>
	sixFiles().map((file, index) => (index === 1 ? { ...file, afterStoring } : file));

const changed: Trial[] = [
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
		options: ONE_BY_ONE,
		prepare: (stage: Stage) =>
			stage.onCreateEnd((ended) => {
				const fourth = stage.paths.find(({ file }) => file === stage.trial.files[3]);
				if (ended === 1) rmSync(fourth!.path);
			}),
	},
].map((row) => ({ ...row, ...ON_CHARGE_CAPTURE, expected: { stored: 5, 'not stored': 1 } }));

const STATUS_500 = { kind: 'status', status: 500, body: '' } as const;

const twins: Trial[] = EVERYWHERE.flatMap((where): Trial[] => [
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
		// Nothing is known to be in the list, so the first is not sent again.
		expected: { stored: where.skip ? 0 : 1, unknown: 1, ...(where.skip && { 'not started': 1 }) },
	},
	{
		fault: 'same name twice, other content',
		...where,
		files: namesakes(2),
		expected: { stored: 2 },
	},
	{
		fault: 'same name three times, 500 after storing the first',
		...where,
		files: namesakes(3),
		faults: [{ ...STATUS_500, when: 'after' }],
		expected:
			(where.skip && { unknown: 1, 'not started': 2 }) ||
			(canTellAge(where) ? { stored: 3 } : { stored: 2, unknown: 1 }),
		namesCandidates: true,
	},
	{
		fault: 'same name three times, 500 after storing the second',
		...where,
		files: namesakes(3),
		faults: [{ ...STATUS_500, when: 'after', ...KNOWN_FIRST }],
		expected: canTellAge(where) ? { stored: 3 } : { stored: 2, unknown: 1 },
		namesCandidates: true,
	},
	{
		fault: 'same name three times, 500 before storing the second',
		...where,
		files: namesakes(3),
		faults: [{ ...STATUS_500, ...KNOWN_FIRST }],
		expected: { stored: 3 },
	},
]);

const LISTS = { method: 'GET', path: /^\/api\/encounter-attachments\// };

const namesakesInDoubt: Trial[] = [
	{
		// Else the second would be taken for the first when the workflow is run again.
		fault: 'same name three times, 403 for the first, run again with Skip',
		...ON_CHARGE_CAPTURE_SKIP,
		files: namesakes(3),
		faults: [{ ...STATUS_500, status: 403 }],
		play: async (stage) => {
			await stage.run();
			return await stage.run();
		},
		expected: { stored: 3 },
	},
	{
		// The first is stored after the second was sent, and the second is not.
		fault: 'same name twice, the first unknown and stored late',
		...ON_ENCOUNTER,
		files: namesakes(2),
		faults: [
			{ kind: 'cut', cut: 'before-answer-unstored', times: 2 },
			{ ...LISTS, kind: 'status', status: 403 },
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

/** Seeds an attachment that only its age could tell from a file of the trial. */
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
			options: ONE_BY_ONE,
			faults: [{ ...STATUS_500, when, ...KNOWN_FIRST }],
			namesCandidates: true,
		};
		return [
			{
				...row,
				fault: `namesake of a year ago, 500 ${when} storing`,
				prepare: withOlder(1, YEAR_MS),
				expected: canTellAge(where) ? { stored: 6 } : { stored: 5, unknown: 1 },
			},
			{
				// Clocks may differ by as much.
				...row,
				fault: `namesake of 30 s ago, 500 ${when} storing`,
				prepare: withOlder(1, THIRTY_SECONDS_MS),
				expected: { stored: 5, unknown: 1 },
			},
		];
	}),
	{
		// The list that is read for the second file has the older namesake of the third.
		fault: 'namesake that an earlier list has, 500 after storing',
		...where,
		files: sixFiles(),
		options: ONE_BY_ONE,
		prepare: withOlder(2, THIRTY_SECONDS_MS),
		faults: [{ ...STATUS_500, when: 'after', times: 2, ...KNOWN_FIRST }],
		expected: canTellAge(where) ? { stored: 6 } : { stored: 5, unknown: 1 },
	},
]);

const large: Trial = {
	fault: 'reset in the middle, files of 20 MB',
	...ON_ENCOUNTER,
	files: numberedFiles(4, 20_000_000),
	options: ONE_BY_ONE,
	faults: [{ kind: 'cut', cut: 'during-body', times: 2, ...KNOWN_FIRST }],
	expected: { stored: 4 },
};

export const contentRows = [...changed, ...twins, ...namesakesInDoubt, ...besideOlder, large];
