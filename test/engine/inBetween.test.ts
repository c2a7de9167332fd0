/**
 * Answers that come from a proxy or a firewall instead of Candid, and requests that must not reach Candid.
 */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import type { CandidApi, Fault } from '../candid-api';
import { CREATE_BY_CHARGE_CAPTURE_PATH, SIGN_IN_PATH } from '../candid-api/paths';
import { scaleWaits } from './faults/scaledWaits';
import { CONTINUE_ON_FAIL, startApiForEachTest } from './fixtures';
import { runUpload } from './harness';
import type { RunSettings } from './harness';
import { isN8n1 } from './loadedN8n';
import { StoredCredential, clientCredential, pastedCredential } from './storedCredential';

const FIREWALL = {
	contentType: 'text/html',
	body: '<html><head><title>Blocked</title></head><body>by policy</body></html>',
};

let api: CandidApi;

beforeAll(() => scaleWaits(0.01));

startApiForEachTest((started) => ({ api } = started));

/** Uploads one file. Returns its attachment ID, or the two texts that the user sees of an error item. */
async function upload({ parameters, credential }: Partial<RunSettings> = {}) {
	const { output } = await runUpload({
		credential: credential ?? pastedCredential(api),
		items: [{ files: { data: { bytes: Buffer.from('%PDF-1.4 labs'), fileName: 'labs.pdf' } } }],
		parameters: { additionalFields: { mimeType: 'application/pdf' }, ...parameters },
		node: CONTINUE_ON_FAIL,
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

describe('a refused upload', () => {
	it.each<[string, Pick<Fault, 'status' | 'body' | 'contentType'>, string]>([
		["a firewall's 403 page", { status: 403, ...FIREWALL }, 'The answer was: "Blocked by policy".'],
		['an empty 404', { status: 404 }, 'The answer was empty.'],
		["a proxy's 413 page", { status: 413, ...FIREWALL }, 'The answer was: "Blocked by policy".'],
		['a 409 with JSON of another form', { status: 409, body: { code: 7 } }, '{"code":7}'],
	])(
		'quotes an answer that is not from Candid, and allows another try: %s',
		async (_, answer, quote) => {
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
			expect(paths()).toEqual([`POST ${CREATE_BY_CHARGE_CAPTURE_PATH}`]);
		},
	);

	it('names the proxy for a 407', async () => {
		api.inject({ kind: 'status', status: 407 });
		const { error, advice, tryAgain } = await upload();
		expect(error).toMatch(/was not stored: the proxy asks for a user name and password/);
		expect(advice).toContain('Check the proxy');
		expect(tryAgain).toBe(true);
	});

	it("quotes Candid's own error, and does not allow another try", async () => {
		const field = { fieldName: 'attachment_type', humanReadableMessage: 'is unknown' };
		const body = { errorName: 'HttpRequestValidationError', content: field };
		api.inject({ kind: 'status', status: 422, body });
		const { error, advice, tryAgain } = await upload();
		expect(error).toMatch(/was not stored: Candid did not accept its data$/);
		expect(advice).toContain('Candid says: attachment_type: is unknown.');
		expect(tryAgain).toBe(false);
	});
});

describe('a refused token request', () => {
	const withClient = async () => await upload({ credential: clientCredential(api) });

	// Each API has another port, so that no token of another test is used.
	it.each([403, 404, 407, 422])(
		'is tried again when the answer is a web page with HTTP %d',
		async (status) => {
			api.inject({ kind: 'status', path: SIGN_IN_PATH, status, ...FIREWALL });
			const { id, error } = await withClient();
			expect(error).toBe('');
			expect(id).toBe(api.attachments[0]?.attachmentId);
			expect(paths()).toEqual([
				`POST ${SIGN_IN_PATH}`,
				`POST ${SIGN_IN_PATH}`,
				`POST ${CREATE_BY_CHARGE_CAPTURE_PATH}`,
			]);
		},
	);

	it('is not blamed on client ID and secret when the answer is a web page', async () => {
		api.inject({ kind: 'status', path: SIGN_IN_PATH, status: 403, times: Infinity, ...FIREWALL });
		const { error, advice, tryAgain } = await withClient();
		expect(error).toBe(
			`'labs.pdf' [item 0] was not stored: No access token from ${api.url}: something between n8n and Candid answered (HTTP 403)`,
		);
		expect(`${error} ${advice}`).not.toContain('secret');
		expect(tryAgain).toBe(true);
	});

	it("is blamed on client ID and secret, and not tried again, when the answer is Candid's own error", async () => {
		const body = { errorName: 'UnauthorizedError', content: { message: 'Unknown client' } };
		api.inject({ kind: 'status', path: SIGN_IN_PATH, status: 403, times: Infinity, body });
		const { error } = await withClient();
		expect(error).toContain('Candid did not accept the client ID and secret');
		expect(paths()).toEqual([`POST ${SIGN_IN_PATH}`]);
	});
});

describe('a proxy between n8n and Candid', () => {
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

	it('closes the connection: the file is sent again without checking whether it was stored', async () => {
		reply = (socket) => socket.end();
		const { error, advice, tryAgain } = await throughProxy();
		expect(error).toBe(
			"'labs.pdf' [item 0] was not stored: Candid cannot be reached, the proxy closed the connection",
		);
		expect(advice).toContain('Check the proxy');
		expect(tryAgain).toBe(true);
		expect(connects).toEqual(Array.from({ length: 3 }, () => 'candid.invalid:443'));
	});

	it('asks for a password: the message names the proxy', async () => {
		reply = answering('407 Proxy Authentication Required', '');
		const { error, tryAgain } = await throughProxy();
		expect(error).toMatch(/was not stored: the proxy asks for a user name and password/);
		expect(tryAgain).toBe(true);
		expect(connects).toHaveLength(1);
	});

	it('refuses the connection with a web page: the message does not name Candid', async () => {
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

/** No option matches, so the engine has no path or method and would send a GET to the bare host. */
it.each([
	{ operation: 'uplaod' },
	{ resource: 'attachments' },
	{ resource: 'chargeCapture', operation: 'upload' },
])('a node with %j sends nothing', async (parameters) => {
	const { error } = await upload({ parameters });
	expect(error).toBe("The request has no address: check the node's Resource and Operation");
	expect(paths()).toEqual([]);
});
