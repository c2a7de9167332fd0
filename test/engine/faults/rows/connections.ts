import { deepEqual, strictEqual } from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { connect, createServer } from 'node:net';

import type { CandidApi, Fault } from '../../../candid-api';
import { StoredCredential, pastedCredential } from '../../storedCredential';
import { numberedFiles, sixFiles } from '../files';
import type { Stage } from '../stage';
import type { Trial } from '../trial';
import {
	EVERYWHERE,
	AFTER_FIRST,
	ON_CHARGE_CAPTURE,
	ON_ENCOUNTER,
	TIMEOUT_MS,
	playFirstAlone,
	twoUnacknowledged,
} from './shared';

/** With a pasted token, so that it is the upload that cannot reach the host, not the token request. */
const addressedTo = (baseUrl: (api: CandidApi) => string) => (api: CandidApi) =>
	new StoredCredential({ ...pastedCredential(api).data, baseUrl: baseUrl(api) });

const nothingArrived = ({ api }: Stage) => deepEqual(api.requests, []);

const CLOSED_PORT = 'http://localhost:9';

const unreachable: Trial[] = [
	{
		fault: 'refused port',
		credential: addressedTo(() => CLOSED_PORT),
	},
	{
		fault: 'refused port, no token yet',
		credential: () =>
			new StoredCredential({
				environment: 'custom',
				baseUrl: CLOSED_PORT,
				authentication: 'clientCredentials',
				clientId: 'local-client',
				clientSecret: 'local-secret',
			}),
	},
	{
		fault: 'unknown host name',
		credential: addressedTo(() => 'https://candid.invalid'),
	},
	{
		fault: 'TLS to a port without TLS',
		credential: addressedTo(({ url }) => url.replace('http:', 'https:')),
	},
].map((row) => ({
	...row,
	...ON_CHARGE_CAPTURE,
	files: numberedFiles(4),
	expected: { 'not stored': 4 },
	check: nothingArrived,
}));

/** The port is opened only after the first request to it was refused. */
const opensLate: Trial = {
	fault: 'refused port that opens later',
	...ON_CHARGE_CAPTURE,
	files: sixFiles(),
	credential: pastedCredential,
	play: async (stage) => {
		const port = await freePort();
		stage.credential.data.baseUrl = `http://localhost:${port}`;
		const refused = refusedBy(`localhost:${port}`);
		const running = stage.run();
		await Promise.race([refused, running]);
		const forwarder = createServer((socket) => {
			const onward = connect(Number(new URL(stage.api.url).port), 'localhost');
			socket.on('error', () => onward.destroy());
			onward.on('error', () => socket.destroy());
			socket.pipe(onward).pipe(socket);
		});
		await new Promise<void>((resolve) => forwarder.listen(port, 'localhost', resolve));
		const outcomes = await running;
		forwarder.close();
		return outcomes;
	},
	expected: { stored: 6 },
};

/** Resolves when a request to the host has failed without a connection. */
async function refusedBy(host: string): Promise<void> {
	const channel = 'http.client.request.error';
	await new Promise<void>((resolve) => {
		const listener = (message: unknown) => {
			const { request } = message as { request: ClientRequest };
			if (request.getHeader('host') !== host) return;
			unsubscribe(channel, listener);
			resolve();
		};
		subscribe(channel, listener);
	});
}

/** Outside the range from which the system assigns ports, so that it stays free. */
async function freePort(): Promise<number> {
	const port = 20_000 + Math.floor(Math.random() * 10_000);
	const probe = createServer();
	const isFree = await new Promise<boolean>((resolve) => {
		probe.once('error', () => resolve(false));
		probe.listen(port, 'localhost', () => resolve(true));
	});
	await new Promise((resolve) => probe.close(resolve));
	return isFree ? port : await freePort();
}

/** Bodies larger than a socket's buffers, so that a cut in the middle interrupts them. */
const LARGE = 3_000_000;

const cutUnstored: Array<[string, Fault['cut']]> = [
	['reset before the body', 'before-body'],
	['reset in the middle of the body', 'during-body'],
	['reset after the last byte, not stored', 'before-answer-unstored'],
];

const cutStored: Array<[string, Fault['cut']]> = [
	['reset after the last byte, stored', 'before-answer'],
	['answer truncated, stored', 'mid-answer'],
];

const cuts: Trial[] = EVERYWHERE.flatMap((where) => [
	...cutUnstored.map(([fault, cut]) => ({
		fault,
		...where,
		files: numberedFiles(6, LARGE),
		faults: [{ kind: 'cut' as const, cut, times: 2, ...AFTER_FIRST }],
		play: playFirstAlone,
		expected: { stored: 6 },
	})),
	...cutStored.map(([fault, cut]) => ({
		fault,
		...where,
		files: sixFiles(),
		faults: [{ kind: 'cut' as const, cut, times: 2, ...AFTER_FIRST }],
		play: playFirstAlone,
		expected: twoUnacknowledged(where),
		namesCandidates: true,
	})),
]);

/** Longer than any trial: the file is never stored. */
const NEVER_MS = 600_000;

const slow: Trial[] = EVERYWHERE.flatMap((where): Trial[] => [
	{
		fault: 'no answer before the timeout, stored immediately',
		...where,
		files: sixFiles(),
		timeoutMs: TIMEOUT_MS,
		faults: [{ kind: 'delay', when: 'after', times: 2, ...AFTER_FIRST }],
		play: playFirstAlone,
		expected: twoUnacknowledged(where),
		namesCandidates: true,
	},
	{
		fault: 'no answer before the timeout, stored after it',
		...where,
		files: sixFiles(),
		timeoutMs: TIMEOUT_MS,
		faults: [{ kind: 'delay', when: 'after-answer', times: 2, ...AFTER_FIRST }],
		play: playFirstAlone,
		expected: twoUnacknowledged(where),
		namesCandidates: true,
	},
	{
		fault: 'no answer, twice',
		...where,
		files: sixFiles(),
		timeoutMs: TIMEOUT_MS,
		faults: [{ kind: 'delay', when: 'before', delayMs: NEVER_MS, times: 2, ...AFTER_FIRST }],
		play: playFirstAlone,
		expected: { stored: 6 },
	},
]);

const neverAnswers: Trial = {
	fault: 'no answer, ever',
	...ON_ENCOUNTER,
	files: numberedFiles(4),
	timeoutMs: TIMEOUT_MS,
	options: { maxTries: 2 },
	faults: [{ kind: 'delay', when: 'before', delayMs: NEVER_MS, times: Infinity }],
	expected: { unknown: 4 },
	// No list has shown a known attachment yet, so nothing is sent a second time.
	check: ({ creates }) => strictEqual(creates.length, 4),
};

export const connectionRows = [...unreachable, opensLate, ...cuts, ...slow, neverAnswers];
