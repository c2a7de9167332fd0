import { randomBytes, randomUUID } from 'node:crypto';

import { Refusal } from './answers';
import { UNAUTHENTICATED } from './assumptions';

/** The valid bearer tokens. */
export class Tokens {
	readonly lifetimeSeconds: number;
	private grants = 0;
	private readonly valid = new Map<string, { clientId: string; expiry: number }>();

	constructor(lifetimeSeconds: number) {
		this.lifetimeSeconds = lifetimeSeconds;
	}

	/** How many tokens the token path has issued. */
	get granted(): number {
		return this.grants;
	}

	grant(clientId: string): string {
		this.grants += 1;
		return this.issue(clientId);
	}

	resetCount(): void {
		this.grants = 0;
	}

	issue(clientId: string): string {
		const now = Date.now();
		const token = jwt(Math.floor(now / 1000), this.lifetimeSeconds);
		this.valid.set(token, { clientId, expiry: now + this.lifetimeSeconds * 1000 });
		return token;
	}

	expireAll(): void {
		this.valid.clear();
	}

	/** The client of `Bearer <a valid token>`; throws the 401 for anything else. */
	clientOf(authorization: string | undefined): string {
		const token = /^Bearer ([^\s]+)$/i.exec(authorization ?? '')?.[1];
		const found = token === undefined ? undefined : this.valid.get(token);
		if (found === undefined || found.expiry <= Date.now()) {
			throw new Refusal(UNAUTHENTICATED, { message: 'A valid bearer token is required.' });
		}
		return found.clientId;
	}
}

/** A JWT like the real tokens, for clients that decode them. Its signature is random bytes. */
function jwt(issuedAt: number, lifetimeSeconds: number): string {
	const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
	const payload = { iat: issuedAt, exp: issuedAt + lifetimeSeconds, jti: randomUUID() };
	const signature = randomBytes(32).toString('base64url');
	return `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(payload)}.${signature}`;
}
