import { createHash, randomBytes, randomUUID } from 'node:crypto';

import { notFound, Refusal } from './answers';
import { NO_DESCRIPTION, SIGNED_LINK_INVALID, SIGNED_LINK_WITH_AUTHORIZATION } from './assumptions';
import { FILES_PATH } from './paths';
import type { StoredAttachment } from './types';

export type NewAttachment = Omit<
	StoredAttachment,
	'attachmentId' | 'size' | 'sha256' | 'createdAt'
>;

export type Owner = { chargeCaptureExternalId: string } | { encounterId: string };

const CREATED_BY = {
	user_id: '5f0c1f0e-6d1f-4c43-9a55-0c6a3a3f7f11',
	idp_metadata: [],
	user_metadata: { type: 'machine_user_metadata', name: 'local-client' },
};

/** The attachments the server holds, oldest first. */
export class AttachmentStore {
	private held: StoredAttachment[] = [];
	private readonly signatures = new Map<string, string>();

	get all(): StoredAttachment[] {
		return [...this.held];
	}

	add(attachment: NewAttachment): string {
		const attachmentId = randomUUID();
		this.held.push({
			attachmentId,
			...attachment,
			size: attachment.bytes.length,
			sha256: createHash('sha256').update(attachment.bytes).digest('hex'),
			createdAt: new Date().toISOString(),
		});
		this.signatures.set(attachmentId, randomBytes(16).toString('hex'));
		return attachmentId;
	}

	/** Ties what waits under a charge capture's external ID to the encounter made from it. */
	tie(externalId: string, encounterId: string): void {
		for (const attachment of this.held) {
			if (attachment.chargeCaptureExternalId === externalId) attachment.encounterId ??= encounterId;
		}
	}

	/** In the API's own field names. */
	list(owner: Owner, baseUrl: string): object[] {
		return this.held
			.filter((attachment) => belongsTo(attachment, owner))
			.map((attachment) => {
				const signature = this.signatures.get(attachment.attachmentId);
				const listed = {
					attachment_id: attachment.attachmentId,
					file_name: attachment.fileName,
					description: attachment.description ?? NO_DESCRIPTION,
					content_type: attachment.contentType,
					attachment_type: attachment.attachmentType,
					authed_url: `${baseUrl}${FILES_PATH}/${attachment.attachmentId}?signature=${signature}`,
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

	/** The file behind a signed link; throws what the link answers otherwise. */
	open(
		attachmentId: string,
		signature: unknown,
		authorization: string | undefined,
	): StoredAttachment {
		if (authorization !== undefined) {
			throw new Refusal(SIGNED_LINK_WITH_AUTHORIZATION, {
				message: 'The link is signed; it takes no Authorization header.',
			});
		}
		const attachment = this.held.find((entry) => entry.attachmentId === attachmentId);
		if (attachment === undefined || this.signatures.get(attachmentId) !== signature) {
			throw new Refusal(SIGNED_LINK_INVALID, { message: 'The link is not valid.' });
		}
		return attachment;
	}

	reset(): void {
		this.held = [];
		this.signatures.clear();
	}
}

function belongsTo(attachment: StoredAttachment, owner: Owner): boolean {
	return 'encounterId' in owner
		? attachment.encounterId === owner.encounterId
		: attachment.chargeCaptureExternalId === owner.chargeCaptureExternalId;
}
