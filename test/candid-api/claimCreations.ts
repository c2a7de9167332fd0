import { randomUUID } from 'node:crypto';

import type { Patient } from './lookups';
import type { ClaimCreationStatus } from './statuses';

/** Why no encounter could be created from the charge captures of a claim creation. */
export interface ClaimCreationError {
	id: string;
	/** The charge capture that it is about; undefined: all charge captures of the claim creation. */
	chargeCaptureId?: string;
	message: string;
	resolved: boolean;
	resolvedBy?: string;
	resolutionReason?: string;
	/** The charge capture's field that is missing or not valid. */
	fieldInError?: string;
}

/** The attempt to create an encounter from one or more charge captures. */
export interface ClaimCreation {
	id: string;
	status: ClaimCreationStatus;
	errors: ClaimCreationError[];
	/** What its charge captures have in common, such as `{ date_of_service: '2025-01-15' }`. */
	characteristics: Record<string, unknown>;
	/** An invented patient in `encounter_creation_input`; without one, there is no such input. */
	patient?: Patient;
}

export interface ClaimCreationSeed {
	/** A UUID; default a random one. A known ID replaces what that claim creation had. */
	id?: string;
	/** Default 'successful' if an encounter names it, else 'not-started'. */
	status?: ClaimCreationStatus;
	/** Default none. An error is unresolved unless it says otherwise; its default ID is a random UUID. */
	errors?: Array<
		Pick<ClaimCreationError, 'message'> & Partial<Omit<ClaimCreationError, 'message'>>
	>;
	/** Default empty. */
	characteristics?: Record<string, unknown>;
	patient?: Patient;
	/** The client it belongs to; default the first one. */
	clientId?: string;
}

/** A claim creation of which only the ID is known. */
export const claimCreationOf = (id: string, status: ClaimCreationStatus): ClaimCreation => ({
	id,
	status,
	errors: [],
	characteristics: {},
});

/** The claim creations of a client that were added; others exist because something names them. */
export class ClaimCreations {
	private readonly byId = new Map<string, ClaimCreation>();

	add({ errors = [], ...seed }: ClaimCreationSeed & Pick<ClaimCreation, 'status'>): ClaimCreation {
		const claimCreation: ClaimCreation = {
			id: randomUUID(),
			characteristics: {},
			...seed,
			errors: errors.map((error) => ({ id: randomUUID(), resolved: false, ...error })),
		};
		this.byId.set(claimCreation.id, claimCreation);
		return claimCreation;
	}

	find(id: string): ClaimCreation | undefined {
		return this.byId.get(id);
	}

	/** An encounter was created from it. */
	succeed(id: string): void {
		const found = this.byId.get(id);
		if (found !== undefined) this.byId.set(id, { ...found, status: 'successful' });
	}

	/** The first unresolved error that names this charge capture. */
	errorOf(chargeCapture: { id: string; claimCreationId?: string }): ClaimCreationError | undefined {
		return this.byId
			.get(chargeCapture.claimCreationId ?? '')
			?.errors.find((error) => !error.resolved && error.chargeCaptureId === chargeCapture.id);
	}
}
