import { createHmac, randomBytes } from 'node:crypto';

/**
 * Signatures of links to files. A file keeps its signature until `expireAll` changes the key,
 * so that lists that are requested one after the other are equal.
 */
export class LinkSignatures {
	private key = randomBytes(32);

	/** Lower-case hexadecimal. */
	of(fileId: string): string {
		return createHmac('sha256', this.key).update(fileId).digest('hex');
	}

	expireAll(): void {
		this.key = randomBytes(32);
	}
}
