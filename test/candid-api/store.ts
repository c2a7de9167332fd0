import { createHash, randomUUID } from 'node:crypto';

import { notFound } from './answers';
import { NO_DESCRIPTION } from './assumptions';
import type { StoredAttachment } from './types';

export type NewAttachment = Omit<
	StoredAttachment,
	'attachmentId' | 'size' | 'sha256' | 'createdAt'
> &
	Partial<Pick<StoredAttachment, 'attachmentId' | 'createdAt'>>;

export type Owner = { chargeCaptureExternalId: string } | { encounterId: string };

const CREATED_BY = {
	user_id: '5f0c1f0e-6d1f-4c43-9a55-0c6a3a3f7f11',
	idp_metadata: [],
	user_metadata: { type: 'machine_user_metadata', name: 'local-client' },
};

/** The attachments the server holds, in the order in which they came. */
export class AttachmentStore {
	private held: StoredAttachment[] = [];

	get all(): StoredAttachment[] {
		return [...this.held];
	}

	add({
		attachmentId = randomUUID(),
		createdAt = new Date().toISOString(),
		...rest
	}: NewAttachment): StoredAttachment {
		const { bytes } = rest;
		const sha256 = createHash('sha256').update(bytes).digest('hex');
		const attachment = { ...rest, attachmentId, createdAt, size: bytes.length, sha256 };
		this.held.push(attachment);
		return attachment;
	}

	/** Ties what waits under a charge capture's external ID to the encounter made from it. */
	tie(externalId: string, encounterId: string): void {
		for (const attachment of this.held) {
			if (attachment.chargeCaptureExternalId === externalId) attachment.encounterId ??= encounterId;
		}
	}

	/** In the API's own field names. */
	list(owner: Owner, linkTo: (attachmentId: string) => string): object[] {
		return this.held
			.filter((attachment) => belongsTo(attachment, owner))
			.map((attachment) => {
				const listed = {
					attachment_id: attachment.attachmentId,
					file_name: attachment.fileName,
					description: attachment.description ?? NO_DESCRIPTION,
					content_type: attachment.contentType,
					attachment_type: attachment.attachmentType,
					authed_url: linkTo(attachment.attachmentId),
				};
				if ('chargeCaptureExternalId' in owner) return listed;
				return {
					...listed,
					encounter_id: owner.encounterId,
					created_at: attachment.createdAt,
					created_by: CREATED_BY,
				};
			});
	}

	/** Throws the 404 for an attachment that does not exist or belongs to another owner. */
	remove(owner: Owner, attachmentId: string): void {
		const index = this.held.findIndex(
			(attachment) => attachment.attachmentId === attachmentId && belongsTo(attachment, owner),
		);
		if (index === -1) throw notFound(attachmentId);
		this.held.splice(index, 1);
	}

	find(attachmentId: string): StoredAttachment | undefined {
		return this.held.find((attachment) => attachment.attachmentId === attachmentId);
	}

	reset(): void {
		this.held = [];
	}
}

function belongsTo(attachment: StoredAttachment, owner: Owner): boolean {
	return 'encounterId' in owner
		? attachment.encounterId === owner.encounterId
		: attachment.chargeCaptureExternalId === owner.chargeCaptureExternalId;
}
