import type { StoredAttachment } from '../../candid-api';
import { SAMPLE_UUID } from '../fixtures';
import { breachesIn } from './breaches';
import { numberedFiles, sameNameFiles } from './files';
import { outcomesOf } from './outcomes';
import type { TrialReport } from './playTrial';
import { secretsIn } from './secrets';
import { tallyOf } from './tally';
import type { FileOutcome, Trial, TrialFile } from './trial';

/* Tests of the checks that the fault tests use: each must detect what it is meant to detect. */

const [a, b] = numberedFiles(2) as [TrialFile, TrialFile];

const attachment = (attachmentId: string, { name, sha256 }: TrialFile) =>
	({ attachmentId, sha256, fileName: name }) as StoredAttachment;

const stored = (file: TrialFile, attachmentId: string): FileOutcome => ({
	file,
	outcome: 'stored',
	attachmentId,
	text: '',
});

const notStored = (
	file: TrialFile,
	outcome: 'not stored' | 'unknown' | 'not started',
): FileOutcome => ({
	file,
	outcome,
	text: '',
});

const NOTHING_WRONG = { doubled: 0, lost: 0, wrongIds: 0, untrue: 0 };

const [c, d] = sameNameFiles(2) as [TrialFile, TrialFile];

const cases: Array<[string, FileOutcome[], StoredAttachment[], object]> = [
	[
		'two files stored once',
		[stored(a, '1'), stored(b, '2')],
		[attachment('1', a), attachment('2', b)],
		{ ...NOTHING_WRONG, storedOnce: 2 },
	],
	[
		'one file stored and one refused',
		[stored(a, '1'), notStored(b, 'not stored')],
		[attachment('1', a)],
		{ ...NOTHING_WRONG, storedOnce: 1 },
	],
	[
		'a stored file of unknown outcome',
		[stored(a, '1'), notStored(b, 'unknown')],
		[attachment('1', a), attachment('2', b)],
		NOTHING_WRONG,
	],
	[
		'a file without a report',
		[stored(a, '1')],
		[attachment('1', a)],
		{ ...NOTHING_WRONG, lost: 1 },
	],
	[
		'a file that is reported as stored and is not',
		[stored(a, '1'), stored(b, '2')],
		[attachment('1', a)],
		{ ...NOTHING_WRONG, lost: 1 },
	],
	[
		'a file that is stored twice',
		[stored(a, '1'), stored(b, '2')],
		[attachment('1', a), attachment('2', b), attachment('3', a)],
		{ ...NOTHING_WRONG, doubled: 1 },
	],
	[
		"a file that is reported with another file's ID",
		[stored(a, '2'), stored(b, '2')],
		[attachment('1', a), attachment('2', b)],
		{ ...NOTHING_WRONG, wrongIds: 2 },
	],
	[
		'a file that is reported as not stored and is',
		[stored(a, '1'), notStored(b, 'not stored')],
		[attachment('1', a), attachment('2', b)],
		{ ...NOTHING_WRONG, untrue: 1 },
	],
	[
		'a file that is reported as not started and is stored',
		[stored(a, '1'), notStored(b, 'not started')],
		[attachment('1', a), attachment('2', b)],
		{ ...NOTHING_WRONG, untrue: 1 },
	],
	[
		'an attachment that is no file of the trial',
		[stored(a, '1'), stored(b, '2')],
		[attachment('1', a), attachment('2', b), attachment('3', c)],
		{ ...NOTHING_WRONG, wrongIds: 1 },
	],
];

it.each(cases)('the tally counts %s', (_, outcomes, attachments, expected) => {
	expect(tallyOf([a, b], outcomes, attachments)).toMatchObject(expected);
});

it('the tally counts swapped IDs of files with the same name as wrong', () => {
	const outcomes = [stored(c, '2'), stored(d, '1')];
	expect(tallyOf([c, d], outcomes, [attachment('1', c), attachment('2', d)])).toMatchObject({
		wrongIds: 2,
	});
});

it("the tally counts an older attachment's ID as wrong", () => {
	const outcomes = [stored(c, 'old')];
	const tally = tallyOf([c], outcomes, [attachment('old', d)], { older: new Set(['old']) });
	expect(tally).toMatchObject({ wrongIds: 1, lost: 0 });
});

it('the tally counts a message as untrue that asks to store a file a second time', () => {
	const asks = { ...notStored(a, 'unknown'), tryAgain: true };
	const run = (skip: boolean) => ({ skip, existingIds: new Set<string>() });
	expect(tallyOf([a], [asks], [attachment('1', a)])).toMatchObject({ untrue: 1 });
	expect(tallyOf([a], [{ ...asks, run: run(false) }], [])).toMatchObject({ untrue: 1 });
	expect(tallyOf([a], [{ ...asks, run: run(true) }], [attachment('1', a)])).toMatchObject({
		untrue: 0,
	});
	expect(tallyOf([a], [{ ...asks, tryAgain: false }], [])).toMatchObject({ untrue: 0 });
});

it('the tally does not count a copy as doubled if a message admits it by its ID', () => {
	const admits = { ...stored(a, '2'), isAdmitted: true };
	const both = [attachment('1', a), attachment('2', a)];
	const settings = { mayLeaveCopies: true, older: new Set(['1']) };
	expect(tallyOf([a], [admits], both, settings)).toMatchObject({ doubled: 0 });
	expect(tallyOf([a], [admits], both)).toMatchObject({ doubled: 1 });
	expect(tallyOf([a], [stored(a, '2')], both, settings)).toMatchObject({ doubled: 1 });
	const names = { ...notStored(a, 'unknown'), text: 'It was uploaded (attachment 2).' };
	expect(tallyOf([a], [names], both, settings)).toMatchObject({ doubled: 0 });
	expect(tallyOf([a], [notStored(a, 'unknown')], both, settings)).toMatchObject({ doubled: 1 });
});

it('the tally counts a file as lost that is reported as stored without an ID and is not stored', () => {
	const withoutId: FileOutcome = { file: a, outcome: 'stored', text: '', isAdmitted: true };
	expect(tallyOf([a], [withoutId], [])).toMatchObject({ lost: 1 });
	expect(tallyOf([a], [withoutId], [attachment('1', a)])).toMatchObject({ lost: 0 });
});

it('the tally accepts that a run did not start a file that was stored before it', () => {
	const notStarted = (...existingIds: string[]) => ({
		...notStored(a, 'not started'),
		run: { skip: true, existingIds: new Set(existingIds) },
	});
	expect(tallyOf([a], [notStarted('1')], [attachment('1', a)])).toMatchObject({ untrue: 0 });
	expect(tallyOf([a], [notStarted()], [attachment('1', a)])).toMatchObject({ untrue: 1 });
	const denies = { ...notStarted('1'), outcome: 'not stored' as const };
	expect(tallyOf([a], [denies], [attachment('1', a)])).toMatchObject({ untrue: 1 });
});

it("a message of a file that was stored although it should not be is read with the attachment's ID", () => {
	const error = {
		message: "'0.pdf' [item 0] was stored, but x",
		description: `Stored as ${SAMPLE_UUID}.`,
	};
	const run = { output: [], errors: [], error };
	expect(outcomesOf(run, [a])).toMatchObject([
		{ outcome: 'stored', attachmentId: SAMPLE_UUID, isAdmitted: true },
	]);
});

const FAULTLESS = {
	world: 'at once',
	tally: tallyOf([a], [stored(a, '1')], [attachment('1', a)]),
	outcomes: [stored(a, '1')],
	inTime: true,
	open: [],
	leaks: [],
	unnamed: [],
} as unknown as TrialReport;

it.each<[string, Partial<TrialReport>, Partial<Trial>]>([
	['tally', { tally: { ...FAULTLESS.tally, doubled: 1 } }, {}],
	['inTime', { inTime: false }, {}],
	['open', { open: ['/tmp/x'] }, {}],
	['leaks', { leaks: ['.data'] }, {}],
	['unnamed', { unnamed: ['1'] }, { namesCandidates: true }],
	['checkError', { checkError: new Error('x') }, {}],
	['unexpected', {}, { expected: { unknown: 1 } }],
	['unexpected', {}, { expected: { stored: [2, 3] } }],
	['unexpected', { world: 'hidden' }, { expectedIn: { hidden: { stored: 2 } } }],
])('a breach is reported as %s', (name, report, row) => {
	const trial = { expected: { stored: [0, 1] }, ...row } as Trial;
	expect(breachesIn(FAULTLESS, { ...trial, expected: { stored: 1 } })).toEqual({});
	expect(breachesIn({ ...FAULTLESS, ...report }, trial)).toHaveProperty(name);
});

it.each([
	['a message', new Error('with s3cret in it')],
	['a cause', new Error('x', { cause: { config: { headers: ['s3cret'] } } })],
	['a property that is not enumerable', Object.defineProperty({}, 'x', { value: 's3cret' })],
	['a key', { s3cret: 1 }],
	['bytes', { body: Buffer.from('a s3cret') }],
	['a map', new Map([['x', 's3cret']])],
	['a link', { link: 'https://files.example.com/1?signature=abc' }],
])('a secret is found in %s', (place, value) => {
	expect(secretsIn([{ deep: value }], ['s3cret'])).not.toEqual([]);
	expect(secretsIn([{ deep: value }], ['another'])).toHaveLength(place === 'a link' ? 1 : 0);
});
