import type { IDataObject } from 'n8n-workflow';

import { isRecord } from '../types/isRecord';
import type { CandidReader } from './candidReader';
import { checkDocumentation } from './documentation';
import type { ListEvidence } from './documentation';
import type { Polled } from './feed';
import { keyOf } from './seenEntries';

export const CHARGE_CAPTURES = '/api/charge_captures/v1';

/** How many of the newest charge captures are known by a key, so that a new one is recognized: 3 KB. */
const MAX_KNOWN = 300;

/** How many charge captures wait for their check at most: 240 KB. */
const MAX_PENDING = 5_000;

/** How many pages of new charge captures are read at most. */
const MAX_PAGES = MAX_PENDING / 100;

/** How many charge captures are checked in one poll at most, each with up to six requests. */
const MAX_CHECKS = 50;

const MINUTE_MS = 60_000;

/** How long until a charge capture is checked again whose documentation cannot be known yet, in minutes. */
const RECHECK_MINUTES = 60;

/**
 * What a trigger remembers of charge captures. Hours count from when it first saw one, by this computer's
 * clock: Candid does not say when a charge capture was created.
 */
export type ChargeCaptureState = {
	/** keys of the newest charge captures */
	known: string[];
	/** when each charge capture is to be checked, in minutes since the epoch, by its ID in Candid */
	pending: Record<string, number>;
	/** the hours to wait that `pending` was made with */
	hours: number;
	/** whether a charge capture without an encounter was seen with a file in its list */
	listsShowFiles: boolean;
};

/** What a user has chosen. */
export interface ChargeCaptureSettings {
	/** how long a charge capture may be without documentation */
	hours: number;
	/** how many are output at most */
	limit: number;
	/** is called when charge captures cannot be checked, because too many wait */
	warn: (message: string) => void;
}

/**
 * The charge captures that were first seen the given time ago and have no documentation, each one once.
 *
 * Candid lists the newest first. Pages are read until one has only known ones, so one that becomes visible
 * late, among the newest 100, is found, too. What a poll without output remembers is lost when n8n
 * restarts, but n8n polls when it starts and saves that (2.41.1). So the hours may start over, once.
 *
 * @param state undefined at the first poll: a trigger begins with what is new
 */
export async function pollChargeCaptures(
	reader: CandidReader,
	state: ChargeCaptureState | undefined,
	settings: ChargeCaptureSettings,
): Promise<Polled<ChargeCaptureState>> {
	const { listed, isAll } = await newestOnes(reader, state?.known);
	const known = [...new Set([...listed.map((id) => keyOf(id)), ...(state?.known ?? [])])].slice(
		0,
		MAX_KNOWN,
	);
	const { hours } = settings;
	if (!state) {
		return { state: { known, pending: {}, hours, listsShowFiles: false }, records: [] };
	}
	const pending = pendingOf(state, hours, listed);
	dropTooMany(pending, isAll, settings);
	const evidence = { listsShowFiles: state.listsShowFiles };
	const records = await checkDue(reader, pending, evidence, settings.limit);
	return { state: { known, pending: Object.fromEntries(pending), hours, ...evidence }, records };
}

/**
 * Reads pages until one has only known charge captures. One that has none, after another had some, is older
 * than all that are known, and so not new.
 *
 * @param known undefined at the first poll, which reads as many as can be known
 */
async function newestOnes(
	reader: CandidReader,
	known: string[] | undefined,
): Promise<{ listed: string[]; isAll: boolean }> {
	const keys = new Set(known);
	const isKnown = (id: string) => keys.has(keyOf(id));
	const listed: string[] = [];
	let token: string | undefined;
	for (let pages = 0; pages < (known ? MAX_PAGES : MAX_KNOWN / 100); pages++) {
		const qs = { sort: 'created_at', sort_direction: 'desc', limit: 100 };
		const page = await reader.page(CHARGE_CAPTURES, qs, token);
		const ids = page.records.map((record) => idOf(reader, record));
		if (listed.some(isKnown) && !ids.some(isKnown)) return { listed, isAll: true };
		listed.push(...ids);
		token = page.nextToken;
		if (token === undefined || ids.every(isKnown)) return { listed, isAll: true };
	}
	return { listed, isAll: false };
}

function idOf(reader: CandidReader, record: IDataObject): string {
	const { id } = record;
	if (typeof id !== 'string') throw reader.invalid(record, "a list of records with 'id'");
	return id;
}

/** The charge captures that wait, the ones that have waited longest first. */
function pendingOf(
	{ known, pending, hours: hoursBefore }: ChargeCaptureState,
	hours: number,
	listed: string[],
): Map<string, number> {
	const longer = (hours - hoursBefore) * 60;
	const waiting = Object.entries(pending).map(([id, due]): [string, number] => [id, due + longer]);
	const knownKeys = new Set(known);
	const due = Math.ceil(Date.now() / MINUTE_MS + hours * 60);
	const isKnown = (id: string) => knownKeys.has(keyOf(id));
	// Behind the last one that is known, there are only older ones.
	const last = listed.map(isKnown).lastIndexOf(true);
	const added = listed
		.slice(0, last === -1 ? undefined : last)
		.filter((id) => !isKnown(id))
		.reverse()
		.map((id): [string, number] => [id, due]);
	return new Map([...added, ...waiting].sort(([, one], [, other]) => one - other));
}

function dropTooMany(
	pending: Map<string, number>,
	isAll: boolean,
	{ warn }: ChargeCaptureSettings,
): void {
	const tooMany = [...pending.keys()].slice(0, Math.max(0, pending.size - MAX_PENDING));
	for (const id of tooMany) pending.delete(id);
	if (tooMany.length === 0 && isAll) return;
	warn(
		`More than ${MAX_PENDING.toLocaleString('en-US')} charge captures are waiting for their documentation. The oldest are no longer checked.`,
	);
}

/** Checks those that are due, and takes them out of `pending` unless their documentation cannot be known yet. */
async function checkDue(
	reader: CandidReader,
	pending: Map<string, number>,
	evidence: ListEvidence,
	limit: number,
): Promise<IDataObject[]> {
	const now = Date.now() / MINUTE_MS;
	const due = [...pending].filter(([, at]) => at <= now).slice(0, MAX_CHECKS);
	const missing: IDataObject[] = [];
	for (const [id] of due) {
		if (missing.length >= limit) break;
		const found = await checkDocumentation(reader, id, evidence);
		if (found.result === 'not known') pending.set(id, Math.ceil(now + RECHECK_MINUTES));
		else pending.delete(id);
		if (found.result === 'missing') missing.push(found.record);
	}
	return missing;
}

/** @returns undefined for what is not a state of charge captures */
export function chargeCaptureStateOf(saved: unknown): ChargeCaptureState | undefined {
	if (!isRecord(saved)) return undefined;
	const { known, pending, hours, listsShowFiles } = saved;
	if (!Array.isArray(known) || !isRecord(pending) || typeof hours !== 'number') return undefined;
	return {
		known: known.map(String),
		pending: pending as Record<string, number>,
		hours,
		listsShowFiles: listsShowFiles === true,
	};
}
