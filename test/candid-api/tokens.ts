import { randomBytes, randomUUID } from 'node:crypto';

import { Refusal } from './answers';
import { UNAUTHENTICATED } from './assumptions';

/** The bearer tokens that are good at the moment. */
export class Tokens {
	readonly lifetimeSeconds: number;
	private grants = 0;
	private readonly expiry = new Map<string, number>();

	constructor(lifetimeSeconds: number) {
		this.lifetimeSeconds = lifetimeSeconds;
	}

	/** Given out by the token path. */
	get granted(): number {
		return this.grants;
	}

	grant(): string {
		this.grants += 1;
		return this.issue();
	}

	resetCount(): void {
		this.grants = 0;
	}

	issue(): string {
		const now = Date.now();
		const token = jwt(Math.floor(now / 1000), this.lifetimeSeconds);
		this.expiry.set(token, now + this.lifetimeSeconds * 1000);
		return token;
	}

	expireAll(): void {
		this.expiry.clear();
	}

	/** Throws the 401 for anything but `Bearer <a token that is still good>`. */
	check(authorization: string | undefined): void {
		const token = /^Bearer ([^\s]+)$/i.exec(authorization ?? '')?.[1];
		const expiry = token === undefined ? undefined : this.expiry.get(token);
		if (expiry === undefined || expiry <= Date.now()) {
			throw new Refusal(UNAUTHENTICATED, { message: 'A valid bearer token is required.' });
		}
	}
}

/** Shaped like the real tokens for clients that decode them; its signature is random bytes. */
function jwt(issuedAt: number, lifetimeSeconds: number): string {
	const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
	const payload = { iat: issuedAt, exp: issuedAt + lifetimeSeconds, jti: randomUUID() };
	const signature = randomBytes(32).toString('base64url');
	return `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(payload)}.${signature}`;
}
