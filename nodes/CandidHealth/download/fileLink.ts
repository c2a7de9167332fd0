import { UserError } from 'n8n-workflow';
import type {
	IExecutePaginationFunctions,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
} from 'n8n-workflow';

import { baseUrlOf, isOnHostOf, parseUrl } from '../auth/environment';
import { readableFrom } from '../request/readableFrom';
import type { Readable } from '../request/readableFrom';
import { HEAD_BYTES } from '../upload/contentKind';
import { WatchedChunks } from './watchedChunks';

/** The network settings that the user has set for the node's requests. */
export type Network = Pick<
	IHttpRequestOptions,
	'proxy' | 'skipSslCertificateValidation' | 'timeout'
>;

/** The file behind a link, or the HTTP status of an answer that is not a file. */
export type Opened = OpenedFile | { status: number };

export interface OpenedFile {
	/** the whole file as a stream, its head included */
	file: Readable;
	/** the file's first `HEAD_BYTES`, or all of it */
	head: Uint8Array;
	/** Content-Type of the answer; may be empty */
	type: string;
	/** ends the connection, however much of the file has been read */
	close(): void;
}

const MAX_REDIRECTS = 5;

/**
 * Opens Candid's link to a file and reads the file's head. Redirects are followed here, because n8n would
 * send the token along to other hosts: the token goes to the environment's own host only, and no longer
 * once a redirect has led elsewhere. No message contains the link, because it gives access to the file.
 *
 * @throws UserError when the link is not https, redirects too often, or the file stops arriving; what
 * n8n's request helpers throw when there is no answer
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
		onOwnHost = onOwnHost && isOnHostOf(address, baseUrl);
		if (!onOwnHost) refuseUnprotected(address, baseUrl);
		const controller = new AbortController();
		const answer = await get(context, address, network, { withToken: onOwnHost, controller });
		const file = answer.body as unknown as Readable;
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
		// n8n renews the token only if a 401 is thrown.
		ignoreHttpStatusErrors: { ignore: true, except: withToken ? [401] : [] },
		abortSignal: cancelled ? AbortSignal.any([cancelled, controller.signal]) : controller.signal,
	};
	const { helpers } = context;
	return (await (withToken
		? helpers.httpRequestWithAuthentication.call(context, 'candidHealthApi', request)
		: helpers.httpRequest(request))) as IN8nHttpFullResponse;
}

/**
 * Reads the head of a file, and returns it with a stream of the whole file.
 *
 * n8n's timeout applies only until the answer begins (2.41.1), so that a download that stops in the middle
 * would wait forever. Here both reading the head and the stream end if no chunk has come for that long.
 *
 * @param controller ends the request: destroying a stream that waits for bytes does not. n8n ignores its
 * signal if it adds the token, so the wait for a chunk is ended here as well.
 * @param timeout milliseconds
 */
async function withHead(
	file: Readable,
	controller: AbortController,
	timeout = Infinity,
): Promise<Omit<OpenedFile, 'type'>> {
	// Readers get this event too. Without this listener it would end the process if there is no reader.
	file.on('error', () => {});
	const chunks = new WatchedChunks(file);
	const close = () => {
		chunks.end();
		file.destroy();
		controller.abort();
	};
	const reading = new Promise<Buffer[]>((resolve, reject) => {
		chunks.onTimeout = reject;
		void chunks.watch(timeout);
		firstChunks(chunks).then(resolve, reject);
	});
	void reading.catch(close);
	const first = await reading;
	chunks.putBack(first);
	const whole = readableFrom(file, chunks);
	// For the same reason as above.
	whole.on('error', () => {});
	chunks.onTimeout = (error) => {
		controller.abort();
		whole.destroy(error);
	};
	return { file: whole, head: Buffer.concat(first).subarray(0, HEAD_BYTES), close };
}

/** As many chunks as hold `HEAD_BYTES`, or all. */
async function firstChunks(chunks: WatchedChunks): Promise<Buffer[]> {
	const first: Buffer[] = [];
	for (let size = 0; size < HEAD_BYTES; size += first.at(-1)!.length) {
		const next = await chunks.next();
		if (next.done) break;
		first.push(next.value);
	}
	return first;
}

/**
 * A patient's file is not downloaded where the network could read it: without https only if the environment
 * is without it too, which `environment.ts` allows on this computer only.
 */
function refuseUnprotected(address: string, baseUrl: string): void {
	const protocols = ['https:', new URL(baseUrl).protocol];
	const url = parseUrl(address);
	if (url && protocols.includes(url.protocol) && !url.username && !url.password) return;
	throw new UserError('the link to its file does not begin with https://');
}
