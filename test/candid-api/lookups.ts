import { randomUUID } from 'node:crypto';

import { invalidFields, notFound } from './answers';
import { NO_PAGE } from './assumptions';

export type ChargeCaptureStatus = (typeof STATUSES)[number];

export interface ChargeCaptureSeed {
	chargeExternalId: string;
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
	encounterId?: string;
	patientExternalId?: string;
	/** YYYY-MM-DD */
	dateOfService?: string;
	/** ISO 8601; default now. */
	createdAt?: string;
}

export type ChargeCapture = Required<ChargeCaptureSeed>;
export type Encounter = Required<EncounterSeed>;

/** Query parameters as Fastify gives them: a list for one that came more than once. */
export type Query = Record<string, string | string[] | undefined>;

const STATUSES = ['planned', 'not-billable', 'billable', 'aborted', 'entered-in-error'] as const;
const DEFAULT_PATIENT = 'PAT-1';
const DEFAULT_DATE = '2025-01-15';

/** The charge captures and encounters to look up, seeded with a few invented ones. */
export class Lookups {
	private readonly chargeCaptures: ChargeCapture[] = [];
	private readonly encounters: Encounter[] = [];

	constructor() {
		for (const [index, status] of STATUSES.entries()) {
			this.addChargeCapture({
				chargeExternalId: `CC-${1001 + index}`,
				patientExternalId: `PAT-${1 + (index % 2)}`,
				status,
				...seedTimes(index),
			});
		}
		for (let index = 0; index < 3; index += 1) {
			this.addEncounter({
				externalId: `ENC-${2001 + index}`,
				patientExternalId: `PAT-${1 + (index % 2)}`,
				...seedTimes(index),
			});
		}
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
			dateOfService: DEFAULT_DATE,
			createdAt: new Date().toISOString(),
			...seed,
		};
		this.encounters.push(encounter);
		return encounter;
	}

	listChargeCaptures(query: Query): object {
		const status = oneOf(query, 'status', STATUSES);
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

/** One day apart, so that sorting shows. */
function seedTimes(index: number): { createdAt: string; dateOfService: string } {
	const date = `2025-01-${10 + index}`;
	return { createdAt: `${date}T12:00:00.000Z`, dateOfService: date };
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
	const limit = Number(first(query, 'limit') ?? 100);
	if (!Number.isInteger(limit) || limit < 1) throw wrong('limit', 'must be a positive integer');
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

function chargeCaptureOnWire(entry: ChargeCapture): object {
	return {
		id: entry.id,
		status: entry.status,
		charge_capture_data: {},
		date_of_service: entry.dateOfService,
		patient_external_id: entry.patientExternalId,
		charge_external_id: entry.chargeExternalId,
		updates: [],
	};
}

const ADDRESS = {
	address1: '1 Example Street',
	city: 'Exampleville',
	state: 'NY',
	zip_code: '00000',
	zip_plus_four_code: '0000',
};

const PROVIDER = {
	provider_id: '0a3fd4a4-3a4e-4b67-8f0c-51c2c2f2a001',
	organization_name: 'Example Clinic',
	npi: '0000000000',
	address: ADDRESS,
};

/** As little as the vendor's SDK accepts. The patient is a placeholder: it has no name. */
function encounterOnWire(entry: Encounter): object {
	return {
		encounter_id: entry.encounterId,
		external_id: entry.externalId,
		date_of_service: entry.dateOfService,
		created_at: entry.createdAt,
		url: `https://app.example.invalid/encounters/${entry.encounterId}`,
		patient_authorized_release: true,
		benefits_assigned_to_provider: true,
		provider_accepts_assignment: true,
		billable_status: 'BILLABLE',
		responsible_party: 'INSURANCE_PAY',
		owner_of_next_action: 'NONE',
		submission_origin: 'CANDID',
		patient: {
			individual_id: '0a3fd4a4-3a4e-4b67-8f0c-51c2c2f2a002',
			external_id: entry.patientExternalId,
			first_name: '-',
			last_name: '-',
			gender: 'not_given',
			date_of_birth: '1900-01-01',
			address: ADDRESS,
			phone_numbers: [],
			phone_consent: false,
			email_consent: false,
			auto_charge_consent: false,
			non_insurance_payers: [],
			non_insurance_payers_info: [],
		},
		billing_provider: PROVIDER,
		rendering_provider: PROVIDER,
		service_facility: {
			service_facility_id: '0a3fd4a4-3a4e-4b67-8f0c-51c2c2f2a003',
			organization_name: 'Example Clinic',
			address: ADDRESS,
		},
		claims: [],
		diagnoses: [],
		clinical_notes: [],
		patient_histories: [],
		patient_payments: [],
		tags: [],
		schema_instances: [],
	};
}
