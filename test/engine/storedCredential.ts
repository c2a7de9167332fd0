import { ICredentialsHelper } from 'n8n-workflow';
import type {
	ICredentialDataDecryptedObject,
	ICredentials,
	IHttpRequestHelper,
	IHttpRequestOptions,
} from 'n8n-workflow';

import { CandidHealthApi } from '../../credentials/CandidHealthApi.credentials';
import type { CandidApi } from '../candid-api';

/** A credential for the local API with client ID and secret, as a user would fill it in. */
export const clientCredential = (api: CandidApi) =>
	new StoredCredential({
		environment: 'custom',
		baseUrl: api.url,
		authentication: 'clientCredentials',
		clientId: 'local-client',
		clientSecret: 'local-secret',
	});

/** A credential for the local API with a pasted token, so that there are no token requests. */
export const pastedCredential = (api: CandidApi) =>
	new StoredCredential({
		environment: 'custom',
		baseUrl: api.url,
		authentication: 'accessToken',
		accessToken: api.issueToken(),
	});

/**
 * One stored credential, handled as n8n 2.41.1 does (n8n's own CredentialsHelper is part of the n8n
 * package): it is read for every request. `preAuthentication` runs when the expirable property is empty
 * or has expired, and its result is stored.
 */
export class StoredCredential extends ICredentialsHelper {
	private readonly type = new CandidHealthApi();

	/** how often n8n requested a session token */
	preAuthentications = 0;

	/** how often n8n read the credential: once per request */
	reads = 0;

	constructor(public data: ICredentialDataDecryptedObject) {
		super();
	}

	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		_type: string,
		options: IHttpRequestOptions,
	) {
		return await this.type.authenticate(credentials, options);
	}

	async preAuthentication(
		helpers: IHttpRequestHelper,
		credentials: ICredentialDataDecryptedObject,
		_type: string,
		_node: unknown,
		credentialsExpired: boolean,
	): Promise<ICredentialDataDecryptedObject | undefined> {
		if (credentials.sessionToken !== '' && !credentialsExpired) return undefined;
		this.preAuthentications++;
		const output = await this.type.preAuthentication.call(helpers, credentials);
		if (output.sessionToken === undefined) return undefined;
		this.data = { ...this.data, ...(output as ICredentialDataDecryptedObject) };
		return Object.assign(credentials, output);
	}

	async getDecrypted() {
		this.reads++;
		return { sessionToken: '', ...this.data };
	}

	getParentTypes() {
		return [];
	}

	isCredentialUsableByNode() {
		return true;
	}

	getCredentialsProperties() {
		return this.type.properties;
	}

	async getCredentials(): Promise<ICredentials> {
		throw new Error('The engine does not read encrypted credentials here');
	}

	async runPreAuthentication() {
		return undefined;
	}

	async updateCredentials() {}

	async updateCredentialsOauthTokenData() {}
}

/** A credential whose fields hold expressions, so that items can have different values. */
export class CredentialPerItem extends StoredCredential {
	/** @param ofItem the values that an item, by its index, has instead of the stored ones */
	constructor(
		data: ICredentialDataDecryptedObject,
		private readonly ofItem: (item: number) => ICredentialDataDecryptedObject,
	) {
		super(data);
	}

	/** n8n's seventh argument says for which item it evaluates the expressions (2.41.1). */
	override async getDecrypted(...args: unknown[]) {
		const { itemIndex } = (args[6] ?? {}) as { itemIndex?: number };
		return { ...(await super.getDecrypted()), ...this.ofItem(itemIndex ?? 0) };
	}
}
