import { randomUUID } from 'node:crypto';

import { notFound, Refusal } from './answers';
import { CHARGE_EXTERNAL_ID_IN_USE } from './assumptions';
import type { BillingNotes } from './billingNotes';
import { withChanges, type ChargeCaptureChanges } from './chargeCaptureUpdates';
import {
	claimCreationOf,
	ClaimCreations,
	type ClaimCreation,
	type ClaimCreationSeed,
} from './claimCreations';
import { all, date, first, oneOf, page, sliceOf, type Query } from './query';
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

export interface BillingProvider {
	name: string;
	npi: string;
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
	/** Default an address on `ehr.example.invalid` with the external ID. */
	ehrSourceUrl?: string;
	/** Default 'Example EHR'. */
	originatingSystem?: string;
	/** Default 'Example category'. */
	claimCreationCategory?: string;
	/** IDs of attachments to associate with the encounter that is created from it; default none. */
	attachmentExternalDocumentIds?: string[];
	/** More members of `charge_capture_data`, as the API shows them; default none. */
	data?: Record<string, unknown>;
	/** As the API shows it; default none. */
	metadata?: object[];
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
	/** Default 'Example Clinic' with the NPI '0000000000'. */
	billingProvider?: BillingProvider;
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

type Complete<Seed, Optional extends keyof Seed> = Required<Omit<Seed, Optional | 'clientId'>> &
	Pick<Seed, Optional>;

export type ChargeCapture = Complete<ChargeCaptureSeed, 'patient' | 'claimCreationId' | 'metadata'>;
export type Encounter = Complete<EncounterSeed, 'patient' | 'claimCreationId'>;

const DEFAULT_PATIENT = 'PAT-1';
const DEFAULT_BILLING_PROVIDER = { name: 'Example Clinic', npi: '0000000000' };
const DEFAULT_DATE = '2025-01-15';

/** The charge captures, claim creations and encounters of a client. */
export class Lookups {
	private readonly world: World;
	private readonly billingNotes: BillingNotes;
	private chargeCaptures: ChargeCapture[] = [];
	/** Charge captures that were updated, as they were before, by ID. */
	private readonly beforeUpdates = new Map<string, ChargeCapture>();
	private readonly claimCreations = new ClaimCreations();
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
			ehrSourceUrl: `https://ehr.example.invalid/visits/${encodeURIComponent(seed.chargeExternalId)}`,
			originatingSystem: 'Example EHR',
			claimCreationCategory: 'Example category',
			attachmentExternalDocumentIds: [],
			data: {},
			...seed,
		};
		const added = withClaimCreation(chargeCapture);
		this.chargeCaptures.push(added);
		return added;
	}

	addClaimCreation(seed: ClaimCreationSeed): ClaimCreation {
		const encounter = this.createdFrom(seed.id);
		const status = encounter === undefined ? 'not-started' : 'successful';
		return this.claimCreations.add({ ...seed, status: seed.status ?? status });
	}

	addEncounter(seed: EncounterSeed): Encounter {
		const encounter: Encounter = {
			encounterId: randomUUID(),
			patientExternalId: DEFAULT_PATIENT,
			claimStatus: 'biller_received',
			billingProvider: DEFAULT_BILLING_PROVIDER,
			dateOfService: DEFAULT_DATE,
			createdAt: new Date().toISOString(),
			...seed,
		};
		this.encounters.push(encounter);
		this.claimCreations.succeed(encounter.claimCreationId ?? '');
		return encounter;
	}

	get allChargeCaptures(): ChargeCapture[] {
		return [...this.chargeCaptures];
	}

	listChargeCaptures(query: Query): object {
		const status = oneOf(query, 'status', CHARGE_CAPTURE_STATUSES);
		const field = oneOf(query, 'sort', ['created_at', 'date_of_service']) ?? 'created_at';
		const direction = oneOf(query, 'sort_direction', ['asc', 'desc']) ?? 'desc';
		const externalId = first(query, 'charge_external_id');
		const claimIds = all(query, 'claim_ids');
		const claimCreationIds = all(query, 'claim_creation_ids');
		const matches = commonFilter(query, this.world);
		const matching = this.chargeCaptures.filter(
			(entry) =>
				(externalId === undefined || entry.chargeExternalId === externalId) &&
				(status === undefined || entry.status === status) &&
				(claimCreationIds ?? [entry.claimCreationId]).includes(entry.claimCreationId) &&
				(claimIds === undefined ||
					this.resultingIdsOf(entry).some((id) => claimIds.includes(id))) &&
				matches(entry, [entry.id, entry.chargeExternalId], this.claimIdsOf(entry)),
		);
		const entries = sorted(matching, `${field}:${direction}`);
		return {
			...page(entries, { slice: sliceOf(query), world: this.world, onWire: this.onWire }),
			item_count: entries.length,
		};
	}

	getChargeCapture(id: string): object {
		return this.onWire(this.findChargeCapture(id));
	}

	/** Throws the 404 for an unknown charge capture, and refuses an external ID that another one has. */
	updateChargeCapture(id: string, changes: ChargeCaptureChanges): object {
		const before = this.findChargeCapture(id);
		const { chargeExternalId } = changes;
		const isInUse = (entry: ChargeCapture) =>
			entry !== before && entry.chargeExternalId === chargeExternalId;
		if (chargeExternalId && this.chargeCaptures.some(isInUse)) {
			const message = 'Another charge capture has this charge_external_id.';
			throw new Refusal(CHARGE_EXTERNAL_ID_IN_USE, { message });
		}
		const updated = withClaimCreation(withChanges(before, changes));
		if (!this.beforeUpdates.has(id)) this.beforeUpdates.set(id, before);
		this.chargeCaptures = this.chargeCaptures.map((entry) => (entry === before ? updated : entry));
		return this.onWire(updated);
	}

	/** Makes the charge captures what they were when they were added. */
	undoUpdates(): void {
		this.chargeCaptures = this.chargeCaptures.map(
			(entry) => this.beforeUpdates.get(entry.id) ?? entry,
		);
		this.beforeUpdates.clear();
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

	/** The encounters of a patient with a date of service from `min` to `max`, both YYYY-MM-DD. */
	encountersIn(patientExternalId: string, min: string, max: string): Encounter[] {
		return this.encounters.filter(
			(entry) =>
				entry.patientExternalId === patientExternalId &&
				entry.dateOfService >= min &&
				entry.dateOfService <= max,
		);
	}

	/** Throws the 404 for one that was not added and that no charge capture and no encounter names. */
	getClaimCreation(id: string): object {
		checkUuid('charge_capture_claim_creation_id', id);
		const encounter = this.createdFrom(id);
		const known = this.claimCreations.find(id);
		if (known !== undefined) return claimCreationOnWire(known, encounter?.encounterId);
		if (encounter !== undefined) {
			return claimCreationOnWire(claimCreationOf(id, 'successful'), encounter.encounterId);
		}
		if (this.externalIdsOf(id).length === 0) throw notFound(id);
		return claimCreationOnWire(claimCreationOf(id, 'not-started'), undefined);
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

	/** IDs of attachments that the charge captures of this encounter name. */
	documentIdsOf(encounter: Encounter): string[] {
		const externalIds = this.chargeCapturesOf(encounter);
		return this.chargeCaptures
			.filter((entry) => externalIds.includes(entry.chargeExternalId))
			.flatMap((entry) => entry.attachmentExternalDocumentIds);
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

	private readonly onWire = (entry: ChargeCapture): object =>
		chargeCaptureOnWire(entry, this.claimCreations.errorOf(entry));

	private findChargeCapture(id: string): ChargeCapture {
		const found = this.chargeCaptures.find((entry) => entry.id === id);
		if (found === undefined) throw notFound(id);
		return found;
	}

	/** The encounter that was created from this claim creation. */
	private createdFrom(claimCreationId: string | undefined): Encounter | undefined {
		if (claimCreationId === undefined) return undefined;
		return this.encounters.find((entry) => entry.claimCreationId === claimCreationId);
	}

	private encountersOf({ claimCreationId }: ChargeCapture): Encounter[] {
		if (claimCreationId === undefined) return [];
		return this.encounters.filter((entry) => entry.claimCreationId === claimCreationId);
	}

	private claimIdsOf(chargeCapture: ChargeCapture): string[] {
		return this.encountersOf(chargeCapture).map(claimIdOf);
	}

	/** What the filter `claim_ids` is compared with: IDs of encounters and of their claims. */
	private resultingIdsOf(chargeCapture: ChargeCapture): string[] {
		const encounterIds = this.encountersOf(chargeCapture).map((entry) => entry.encounterId);
		return [...encounterIds, ...this.claimIdsOf(chargeCapture)];
	}
}

/** A billable charge capture is part of a claim creation. */
function withClaimCreation(entry: ChargeCapture): ChargeCapture {
	if (entry.status !== 'billable' || entry.claimCreationId !== undefined) return entry;
	return { ...entry, claimCreationId: relatedId(entry.id, 'b') };
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
