import { createHmac, randomBytes } from 'node:crypto';

/**
 * Signatures of links to files. One is made per attachment and generation, not per list, so that
 * two lists in a row are equal; the key is the generation.
 */
export class LinkSignatures {
	private key = randomBytes(32);

	/** Lower-case hex. */
	of(attachmentId: string): string {
		return createHmac('sha256', this.key).update(attachmentId).digest('hex');
	}

	expireAll(): void {
		this.key = randomBytes(32);
	}
}
