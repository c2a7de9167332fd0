import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { BY_CHARGE_CAPTURE_PATH, FILES_PATH, SIGN_IN_PATH } from '../candid-api/paths';
import { RateWindow } from '../candid-api/rate-window';

/** The behavior of the sink. Setting it resets the counts. */
export interface SinkSettings {
	/** milliseconds between the end of a request and its answer */
	latencyMs: number;
	/** default: any number */
	requestsPer10Seconds?: number;
	/** the attachments of every charge capture; default: none */
	attachments?: {
		count: number;
		/** bytes of each file */
		size: number;
	};
}

/** What the sink has counted since its last settings. */
export interface SinkCounts {
	/** requests, except those for a token */
	requests: number;
	/** bytes of their bodies, and of the files that were sent completely */
	bytes: number;
	/** answers with HTTP 429 */
	refused: number;
	/** milliseconds from the first request to the last answer */
	spanMs: number;
	/** connections that were opened */
	connections: number;
	/** the most requests in flight at the same time */
	peak: number;
}

export type SinkMessage = { settings: SinkSettings } | { counts: true };
export type SinkReply = { port: number } | { ready: true } | { counts: SinkCounts };

/*
 * A server that answers like Candid and stores nothing: it reads bodies as fast as it can, and generates
 * the files that it sends. It runs in its own process, on the second core, so that it takes no time from
 * the side that is measured.
 */
let settings: SinkSettings = { latencyMs: 0 };
let counts = newCounts();
let rate: RateWindow | undefined;
let inFlight = 0;
let firstAt: number | undefined;

const server = createServer((request, response) => void answer(request, response));
server.on('connection', () => counts.connections++);
// Clients that keep connections alive must not find them closed in the next round.
server.keepAliveTimeout = 600_000;
server.requestTimeout = 0;
server.listen(0, '127.0.0.1', 4096, () => {
	reply({ port: (server.address() as AddressInfo).port });
});

process.on('message', (message: SinkMessage) => {
	if ('counts' in message) return reply({ counts });
	({ settings } = message);
	const { requestsPer10Seconds: limit } = settings;
	rate = limit === undefined ? undefined : new RateWindow(limit, 10_000);
	counts = newCounts();
	firstAt = undefined;
	reply({ ready: true });
});
process.on('disconnect', () => process.exit());

function newCounts(): SinkCounts {
	return { requests: 0, bytes: 0, refused: 0, spanMs: 0, connections: 0, peak: 0 };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
	inFlight++;
	counts.peak = Math.max(counts.peak, inFlight);
	const beganAt = (firstAt ??= performance.now());
	response.once('close', () => {
		inFlight--;
		counts.spanMs = performance.now() - beganAt;
	});
	const isSignIn = request.url === SIGN_IN_PATH;
	if (!isSignIn) counts.requests++;
	request.on('data', (chunk: Buffer) => {
		if (!isSignIn) counts.bytes += chunk.length;
	});
	await new Promise((resolve) => request.once('end', resolve));
	if (settings.latencyMs > 0) await sleep(settings.latencyMs);
	const { url = '', headers } = request;
	if (url.startsWith(FILES_PATH)) return await sendFile(response);
	response.setHeader('Content-Type', 'application/json');
	if (rate?.tryTake() === false) {
		counts.refused++;
		response.statusCode = 429;
		response.end(JSON.stringify({ errorName: 'TooManyRequestsError', content: {} }));
	} else if (url.startsWith(BY_CHARGE_CAPTURE_PATH)) {
		response.end(JSON.stringify(attachments(`http://${headers.host}`)));
	} else {
		response.end(JSON.stringify(isSignIn ? TOKEN : randomUUID()));
	}
}

/** Every list has the same IDs, because a run may request several lists. */
function attachments(origin: string): object[] {
	return Array.from({ length: settings.attachments?.count ?? 0 }, (_, index) => {
		const id = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
		return {
			attachment_id: id,
			file_name: `superbill-${index}.pdf`,
			description: null,
			content_type: 'application/pdf',
			attachment_type: 'DOCUMENTATION',
			authed_url: `${origin}${FILES_PATH}/${id}`,
		};
	});
}

async function sendFile(response: ServerResponse): Promise<void> {
	const size = settings.attachments?.size ?? 0;
	response.setHeader('Content-Type', 'application/pdf').setHeader('Content-Length', size);
	try {
		await pipeline(Readable.from(contentOf(size)), response);
		counts.bytes += size;
	} catch {
		// The client reports the closed connection; here, the bytes are not counted.
	}
}

function* contentOf(size: number): Generator<Buffer> {
	yield PDF_HEADER;
	for (let left = size - PDF_HEADER.length; left > 0; left -= CHUNK.length) {
		yield CHUNK.subarray(0, left);
	}
}

const PDF_HEADER = Buffer.from('%PDF-1.7\n');
const CHUNK = randomBytes(256 * 1024);

const TOKEN = { access_token: 'bench', expires_in: 18_000, token_type: 'Bearer' };

function reply(message: SinkReply): void {
	process.send?.(message);
}
