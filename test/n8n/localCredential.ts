import type { CredentialToImport } from './realN8n';

export const CREDENTIAL_TYPE = 'candidHealthApi';

/** What a user would fill in for the local Candid API; its own defaults for ID and secret. */
export function credentialData(apiUrl: string): Record<string, string> {
	return {
		environment: 'custom',
		baseUrl: apiUrl,
		authentication: 'clientCredentials',
		clientId: 'local-client',
		clientSecret: 'local-secret',
	};
}

/** The credential that the workflows beside this file name. */
export function localCredential(apiUrl: string): CredentialToImport {
	return {
		id: 'candidHealthLocl',
		name: 'Candid Health (local API)',
		type: CREDENTIAL_TYPE,
		data: credentialData(apiUrl),
	};
}
