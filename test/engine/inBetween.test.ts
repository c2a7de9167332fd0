/**
 * What a proxy or a firewall answers in Candid's place, and requests that must not get as far as Candid.
 */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import { startCandidApi } from '../candid-api';
import type { CandidApi, Fault } from '../candid-api';
import { scaleWaits } from './faults/scaledWaits';
import { runUpload } from './harness';
import type { RunSettings } from './harness';
import { isN8n1 } from './loadedN8n';
import { StoredCredential, clientCredential, pastedCredential } from './storedCredential';

const CREATE = '/api/encounter-attachments/v1/create-from-charge-capture-external-id';
const SIGN_IN = '/api/auth/v2/token';

const FIREWALL = {
	contentType: 'text/html',
	body: '<html><head><title>Blocked</title></head><body>by policy</body></html>',
};

let api: CandidApi;

beforeAll(() => scaleWaits(0.01));

afterAll(() => scaleWaits(1));

beforeEach(async () => {
	api = await startCandidApi();
});

afterEach(async () => {
	await api.close();
});

/** Uploads one file; what became of it, and of an item that failed the two texts that the user sees. */
async function upload({ parameters, credential }: Partial<RunSettings> = {}) {
	const { output } = await runUpload({
		credential: credential ?? pastedCredential(api),
		items: [{ files: { data: { bytes: Buffer.from('%PDF-1.4 labs'), fileName: 'labs.pdf' } } }],
		parameters: { additionalFields: { mimeType: 'application/pdf' }, ...parameters },
		node: { onError: 'continueRegularOutput' },
	});
	const [item] = output;
	const { error, message, details, attachment_id: id } = item!.json;
	return {
		id,
		error: String(error ?? ''),
		advice: String(message ?? ''),
		tryAgain: (details as { try_again?: boolean } | undefined)?.try_again,
	};
}

const paths = () => api.requests.map(({ method, path }) => `${method} ${path}`);

describe('a refusal of the upload that did not come from Candid', () => {
	it.each<[string, Pick<Fault, 'status' | 'body' | 'contentType'>, string]>([
		["a firewall's 403 page", { status: 403, ...FIREWALL }, 'The answer was: "Blocked by policy".'],
		['an empty 404', { status: 404 }, 'The answer was empty.'],
		["a proxy's 413 page", { status: 413, ...FIREWALL }, 'The answer was: "Blocked by policy".'],
		['a 409 with JSON of another form', { status: 409, body: { code: 7 } }, '{"code":7}'],
	])('%s is quoted, and the item may be tried again', async (_, answer, quote) => {
		api.inject({ kind: 'status', ...answer });
		const { error, advice, tryAgain } = await upload();
		const isDropped = isN8n1 && typeof answer.body !== 'object';
		expect(error).toBe(
			isDropped
				? `'labs.pdf' [item 0] was not stored: the request was refused (HTTP ${answer.status})`
				: `'labs.pdf' [item 0] was not stored: something between n8n and Candid answered (HTTP ${answer.status})`,
		);
		expect(advice).toContain(isDropped ? 'it is not known whether Candid refused it' : quote);
		expect(tryAgain).toBe(true);
		expect(paths()).toEqual([`POST ${CREATE}`]);
	});

	it('a 407 names the proxy', async () => {
		api.inject({ kind: 'status', status: 407 });
		const { error, advice, tryAgain } = await upload();
		expect(error).toMatch(/was not stored: the proxy asks for a user name and password/);
		expect(advice).toContain('Check the proxy');
		expect(tryAgain).toBe(true);
	});

	it("Candid's own is told in Candid's words, and would be given again", async () => {
		const field = { fieldName: 'attachment_type', humanReadableMessage: 'is unknown' };
		const body = { errorName: 'HttpRequestValidationError', content: field };
		api.inject({ kind: 'status', status: 422, body });
		const { error, advice, tryAgain } = await upload();
		expect(error).toMatch(/was not stored: Candid did not accept its data$/);
		expect(advice).toContain('Candid says: attachment_type: is unknown.');
		expect(tryAgain).toBe(false);
	});
});

describe('a refusal of the access token', () => {
	const withClient = async () => await upload({ credential: clientCredential(api) });

	// Each API has a port of its own, so that no token of another test is left.
	it.each([403, 404, 407, 422])('with a page and HTTP %d is tried again', async (status) => {
		api.inject({ kind: 'status', path: SIGN_IN, status, ...FIREWALL });
		const { id, error } = await withClient();
		expect(error).toBe('');
		expect(id).toBe(api.attachments[0]?.attachmentId);
		expect(paths()).toEqual([`POST ${SIGN_IN}`, `POST ${SIGN_IN}`, `POST ${CREATE}`]);
	});

	it('with a page does not blame the client ID and secret', async () => {
		api.inject({ kind: 'status', path: SIGN_IN, status: 403, times: Infinity, ...FIREWALL });
		const { error, advice, tryAgain } = await withClient();
		expect(error).toBe(
			`'labs.pdf' [item 0] was not stored: No access token from ${api.url}: something between n8n and Candid answered (HTTP 403)`,
		);
		expect(`${error} ${advice}`).not.toContain('secret');
		expect(tryAgain).toBe(true);
	});

	it("in Candid's own words does, and is not asked for again", async () => {
		const body = { errorName: 'UnauthorizedError', content: { message: 'Unknown client' } };
		api.inject({ kind: 'status', path: SIGN_IN, status: 403, times: Infinity, body });
		const { error } = await withClient();
		expect(error).toContain('Candid did not accept the client ID and secret');
		expect(paths()).toEqual([`POST ${SIGN_IN}`]);
	});
});

describe('a proxy that is asked for a connection to Candid', () => {
	let proxy: Server;
	let connects: string[];
	let reply: (socket: Socket) => void;

	beforeEach(async () => {
		connects = [];
		proxy = createServer().on('connect', ({ url }, socket: Socket) => {
			connects.push(String(url));
			reply(socket);
		});
		await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
	});

	afterEach(async () => {
		await new Promise((resolve) => proxy.close(resolve));
	});

	const throughProxy = async () => {
		const { port } = proxy.address() as AddressInfo;
		return await upload({
			credential: new StoredCredential({
				environment: 'custom',
				baseUrl: 'https://candid.invalid',
				authentication: 'accessToken',
				accessToken: 'token',
			}),
			parameters: {
				options: { maxTries: 3 },
				requestOptions: { proxy: `http://127.0.0.1:${port}` },
			},
		});
	};

	const answering = (status: string, body: string) => (socket: Socket) => {
		socket.end(`HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
	};

	it('and closes it has passed nothing on, so the file is sent again without a look', async () => {
		reply = (socket) => socket.end();
		const { error, advice, tryAgain } = await throughProxy();
		expect(error).toBe(
			"'labs.pdf' [item 0] was not stored: Candid cannot be reached, the proxy closed the connection",
		);
		expect(advice).toContain('Check the proxy');
		expect(tryAgain).toBe(true);
		expect(connects).toEqual(Array.from({ length: 3 }, () => 'candid.invalid:443'));
	});

	it('and asks for a password is named', async () => {
		reply = answering('407 Proxy Authentication Required', '');
		const { error, tryAgain } = await throughProxy();
		expect(error).toMatch(/was not stored: the proxy asks for a user name and password/);
		expect(tryAgain).toBe(true);
		expect(connects).toHaveLength(1);
	});

	it('and refuses it with a page is not taken for Candid', async () => {
		reply = answering('403 Forbidden', FIREWALL.body);
		const { error, tryAgain } = await throughProxy();
		expect(error).toMatch(
			isN8n1
				? /was not stored: the request was refused \(HTTP 403\)$/
				: /was not stored: something between n8n and Candid answered \(HTTP 403\)$/,
		);
		expect(tryAgain).toBe(true);
		expect(connects).toHaveLength(1);
	});
});

/** The engine would send a GET to the bare host: it finds no option that says what to request. */
it.each([
	{ operation: 'uplaod' },
	{ resource: 'attachments' },
	{ resource: 'chargeCapture', operation: 'upload' },
])('a node with %j sends nothing', async (parameters) => {
	const { error } = await upload({ parameters });
	expect(error).toBe("The request has no address: check the node's Resource and Operation");
	expect(paths()).toEqual([]);
});
