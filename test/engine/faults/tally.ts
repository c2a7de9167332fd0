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
	/** files that were said not to be stored, or not to be started, and are stored */
	untrue: number;
}

/**
 * @param files each once, however often it was run
 * @param held what the server has
 * @param older IDs of what it had before
 */
export function tallyOf(
	files: TrialFile[],
	told: Told[],
	held: StoredAttachment[],
	older: ReadonlySet<string> = new Set(),
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
	for (const alike of byContent(files)) addAlike(tally, alike, told, held);
	return tally;
}

/** Files of one content cannot be told apart on the server: they are judged together. */
function addAlike(tally: Tally, alike: TrialFile[], told: Told[], held: StoredAttachment[]): void {
	const copies = held.filter(({ sha256 }) => sha256 === alike[0]!.sha256);
	const ofThese = told.filter(({ file }) => alike.includes(file));
	const mayBeStored = alike.filter((file) =>
		ofThese.some((one) => one.file === file && mayBe(one)),
	);
	tally.doubled += Math.max(0, copies.length - alike.length);
	tally.untrue += Math.max(0, Math.min(copies.length, alike.length) - mayBeStored.length);
	for (const file of alike) {
		const accounts = ofThese.filter((one) => one.file === file);
		const ids = accounts.flatMap(({ attachmentId }) => attachmentId ?? []);
		const right = ids.filter((id) => copies.some((copy) => copy.attachmentId === id));
		const gone = ids.filter((id) => !held.some((copy) => copy.attachmentId === id));
		if (accounts.length === 0 || gone.length > 0) tally.lost++;
		tally.wrongIds += ids.length - right.length - gone.length;
		const known = accounts.length > 0 && right.length === accounts.length;
		if (known && copies.length === alike.length) tally.storedOnce++;
	}
}

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

/** A Markdown table. */
export function tableOf(rows: Array<{ name: string; tally: Tally; seconds: number }>): string {
	const head = [
		[
			'fault',
			'files',
			'stored once',
			'errors',
			'doubled',
			'lost',
			'wrong IDs',
			'untrue',
			'seconds',
		],
		['---', '--:', '--:', '---', '--:', '--:', '--:', '--:', '--:'],
	];
	const body = rows.map(({ name, tally, seconds }) => [
		name,
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
