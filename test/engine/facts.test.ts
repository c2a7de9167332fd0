/**
 * Behavior of n8n's engine that this package depends on, as measured with n8n-core 2.41.1, and with
 * 1.122.48 of n8n 1.123.81 (`npm run test:compat`); where they differ, both are stated. If one of these
 * tests fails after an upgrade, the code that is named beside it must be checked again.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import type {
	DeclarativeRestApiSettings,
	IExecuteData,
	IExecutePaginationFunctions,
	INodeExecutionData,
	INodeProperties,
	INodeType,
} from 'n8n-workflow';

import { failureOf } from '../../nodes/CandidHealth/errors/candidFailure';
import { CONTINUE_ON_FAIL, retryOnFail } from './fixtures';
import { runNode } from './harness';
import type { InputItem } from './harness';
import { isN8n1 } from './loadedN8n';
import { StoredCredential } from './storedCredential';

type Hook = (
	this: IExecutePaginationFunctions,
	request: DeclarativeRestApiSettings.ResultOptions,
) => Promise<INodeExecutionData[]>;

let server: Server;
let url: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
let credential: StoredCredential;

beforeAll(async () => {
	server = createServer((request, response) => {
		void answer(request, response);
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
	server.closeAllConnections();
	await new Promise((resolve) => server.close(resolve));
});

beforeEach(() => {
	answer = async (request, response) => {
		await buffer(request);
		response.setHeader('Content-Type', 'application/json');
		response.end('"an-id"');
	};
	credential = new StoredCredential({
		environment: 'custom',
		baseUrl: url,
		authentication: 'accessToken',
		accessToken: 'token',
	});
});

/** A declarative node whose one operation is sent by `hook`. */
function nodeWith(hook: Hook): INodeType {
	return {
		description: {
			displayName: 'Facts',
			name: 'facts',
			group: ['output'],
			version: 1,
			description: '',
			defaults: { name: 'Facts' },
			inputs: ['main'],
			outputs: ['main'],
			credentials: [{ name: 'candidHealthApi', required: true }],
			requestDefaults: { baseURL: 'https://api.joincandidhealth.com' },
			properties: [
				{
					displayName: 'Operation',
					name: 'operation',
					type: 'options',
					default: 'send',
					options: [
						{
							name: 'Send',
							value: 'send',
							routing: {
								request: { method: 'POST', url: '/send' },
								send: { paginate: true },
								operations: { pagination: hook },
							},
						},
					],
				},
			],
		},
	};
}

/** n8n 1 drops the cause of an error that its helpers throw, and puts the error's code into `httpCode`. */
const codeOf = (error: unknown) => {
	const { cause, httpCode } = error as { cause?: { code?: unknown }; httpCode?: unknown };
	return isN8n1 ? httpCode : cause?.code;
};

/** A credential of a client for which this process has no token yet. */
const newClientCredential = () =>
	new StoredCredential({
		environment: 'custom',
		baseUrl: url,
		authentication: 'clientCredentials',
		clientId: `client-${Math.random()}`,
		clientSecret: 'secret',
	});

const items = (count: number): InputItem[] =>
	Array.from({ length: count }, (_, index) => ({ json: { index } }));

const run = async (hook: Hook, more: Partial<Parameters<typeof runNode>[1]> = {}) =>
	await runNode(nodeWith(hook), {
		credential,
		items: items(3),
		parameters: { operation: 'send' },
		...more,
	});

const item = (json: INodeExecutionData['json']): INodeExecutionData => ({ json });

/** run/run.ts relies on it to check all items before the first is sent. */
it('the engine starts every item in one turn of the event loop', async () => {
	const turns: number[] = [];
	let turn = 0;
	await run(
		async () => {
			turns.push(turn);
			setImmediate(() => turn++);
			return [];
		},
		{ items: items(50) },
	);
	expect(turns).toEqual(Array.from({ length: 50 }, () => 0));
});

/** run/run.ts, upload/ledger.ts: the key of the state of a run, which must outlive a retry. */
it('the items of a run and its retries share one execute data object, two runs do not', async () => {
	const seen: IExecuteData[] = [];
	const hook: Hook = async function () {
		seen.push(this.getExecuteData());
		if (seen.length <= 3) throw new Error('first try');
		return [item({})];
	};
	await run(hook, { node: retryOnFail(2) });
	expect(seen).toHaveLength(6);
	expect(new Set(seen).size).toBe(1);
	await run(hook);
	expect(new Set(seen).size).toBe(2);
});

/** run/run.ts: how many items a run expects. */
it('the execute data holds all items even with Execute Once', async () => {
	const counts: unknown[] = [];
	const hook: Hook = async function () {
		counts.push(this.getExecuteData().data.main?.[0]?.length, this.getNode().executeOnce);
		return [];
	};
	await run(hook, { node: { executeOnce: true } });
	expect(counts).toEqual([3, true]);
});

/** run/run.ts: items continue after their run was aborted, and must not send then. */
it('an item whose parameters cannot be evaluated ends the run while others are still in progress', async () => {
	const finished: number[] = [];
	let runEnded = () => {};
	const waiting = new Promise<void>((resolve) => {
		runEnded = resolve;
	});
	const node = nodeWith(async function () {
		await waiting;
		finished.push(this.getItemIndex());
		return [];
	});
	node.description.properties.push({
		displayName: 'Value',
		name: 'value',
		type: 'string',
		default: '',
		routing: { send: { type: 'body', property: 'value' } },
	});
	const { error } = await runNode(node, {
		credential,
		items: items(3),
		parameters: { operation: 'send', value: '={{ $itemIndex === 2 ? $("Nowhere").item : 1 }}' },
	});
	expect(error).toBeDefined();
	expect(finished).toEqual([]);
	runEnded();
	await new Promise((resolve) => setImmediate(resolve));
	expect(finished).toEqual([0, 1]);
});

describe("a parameter's expression", () => {
	/** Counts how often a value of the input is read for one item. */
	async function reads(...properties: Array<Partial<INodeProperties>>): Promise<number> {
		let count = 0;
		const json = Object.defineProperty({}, 'id', {
			enumerable: true,
			get: () => {
				count++;
				return 'CC-1';
			},
		});
		const node = nodeWith(async () => []);
		const common = { displayName: 'Text', name: 'text', type: 'string', default: '' } as const;
		node.description.properties.push(...properties.map((more) => ({ ...common, ...more })));
		const parameters = { operation: 'send', text: '={{ $json.id }}' };
		await runNode(node, { items: [{ json }], credential, parameters });
		return count;
	}

	// So the locators of an operation all have different names (descriptions/attachment/parent.ts).
	it('is evaluated again for each further property of its name, shown or hidden', async () => {
		const once = await reads({});
		expect(once).toBeGreaterThan(0);
		const hidden = { displayOptions: { show: { '@version': [2] } } };
		expect(await reads({}, hidden)).toBe(2 * once);
	});

	// This is why request/fieldFrom.ts exists.
	it('is evaluated twice as often where its property has a routing', async () => {
		const once = await reads({});
		expect(await reads({ routing: { send: { type: 'body', property: 'text' } } })).toBe(2 * once);
	});
});

/** run/journal.ts: the error must name what was stored, because n8n discards the output. */
it('one failed item discards the output of the others', async () => {
	const { error, output } = await run(async function () {
		if (this.getItemIndex() === 1) throw new Error('second item');
		return [item({ ok: true })];
	});
	expect(error?.message).toBe('second item');
	expect(output).toEqual([]);
});

/** run/runItem.ts sets `pairedItem` itself. */
it('the engine does not link output items to their input where the numbers of items differ', async () => {
	const { output } = await run(async () => [item({ a: 1 }), item({ b: 2 })]);
	expect(output.map(({ pairedItem }) => pairedItem)).toEqual(Array.from({ length: 6 }));
});

/** run/runItem.ts marks error items for the error output. */
describe('an output item with error, message and details', () => {
	const json = { error: 'no', message: 'why', details: { a: 1 } };

	const withErrorItem = async (error?: PropertyDescriptor) => {
		const hook: Hook = async function () {
			const index = this.getItemIndex();
			const pairedItem = { item: index };
			if (index !== 1) return [{ json: { ok: index }, pairedItem }];
			const failed: INodeExecutionData = { json, pairedItem };
			return [error ? Object.defineProperty(failed, 'error', error) : failed];
		};
		const { output, errors } = await run(hook, { node: { onError: 'continueErrorOutput' } });
		return [output, errors].map((all) => all.map((one) => one.json));
	};

	const value = new Error('of the item');
	const good = [{ ok: 0 }, { ok: 2 }];

	it(`goes to the error output with its input JSON${isN8n1 ? ', but not in n8n 1' : ''}`, async () => {
		const asOutput = [[{ ok: 0 }, json, { ok: 2 }], []];
		const asError = [good, [{ index: 1, ...json }]];
		expect(await withErrorItem()).toEqual(isN8n1 ? asOutput : asError);
	});

	it('goes there in every n8n version when it has a non-enumerable error', async () => {
		expect(await withErrorItem({ value })).toEqual([good, [{ index: 1, ...json }]]);
	});

	it('loses its JSON when it has an enumerable error', async () => {
		const lost = [{ error: 'of the item' }];
		expect(await withErrorItem({ value, enumerable: true })).toEqual([good, lost]);
	});
});

/** upload/sendFile.ts: how the answer arrives. */
it.each([
	['"a bare string"', 'a bare string'],
	['', ''],
	['<html>', '<html>'],
	['{"a":1}', { a: 1 }],
])('an answer with the body %j arrives as %j', async (body, json) => {
	answer = async (request, response) => {
		await buffer(request);
		response.setHeader('Content-Type', 'application/json');
		response.end(body);
	};
	const seen: unknown[] = [];
	await run(
		async function (request) {
			const [first] = await this.makeRoutingRequest(request);
			seen.push(first!.json);
			return [];
		},
		{ items: items(1) },
	);
	expect(seen).toEqual([json]);
});

/** upload/storeFile.ts: send; the credential's `authenticate`, without which n8n 1 would send the used-up stream again. */
it.each([
	['n8n sends a buffer again', () => Buffer.from('content'), 2],
	['n8n does not send a stream again', () => Readable.from([Buffer.from('content')]), 1],
])('a 401 makes n8n renew the credential, and %s', async (_, body, expected) => {
	const received: string[] = [];
	answer = async (request, response) => {
		if (request.url === '/api/auth/v2/token') {
			await buffer(request);
			response.setHeader('Content-Type', 'application/json');
			response.end(JSON.stringify({ access_token: `token-${Math.random()}`, expires_in: 60 }));
			return;
		}
		received.push(await text(request));
		response.statusCode = 401;
		response.end();
	};
	credential = newClientCredential();
	const { error } = await run(
		async function (request) {
			const options = { ...request.options, body: body() };
			return await this.makeRoutingRequest({ ...request, options });
		},
		{ items: items(1) },
	);
	expect(error).toBeDefined();
	expect(received).toEqual(Array.from({ length: expected }, () => 'content'));
	expect(credential.preAuthentications).toBe(2);
});

/** auth/session.ts: one token request must serve them all. */
it('every item in progress calls preAuthentication of the credential', async () => {
	answer = async (request, response) => {
		await buffer(request);
		await new Promise((resolve) => setTimeout(resolve, 20));
		response.setHeader('Content-Type', 'application/json');
		response.end(JSON.stringify({ access_token: 'token', expires_in: 60 }));
	};
	credential = newClientCredential();
	await run(async function (request) {
		return await this.makeRoutingRequest(request);
	});
	expect(credential.preAuthentications).toBe(3);
});

/** credentials: authenticate. */
it.each<[string, Hook]>([
	[
		'a declarative request',
		async function (request) {
			return await this.makeRoutingRequest(request);
		},
	],
	[
		"a request of the HTTP Request node's older path",
		async function () {
			const options = { method: 'POST' as const, uri: `${url}/send`, followAllRedirects: true };
			await this.helpers.requestWithAuthentication.call(this, 'candidHealthApi', options);
			return [];
		},
	],
])('the credential sets host, authorization header and redirects of %s', async (_, hook) => {
	const paths: Array<[string | undefined, string | undefined]> = [];
	answer = async (request, response) => {
		await buffer(request);
		paths.push([request.url, request.headers.authorization]);
		response.statusCode = 302;
		response.setHeader('Location', '/elsewhere');
		response.end();
	};
	const { error } = await run(hook, { items: items(1) });
	expect(error).toBeDefined();
	expect(paths).toEqual([['/send', 'Bearer token']]);
});

/** upload/inputFiles.ts: binariesOf. n8n 1 does not have this mode, and leaves files where they are. */
it('with combined binary mode, files arrive in the JSON under _files', async () => {
	const seen: INodeExecutionData[] = [];
	await run(
		async function () {
			seen.push(this.getInputData());
			return [];
		},
		{
			workflow: { binaryMode: 'combined' },
			items: [{ files: { data: { bytes: Buffer.from('x'), fileName: 'a.pdf' } } }],
		},
	);
	const { json, binary } = seen[0]!;
	const [files, elsewhere] = isN8n1 ? [binary, json._files] : [json._files, binary];
	expect(files).toMatchObject({ data: { fileName: 'a.pdf' } });
	expect(elsewhere).toBeUndefined();
});

/** upload/inputFiles.ts: sizeOf; upload/sendFile.ts: openContent. */
it.each(['filesystem', 'database'] as const)(
	'%s binary data has an ID, metadata with the size in bytes, and a stream whose class has `from`',
	async (binaryMode) => {
		const seen: unknown[] = [];
		await run(
			async function () {
				const { id, data } = this.getInputData().binary!.data!;
				const { fileSize } = await this.helpers.getBinaryMetadata(id!);
				seen.push(data.startsWith(binaryMode), fileSize);
				const stream = await this.helpers.getBinaryStream(id!);
				seen.push(await text(stream), typeof (stream.constructor as typeof Readable).from);
				return [];
			},
			{ binaryMode, items: [{ files: { data: { bytes: Buffer.from('content') } } }] },
		);
		expect(seen).toEqual([true, 7, 'content', 'function']);
	},
);

it('binary data in memory has no ID, only base64', async () => {
	const seen: unknown[] = [];
	await run(
		async function () {
			const { id, data } = this.getInputData().binary!.data!;
			seen.push(id, Buffer.from(data, 'base64').toString());
			return [];
		},
		{ binaryMode: 'default', items: [{ files: { data: { bytes: Buffer.from('content') } } }] },
	);
	expect(seen).toEqual([undefined, 'content']);
});

/** upload/ledger.ts keeps what the first try stored for the second. */
it('Retry On Fail runs the node again when its first output item has an error', async () => {
	let runs = 0;
	const hook: Hook = async function () {
		if (this.getItemIndex() === 0) runs++;
		return [item(runs === 1 && this.getItemIndex() === 0 ? { error: 'x' } : { ok: true })];
	};
	const { output } = await run(hook, { node: { ...retryOnFail(3), ...CONTINUE_ON_FAIL } });
	expect(runs).toBe(2);
	expect(output.map(({ json }) => json)).toEqual([{ ok: true }, { ok: true }, { ok: true }]);
});

/** upload/storeFile.ts: a request ends with its execution. */
it("'Stop execution' ends a request in progress", async () => {
	const closed = new Promise((resolve) => {
		answer = (request) => void request.on('close', resolve);
	});
	const codes: unknown[] = [];
	const hook: Hook = async function (request) {
		try {
			return await this.makeRoutingRequest(request);
		} catch (error) {
			codes.push(codeOf(error));
			return [];
		}
	};
	await run(hook, {
		items: items(1),
		cancelWhen: new Promise((resolve) => setTimeout(resolve, 200)),
	});
	await closed;
	await new Promise((resolve) => setTimeout(resolve, 100));
	expect(codes).toEqual(['ERR_CANCELED']);
});

/** upload/storeFile.ts needs no timeout of its own. */
it('the timeout ends an answer that stops in the middle', async () => {
	answer = (_request, response) => {
		response.setHeader('Content-Type', 'application/json');
		response.write('"an-');
	};
	const codes: unknown[] = [];
	const hook: Hook = async function (request) {
		const options = { ...request.options, timeout: 300 };
		try {
			return await this.makeRoutingRequest({ ...request, options });
		} catch (error) {
			codes.push(codeOf(error));
			return [];
		}
	};
	await run(hook, { items: items(1) });
	expect(codes).toEqual(['ECONNABORTED']);
});

/** candidFailure.ts: retryAfterOf, remainsIn. */
it.each([
	['', ''],
	['<html>', '<html>'],
	['{"a":1}', { a: 1 }],
])(
	'the error that n8n throws has the body %j and the headers of the answer',
	async (body, json) => {
		answer = (_request, response) => {
			const headers = { 'Retry-After': '7', 'Content-Type': 'application/json' };
			response.writeHead(429, headers).end(body);
		};
		const seen: unknown[] = [];
		const hook: Hook = async function (request) {
			try {
				return await this.makeRoutingRequest(request);
			} catch (error) {
				seen.push(failureOf(error));
				return [];
			}
		};
		await run(hook, { items: items(1) });
		// n8n 1 passes on only a body that is an object.
		const rest = isN8n1
			? { answer: typeof json === 'object' ? json : undefined }
			: { answer: json, retryAfterMs: 7000 };
		expect(seen).toEqual([{ status: 429, ...rest }]);
	},
);
