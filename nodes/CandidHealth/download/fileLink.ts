import { UserError, sleep } from 'n8n-workflow';
import type {
	IExecutePaginationFunctions,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
} from 'n8n-workflow';

import { baseUrlOf, isHome, parseUrl } from '../auth/environment';
import { readableFrom } from '../request/readableFrom';
import type { Readable } from '../request/readableFrom';

/** A file's bytes as they arrive. */
export type File = Readable;

/** The user's network settings of the node, for every request it makes. */
export type Network = Pick<
	IHttpRequestOptions,
	'proxy' | 'skipSslCertificateValidation' | 'timeout'
>;

/**
 * `close` lets go of the connection, whatever has become of the file; `status` is that of the answer
 * that was no file, wherever the link had led to.
 */
export type Opened = { file: File; close(): void } | { status: number };

const MAX_REDIRECTS = 5;

const SILENT = Symbol('silent');

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
		const giveUp = new AbortController();
		const answer = await get(context, address, network, { withToken: atHome, giveUp });
		const file = answer.body as unknown as File;
		const { location, 'content-type': type } = answer.headers;
		const status = answer.statusCode;
		if (status === 200 && !/^text\/html\b/i.test(String(type))) {
			// Whoever reads the file hears of what goes wrong; with nobody reading, it would end the process.
			file.on('error', () => {});
			const close = () => {
				file.destroy();
				giveUp.abort();
			};
			return { file: readableFrom(file, watched(file, giveUp, network.timeout)), close };
		}

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
	{ withToken, giveUp }: { withToken: boolean; giveUp: AbortController },
): Promise<IN8nHttpFullResponse> {
	const cancelled = context.getExecutionCancelSignal();
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
		abortSignal: cancelled ? AbortSignal.any([cancelled, giveUp.signal]) : giveUp.signal,
	};
	const { helpers } = context;
	return (await (withToken
		? helpers.httpRequestWithAuthentication.call(context, 'candidHealthApi', request)
		: helpers.httpRequest(request))) as IN8nHttpFullResponse;
}

/**
 * n8n's timeout is over when the answer begins (2.41.1): a file that stops coming would never end.
 *
 * @param giveUp ends the request, for a stream that waits for bytes cannot be destroyed. n8n listens to
 * no signal but its own where it adds the token, so that the wait has to end here too.
 * @param timeout milliseconds of silence after which the file is given up
 */
async function* watched(file: File, giveUp: AbortController, timeout = Infinity) {
	let heardAt = Date.now();
	let ended = false;
	const watch = async () => {
		while (!ended && Date.now() - heardAt < timeout) await sleep(Math.min(timeout, 1000));
		if (!ended) giveUp.abort();
	};
	const silence = watch().then(() => SILENT);
	const chunks = (file as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
	try {
		for (;;) {
			const next = await Promise.race([silence, chunks.next()]);
			if (typeof next === 'symbol') throw new UserError('the file stopped coming');
			if (next.done) return;
			yield next.value;
			heardAt = Date.now();
		}
	} finally {
		ended = true;
	}
}

/** A patient's file is not fetched for all the network to read, but on this computer. */
function refuseUnprotected(address: string, baseUrl: string): void {
	const protocols = ['https:', new URL(baseUrl).protocol];
	const url = parseUrl(address);
	if (url && protocols.includes(url.protocol) && !url.username && !url.password) return;
	throw new UserError("Candid's link to the file is not a protected one (https://)");
}
