import { dropOldest } from '../run/boundedMap';
import type { Parent } from './shipment';

/** One upload that Candid has acknowledged. */
export interface StoredAttachment {
	lane: string;
	/** when its upload began, and when Candid had answered it; milliseconds since the epoch */
	sentAt: number;
	storedAt: number;
}

/** The oldest are forgotten first. */
const MAX_PARENTS = 5_000;

const MAX_IDS = 1_000;

/** The attachments that this process has stored and not deleted, by charge capture or encounter. */
export class StoredAttachments {
	private readonly byParent = new Map<
		string,
		{ parent: Parent; attachments: Map<string, StoredAttachment> }
	>();

	/** @param sentAt when its upload began, milliseconds since the epoch */
	add(parent: Parent, id: string, { lane, sentAt }: { lane: string; sentAt: number }): void {
		const attachments =
			this.byParent.get(parent.key)?.attachments ?? new Map<string, StoredAttachment>();
		attachments.set(id, { lane, sentAt, storedAt: Date.now() });
		dropOldest(attachments, MAX_IDS);
		// The parent used last becomes the newest.
		this.byParent.delete(parent.key);
		this.byParent.set(parent.key, { parent, attachments });
		dropOldest(this.byParent, MAX_PARENTS);
	}

	/** Forgets an attachment that was deleted, wherever it was: lists will not show it any more. */
	forget(id: string): void {
		for (const { attachments } of this.byParent.values()) attachments.delete(id);
	}

	has(parent: Parent, id: string): boolean {
		return this.byParent.get(parent.key)?.attachments.has(id) ?? false;
	}

	/** IDs and uploads, the oldest first. */
	at({ key }: Pick<Parent, 'key'>): Array<[id: string, StoredAttachment]> {
		return [...(this.byParent.get(key)?.attachments ?? [])];
	}

	/** @param key of a charge capture or encounter */
	parent(key: string): Parent | undefined {
		return this.byParent.get(key)?.parent;
	}

	/** Keys of the charge captures or encounters, the one used last at the end. */
	parentKeys(): string[] {
		return [...this.byParent.keys()];
	}
}
