import { randomUUID } from 'node:crypto';

import { invalidFields, notFound } from './answers';
import { MAX_PAGE_SIZE, NO_PAGE } from './assumptions';
import { SEEDED_CHARGE_CAPTURES, SEEDED_ENCOUNTERS } from './seeds';
import {
	CHARGE_CAPTURE_STATUSES,
	CLAIM_STATUSES,
	type ChargeCaptureStatus,
	type ClaimStatus,
} from './statuses';
import { chargeCaptureOnWire, encounterOnWire } from './wire';

export interface ChargeCaptureSeed {
	chargeExternalId: string;
	/** A UUID; default a random one. */
	id?: string;
	patientExternalId?: string;
	/** Default 'planned'. */
	status?: ChargeCaptureStatus;
	/** YYYY-MM-DD */
	dateOfService?: string;
	/** ISO 8601; default now. Only sorts: the API does not show it. */
	createdAt?: string;
}

export interface EncounterSeed {
	externalId: string;
	/** A UUID; default a random one. */
	encounterId?: string;
	patientExternalId?: string;
	/** Of the encounter's one claim; default 'biller_received'. */
	claimStatus?: ClaimStatus;
	/** YYYY-MM-DD */
	dateOfService?: string;
	/** ISO 8601; default now. */
	createdAt?: string;
}

export type ChargeCapture = Required<ChargeCaptureSeed>;
export type Encounter = Required<EncounterSeed>;

/** Query parameters as Fastify gives them: a list for one that came more than once. */
export type Query = Record<string, string | string[] | undefined>;

const DEFAULT_PATIENT = 'PAT-1';
const DEFAULT_DATE = '2025-01-15';

/** The charge captures and encounters to look up, seeded with a few invented ones. */
export class Lookups {
	private readonly chargeCaptures: ChargeCapture[] = [];
	private readonly encounters: Encounter[] = [];

	constructor() {
		for (const seed of SEEDED_CHARGE_CAPTURES) this.addChargeCapture(seed);
		for (const seed of SEEDED_ENCOUNTERS) this.addEncounter(seed);
	}

	addChargeCapture(seed: ChargeCaptureSeed): ChargeCapture {
		const chargeCapture: ChargeCapture = {
			id: randomUUID(),
			patientExternalId: DEFAULT_PATIENT,
			status: 'planned',
			dateOfService: DEFAULT_DATE,
			createdAt: new Date().toISOString(),
			...seed,
		};
		this.chargeCaptures.push(chargeCapture);
		return chargeCapture;
	}

	addEncounter(seed: EncounterSeed): Encounter {
		const encounter: Encounter = {
			encounterId: randomUUID(),
			patientExternalId: DEFAULT_PATIENT,
			claimStatus: 'biller_received',
			dateOfService: DEFAULT_DATE,
			createdAt: new Date().toISOString(),
			...seed,
		};
		this.encounters.push(encounter);
		return encounter;
	}

	listChargeCaptures(query: Query): object {
		const status = oneOf(query, 'status', CHARGE_CAPTURE_STATUSES);
		const field = oneOf(query, 'sort', ['created_at', 'date_of_service']) ?? 'created_at';
		const direction = oneOf(query, 'sort_direction', ['asc', 'desc']) ?? 'desc';
		const externalId = first(query, 'charge_external_id');
		const matches = commonFilter(query);
		const matching = this.chargeCaptures.filter(
			(entry) =>
				(externalId === undefined || entry.chargeExternalId === externalId) &&
				(status === undefined || entry.status === status) &&
				matches(entry, [entry.id, entry.chargeExternalId]),
		);
		return page(sorted(matching, `${field}:${direction}`), query, chargeCaptureOnWire);
	}

	getChargeCapture(id: string): object {
		const found = this.chargeCaptures.find((entry) => entry.id === id);
		if (found === undefined) throw notFound(id);
		return chargeCaptureOnWire(found);
	}

	listEncounters(query: Query): object {
		const claimStatus = oneOf(query, 'claim_status', CLAIM_STATUSES);
		const sort = oneOf(query, 'sort', [
			'created_at:asc',
			'created_at:desc',
			'date_of_service:asc',
			'date_of_service:desc',
		]);
		const externalId = first(query, 'external_id');
		const matches = commonFilter(query);
		const matching = this.encounters.filter(
			(entry) =>
				(externalId === undefined || entry.externalId === externalId) &&
				(claimStatus === undefined || entry.claimStatus === claimStatus) &&
				matches(entry, [entry.encounterId, entry.externalId]),
		);
		return page(sorted(matching, sort ?? 'created_at:desc'), query, encounterOnWire);
	}

	getEncounter(encounterId: string): object {
		return encounterOnWire(this.findEncounter(encounterId));
	}

	/** Throws the 404 for an unknown encounter. */
	findEncounter(encounterId: string): Encounter {
		const found = this.encounters.find((entry) => entry.encounterId === encounterId);
		if (found === undefined) throw notFound(encounterId);
		return found;
	}
}

function first(query: Query, name: string): string | undefined {
	const value = query[name];
	return Array.isArray(value) ? value[0] : value;
}

function oneOf<T extends string>(query: Query, name: string, allowed: readonly T[]): T | undefined {
	const value = first(query, name);
	if (value === undefined) return undefined;
	const known = allowed.find((entry) => entry === value);
	if (known === undefined) throw wrong(name, `must be one of ${allowed.join(', ')}`);
	return known;
}

function date(query: Query, name: string): string | undefined {
	const value = first(query, name);
	if (value !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(value)) {
		throw wrong(name, 'must be a date formatted as YYYY-MM-DD');
	}
	return value;
}

const wrong = (field: string, message: string) => invalidFields([{ field, message }]);

/** The filters that both lists have. */
function commonFilter(query: Query) {
	const patient = first(query, 'patient_external_id');
	const earliest = date(query, 'date_of_service_min');
	const latest = date(query, 'date_of_service_max');
	const term = first(query, 'search_term')?.toLowerCase();
	return (entry: { patientExternalId: string; dateOfService: string }, ids: string[]) =>
		(patient === undefined || entry.patientExternalId === patient) &&
		(earliest === undefined || entry.dateOfService >= earliest) &&
		(latest === undefined || entry.dateOfService <= latest) &&
		(term === undefined ||
			[...ids, entry.patientExternalId].some((id) => id.toLowerCase().includes(term)));
}

function sorted<T extends { createdAt: string; dateOfService: string }>(
	entries: T[],
	order: string,
): T[] {
	const key = order.startsWith('created_at') ? 'createdAt' : 'dateOfService';
	const sign = order.endsWith('asc') ? 1 : -1;
	return entries.sort((a, b) => sign * (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0));
}

function page<T>(entries: T[], query: Query, onWire: (entry: T) => object): object {
	const asked = Number(first(query, 'limit') ?? MAX_PAGE_SIZE);
	if (!Number.isInteger(asked) || asked < 1) throw wrong('limit', 'must be a positive integer');
	const limit = Math.min(asked, MAX_PAGE_SIZE);
	const token = first(query, 'page_token');
	const start = token === undefined ? 0 : positionOf(token);
	const tokenAt = (position: number) => Buffer.from(`from:${position}`).toString('base64url');
	return {
		items: entries.slice(start, start + limit).map(onWire),
		item_count: entries.length,
		prev_page_token: start > 0 ? tokenAt(Math.max(0, start - limit)) : NO_PAGE,
		next_page_token: start + limit < entries.length ? tokenAt(start + limit) : NO_PAGE,
	};
}

function positionOf(token: string): number {
	const match = /^from:(\d+)$/.exec(Buffer.from(token, 'base64url').toString());
	if (match === null) throw wrong('page_token', 'is not a page token of this list');
	return Number(match[1]);
}
