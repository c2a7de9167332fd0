import { randomUUID } from 'node:crypto';

import { notFound } from './answers';
import type { BillingNotes } from './billingNotes';
import { date, first, oneOf, page, sliceOf, type Query } from './query';
import type { Seeds } from './seed-data';
import {
	CHARGE_CAPTURE_STATUSES,
	CLAIM_STATUSES,
	type ChargeCaptureStatus,
	type ClaimStatus,
} from './statuses';
import type { World } from './types';
import { checkUuid } from './uuids';
import {
	chargeCaptureOnWire,
	claimCreationOnWire,
	claimIdOf,
	encounterOnWire,
	relatedId,
} from './wire';

export interface Patient {
	firstName: string;
	lastName: string;
	/** YYYY-MM-DD */
	dateOfBirth: string;
}

export interface ChargeCaptureSeed {
	chargeExternalId: string;
	/** A UUID; default a random one. */
	id?: string;
	patientExternalId?: string;
	/** An invented patient; default none. */
	patient?: Patient;
	/** UUID of its claim creation; default a new one if its status is 'billable', else none. */
	claimCreationId?: string;
	/** Default 'planned'. */
	status?: ChargeCaptureStatus;
	/** YYYY-MM-DD */
	dateOfService?: string;
	/** ISO 8601; default now. Used only for sorting: the API does not show it. */
	createdAt?: string;
	/** The client it belongs to; default the first one. */
	clientId?: string;
}

export interface EncounterSeed {
	externalId: string;
	/** A UUID; default a random one. */
	encounterId?: string;
	patientExternalId?: string;
	/** An invented patient; default a placeholder. */
	patient?: Patient;
	/** UUID of the claim creation that it was created from; default none. */
	claimCreationId?: string;
	/** Status of the encounter's only claim; default 'biller_received'. */
	claimStatus?: ClaimStatus;
	/** YYYY-MM-DD */
	dateOfService?: string;
	/** ISO 8601; default now. */
	createdAt?: string;
	/** The client it belongs to; default the first one. */
	clientId?: string;
}

type Optional = 'patient' | 'claimCreationId';
type Complete<Seed> = Required<Omit<Seed, Optional | 'clientId'>> &
	Partial<Pick<ChargeCaptureSeed, Optional>>;

export type ChargeCapture = Complete<ChargeCaptureSeed>;
export type Encounter = Complete<EncounterSeed>;

const DEFAULT_PATIENT = 'PAT-1';
const DEFAULT_DATE = '2025-01-15';

/** The charge captures and encounters of a client. */
export class Lookups {
	private readonly world: World;
	private readonly billingNotes: BillingNotes;
	private readonly chargeCaptures: ChargeCapture[] = [];
	private readonly encounters: Encounter[] = [];

	constructor(world: World, { chargeCaptures, encounters }: Seeds, billingNotes: BillingNotes) {
		this.world = world;
		this.billingNotes = billingNotes;
		for (const seed of chargeCaptures) this.addChargeCapture(seed);
		for (const seed of encounters) this.addEncounter(seed);
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
		if (chargeCapture.status === 'billable') {
			chargeCapture.claimCreationId ??= relatedId(chargeCapture.id, 'b');
		}
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
		const matches = commonFilter(query, this.world);
		const matching = this.chargeCaptures.filter(
			(entry) =>
				(externalId === undefined || entry.chargeExternalId === externalId) &&
				(status === undefined || entry.status === status) &&
				matches(entry, [entry.id, entry.chargeExternalId], this.claimIdsOf(entry)),
		);
		const entries = sorted(matching, `${field}:${direction}`);
		return {
			...page(entries, { slice: sliceOf(query), world: this.world, onWire: chargeCaptureOnWire }),
			item_count: entries.length,
		};
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
		const matches = commonFilter(query, this.world);
		const matching = this.encounters.filter(
			(entry) =>
				(externalId === undefined || entry.externalId === externalId) &&
				(claimStatus === undefined || entry.claimStatus === claimStatus) &&
				matches(entry, [entry.encounterId, entry.externalId], [claimIdOf(entry)]),
		);
		const entries = sorted(matching, sort ?? 'created_at:desc');
		return page(entries, {
			slice: sliceOf(query),
			world: this.world,
			onWire: (entry) => this.encounterOnWire(entry),
		});
	}

	getEncounter(encounterId: string): object {
		return this.encounterOnWire(this.findEncounter(encounterId));
	}

	/** Throws the 404 if no charge capture and no encounter has this claim creation. */
	getClaimCreation(id: string): object {
		checkUuid('charge_capture_claim_creation_id', id);
		const encounter = this.encounters.find((entry) => entry.claimCreationId === id);
		if (encounter === undefined && this.externalIdsOf(id).length === 0) throw notFound(id);
		return claimCreationOnWire(id, encounter?.encounterId);
	}

	/** Throws the 404 for an external ID that no charge capture has. */
	checkChargeCapture(externalId: string): void {
		if (!this.chargeCaptures.some((entry) => entry.chargeExternalId === externalId)) {
			throw notFound(externalId);
		}
	}

	/** External IDs of the charge captures that this encounter was created from. */
	chargeCapturesOf({ externalId, claimCreationId }: Encounter): string[] {
		if (this.world.encounterTie === 'external ID') return [externalId];
		return claimCreationId === undefined ? [] : this.externalIdsOf(claimCreationId);
	}

	/** Throws the 404 for an unknown encounter. */
	findEncounter(encounterId: string): Encounter {
		const found = this.encounters.find((entry) => entry.encounterId === encounterId);
		if (found === undefined) throw notFound(encounterId);
		return found;
	}

	private encounterOnWire(entry: Encounter): object {
		return { ...encounterOnWire(entry), ...this.billingNotes.onEncounter(entry.encounterId) };
	}

	private externalIdsOf(claimCreationId: string): string[] {
		return this.chargeCaptures
			.filter((entry) => entry.claimCreationId === claimCreationId)
			.map((entry) => entry.chargeExternalId);
	}

	private claimIdsOf({ claimCreationId }: ChargeCapture): string[] {
		if (claimCreationId === undefined) return [];
		return this.encounters
			.filter((entry) => entry.claimCreationId === claimCreationId)
			.map(claimIdOf);
	}
}

/** The filters of both lists. */
function commonFilter(query: Query, { searchTerm }: World) {
	const patient = first(query, 'patient_external_id');
	const earliest = date(query, 'date_of_service_min');
	const latest = date(query, 'date_of_service_max');
	const term = first(query, 'search_term')?.toLowerCase();
	const patientValues = ({ patient: known }: Filterable) =>
		known === undefined ? [] : [known.firstName, known.lastName, known.dateOfBirth];
	return (entry: Filterable, ids: string[], claimIds: string[]) =>
		(patient === undefined || entry.patientExternalId === patient) &&
		(earliest === undefined || entry.dateOfService >= earliest) &&
		(latest === undefined || entry.dateOfService <= latest) &&
		(term === undefined ||
			[
				...ids,
				entry.patientExternalId,
				...(searchTerm === 'IDs and patients' ? [...claimIds, ...patientValues(entry)] : []),
			].some((text) => text.toLowerCase().includes(term)));
}

type Filterable = Pick<ChargeCapture, 'patientExternalId' | 'dateOfService' | 'patient'>;

function sorted<T extends { createdAt: string; dateOfService: string }>(
	entries: T[],
	order: string,
): T[] {
	const key = order.startsWith('created_at') ? 'createdAt' : 'dateOfService';
	const sign = order.endsWith('asc') ? 1 : -1;
	return entries.sort((a, b) => sign * (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0));
}
