import type { StoredAttachment } from '../../candid-api';
import type { FileOutcome, Outcome, TrialFile } from './trial';

/** What a trial reported of its files, compared with what the server has stored. */
export interface Tally {
	files: number;
	/** files that are stored once, and were reported with the right attachment ID each time */
	storedOnce: number;
	/** number of reports, by outcome */
	reported: Record<Outcome, number>;
	/** attachments more than there were files */
	doubled: number;
	/** files that were not reported at all, or that were reported as stored and are not */
	lost: number;
	/** reported attachment IDs that belong to another file or to none, and attachments that are no file of the trial */
	wrongIds: number;
	/**
	 * Files that were reported as not stored, or not started, and are stored; and files of unknown outcome
	 * that a message asks to try again where that could store them twice.
	 */
	untrue: number;
}

export interface TallySettings {
	/** IDs of the attachments that existed before the trial */
	older?: ReadonlySet<string>;
	/** whether copies that a message admits are not counted as doubled */
	mayLeaveCopies?: boolean;
}

/**
 * @param files each once, however often it was run
 * @param attachments what the server has stored
 */
export function tallyOf(
	files: TrialFile[],
	outcomes: FileOutcome[],
	attachments: StoredAttachment[],
	{ older = new Set(), mayLeaveCopies = false }: TallySettings = {},
): Tally {
	const tally: Tally = {
		files: files.length,
		storedOnce: 0,
		reported: { stored: 0, 'not stored': 0, unknown: 0, 'not started': 0 },
		doubled: 0,
		lost: 0,
		wrongIds: foreignAttachments(files, attachments, older) + sharedIds(outcomes),
		untrue: 0,
	};
	for (const { outcome } of outcomes) tally.reported[outcome]++;
	const mayRemain = new Set(mayLeaveCopies ? admittedIn(outcomes, attachments) : []);
	for (const group of byContent(files)) addGroup(tally, group, outcomes, attachments, mayRemain);
	return tally;
}

/** IDs of the copies of which a message says that they are stored, or may be. */
const admittedIn = (outcomes: FileOutcome[], attachments: StoredAttachment[]): string[] =>
	attachments
		.map(({ attachmentId }) => attachmentId)
		.filter((id) =>
			outcomes.some(
				({ outcome, text, attachmentId, isAdmitted }) =>
					(isAdmitted && attachmentId === id) || (outcome === 'unknown' && text.includes(id)),
			),
		);

/**
 * Adds files with the same content to the tally. Their attachments cannot be distinguished on the server,
 * so they are counted together.
 */
function addGroup(
	tally: Tally,
	group: TrialFile[],
	outcomes: FileOutcome[],
	attachments: StoredAttachment[],
	mayRemain: ReadonlySet<string>,
): void {
	const copies = attachments.filter(({ sha256 }) => sha256 === group[0]!.sha256);
	const counted = copies.filter(({ attachmentId }) => !mayRemain.has(attachmentId));
	const ofGroup = outcomes.filter(({ file }) => group.includes(file));
	tally.doubled += Math.max(0, counted.length - group.length);
	tally.untrue += falselyDenied(group, ofGroup, copies) + askedToDuplicate(ofGroup);
	for (const file of group) {
		const ofFile = ofGroup.filter((one) => one.file === file);
		const ids = ofFile.flatMap(({ attachmentId }) => attachmentId ?? []);
		const right = ids.filter((id) => copies.some((copy) => copy.attachmentId === id));
		const missing = ids.filter((id) => !attachments.some((copy) => copy.attachmentId === id));
		const storedWithoutId = ofFile.some(
			({ outcome, attachmentId }) => outcome === 'stored' && attachmentId === undefined,
		);
		const isMissing = missing.length > 0 || (storedWithoutId && copies.length === 0);
		if (ofFile.length === 0 || isMissing) tally.lost++;
		tally.wrongIds += ids.length - right.length - missing.length;
		const isKnown = ofFile.length > 0 && right.length === ofFile.length;
		if (isKnown && copies.length === group.length) tally.storedOnce++;
	}
}

/**
 * How many files are stored although they were reported as not stored. The report that a run has not
 * started a file is true if all its copies existed before the run.
 */
function falselyDenied(
	group: TrialFile[],
	outcomes: FileOutcome[],
	copies: StoredAttachment[],
): number {
	const isDenied = ({ outcome, run }: FileOutcome) =>
		outcome === 'not stored' ||
		(outcome === 'not started' &&
			!copies.every(({ attachmentId }) => run?.existingIds.has(attachmentId)));
	const notDenied = group.filter((file) => {
		const ofFile = outcomes.filter((one) => one.file === file);
		return ofFile.some(mayBeStored) || (ofFile.length > 0 && !ofFile.some(isDenied));
	});
	return Math.max(0, Math.min(copies.length, group.length) - notDenied.length);
}

/** With 'Skip' a stored file is not sent again; without it, trying again stores it a second time. */
const askedToDuplicate = (outcomes: FileOutcome[]) =>
	outcomes.filter(
		({ outcome, tryAgain, run }) => outcome === 'unknown' && tryAgain === true && !run?.skip,
	).length;

const mayBeStored = ({ outcome }: FileOutcome) => outcome === 'stored' || outcome === 'unknown';

function byContent(files: TrialFile[]): TrialFile[][] {
	const groups = new Map<string, TrialFile[]>();
	for (const file of files) groups.set(file.sha256, [...(groups.get(file.sha256) ?? []), file]);
	return [...groups.values()];
}

/** Counts attachments that are no file of the trial. */
const foreignAttachments = (
	files: TrialFile[],
	attachments: StoredAttachment[],
	older: ReadonlySet<string>,
) =>
	attachments.filter(
		({ attachmentId, sha256, fileName }) =>
			!older.has(attachmentId) &&
			!files.some((file) => file.sha256 === sha256 && file.name === fileName),
	).length;

/** How many times an ID was reported for more than one file. */
function sharedIds(outcomes: FileOutcome[]): number {
	const owners = new Map<string, Set<TrialFile>>();
	for (const { file, attachmentId } of outcomes) {
		if (attachmentId === undefined) continue;
		owners.set(attachmentId, (owners.get(attachmentId) ?? new Set()).add(file));
	}
	return [...owners.values()].reduce((sum, { size }) => sum + size - 1, 0);
}

export const isBroken = ({ doubled, lost, wrongIds, untrue }: Tally) =>
	doubled + lost + wrongIds + untrue > 0;

export function sumOf(tallies: Tally[]): Tally {
	const sum = tallyOf([], [], []);
	for (const { reported, ...counts } of tallies) {
		for (const name of Object.keys(counts) as Array<keyof typeof counts>) sum[name] += counts[name];
		for (const outcome of Object.keys(reported) as Outcome[])
			sum.reported[outcome] += reported[outcome];
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

function errorsOf({ reported }: Tally): string {
	const some = ERRORS.filter((outcome) => reported[outcome] > 0);
	return some.map((outcome) => `${reported[outcome]} ${outcome}`).join(', ') || '0';
}
