import { UserError } from 'n8n-workflow';
import type {
	ICredentialDataDecryptedObject,
	ICredentialType,
	IDataObject,
	IHttpRequestHelper,
	IHttpRequestOptions,
	INodeProperties,
	Icon,
} from 'n8n-workflow';

import { baseUrlOf, isOnHostOf } from '../nodes/CandidHealth/auth/environment';
import { refusedToken, sessionOf, storedToken, tokenFor } from '../nodes/CandidHealth/auth/session';
import type { Readable } from '../nodes/CandidHealth/request/readableFrom';

/** The HTTP Request node's older path has other names for the address and for following redirects. */
type RequestOptions = IHttpRequestOptions & {
	uri?: string;
	followRedirect?: boolean;
	followAllRedirects?: boolean;
};

export class CandidHealthApi implements ICredentialType {
	name = 'candidHealthApi';

	displayName = 'Candid Health API';

	icon: Icon = {
		light: 'file:../nodes/CandidHealth/candidHealth.svg',
		dark: 'file:../nodes/CandidHealth/candidHealth.dark.svg',
	};

	documentationUrl =
		'https://github.com/n8n-nodes-candid-health/n8n-nodes-candid-health#set-up-the-credential';

	properties: INodeProperties[] = [
		{
			displayName: 'Environment',
			name: 'environment',
			type: 'options',
			options: [
				{ name: 'Production', value: 'production' },
				{
					name: 'Staging',
					value: 'staging',
					description: "Candid's sandbox. No patient data is allowed there.",
				},
				{
					name: 'Custom URL',
					value: 'custom',
					description: 'Another host, for example a proxy of your own or a local test API',
				},
			],
			default: 'production',
			description: 'Where the credential was issued. It is refused in every other environment.',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. https://candid-proxy.example.com',
			description: 'Must begin with https://, or with http:// on this computer (localhost)',
			displayOptions: { show: { environment: ['custom'] } },
		},
		{
			displayName: 'Authentication',
			name: 'authentication',
			type: 'options',
			options: [
				{
					name: 'Client ID and Secret',
					value: 'clientCredentials',
					description: 'The access token is fetched and renewed for you',
				},
				{
					name: 'Access Token',
					value: 'accessToken',
					description: 'A token you fetched yourself. It stops working after 5 hours.',
				},
			],
			default: 'clientCredentials',
		},
		{
			displayName: 'Client ID',
			name: 'clientId',
			type: 'string',
			required: true,
			default: '',
			description: "Created by your organization's Candid admin under 'Users & Credentials'",
			displayOptions: { show: { authentication: ['clientCredentials'] } },
		},
		{
			displayName: 'Client Secret',
			name: 'clientSecret',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			displayOptions: { show: { authentication: ['clientCredentials'] } },
		},
		{
			displayName: 'Access Token',
			name: 'accessToken',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			displayOptions: { show: { authentication: ['accessToken'] } },
		},
		{
			displayName: 'Session Token',
			name: 'sessionToken',
			type: 'hidden',
			typeOptions: { expirable: true, password: true },
			default: '',
		},
	];

	/**
	 * Exchanges client ID and secret for a token. n8n calls this when there is no session token and
	 * after a 401, once per request in flight; all of them, of all runs in the process, share one exchange.
	 * After a 429 Candid is not asked again for a while, whoever wants a token.
	 *
	 * @returns the session token to store, or nothing for a pasted access token
	 * @throws UserError in plain words when Candid refuses or cannot be reached
	 */
	async preAuthentication(
		this: IHttpRequestHelper,
		credentials: ICredentialDataDecryptedObject,
	): Promise<IDataObject> {
		if (credentials.authentication === 'accessToken') return {};

		const refused = refusedToken(credentials);
		const token = await sessionOf(credentials).renewed(refused, this, credentials);
		return { sessionToken: storedToken(credentials, token) };
	}

	/**
	 * Puts the environment's host and the token on a request.
	 *
	 * @throws UserError for a request that is addressed to any other host: the token stays home; and for
	 * a stream that was sent before: after a 401 n8n 1 sends what is left of it, and waits (1.123.81)
	 */
	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		requestOptions: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		const options: RequestOptions = requestOptions;
		if ((options.body as Partial<Readable> | undefined)?.readableDidRead) {
			throw Object.assign(new UserError('A stream cannot be sent again'), { status: 401 });
		}
		refuseNoAddress(options);
		const baseUrl = baseUrlOf(credentials);
		const absolute = [options.url ?? '', options.uri ?? ''].filter(isAbsolute);
		for (const address of absolute) refuseOtherHost(address, baseUrl);
		options.baseURL = absolute.length > 0 ? undefined : baseUrl;

		const headers = Object.entries(options.headers ?? {}).filter(
			([name]) => name.toLowerCase() !== 'authorization',
		);
		const token = tokenFor(credentials);
		if (token !== '') headers.push(['Authorization', `Bearer ${token}`]);
		options.headers = Object.fromEntries(headers);

		// n8n would send the token along to wherever a redirect points.
		options.disableFollowRedirect = true;
		options.followRedirect = false;
		options.followAllRedirects = false;
		return options;
	}
}

/** What n8n makes of an operation that does not exist: a request to the bare host (2.41.1). */
function refuseNoAddress({ url = '', uri = '' }: RequestOptions): void {
	if (![url, uri].every((address) => ['', '/'].includes(address.trim()))) return;
	// Where a node continues on fail, n8n shows the message alone.
	throw new UserError("The request has no address: check the node's Resource and Operation", {
		description: 'One of them has a value that does not exist. Nothing was sent.',
	});
}

function refuseOtherHost(address: string, baseUrl: string): void {
	if (isOnHostOf(address, baseUrl)) return;
	throw new UserError(`The Candid credential can only be used with ${new URL(baseUrl).origin}`, {
		description:
			'The access token was not sent. Check the URL, and the Environment of the credential.',
	});
}

/** Whether a URL leaves its base: with a scheme, or with the `//` that takes another host. */
function isAbsolute(address: string): boolean {
	return /^\s*([a-z][a-z\d+.-]*:|[/\\]{2})/i.test(address);
}
