import type { ICredentialDataDecryptedObject } from 'n8n-workflow';

import { accessTokenOf, baseUrlOf, clientOf } from './environment';
import { sessionOf } from './session';

/**
 * The token as n8n stores it in the credential: with the client and host it was issued for, so that
 * after the credential is edited the previous token is neither used nor sent to another host.
 */
export const storedToken = (credentials: ICredentialDataDecryptedObject, token: string) =>
	`${ownerOf(credentials)} ${token}`;

/**
 * The token that each request was sent with, empty for none, by the credential data that n8n decrypted for
 * this request. After a 401 n8n renews with the same object (1.123.81 and 2.41.1), and this is how
 * `refusedToken` knows which token Candid has refused. Weak, so an entry is freed with its request.
 */
const sentTokens = new WeakMap<ICredentialDataDecryptedObject, string>();

/**
 * The token to send; empty when there is none for this client and host, which Candid answers with a 401.
 * A credential with expressions has several clients but one stored token, which may be another client's:
 * then the newest token that this process was issued for the client is sent.
 */
export function tokenToSend(credentials: ICredentialDataDecryptedObject): string {
	if (credentials.authentication === 'accessToken') return accessTokenOf(credentials);
	const token = ownStoredToken(credentials) ?? sessionOf(credentials).token ?? '';
	sentTokens.set(credentials, token);
	return token;
}

/** The token that n8n asks to renew; empty when there was none. */
export const refusedToken = (credentials: ICredentialDataDecryptedObject) =>
	sentTokens.get(credentials) ?? ownStoredToken(credentials) ?? '';

/** The stored token, if it was issued for this client and host. */
function ownStoredToken(credentials: ICredentialDataDecryptedObject): string | undefined {
	const stored = String(credentials.sessionToken ?? '');
	const owner = `${ownerOf(credentials)} `;
	return stored.startsWith(owner) ? stored.slice(owner.length) : undefined;
}

const ownerOf = (credentials: ICredentialDataDecryptedObject) =>
	`${clientOf(credentials).clientId}@${baseUrlOf(credentials)}`;
