import { randomUUID } from 'node:crypto';

import type { Clock } from './clock';
import { wrong } from './query';
import type { World } from './types';
import { checkUuid } from './uuids';

export interface BillingNote {
	billingNoteId: string;
	encounterId: string;
	text: string;
	/** ISO 8601, by the API's clock. */
	createdAt: string;
}

export interface BillingNoteSeed {
	/** Not checked: the encounter need not exist. */
	encounterId: string;
	text: string;
	/** The client it belongs to; default the first one. */
	clientId?: string;
}

/** The billing notes of a client, in the order in which they were created. */
export class BillingNotes {
	private readonly world: World;
	private readonly clock: Clock;
	private held: BillingNote[] = [];

	constructor(world: World, clock: Clock) {
		this.world = world;
		this.clock = clock;
	}

	get all(): BillingNote[] {
		return [...this.held];
	}

	add({ encounterId, text }: BillingNoteSeed): BillingNote {
		const createdAt = this.clock.timestamp();
		const note = { billingNoteId: randomUUID(), encounterId, text, createdAt };
		this.held.push(note);
		return note;
	}

	/** What an encounter shows of its notes: the member `billing_notes`, or nothing. */
	onEncounter(encounterId: string): object {
		if (this.world.billingNotesOnEncounter === 'omitted') return {};
		const notes = this.held.filter((note) => note.encounterId === encounterId);
		return { billing_notes: notes.map(billingNoteOnWire) };
	}

	reset(): void {
		this.held = [];
	}
}

/** Throws the 422 for a missing or empty field, or an encounter ID that is not a UUID. */
export function readBillingNote(body: Record<string, unknown>): BillingNoteSeed {
	const { encounter_id: encounterId, text } = body;
	if (typeof encounterId !== 'string') throw wrong('encounter_id', 'must be a UUID');
	checkUuid('encounter_id', encounterId);
	if (typeof text !== 'string' || text === '') throw wrong('text', 'must be text, not empty');
	return { encounterId, text };
}

export const billingNoteOnWire = (note: BillingNote): object => ({
	billing_note_id: note.billingNoteId,
	encounter_id: note.encounterId,
	created_at: note.createdAt,
	author_auth0_id: 'auth0|local-client',
	author_name: 'local-client',
	billing_note_type: 'manual',
	text: note.text,
});
