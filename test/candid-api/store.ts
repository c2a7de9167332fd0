import { createHash, randomUUID } from 'node:crypto';

import { notFound } from './answers';
import { NO_DESCRIPTION } from './assumptions';
import type { AttachmentSeed, StoredAttachment, World } from './types';

export type NewAttachment = Omit<
	StoredAttachment,
	'attachmentId' | 'size' | 'sha256' | 'createdAt'
> &
	Partial<Pick<StoredAttachment, 'attachmentId' | 'createdAt'>>;

/** A charge capture or encounter of a client. */
export type Owner = { clientId: string } & (
	| { chargeCaptureExternalId: string }
	| { encounterId: string }
);

const CREATED_BY = {
	user_id: '5f0c1f0e-6d1f-4c43-9a55-0c6a3a3f7f11',
	idp_metadata: [],
	user_metadata: { type: 'machine_user_metadata', name: 'local-client' },
};

/** A seed with its defaults filled in; throws an Error for a seed that belongs to nothing. */
export function fromSeed(seed: AttachmentSeed, clientId: string): NewAttachment {
	const { chargeCaptureExternalId, encounterId } = seed;
	if (chargeCaptureExternalId === undefined && encounterId === undefined) {
		throw new Error('An attachment needs a chargeCaptureExternalId or an encounterId.');
	}
	const {
		fileName = 'superbill.pdf',
		contentType = 'application/pdf',
		attachmentType = 'DOCUMENTATION',
		bytes = Buffer.from('%PDF-1.7 invented superbill'),
	} = seed;
	return { ...seed, clientId, fileName, contentType, attachmentType, bytes };
}

/** The stored attachments, in the order in which they were stored. */
export class AttachmentStore {
	private readonly world: World;
	private held: StoredAttachment[] = [];

	constructor(world: World) {
		this.world = world;
	}

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

	/** Associates the attachments of a charge capture with the encounter that was created from it. */
	tie(chargeCapture: Owner, encounterId: string): void {
		for (const attachment of this.held) {
			if (belongsTo(attachment, chargeCapture)) attachment.encounterId ??= encounterId;
		}
	}

	/** Associates attachments of a client with an encounter, except those that already have one. */
	tieByIds(clientId: string, attachmentIds: string[], encounterId: string): void {
		for (const id of attachmentIds) {
			const attachment = this.findOf(clientId, id);
			if (attachment !== undefined) attachment.encounterId ??= encounterId;
		}
	}

	/** The owner's attachments in the API's own format. */
	list(owner: Owner, linkTo: (attachmentId: string) => string): object[] {
		const { chargeCaptureList, fileNames } = this.world;
		return this.held
			.filter((attachment) => belongsTo(attachment, owner))
			.filter((attachment) => 'encounterId' in owner || isListed(attachment, chargeCaptureList))
			.map((attachment) => {
				const listed = {
					attachment_id: attachment.attachmentId,
					file_name: fileNames === 'cleaned' ? cleaned(attachment.fileName) : attachment.fileName,
					description: attachment.description ?? NO_DESCRIPTION,
					content_type: attachment.contentType,
					attachment_type: attachment.attachmentType,
					authed_url: linkTo(attachment.attachmentId),
				};
				if (!('encounterId' in owner)) return listed;
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
		this.held.splice(this.indexOf(owner, attachmentId), 1);
	}

	/** Throws the 404 for an attachment that does not exist or belongs to another owner. */
	checkOwner(owner: Owner, attachmentId: string): void {
		this.indexOf(owner, attachmentId);
	}

	find(attachmentId: string): StoredAttachment | undefined {
		return this.held.find((attachment) => attachment.attachmentId === attachmentId);
	}

	/** Returns undefined for an unknown attachment and for one of another client. */
	findOf(clientId: string, attachmentId: string): StoredAttachment | undefined {
		const found = this.find(attachmentId);
		return found?.clientId === clientId ? found : undefined;
	}

	reset(): void {
		this.held = [];
	}

	private indexOf(owner: Owner, attachmentId: string): number {
		const index = this.held.findIndex(
			(attachment) => attachment.attachmentId === attachmentId && belongsTo(attachment, owner),
		);
		if (index === -1) throw notFound(attachmentId);
		return index;
	}
}

function belongsTo(attachment: StoredAttachment, owner: Owner): boolean {
	if (attachment.clientId !== owner.clientId) return false;
	return 'encounterId' in owner
		? attachment.encounterId === owner.encounterId
		: attachment.chargeCaptureExternalId === owner.chargeCaptureExternalId;
}

/** Whether the list of its charge capture shows this attachment yet. */
function isListed(attachment: StoredAttachment, when: World['chargeCaptureList']): boolean {
	if (when === 'with an encounter') return attachment.encounterId !== undefined;
	if (typeof when === 'string') return true;
	return Date.now() - Date.parse(attachment.createdAt) >= when.lateMs;
}

const cleaned = (fileName: string) => fileName.replace(/[^A-Za-z0-9._-]+/g, '_');
