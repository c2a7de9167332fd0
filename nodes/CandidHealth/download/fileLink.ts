import { UserError } from 'n8n-workflow';
import type {
	IExecutePaginationFunctions,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
} from 'n8n-workflow';

import { baseUrlOf, isHome, parseUrl } from '../environment';

/** A file's bytes as they arrive. */
export type File = Awaited<ReturnType<IExecutePaginationFunctions['helpers']['getBinaryStream']>>;

/** The user's network settings of the node, for every request it makes. */
export type Network = Pick<
	IHttpRequestOptions,
	'proxy' | 'skipSslCertificateValidation' | 'timeout'
>;

/** `status` is that of the answer that was no file, wherever the link had led to. */
export type Opened = { file: File } | { status: number };

const MAX_REDIRECTS = 5;

/**
 * Opens the link that Candid gives to a file, which is as good as the file. Redirects are followed by
 * hand, because n8n sends the token along to other hosts: the token goes to the environment's own
 * host and never again once the way has left it.
 *
 * @throws UserError when the link leads over an unprotected connection, or in a circle; what n8n's
 * request helpers throw when there is no answer. No message contains the link.
 */
export async function openFileLink(
	context: IExecutePaginationFunctions,
	link: string,
	network: Network,
): Promise<Opened> {
	const baseUrl = baseUrlOf(await context.getCredentials('candidHealthApi'));
	let address = link;
	let atHome = true;
	for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
		atHome = atHome && isHome(address, baseUrl);
		if (!atHome) refuseUnprotected(address, baseUrl);
		const answer = await get(context, address, network, atHome);
		const file = answer.body as unknown as File;
		const { location, 'content-type': type } = answer.headers;
		const status = answer.statusCode;
		if (status === 200 && !/^text\/html\b/i.test(String(type))) return { file };

		file.destroy();
		if (status === 200) throw new UserError('a web page was there instead of the file');
		if (status < 300 || status >= 400 || typeof location !== 'string') return { status };
		address = URL.canParse(location, address) ? new URL(location, address).href : '';
	}
	throw new UserError("Candid's link to the file leads in a circle");
}

async function get(
	context: IExecutePaginationFunctions,
	url: string,
	network: Network,
	withToken: boolean,
): Promise<IN8nHttpFullResponse> {
	const request: IHttpRequestOptions = {
		...network,
		method: 'GET',
		url,
		headers: { Accept: '*/*' },
		encoding: 'stream',
		returnFullResponse: true,
		disableFollowRedirect: true,
		// A 401 has to be thrown for n8n to renew the token.
		ignoreHttpStatusErrors: { ignore: true, except: withToken ? [401] : [] },
		abortSignal: context.getExecutionCancelSignal(),
	};
	const { helpers } = context;
	return (await (withToken
		? helpers.httpRequestWithAuthentication.call(context, 'candidHealthApi', request)
		: helpers.httpRequest(request))) as IN8nHttpFullResponse;
}

/** A patient's file is not fetched for all the network to read, but on this computer. */
function refuseUnprotected(address: string, baseUrl: string): void {
	const protocols = ['https:', new URL(baseUrl).protocol];
	const url = parseUrl(address);
	if (url && protocols.includes(url.protocol) && !url.username) return;
	throw new UserError("Candid's link to the file is not a protected one (https://)");
}
