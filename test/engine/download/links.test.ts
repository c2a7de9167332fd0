import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { sleep } from 'n8n-workflow';
import type { IExecutePaginationFunctions, IHttpRequestOptions } from 'n8n-workflow';

import { openFileLink } from '../../../nodes/CandidHealth/download/fileLink';
import { startCandidApi } from '../../candid-api';
import { pdf, randomPdf } from '../../files/contents';
import { UNKNOWN_ID } from '../fixtures';
import { binaryContent } from '../harness';
import type { BinaryMode } from '../harness';
import { isN8n1 } from '../loadedN8n';
import { clientCredential } from '../storedCredential';
import {
	add,
	answerWithLink,
	api,
	close,
	credential,
	download,
	listen,
	lists,
	restart,
	urlOf,
} from './setUp';

/** The requests with an access token. */
const authorized = () => api.requests.filter(({ headers }) => headers.authorization !== undefined);

/** Everything that n8n would save and show of a run, including hidden properties of errors. */
const inspected = (run: unknown) => inspect(run, { depth: Infinity, showHidden: true });

describe('the token', () => {
	it('is not sent to the host of the file', async () => {
		const { output, error } = await download([add().attachmentId]);
		expect(error).toBeUndefined();
		expect(output).toHaveLength(1);
		expect(api.requests.map(({ server }) => server)).toContain('files');
		expect(authorized().map(({ server }) => server)).toEqual(['api']);
	});

	it("is sent to a link on Candid's host, and not to the host that this redirects to", async () => {
		await restart({ fileLinks: 'redirect' });
		const { bytes, attachmentId } = add();
		const { output, error } = await download([attachmentId]);
		expect(error).toBeUndefined();
		expect(await binaryContent(output[0]!.binary!.data!)).toEqual(bytes);
		expect(authorized().map(({ server }) => server)).toEqual(['api', 'api']);
		expect(api.requests.filter(({ server }) => server === 'files')).toMatchObject([
			{ status: 200 },
		]);
	});

	it('is renewed when it expires between the list and the link', async () => {
		await restart({ fileLinks: 'redirect' });
		const { attachmentId } = add();
		api.inject({ kind: 'status', status: 401, method: 'GET', path: /^\/files/ });
		const { output, error } = await download([attachmentId]);
		expect(error).toBeUndefined();
		expect(output).toHaveLength(1);
		// The link is opened again with a new token, without another list. n8n 1 does not renew the token for
		// a request that accepts other statuses: there the node reads the list again instead.
		expect(lists()).toHaveLength(isN8n1 ? 2 : 1);
	});

	it("is not sent when another host redirects back to Candid's host", async () => {
		const seen: IncomingMessage[] = [];
		const fileServer = await listen((request, response) => {
			seen.push(request);
			response.writeHead(302, { location: `${api.url}/api/charge_captures/v1` }).end();
		});
		try {
			const { attachmentId } = add();
			answerWithLink(attachmentId, urlOf(fileServer));
			const { error } = await download([attachmentId]);
			expect(error?.message).toBe(
				'The attachment [item 0] was not downloaded: the link to its file did not work (HTTP 401)',
			);
			expect(seen.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
			expect(
				api.requests
					.filter(({ path }) => path === '/api/charge_captures/v1')
					.map(({ headers }) => headers.authorization),
			).toEqual([undefined, undefined]);
		} finally {
			await close(fileServer);
		}
	});
});

describe('a link', () => {
	const SIGNATURE = 'signature=0123456789abcdef';

	it('that has expired is requested again, once for all files', async () => {
		let lists = 0;
		const own = await startCandidApi({
			onRequestEnd: ({ path }) => {
				if (/encounter-attachments/.test(path) && ++lists === 1) own.expireLinks();
			},
		});
		try {
			const ids = Array.from({ length: 6 }, (_, index) => {
				const seed = { chargeCaptureExternalId: 'CC-1001', fileName: `${index}.pdf` };
				return own.addAttachment({ ...seed, bytes: pdf() }).attachmentId;
			});
			const { output, error } = await download(ids, { credential: clientCredential(own) });
			expect(error).toBeUndefined();
			expect(output.map(({ json }) => json.attachment_id)).toEqual(ids);
			expect(lists).toBe(2);
		} finally {
			await own.close();
		}
	});

	it.each([
		['an unavailable server', /signature/, { kind: 'status', status: 503 }],
		['a connection that is cut', /signature/, { kind: 'cut', cut: 'before-answer' }],
		['a list that is unavailable', /encounter-attachments/, { kind: 'status', status: 503 }],
	] as const)('is requested again after %s', async (_, path, fault) => {
		api.inject({ method: 'GET', path, ...fault });
		const { output, error } = await download([add().attachmentId]);
		expect(error).toBeUndefined();
		expect(output).toHaveLength(1);
	});

	it.each([
		['is refused', { kind: 'status', status: 403, times: 9 }, 'did not work (HTTP 403)'],
		['answers with HTTP 500', { kind: 'status', status: 500, times: 9 }, 'did not work (HTTP 500)'],
		[
			'answers with a web page',
			{ kind: 'answer', body: '<html>Log in</html>', contentType: 'text/html' },
			'the link to its file led to a web page',
		],
		['is cut in the middle', { kind: 'cut', cut: 'mid-answer' }, 'the connection was cut'],
		[
			'is cut before the answer',
			{ kind: 'cut', cut: 'before-answer', times: 9 },
			'the connection was cut',
		],
	] as const)('that %s is reported without showing the link', async (_, fault, what) => {
		api.inject({ method: 'GET', path: /signature/, ...fault });
		const { run, error, output } = await download([add('a.pdf', randomPdf(200_000)).attachmentId]);
		expect(output).toEqual([]);
		expect(error?.message).toContain(
			`The attachment [item 0] was not downloaded: ${what}`.slice(0, 40),
		);
		expect(error?.message).toContain(what);
		expect(inspected(run)).not.toContain('signature');
	});

	it("on Candid's host that refuses the token is reported", async () => {
		const { attachmentId } = add();
		answerWithLink(attachmentId, `${api.url}/files/x?${SIGNATURE}`);
		api.inject({ kind: 'status', status: 401, body: '', path: /files\/x/, times: 9 });
		const { error } = await download([attachmentId]);
		// n8n 1 does not throw for a 401 whose answer is a stream.
		const what = isN8n1
			? 'the link to its file did not work (HTTP 401)'
			: 'Candid did not accept the access token';
		expect(error?.message).toBe(`The attachment [item 0] was not downloaded: ${what}`);
	});

	it.each(['ftp://localhost/x?', 'http://user@localhost/x?', '/files/x?', 'nonsense?'])(
		'such as %j is not followed',
		async (link) => {
			const { attachmentId } = add();
			answerWithLink(attachmentId, `${link}${SIGNATURE}`);
			const { error, run } = await download([attachmentId]);
			expect(error?.message).toBe(
				'The attachment [item 0] was not downloaded: the link to its file does not begin with https://',
			);
			expect(inspected(run)).not.toContain(SIGNATURE);
		},
	);

	it('that redirects from HTTPS to HTTP is not followed', async () => {
		const requests: IHttpRequestOptions[] = [];
		const context = {
			getCredentials: async () => ({ environment: 'production' }),
			getExecutionCancelSignal: () => undefined,
			helpers: {
				httpRequest: async (request: IHttpRequestOptions) => {
					requests.push(request);
					const location = 'http://files.example.com/2';
					return { statusCode: 302, headers: { location }, body: Readable.from([]) };
				},
			},
		} as unknown as IExecutePaginationFunctions;
		await expect(openFileLink(context, 'https://files.example.com/1', {})).rejects.toThrow(
			'does not begin with https://',
		);
		expect(requests.map(({ url }) => url)).toEqual(['https://files.example.com/1']);
	});

	it('that redirects endlessly is given up', async () => {
		let hops = 0;
		const fileServer = await listen((_request, response) => {
			hops++;
			response.writeHead(307, { location: '/again' }).end();
		});
		try {
			const { attachmentId } = add();
			answerWithLink(attachmentId, urlOf(fileServer));
			const { error } = await download([attachmentId]);
			expect(error?.message).toContain('the link to its file was redirected too many times');
			expect(hops).toBe(6);
		} finally {
			await close(fileServer);
		}
	});

	it('whose server never answers ends with the timeout', async () => {
		const always = { times: Infinity, method: 'GET', path: /signature/ };
		api.inject({ kind: 'delay', delayMs: 60_000, ...always });
		const { error } = await download([add().attachmentId], {
			parameters: { requestOptions: { timeout: 300 } },
		});
		expect(error?.message).toContain('the request timed out');
	});

	it.each<[BinaryMode, number]>([
		['default', 5000],
		['filesystem', 5000],
		['database', 5000],
		['filesystem', 4],
	])(
		'whose server stops in the middle ends with the timeout, into %s binary data, after %d bytes',
		async (binaryMode, size) => {
			let connectionClosed: Promise<unknown> | undefined;
			const fileServer = await listen((_request, response) => {
				connectionClosed = once(response, 'close');
				response.writeHead(200, { 'content-length': 10_000 });
				response.write(randomPdf(5000).subarray(0, size));
			});
			try {
				const { attachmentId } = add();
				answerWithLink(attachmentId, urlOf(fileServer));
				const { error } = await download([attachmentId], {
					binaryMode,
					parameters: { requestOptions: { timeout: 300 } },
				});
				expect(error?.message).toContain('the download stopped in the middle of the file');
				await connectionClosed;
			} finally {
				fileServer.closeAllConnections();
				await close(fileServer);
			}
		},
	);

	it.each([5000, 4])(
		"on Candid's host that stops in the middle ends with the timeout, after %d bytes",
		async (size) => {
			let stopped: ServerResponse | undefined;
			let connectionClosed: Promise<unknown> | undefined;
			const proxy = await listen((request, response) => {
				if (request.url === '/file') {
					expect(request.headers.authorization).toMatch(/^Bearer /);
					response.writeHead(200, { 'content-length': 10_000 });
					response.write(randomPdf(5000).subarray(0, size));
					stopped = response;
					connectionClosed = once(response, 'close');
					return;
				}
				const link = `${new URL(urlOf(proxy)).origin}/file`;
				response.writeHead(200, { 'content-type': 'application/json' });
				response.end(JSON.stringify([{ attachment_id: UNKNOWN_ID, authed_url: link }]));
			});
			try {
				credential.data = {
					environment: 'custom',
					baseUrl: new URL(urlOf(proxy)).origin,
					authentication: 'accessToken',
					accessToken: 'token',
				};
				const { error } = await download([UNKNOWN_ID], {
					parameters: { requestOptions: { timeout: 300 } },
				});
				expect(error?.message).toContain('the download stopped in the middle of the file');
				// n8n's stream cannot be closed while it waits for bytes (2.41.1).
				stopped!.write(randomPdf(10));
				await connectionClosed;
			} finally {
				proxy.closeAllConnections();
				await close(proxy);
			}
		},
	);

	it('is not opened after the workflow is stopped', async () => {
		const ids = Array.from({ length: 30 }, (_, index) => add(`${index}.pdf`).attachmentId);
		api.inject({ kind: 'delay', method: 'GET', path: /signature/, delayMs: 60_000, times: 30 });
		const opened = () => api.requests.filter(({ server }) => server === 'files').length;
		const cancelWhen = (async () => {
			while (opened() < 1) await sleep(5);
		})();
		await download(ids, { cancelWhen });
		expect(opened()).toBe(1);
	});
});
