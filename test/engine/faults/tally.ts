import type { StoredAttachment } from '../../candid-api';
import type { Outcome, Told, TrialFile } from './trial';

/** What has become of the files of a trial, as the server's own list has it. */
export interface Tally {
	files: number;
	/** files that are there once and were told with the right attachment ID each time */
	storedOnce: number;
	/** what was told, by outcome */
	told: Record<Outcome, number>;
	/** attachments more than there were files */
	doubled: number;
	/** files of which nothing was said, or that were said to be stored and are not */
	lost: number;
	/** attachment IDs that are another file's or nobody's, and attachments that nobody sent */
	wrongIds: number;
	/**
	 * Files that were said not to be stored, or not to be started, and are stored; and those of unknown
	 * outcome that a message asks to try again where that could store them twice.
	 */
	untrue: number;
}

export interface TallySettings {
	/** IDs of what the server had before the trial */
	older?: ReadonlySet<string>;
	/** Whether copies do not count as doubled that a message admits. */
	mayLeaveCopies?: boolean;
}

/**
 * @param files each once, however often it was run
 * @param held what the server has
 */
export function tallyOf(
	files: TrialFile[],
	told: Told[],
	held: StoredAttachment[],
	{ older = new Set(), mayLeaveCopies = false }: TallySettings = {},
): Tally {
	const tally: Tally = {
		files: files.length,
		storedOnce: 0,
		told: { stored: 0, 'not stored': 0, unknown: 0, 'not started': 0 },
		doubled: 0,
		lost: 0,
		wrongIds: strangers(files, held, older) + sharedIds(told),
		untrue: 0,
	};
	for (const { outcome } of told) tally.told[outcome]++;
	const mayRemain = new Set(mayLeaveCopies ? admittedIn(told, held) : []);
	for (const alike of byContent(files)) addAlike(tally, alike, told, held, mayRemain);
	return tally;
}

/** Copies of which a message says, by their IDs, that they are there or may be. */
const admittedIn = (told: Told[], held: StoredAttachment[]): string[] =>
	held
		.map(({ attachmentId }) => attachmentId)
		.filter((id) =>
			told.some(
				({ outcome, words, attachmentId, isAdmitted }) =>
					(isAdmitted && attachmentId === id) || (outcome === 'unknown' && words.includes(id)),
			),
		);

/** Files of one content cannot be told apart on the server: they are judged together. */
function addAlike(
	tally: Tally,
	alike: TrialFile[],
	told: Told[],
	held: StoredAttachment[],
	mayRemain: ReadonlySet<string>,
): void {
	const copies = held.filter(({ sha256 }) => sha256 === alike[0]!.sha256);
	const counted = copies.filter(({ attachmentId }) => !mayRemain.has(attachmentId));
	const ofThese = told.filter(({ file }) => alike.includes(file));
	tally.doubled += Math.max(0, counted.length - alike.length);
	tally.untrue += denied(alike, ofThese, copies) + askedToDouble(ofThese);
	for (const file of alike) {
		const accounts = ofThese.filter((one) => one.file === file);
		const ids = accounts.flatMap(({ attachmentId }) => attachmentId ?? []);
		const right = ids.filter((id) => copies.some((copy) => copy.attachmentId === id));
		const gone = ids.filter((id) => !held.some((copy) => copy.attachmentId === id));
		const saidWithoutId = accounts.some(
			({ outcome, attachmentId }) => outcome === 'stored' && attachmentId === undefined,
		);
		const isGone = gone.length > 0 || (saidWithoutId && copies.length === 0);
		if (accounts.length === 0 || isGone) tally.lost++;
		tally.wrongIds += ids.length - right.length - gone.length;
		const known = accounts.length > 0 && right.length === accounts.length;
		if (known && copies.length === alike.length) tally.storedOnce++;
	}
}

/**
 * How many are stored although they were said not to be. That a run has not started a file is true as
 * long as what is there was there before it.
 */
function denied(alike: TrialFile[], told: Told[], copies: StoredAttachment[]): number {
	const accountsOf = (file: TrialFile) => told.filter((one) => one.file === file);
	const isDenied = ({ outcome, run }: Told) =>
		outcome === 'not stored' ||
		(outcome === 'not started' &&
			!copies.every(({ attachmentId }) => run?.heldBefore.has(attachmentId)));
	const notDenied = alike.filter((file) => {
		const accounts = accountsOf(file);
		return accounts.some(mayBe) || (accounts.length > 0 && !accounts.some(isDenied));
	});
	return Math.max(0, Math.min(copies.length, alike.length) - notDenied.length);
}

/** With 'Skip' a file that is there is not sent again; without it, it is stored a second time. */
const askedToDouble = (told: Told[]) =>
	told.filter(
		({ outcome, tryAgain, run }) => outcome === 'unknown' && tryAgain === true && !run?.skip,
	).length;

const mayBe = ({ outcome }: Told) => outcome === 'stored' || outcome === 'unknown';

function byContent(files: TrialFile[]): TrialFile[][] {
	const groups = new Map<string, TrialFile[]>();
	for (const file of files) groups.set(file.sha256, [...(groups.get(file.sha256) ?? []), file]);
	return [...groups.values()];
}

const strangers = (files: TrialFile[], held: StoredAttachment[], older: ReadonlySet<string>) =>
	held.filter(
		({ attachmentId, sha256, fileName }) =>
			!older.has(attachmentId) &&
			!files.some((file) => file.sha256 === sha256 && file.name === fileName),
	).length;

/** How many times an ID was told of more than one file. */
function sharedIds(told: Told[]): number {
	const owners = new Map<string, Set<TrialFile>>();
	for (const { file, attachmentId } of told) {
		if (attachmentId === undefined) continue;
		owners.set(attachmentId, (owners.get(attachmentId) ?? new Set()).add(file));
	}
	return [...owners.values()].reduce((sum, { size }) => sum + size - 1, 0);
}

export const isBroken = ({ doubled, lost, wrongIds, untrue }: Tally) =>
	doubled + lost + wrongIds + untrue > 0;

export function sumOf(tallies: Tally[]): Tally {
	const sum = tallyOf([], [], []);
	for (const { told, ...counts } of tallies) {
		for (const name of Object.keys(counts) as Array<keyof typeof counts>) sum[name] += counts[name];
		for (const outcome of Object.keys(told) as Outcome[]) sum.told[outcome] += told[outcome];
	}
	return sum;
}

export interface TableRow {
	name: string;
	world: string;
	tally: Tally;
	seconds: number;
}

/** A Markdown table. */
export function tableOf(rows: TableRow[]): string {
	const head = [
		[
			'fault',
			'world',
			'files',
			'stored once',
			'errors',
			'doubled',
			'lost',
			'wrong IDs',
			'untrue',
			'seconds',
		],
		['---', '---', '--:', '--:', '---', '--:', '--:', '--:', '--:', '--:'],
	];
	const body = rows.map(({ name, world, tally, seconds }) => [
		name,
		world,
		tally.files,
		tally.storedOnce,
		errorsOf(tally),
		tally.doubled,
		tally.lost,
		tally.wrongIds,
		tally.untrue,
		seconds.toFixed(1),
	]);
	return [...head, ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const ERRORS = ['not stored', 'unknown', 'not started'] as const;

function errorsOf({ told }: Tally): string {
	const some = ERRORS.filter((outcome) => told[outcome] > 0);
	return some.map((outcome) => `${told[outcome]} ${outcome}`).join(', ') || '0';
}
