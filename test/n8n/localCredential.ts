import type { CredentialToImport } from './realN8n';

export const CREDENTIAL_TYPE = 'candidHealthApi';

/** The fields as a user would fill them in for the local Candid API, with its default ID and secret. */
export function credentialData(apiUrl: string): Record<string, string> {
	return {
		environment: 'custom',
		baseUrl: apiUrl,
		authentication: 'clientCredentials',
		clientId: 'local-client',
		clientSecret: 'local-secret',
	};
}

/** The credential that the workflows in testWorkflows refer to. */
export function localCredential(apiUrl: string): CredentialToImport {
	return {
		id: 'candidHealthLocl',
		name: 'Candid Health (local API)',
		type: CREDENTIAL_TYPE,
		data: credentialData(apiUrl),
	};
}
