import { UserError, sleep } from 'n8n-workflow';
import type {
	IExecutePaginationFunctions,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
} from 'n8n-workflow';

import { baseUrlOf, isHome, parseUrl } from '../auth/environment';
import { readableFrom } from '../request/readableFrom';
import type { Readable } from '../request/readableFrom';
import { HEAD_BYTES } from '../upload/fileType';

/** A file's bytes as they arrive. */
export type File = Readable;

/** The user's network settings of the node, for every request it makes. */
export type Network = Pick<
	IHttpRequestOptions,
	'proxy' | 'skipSslCertificateValidation' | 'timeout'
>;

/** `status` is that of an answer that was not a file. */
export type Opened = OpenedFile | { status: number };

export interface OpenedFile {
	/** all of it, its head included */
	file: File;
	/** its first `HEAD_BYTES`, or all of it */
	head: Uint8Array;
	/** the answer's own media type; may be empty */
	type: string;
	/** ends the connection, wherever the file is */
	close(): void;
}

const MAX_REDIRECTS = 5;

/**
 * Opens Candid's link to a file, which is as good as the file, and reads its head. Redirects are followed
 * by hand, because n8n sends the token along to other hosts: the token goes to the environment's own host
 * only, and not any more once a redirect has led elsewhere.
 *
 * @throws UserError when the link is not https, redirects without an end, or nothing comes any more;
 * what n8n's request helpers throw when there is no answer. No message contains the link.
 */
export async function openFileLink(
	context: IExecutePaginationFunctions,
	link: string,
	network: Network,
): Promise<Opened> {
	const baseUrl = baseUrlOf(await context.getCredentials('candidHealthApi'));
	let address = link;
	let onOwnHost = true;
	for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
		onOwnHost = onOwnHost && isHome(address, baseUrl);
		if (!onOwnHost) refuseUnprotected(address, baseUrl);
		const controller = new AbortController();
		const answer = await get(context, address, network, { withToken: onOwnHost, controller });
		const file = answer.body as unknown as File;
		const { location, 'content-type': type } = answer.headers;
		const status = answer.statusCode;
		if (status === 200) {
			const opened = await withHead(file, controller, network.timeout);
			return { ...opened, type: String(type ?? '') };
		}

		file.destroy();
		if (status < 300 || status >= 400 || typeof location !== 'string') return { status };
		address = URL.canParse(location, address) ? new URL(location, address).href : '';
	}
	throw new UserError('the link to its file was redirected too many times');
}

async function get(
	context: IExecutePaginationFunctions,
	url: string,
	network: Network,
	{ withToken, controller }: { withToken: boolean; controller: AbortController },
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
		abortSignal: cancelled ? AbortSignal.any([cancelled, controller.signal]) : controller.signal,
	};
	const { helpers } = context;
	return (await (withToken
		? helpers.httpRequestWithAuthentication.call(context, 'candidHealthApi', request)
		: helpers.httpRequest(request))) as IN8nHttpFullResponse;
}

async function withHead(
	file: File,
	controller: AbortController,
	timeout?: number,
): Promise<Omit<OpenedFile, 'type'>> {
	// Whoever reads the file gets this too; with nobody reading, it would end the process.
	file.on('error', () => {});
	const chunks = watched(file, controller, timeout);
	const close = () => {
		void chunks.return();
		file.destroy();
		controller.abort();
	};
	const reading = firstChunks(chunks);
	void reading.catch(close);
	const first = await reading;
	const head = Buffer.concat(first).subarray(0, HEAD_BYTES);
	return { file: readableFrom(file, joined(first, chunks)), head, close };
}

/** As many as hold `HEAD_BYTES`, or all. */
async function firstChunks(chunks: AsyncGenerator<Buffer>): Promise<Buffer[]> {
	const first: Buffer[] = [];
	for (let size = 0; size < HEAD_BYTES; size += first.at(-1)!.length) {
		const next = await chunks.next();
		if (next.done) break;
		first.push(next.value);
	}
	return first;
}

async function* joined(first: Buffer[], rest: AsyncGenerator<Buffer>) {
	yield* first.splice(0);
	yield* rest;
}

/**
 * n8n's timeout ends when the answer begins (2.41.1): a download that stops in the middle would last forever.
 *
 * @param controller ends the request, because a stream that waits for bytes cannot be destroyed. Where n8n
 * adds the token it ignores this signal, so the wait has to end here too.
 * @param timeout milliseconds without a byte after which the download ends
 */
async function* watched(
	file: File,
	controller: AbortController,
	timeout = Infinity,
): AsyncGenerator<Buffer, void, undefined> {
	let lastByteAt = Date.now();
	let ended = false;
	let stopWaiting = () => {};
	const watch = async () => {
		while (!ended && Date.now() - lastByteAt < timeout) await sleep(Math.min(timeout, 1000));
		if (ended) return;
		controller.abort();
		stopWaiting();
	};
	void watch();
	const chunks = (file as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
	try {
		for (;;) {
			// A race with one promise for all chunks would keep every chunk in memory until that is settled.
			const next = await new Promise<IteratorResult<Buffer>>((resolve, reject) => {
				stopWaiting = () => reject(new UserError('the download stopped in the middle of the file'));
				chunks.next().then(resolve, reject);
			});
			if (next.done) return;
			yield next.value;
			lastByteAt = Date.now();
		}
	} finally {
		ended = true;
	}
}

/** A patient's file is not downloaded where the network could read it; on this computer it cannot. */
function refuseUnprotected(address: string, baseUrl: string): void {
	const protocols = ['https:', new URL(baseUrl).protocol];
	const url = parseUrl(address);
	if (url && protocols.includes(url.protocol) && !url.username && !url.password) return;
	throw new UserError('the link to its file does not begin with https://');
}
