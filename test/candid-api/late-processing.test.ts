import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { startCandidApi, type CandidApi, type Fault } from './index';
import { CREATE_BY_CHARGE_CAPTURE_PATH } from './paths';

let api: CandidApi;
/** How many files were stored when each request ended. */
let storedAtEnd: number[];

beforeEach(async () => {
	storedAtEnd = [];
	api = await startCandidApi({ onRequestEnd: () => storedAtEnd.push(api.attachments.length) });
});

afterEach(async () => await api.close());

async function create({
	type = 'application/pdf',
	signal,
}: {
	type?: string;
	signal?: AbortSignal;
}) {
	const body = new FormData();
	body.append('charge_capture_external_id', 'CC-1001');
	body.append('attachment_file', new File(['%PDF-1.7'], 'note.pdf', { type }));
	body.append('attachment_type', 'EOB');
	const headers = { authorization: `Bearer ${api.issueToken()}` };
	return await fetch(api.url + CREATE_BY_CHARGE_CAPTURE_PATH, {
		method: 'POST',
		headers,
		body,
		signal,
	});
}

/** Resolves when the whole body of the only request has arrived. */
async function bodyArrived() {
	for (;;) {
		const [request] = api.requests;
		if (request !== undefined && request.bytesReceived === request.contentLength) break;
		await sleep(10);
	}
	// The server parses the form in the event loop turns after its last byte.
	await sleep(50);
}

/** Sends a create and returns a function that closes the client's connection. */
function openCreate() {
	const client = new AbortController();
	const outcome = expect(create({ signal: client.signal })).rejects.toThrow('abort');
	return async () => {
		client.abort();
		await outcome;
	};
}

describe('a request that is processed after its answer', () => {
	it.each<[string, Partial<Fault>, number, string]>([
		['a status', { kind: 'status', status: 503, body: 'down' }, 503, 'down'],
		['another answer', { kind: 'answer', body: '<html>' }, 200, '<html>'],
	])('is stored when %s has been sent', async (_name, fault, status, text) => {
		api.inject({ kind: 'status', ...fault, when: 'after-answer' });
		const answer = await create({});

		expect([answer.status, await answer.text()]).toEqual([status, text]);
		await api.settled();
		expect(api.attachments).toHaveLength(1);
		expect(storedAtEnd).toEqual([0]);
	});

	it('is stored after the given delay', async () => {
		api.inject({ kind: 'status', when: 'after-answer', delayMs: 1000 });
		expect((await create({})).status).toBe(500);
		expect(api.attachments).toEqual([]);

		await api.settled();
		expect(api.attachments).toHaveLength(1);
	});

	it('is stored after the connection is cut', async () => {
		api.inject({ kind: 'cut', when: 'after-answer' });
		await expect(create({})).rejects.toThrow('fetch failed');

		await api.settled();
		expect(api.attachments).toHaveLength(1);
		expect(storedAtEnd).toEqual([0]);
		expect(api.requests[0]?.status).toBeUndefined();
	});

	it('is stored when the client closes the connection', async () => {
		api.inject({ kind: 'delay', when: 'after-answer' });
		const disconnect = openCreate();
		await bodyArrived();
		expect(api.attachments).toEqual([]);

		await disconnect();
		await api.settled();
		expect(api.attachments).toHaveLength(1);
		expect(storedAtEnd).toEqual([0]);
	});

	it('is stored when the server closes', async () => {
		api.inject({ kind: 'delay', when: 'after-answer' });
		const outcome = expect(create({})).rejects.toThrow('fetch failed');
		await bodyArrived();
		await api.close();

		await outcome;
		await api.settled();
		expect(api.attachments).toHaveLength(1);
	});

	it('is not stored after a reset', async () => {
		api.inject({ kind: 'delay', when: 'after-answer' });
		const outcome = expect(create({})).rejects.toThrow('fetch failed');
		await bodyArrived();
		api.reset();

		await outcome;
		await api.settled();
		expect(api.attachments).toEqual([]);
	});

	it('is not stored if the server refuses it', async () => {
		api.inject({ kind: 'status', when: 'after-answer' });
		expect((await create({ type: 'image/gif' })).status).toBe(500);

		await api.settled();
		expect(api.attachments).toEqual([]);
	});

	it.each(['before-body', 'during-body', 'before-answer-unstored', 'mid-answer'] as const)(
		'cannot be cut %s',
		(cut) => {
			expect(() => api.inject({ kind: 'cut', cut, when: 'after-answer' })).toThrow(cut);
		},
	);
});

describe('a delay without a time', () => {
	it.each<[Fault['when'], number]>([
		[undefined, 1],
		['after', 1],
		['before', 0],
	])('lasts until the client closes the connection (when: %s)', async (when, storedMeanwhile) => {
		api.inject({ kind: 'delay', when });
		const disconnect = openCreate();
		await bodyArrived();
		expect(api.attachments).toHaveLength(storedMeanwhile);
		expect(storedAtEnd).toEqual([]);

		await disconnect();
		await api.settled();
		expect(api.attachments).toHaveLength(1);
	});
});

describe('settled', () => {
	it('resolves immediately when no request is open', async () => {
		await create({});
		await api.settled();
		await api.settled();

		expect(storedAtEnd).toEqual([1]);
	});

	it('waits for a delayed request whose client has disconnected', async () => {
		api.inject({ kind: 'delay', when: 'before', delayMs: 1000 });
		const disconnect = openCreate();
		await bodyArrived();
		await disconnect();
		expect(api.attachments).toEqual([]);

		await api.settled();
		expect(api.attachments).toHaveLength(1);
	});
});

it('holds many answers without a warning from Node.js', async () => {
	// In a separate process, because jest suppresses warnings.
	const script = `
		const { startCandidApi } = require(${JSON.stringify(`${__dirname}/index.ts`)});
		startCandidApi().then(async (api) => {
			for (const when of ['before', 'after', 'after-answer']) {
				api.inject({ kind: 'delay', delayMs: 60_000, when, times: 12, path: '/' });
				const answers = Array.from({ length: 12 }, () => fetch(api.url).catch(() => 'cut'));
				while (api.requests.length < 12) await new Promise((resolve) => setTimeout(resolve, 10));
				await new Promise((resolve) => setTimeout(resolve, 100));
				api.reset();
				console.log((await Promise.all(answers)).filter((answer) => answer === 'cut').length);
			}
			await api.close();
		});`;
	const child = await promisify(execFile)(process.execPath, ['--import', 'tsx', '-e', script], {
		cwd: `${__dirname}/../..`,
	});

	expect(child).toEqual({ stdout: '12\n12\n12\n', stderr: '' });
});
