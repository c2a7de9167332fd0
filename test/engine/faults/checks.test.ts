import type { StoredAttachment } from '../../candid-api';
import { breachesIn } from './breaches';
import { namesakes, numberedFiles } from './files';
import type { TrialReport } from './playTrial';
import { secretsIn } from './secrets';
import { tallyOf } from './tally';
import { toldBy } from './told';
import type { Told, Trial, TrialFile } from './trial';

/** What the tables of this folder are made with has to see what it is there for. */
const [a, b] = numberedFiles(2) as [TrialFile, TrialFile];

const held = (attachmentId: string, { name, sha256 }: TrialFile) =>
	({ attachmentId, sha256, fileName: name }) as StoredAttachment;

const stored = (file: TrialFile, attachmentId: string): Told => ({
	file,
	outcome: 'stored',
	attachmentId,
	words: '',
});

const unsaid = (file: TrialFile, outcome: 'not stored' | 'unknown' | 'not started'): Told => ({
	file,
	outcome,
	words: '',
});

const GOOD = { doubled: 0, lost: 0, wrongIds: 0, untrue: 0 };

const [c, d] = namesakes(2) as [TrialFile, TrialFile];

const cases: Array<[string, Told[], StoredAttachment[], object]> = [
	[
		'two files stored once',
		[stored(a, '1'), stored(b, '2')],
		[held('1', a), held('2', b)],
		{ ...GOOD, storedOnce: 2 },
	],
	[
		'one stored, one refused',
		[stored(a, '1'), unsaid(b, 'not stored')],
		[held('1', a)],
		{ ...GOOD, storedOnce: 1 },
	],
	[
		'one stored and not known to be',
		[stored(a, '1'), unsaid(b, 'unknown')],
		[held('1', a), held('2', b)],
		GOOD,
	],
	['one of which nothing is said', [stored(a, '1')], [held('1', a)], { ...GOOD, lost: 1 }],
	[
		'one that is said to be stored and is not',
		[stored(a, '1'), stored(b, '2')],
		[held('1', a)],
		{ ...GOOD, lost: 1 },
	],
	[
		'one that is there twice',
		[stored(a, '1'), stored(b, '2')],
		[held('1', a), held('2', b), held('3', a)],
		{ ...GOOD, doubled: 1 },
	],
	[
		"one with the other's ID",
		[stored(a, '2'), stored(b, '2')],
		[held('1', a), held('2', b)],
		{ ...GOOD, wrongIds: 2 },
	],
	[
		'one that is said not to be stored and is',
		[stored(a, '1'), unsaid(b, 'not stored')],
		[held('1', a), held('2', b)],
		{ ...GOOD, untrue: 1 },
	],
	[
		'one that is said not to be started and is stored',
		[stored(a, '1'), unsaid(b, 'not started')],
		[held('1', a), held('2', b)],
		{ ...GOOD, untrue: 1 },
	],
	[
		'one that nobody sent',
		[stored(a, '1'), stored(b, '2')],
		[held('1', a), held('2', b), held('3', c)],
		{ ...GOOD, wrongIds: 1 },
	],
];

it.each(cases)('the tally sees %s', (_, told, attachments, expected) => {
	expect(tallyOf([a, b], told, attachments)).toMatchObject(expected);
});

it('the tally sees that files of one name have swapped their IDs', () => {
	const told = [stored(c, '2'), stored(d, '1')];
	expect(tallyOf([c, d], told, [held('1', c), held('2', d)])).toMatchObject({ wrongIds: 2 });
});

it("the tally sees that a file was given an older attachment's ID", () => {
	const told = [stored(c, 'old')];
	const tally = tallyOf([c], told, [held('old', d)], { older: new Set(['old']) });
	expect(tally).toMatchObject({ wrongIds: 1, lost: 0 });
});

it('the tally sees a message that asks to store a file a second time', () => {
	const asks = { ...unsaid(a, 'unknown'), tryAgain: true };
	const run = (skip: boolean) => ({ skip, heldBefore: new Set<string>() });
	expect(tallyOf([a], [asks], [held('1', a)])).toMatchObject({ untrue: 1 });
	expect(tallyOf([a], [{ ...asks, run: run(false) }], [])).toMatchObject({ untrue: 1 });
	expect(tallyOf([a], [{ ...asks, run: run(true) }], [held('1', a)])).toMatchObject({ untrue: 0 });
	expect(tallyOf([a], [{ ...asks, tryAgain: false }], [])).toMatchObject({ untrue: 0 });
});

it('the tally excuses a copy only where a message admits it by its ID', () => {
	const admits = { ...stored(a, '2'), isAdmitted: true };
	const both = [held('1', a), held('2', a)];
	const settings = { mayLeaveCopies: true, older: new Set(['1']) };
	expect(tallyOf([a], [admits], both, settings)).toMatchObject({ doubled: 0 });
	expect(tallyOf([a], [admits], both)).toMatchObject({ doubled: 1 });
	expect(tallyOf([a], [stored(a, '2')], both, settings)).toMatchObject({ doubled: 1 });
	const names = { ...unsaid(a, 'unknown'), words: 'It was uploaded (attachment 2).' };
	expect(tallyOf([a], [names], both, settings)).toMatchObject({ doubled: 0 });
	expect(tallyOf([a], [unsaid(a, 'unknown')], both, settings)).toMatchObject({ doubled: 1 });
});

it('the tally sees that nothing is there of a file that was stored, but not as it should be', () => {
	const withoutId: Told = { file: a, outcome: 'stored', words: '', isAdmitted: true };
	expect(tallyOf([a], [withoutId], [])).toMatchObject({ lost: 1 });
	expect(tallyOf([a], [withoutId], [held('1', a)])).toMatchObject({ lost: 0 });
});

it('the tally does not blame a run that did not start what was there before it', () => {
	const told = (...heldBefore: string[]) => ({
		...unsaid(a, 'not started'),
		run: { skip: true, heldBefore: new Set(heldBefore) },
	});
	expect(tallyOf([a], [told('1')], [held('1', a)])).toMatchObject({ untrue: 0 });
	expect(tallyOf([a], [told()], [held('1', a)])).toMatchObject({ untrue: 1 });
	const denies = { ...told('1'), outcome: 'not stored' as const };
	expect(tallyOf([a], [denies], [held('1', a)])).toMatchObject({ untrue: 1 });
});

it("a message of a file that was stored, but not as it should be, is read with the file's ID", () => {
	const id = 'd5e9c84f-c2b2-4bf4-b4b0-7ffd7a9ffc32';
	const error = { message: "'0.pdf' [item 0] was stored, but x", description: `Stored as ${id}.` };
	const run = { output: [], errors: [], error };
	expect(toldBy(run, [a])).toMatchObject([
		{ outcome: 'stored', attachmentId: id, isAdmitted: true },
	]);
});

const wellDone = {
	world: 'at once',
	tally: tallyOf([a], [stored(a, '1')], [held('1', a)]),
	told: [stored(a, '1')],
	inTime: true,
	open: [],
	leaks: [],
	unnamed: [],
} as unknown as TrialReport;

it.each<[string, Partial<TrialReport>, Partial<Trial>]>([
	['tally', { tally: { ...wellDone.tally, doubled: 1 } }, {}],
	['inTime', { inTime: false }, {}],
	['open', { open: ['/tmp/x'] }, {}],
	['leaks', { leaks: ['.data'] }, {}],
	['unnamed', { unnamed: ['1'] }, { namesCandidates: true }],
	['complaint', { complaint: new Error('x') }, {}],
	['unexpected', {}, { expected: { unknown: 1 } }],
	['unexpected', {}, { expected: { stored: [2, 3] } }],
	['unexpected', { world: 'hidden' }, { expectedIn: { hidden: { stored: 2 } } }],
])('a row breaks its %s', (name, report, row) => {
	const trial = { expected: { stored: [0, 1] }, ...row } as Trial;
	expect(breachesIn(wellDone, { ...trial, expected: { stored: 1 } })).toEqual({});
	expect(breachesIn({ ...wellDone, ...report }, trial)).toHaveProperty(name);
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
