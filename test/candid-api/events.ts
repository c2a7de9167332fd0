import { randomUUID } from 'node:crypto';

import { Refusal } from './answers';
import { EVENT_SCHEMA_VERSION, EVENTS_KEPT_DAYS, WRONG_EVENT_QUERY } from './assumptions';
import type { Clock } from './clock';
import type { Encounter } from './lookups';
import { first, millisecondsOf, page, positionOf, type Query } from './query';
import type { ClaimStatus } from './statuses';
import type { World } from './types';
import { claimIdOf } from './wire';

/** From the vendor's description of `event_types`. */
export const EVENT_TYPES = [
	'CandidApi.Encounter.Created',
	'CandidApi.Encounter.StatusUpdated',
	'PreEncounter.Patient.Created',
	'PreEncounter.Patient.Updated',
	'PreEncounter.Coverage.Created',
	'PreEncounter.Coverage.Updated',
	'PreEncounter.Tag.Created',
	'PreEncounter.Tag.Updated',
	'CandidApi.OrganizationProvider.Created',
	'CandidApi.OrganizationProvider.Updated',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

export interface EventSeed {
	eventType: EventType;
	/** A UUID; default a random one. */
	id?: string;
	/** ISO 8601; default now by the API's clock. Order and filters go by it. */
	createdAt?: string;
	/** ISO 8601; default `createdAt`. */
	timestamp?: string;
	/** Sent as it is, whatever the settings are; default none. */
	payload?: unknown;
	/** The client it belongs to; default the first one. */
	clientId?: string;
}

export type CandidEvent = Required<Omit<EventSeed, 'payload' | 'clientId'>> &
	Pick<EventSeed, 'payload'>;

/** The events feed of a client. */
export class Events {
	private readonly world: World;
	private readonly clock: Clock;
	private held: CandidEvent[] = [];

	constructor(world: World, clock: Clock) {
		this.world = world;
		this.clock = clock;
	}

	add({ eventType, payload, ...seed }: EventSeed): CandidEvent {
		const { id = randomUUID(), createdAt = this.clock.timestamp(), timestamp = createdAt } = seed;
		const event = { id, eventType, createdAt, timestamp, payload };
		this.held.push(event);
		return event;
	}

	/** The event has the time at which the encounter was created. */
	addEncounterCreated(encounter: Encounter): CandidEvent {
		const eventType = 'CandidApi.Encounter.Created';
		return this.add({
			eventType,
			createdAt: encounter.createdAt,
			payload: this.payloadOf(encounter),
		});
	}

	/** `encounter` has its new status already. */
	addStatusUpdated(
		encounter: Encounter,
		{ previous, createdAt }: { previous: ClaimStatus; createdAt?: string },
	): CandidEvent {
		const eventType = 'CandidApi.Encounter.StatusUpdated';
		const payload = this.payloadOf(encounter, { previous_status: previous });
		return this.add({ eventType, createdAt, payload });
	}

	/** Throws the 400 for a wrong value. */
	scan(query: Query): object {
		const slice = { start: startOf(query), limit: limitOf(query) };
		const types = typesOf(query);
		const before = timeOf(query, 'created_before') ?? Infinity;
		const keptSince = this.clock.now() - EVENTS_KEPT_DAYS * 24 * 60 * 60 * 1000;
		const after = Math.max(timeOf(query, 'created_after') ?? 0, keptSince);
		const matching = this.held
			.map((event) => ({ event, at: Date.parse(event.createdAt) }))
			.filter(({ event, at }) => types.includes(event.eventType) && at >= after && at <= before)
			.reverse()
			.sort((a, b) => b.at - a.at);
		const onWire = ({ event }: { event: CandidEvent }) => eventOnWire(event);
		const { items, next_page_token } = page(matching, { slice, world: this.world, onWire });
		return { items, next_page_token };
	}

	reset(): void {
		this.held = [];
	}

	private payloadOf(encounter: Encounter, more: object = {}): object | undefined {
		if (this.world.eventPayload === 'omitted') return undefined;
		return {
			encounter_id: encounter.encounterId,
			external_id: encounter.externalId,
			claim_id: claimIdOf(encounter),
			status: encounter.claimStatus,
			...more,
		};
	}
}

const eventOnWire = ({ id, createdAt, timestamp, eventType, payload }: CandidEvent) => ({
	id,
	created_at: createdAt,
	timestamp,
	event_type: eventType,
	schema_version: EVENT_SCHEMA_VERSION,
	// JSON.stringify leaves it out if there is none.
	payload,
});

const badRequest = (name: string, message: string) =>
	new Refusal(WRONG_EVENT_QUERY, { message: `'${name}' ${message}.` });

function startOf(query: Query): number {
	const token = first(query, 'page_token');
	const start = token === undefined ? 0 : positionOf(token);
	if (start === undefined) throw badRequest('page_token', 'is not a page token of this list');
	return start;
}

function limitOf(query: Query): number {
	const limit = Number(first(query, 'limit') ?? 10);
	if (!Number.isInteger(limit) || limit < 1 || limit > 100) {
		throw badRequest('limit', 'must be from 1 to 100');
	}
	return limit;
}

function typesOf({ event_types: asked }: Query): readonly EventType[] {
	if (asked === undefined) return EVENT_TYPES;
	return [asked].flat().map((value) => {
		const known = EVENT_TYPES.find((type) => type === value);
		if (known === undefined) throw badRequest('event_types', `has no type '${value}'`);
		return known;
	});
}

function timeOf(query: Query, name: string): number | undefined {
	const text = first(query, name);
	if (text === undefined) return undefined;
	const time = millisecondsOf(text);
	if (time === undefined) throw badRequest(name, 'must be a date-time');
	return time;
}
