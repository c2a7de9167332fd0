import { UserError } from 'n8n-workflow';
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';

/** Candid's hosts; credentials are issued for one of them and are refused by the other. */
const HOSTS = new Map<unknown, string>([
	['production', 'https://api.joincandidhealth.com'],
	['staging', 'https://api-staging.joincandidhealth.com'],
]);

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * The host that a credential is for, without a slash at its end.
 *
 * @throws UserError when there is no such environment, or its Base URL would leave the token unprotected
 */
export function baseUrlOf({ environment, baseUrl }: ICredentialDataDecryptedObject): string {
	const host = HOSTS.get(environment);
	if (host !== undefined) return host;
	if (environment !== 'custom') {
		throw new UserError("The credential's Environment has a value that does not exist", {
			description: 'Choose Production, Sandbox (Staging) or Custom URL.',
		});
	}

	const url = parseUrl(trimmed(baseUrl));
	if (!url || url.search || url.hash) {
		throw new UserError("The credential's Base URL is not a web address", {
			description: "Enter an address such as 'https://candid-proxy.example.com'.",
		});
	}
	if (url.username || url.password) {
		throw new UserError("The credential's Base URL must not contain a user name or password");
	}
	if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.test(url.hostname))) {
		throw new UserError("The credential's Base URL must begin with https://", {
			description: 'Plain http:// is accepted only for this computer (localhost).',
		});
	}
	return url.href.replace(/\/+$/, '');
}

/**
 * Identifies an account: its host and its client. Kept in memory only, because it may contain a pasted
 * access token.
 *
 * @throws UserError as `baseUrlOf` does
 */
export const accountOf = (credentials: ICredentialDataDecryptedObject): string =>
	JSON.stringify([
		baseUrlOf(credentials),
		credentials.authentication === 'accessToken'
			? accessTokenOf(credentials)
			: clientOf(credentials).clientId,
	]);

/** The base URL in an account's key. */
export const baseUrlOfAccount = (account: string): string => (JSON.parse(account) as [string])[0];

/** A pasted token, without the `Bearer` that is copied along from a header. */
export const accessTokenOf = ({ accessToken }: ICredentialDataDecryptedObject): string =>
	trimmed(accessToken).replace(/^bearer\s+/i, '');

export const clientOf = ({ clientId, clientSecret }: ICredentialDataDecryptedObject) => ({
	clientId: trimmed(clientId),
	clientSecret: trimmed(clientSecret),
});

/** Removes spaces and line breaks that were copied along with a value. */
const trimmed = (value: unknown) => String(value ?? '').trim();

/** Whether an absolute address is on the host of `baseUrl`, so the token may be sent there. */
export function isOnHostOf(address: string, baseUrl: string): boolean {
	const target = parseUrl(address);
	return (
		target !== undefined &&
		target.origin === new URL(baseUrl).origin &&
		!target.username &&
		!target.password
	);
}

export function parseUrl(address: string): URL | undefined {
	return URL.canParse(address) ? new URL(address) : undefined;
}
