import { UserError, sleep } from 'n8n-workflow';
import type {
	IExecutePaginationFunctions,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
} from 'n8n-workflow';

import { baseUrlOf, isOnHostOf, parseUrl } from '../auth/environment';
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
		onOwnHost = onOwnHost && isOnHostOf(address, baseUrl);
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

/**
 * Reads the head of a file, and gives it back with the rest as a stream.
 *
 * n8n's timeout ends when the answer begins (2.41.1): a download that stops in the middle would last forever.
 * So both end when nothing has come for that long.
 *
 * @param controller ends the request, which a stream that waits for bytes does not do when it is destroyed.
 * Where n8n adds the token it ignores this signal too, so the waiting has to end here.
 * @param timeout milliseconds
 */
async function withHead(
	file: File,
	controller: AbortController,
	timeout = Infinity,
): Promise<Omit<OpenedFile, 'type'>> {
	// Whoever reads the file gets this too; with nobody reading, it would end the process.
	file.on('error', () => {});
	const chunks = new WatchedChunks(file);
	const close = () => {
		chunks.end();
		file.destroy();
		controller.abort();
	};
	const reading = new Promise<Buffer[]>((resolve, reject) => {
		chunks.onSilence = reject;
		void chunks.watch(timeout);
		firstChunks(chunks).then(resolve, reject);
	});
	void reading.catch(close);
	const first = await reading;
	chunks.putBack(first);
	const whole = readableFrom(file, chunks);
	// As above.
	whole.on('error', () => {});
	chunks.onSilence = (silence) => {
		controller.abort();
		whole.destroy(silence);
	};
	return { file: whole, head: Buffer.concat(first).subarray(0, HEAD_BYTES), close };
}

/** As many as hold `HEAD_BYTES`, or all. */
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
 * A file's chunks, and a watch over the time that each takes to come. Not a generator: one that waits for
 * a chunk cannot be ended before that comes, and the stream over it not either; and generators keep more
 * memory.
 */
class WatchedChunks implements AsyncIterableIterator<Buffer> {
	private readonly chunks: AsyncIterator<Buffer>;

	private readonly unread: Buffer[] = [];

	/** milliseconds since the epoch; nothing while nobody waits for a chunk */
	private waitingSince?: number;

	private ended = false;

	onSilence: (silence: UserError) => void = () => {};

	constructor(file: File) {
		this.chunks = (file as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
	}

	[Symbol.asyncIterator]() {
		return this;
	}

	async next(): Promise<IteratorResult<Buffer>> {
		const value = this.unread.shift();
		if (value) return { value, done: false };
		this.waitingSince = Date.now();
		try {
			const next = await this.chunks.next();
			if (next.done) this.end();
			return next;
		} finally {
			this.waitingSince = undefined;
		}
	}

	async return(): Promise<IteratorResult<Buffer>> {
		this.end();
		return { value: undefined, done: true };
	}

	/** They come first again. */
	putBack(chunks: Buffer[]): void {
		this.unread.unshift(...chunks);
	}

	end(): void {
		this.ended = true;
	}

	async watch(timeout: number): Promise<void> {
		while (!this.ended) {
			await sleep(Math.min(timeout, 1000));
			const waited = Date.now() - (this.waitingSince ?? Infinity);
			if (this.ended || waited < timeout) continue;
			this.end();
			this.onSilence(new UserError('the download stopped in the middle of the file'));
		}
	}
}

/** A patient's file is not downloaded where the network could read it; on this computer it cannot. */
function refuseUnprotected(address: string, baseUrl: string): void {
	const protocols = ['https:', new URL(baseUrl).protocol];
	const url = parseUrl(address);
	if (url && protocols.includes(url.protocol) && !url.username && !url.password) return;
	throw new UserError('the link to its file does not begin with https://');
}
