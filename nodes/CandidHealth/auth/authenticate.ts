import { UserError } from 'n8n-workflow';
import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	IHttpRequestHelper,
	IHttpRequestOptions,
} from 'n8n-workflow';

import { baseUrlOf, isOnHostOf } from './environment';
import { sessionOf } from './session';
import { refusedToken, storedToken, tokenToSend } from './sessionToken';

/**
 * Exchanges client ID and secret for a token. All requests and runs of this process share one
 * exchange. After a 429 no token is requested for a while.
 *
 * @returns the session token for n8n to store, or nothing for a pasted access token
 * @throws UserError when Candid refuses or cannot be reached
 */
export async function renewSessionToken(
	helper: IHttpRequestHelper,
	credentials: ICredentialDataDecryptedObject,
): Promise<IDataObject> {
	if (credentials.authentication === 'accessToken') return {};
	const refused = refusedToken(credentials);
	const token = await sessionOf(credentials).renewed(refused, helper, credentials);
	return { sessionToken: storedToken(credentials, token) };
}

/** The HTTP Request node's older path has other names for the address and for following redirects. */
type RequestOptions = IHttpRequestOptions & {
	uri?: string;
	followRedirect?: boolean;
	followAllRedirects?: boolean;
};

/**
 * Puts the environment's host and the token on a request.
 *
 * @returns the same options, changed
 * @throws UserError for a request to any other host: the token is not sent there. Also for a stream that
 * was sent before: after a 401, n8n 1 would send only the rest of it and wait (1.123.81)
 */
export function authenticated(
	credentials: ICredentialDataDecryptedObject,
	requestOptions: IHttpRequestOptions,
): IHttpRequestOptions {
	const options: RequestOptions = requestOptions;
	refuseUsedStream(options);
	refuseNoAddress(options);
	const baseUrl = baseUrlOf(credentials);
	const absolute = [options.url ?? '', options.uri ?? ''].filter(isAbsolute);
	for (const address of absolute) refuseOtherHost(address, baseUrl);
	options.baseURL = absolute.length > 0 ? undefined : baseUrl;

	const headers = Object.entries(options.headers ?? {}).filter(
		([name]) => name.toLowerCase() !== 'authorization',
	);
	const token = tokenToSend(credentials);
	if (token !== '') headers.push(['Authorization', `Bearer ${token}`]);
	options.headers = Object.fromEntries(headers);

	// Otherwise n8n would send the token to any host that a redirect points to.
	options.disableFollowRedirect = true;
	options.followRedirect = false;
	options.followAllRedirects = false;
	return options;
}

function refuseUsedStream({ body }: RequestOptions): void {
	if (!(body as { readableDidRead?: boolean } | undefined)?.readableDidRead) return;
	throw Object.assign(new UserError('A stream cannot be sent again'), { status: 401 });
}

/** For an operation that does not exist, n8n sends a request to the bare host (2.41.1). */
function refuseNoAddress({ url = '', uri = '' }: RequestOptions): void {
	if (![url, uri].every((address) => ['', '/'].includes(address.trim()))) return;
	// If the node continues on fail, n8n shows only the message.
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

/** Whether a URL would override the base URL: it begins with a scheme, or with `//` and a host. */
function isAbsolute(address: string): boolean {
	return /^\s*([a-z][a-z\d+.-]*:|[/\\]{2})/i.test(address);
}
