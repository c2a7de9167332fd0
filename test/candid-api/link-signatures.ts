import { createHmac, randomBytes } from 'node:crypto';

/**
 * Signatures of links to files. An attachment keeps its signature until `expireAll` changes the key,
 * so that lists that are requested one after the other are equal.
 */
export class LinkSignatures {
	private key = randomBytes(32);

	/** Lower-case hexadecimal. */
	of(attachmentId: string): string {
		return createHmac('sha256', this.key).update(attachmentId).digest('hex');
	}

	expireAll(): void {
		this.key = randomBytes(32);
	}
}
