import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { SIGN_IN_PATH } from '../candid-api/paths';
import { RateWindow } from '../candid-api/rate-window';

/** How a sink behaves from now on; its counts begin anew. */
export interface SinkSettings {
	/** milliseconds between the end of a request and its answer */
	latencyMs: number;
	/** default: any number */
	requestsPer10Seconds?: number;
}

/** What a sink has seen since its last settings. */
export interface SinkCounts {
	/** requests but those for a token */
	requests: number;
	/** bytes of their bodies */
	bytes: number;
	/** answers 429 */
	refused: number;
	/** connections that were opened */
	connections: number;
	/** requests in flight at the same time, at most */
	peak: number;
}

export type SinkMessage = { settings: SinkSettings } | { counts: true };
export type SinkReply = { port: number } | { ready: true } | { counts: SinkCounts };

/*
 * A server that answers as Candid does and keeps nothing: it reads a body as fast as it can. It is a
 * process of its own, so that it takes no time from whoever is measured but that of the second core.
 */
let settings: SinkSettings = { latencyMs: 0 };
let counts = newCounts();
let rate: RateWindow | undefined;
let inFlight = 0;

const server = createServer((request, response) => void answer(request, response));
server.on('connection', () => counts.connections++);
// A client that keeps its connections must not meet a closed one in the next round.
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
	reply({ ready: true });
});
process.on('disconnect', () => process.exit());

function newCounts(): SinkCounts {
	return { requests: 0, bytes: 0, refused: 0, connections: 0, peak: 0 };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
	inFlight++;
	counts.peak = Math.max(counts.peak, inFlight);
	response.once('close', () => inFlight--);
	const isSignIn = request.url === SIGN_IN_PATH;
	if (!isSignIn) counts.requests++;
	request.on('data', (chunk: Buffer) => {
		if (!isSignIn) counts.bytes += chunk.length;
	});
	await new Promise((resolve) => request.once('end', resolve));
	if (settings.latencyMs > 0) await sleep(settings.latencyMs);
	response.setHeader('Content-Type', 'application/json');
	if (rate?.tryTake() === false) {
		counts.refused++;
		response.statusCode = 429;
		response.end(JSON.stringify({ errorName: 'TooManyRequestsError', content: {} }));
	} else {
		response.end(JSON.stringify(isSignIn ? TOKEN : randomUUID()));
	}
}

const TOKEN = { access_token: 'bench', expires_in: 18_000, token_type: 'Bearer' };

function reply(message: SinkReply): void {
	process.send?.(message);
}
