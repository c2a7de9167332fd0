import { randomBytes, randomUUID } from 'node:crypto';

import { Refusal } from './answers';
import { UNAUTHENTICATED } from './assumptions';

/** The bearer tokens that are good at the moment. */
export class Tokens {
	readonly lifetimeSeconds: number;
	private grants = 0;
	private readonly good = new Map<string, { clientId: string; expiry: number }>();

	constructor(lifetimeSeconds: number) {
		this.lifetimeSeconds = lifetimeSeconds;
	}

	/** Given out by the token path. */
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
		this.good.set(token, { clientId, expiry: now + this.lifetimeSeconds * 1000 });
		return token;
	}

	expireAll(): void {
		this.good.clear();
	}

	/** The client of `Bearer <a token that is still good>`; throws the 401 for anything else. */
	clientOf(authorization: string | undefined): string {
		const token = /^Bearer ([^\s]+)$/i.exec(authorization ?? '')?.[1];
		const found = token === undefined ? undefined : this.good.get(token);
		if (found === undefined || found.expiry <= Date.now()) {
			throw new Refusal(UNAUTHENTICATED, { message: 'A valid bearer token is required.' });
		}
		return found.clientId;
	}
}

/** Shaped like the real tokens for clients that decode them; its signature is random bytes. */
function jwt(issuedAt: number, lifetimeSeconds: number): string {
	const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
	const payload = { iat: issuedAt, exp: issuedAt + lifetimeSeconds, jti: randomUUID() };
	const signature = randomBytes(32).toString('base64url');
	return `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(payload)}.${signature}`;
}
