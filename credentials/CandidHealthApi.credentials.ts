import type {
	ICredentialDataDecryptedObject,
	ICredentialType,
	IDataObject,
	IHttpRequestHelper,
	IHttpRequestOptions,
	INodeProperties,
	Icon,
} from 'n8n-workflow';

import { authenticated, renewSessionToken } from '../nodes/CandidHealth/auth/authenticate';

export class CandidHealthApi implements ICredentialType {
	name = 'candidHealthApi';

	displayName = 'Candid Health API';

	icon: Icon = {
		light: 'file:../nodes/CandidHealth/candidHealth.svg',
		dark: 'file:../nodes/CandidHealth/candidHealth.dark.svg',
	};

	documentationUrl =
		'https://github.com/n8n-nodes-candid-health/n8n-nodes-candid-health#credentials';

	properties: INodeProperties[] = [
		{
			displayName: 'Environment',
			name: 'environment',
			type: 'options',
			options: [
				{ name: 'Production', value: 'production' },
				{ name: 'Sandbox (Staging)', value: 'staging' },
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
			displayName:
				'No patient data is allowed in the sandbox. Use made-up patients for your tests.',
			name: 'sandboxNotice',
			type: 'notice',
			default: '',
			displayOptions: { show: { environment: ['staging'] } },
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
					description: 'A token that you got from Candid yourself',
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
			displayName:
				"An access token stops working after 5 hours. To have it renewed for you, choose 'Client ID and Secret' above.",
			name: 'expiryNotice',
			type: 'notice',
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

	/** n8n calls this when there is no session token, and after each 401. */
	async preAuthentication(
		this: IHttpRequestHelper,
		credentials: ICredentialDataDecryptedObject,
	): Promise<IDataObject> {
		return await renewSessionToken(this, credentials);
	}

	/** n8n calls this before each request. */
	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		requestOptions: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		return authenticated(credentials, requestOptions);
	}
}
