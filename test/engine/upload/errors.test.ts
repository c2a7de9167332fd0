import type { INodeExecutionData } from 'n8n-workflow';

import type { Fault } from '../../candid-api';
import { randomPdf } from '../../files/contents';
import { givingUpAfter } from '../faults/scaledWaits';
import {
	ID_OF_ITEM,
	SMALL_AND_LARGE,
	TIFF_SCAN,
	attachmentCreates,
	pdfFile,
	pdfItems,
} from '../fixtures';
import type { BinaryMode, InputFile, InputItem } from '../harness';
import { isN8n1 } from '../loadedN8n';
import { StoredCredential } from '../storedCredential';
import { api, credential, run } from './setUp';

/** An error answer that comes from Candid itself, not from a proxy. */
const candidError = (status: number): Fault => ({
	kind: 'status',
	status,
	body: { errorName: 'AnyError', content: {} },
});

describe.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
	'with On Error %s',
	(onError) => {
		const storedAndFailed = ({
			output,
			errors,
		}: {
			output: INodeExecutionData[];
			errors: INodeExecutionData[];
		}) => ({
			ok: output.filter(({ json }) => json.attachment_id !== undefined),
			failed: onError === 'continueErrorOutput' ? errors : output.filter(({ json }) => json.error),
		});

		it('outputs an error item for a bad file, and the attachment IDs of the others', async () => {
			const items: InputItem[] = [
				{
					json: { id: 'CC-0' },
					files: { a: pdfFile('0a.pdf'), b: TIFF_SCAN, c: pdfFile('0c.pdf') },
				},
				{
					json: { id: 'CC-1' },
					files: { a: pdfFile('1a.pdf'), b: pdfFile('1b.pdf'), c: pdfFile('1c.pdf') },
				},
			];
			const result = await run({
				items,
				node: { onError },
				parameters: { chargeCaptureExternalId: ID_OF_ITEM, binaryPropertyName: 'a,b,c' },
			});
			const { ok, failed } = storedAndFailed(result);
			expect(ok.map(({ json }) => json.file_name)).toEqual([
				'0a.pdf',
				'0c.pdf',
				'1a.pdf',
				'1b.pdf',
				'1c.pdf',
			]);
			expect(failed).toHaveLength(1);
			expect(failed[0]!.json).toMatchObject({
				error:
					"'scan.tiff' [item 0] was not stored: it is a TIFF image, which fax services often send",
				details: { file_name: 'scan.tiff', charge_capture_external_id: 'CC-0' },
			});
			expect(failed[0]!.pairedItem).toEqual({ item: 0 });
			if (onError === 'continueErrorOutput') expect(failed[0]!.json.id).toBe('CC-0');
		});

		it('stores the other files when Candid refuses one', async () => {
			api.inject({ kind: 'status', status: 422, body: { errorName: 'X', content: 'No' }, skip: 2 });
			const result = await run({
				items: pdfItems(6),
				node: { onError },
				parameters: { chargeCaptureExternalId: ID_OF_ITEM, options: { maxConcurrentUploads: 1 } },
			});
			const { ok, failed } = storedAndFailed(result);
			expect(ok.map(({ json }) => json.charge_capture_external_id)).toEqual([
				'CC-0',
				'CC-1',
				'CC-3',
				'CC-4',
				'CC-5',
			]);
			expect(failed.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 2 }]);
			expect(failed[0]!.json.message).toContain('Candid says: No.');
			expect(api.attachments).toHaveLength(5);
		});

		it.each<[string, Fault | undefined, InputFile, boolean]>([
			['a file type that Candid does not accept', undefined, TIFF_SCAN, false],
			['a refusal of the data', candidError(422), pdfFile('a.pdf'), false],
			['an ID that Candid does not know', candidError(404), pdfFile('a.pdf'), false],
			['a refusal of the credential', candidError(403), pdfFile('a.pdf'), true],
			[
				"a firewall's page",
				{ kind: 'status', status: 403, body: 'Blocked' },
				pdfFile('a.pdf'),
				true,
			],
			[
				'too many requests',
				{ kind: 'status', status: 429, times: Infinity },
				pdfFile('a.pdf'),
				true,
			],
			['an empty 503', { kind: 'status', status: 503 }, pdfFile('a.pdf'), false],
			['a lost answer', { kind: 'cut' }, pdfFile('a.pdf'), false],
		])(
			'says in details.try_again whether to try again after %s',
			async (_, fault, file, tryAgain) => {
				if (fault) api.inject(fault);
				const failing = {
					items: [{ json: {}, files: { data: file } }],
					node: { onError },
					parameters: { options: { maxTries: 1 } },
				};
				const result = await givingUpAfter(500, async () => await run(failing));
				const { failed } = storedAndFailed(result);
				expect(failed.map(({ json }) => json.details)).toMatchObject([{ try_again: tryAgain }]);
			},
		);

		it('outputs an error item for an invalid external ID, and stores the other files', async () => {
			const items = [...pdfItems(2), { json: { id: '..' }, files: { data: pdfFile('x.pdf') } }];
			const result = await run({
				items,
				node: { onError },
				parameters: { chargeCaptureExternalId: ID_OF_ITEM },
			});
			const { ok, failed } = storedAndFailed(result);
			expect(ok).toHaveLength(2);
			expect(failed[0]!.json.error).toContain("'..' is not an external ID");
			expect(api.attachments).toHaveLength(2);
		});
	},
);

describe('the access token', () => {
	it('is requested once for all items of a run, and reused by the next run', async () => {
		const before = api.tokensIssued;
		await run({ items: pdfItems(20) });
		await run({ items: pdfItems(20) });
		expect(api.attachments).toHaveLength(40);
		expect(api.tokensIssued - before).toBeLessThanOrEqual(1);
	});

	it.each<BinaryMode>(['default', 'filesystem', 'database'])(
		'is renewed when it has expired, and every file of %s binary data is stored once',
		async (binaryMode) => {
			await run({ binaryMode, items: pdfItems(1) });
			api.reset();
			api.expireTokens();
			const before = api.tokensIssued;
			const items = pdfItems(20).map((item, index) => ({
				...item,
				files: { data: pdfFile(`${index}.pdf`, randomPdf(SMALL_AND_LARGE[index % 2]!)) },
			}));
			const { output, error } = await run({ binaryMode, items });
			expect(error).toBeUndefined();
			expect(output).toHaveLength(20);
			expect(api.attachments).toHaveLength(20);
			expect(api.tokensIssued - before).toBe(1);
		},
	);

	it('is used as it is when it was pasted', async () => {
		const before = api.tokensIssued;
		const accessToken = api.issueToken();
		const pasted = new StoredCredential({
			environment: 'custom',
			baseUrl: api.url,
			authentication: 'accessToken',
			accessToken,
		});
		const { output } = await run({ credential: pasted, items: pdfItems(3) });
		expect(output).toHaveLength(3);
		expect(api.requests.filter(({ path }) => path.startsWith('/api/auth'))).toEqual([]);
		expect(api.tokensIssued - before).toBeLessThanOrEqual(1);
	});

	it('ends the run with advice when Candid refuses every new one', async () => {
		api.inject({ kind: 'status', status: 401, body: '', times: Infinity });
		const { error } = await run({
			items: pdfItems(30),
			parameters: { options: { maxConcurrentUploads: 4 } },
		});
		expect(error?.message).toContain('Candid did not accept the access token');
		expect(error?.description).toContain('Check the credential');
		expect(api.attachments).toEqual([]);
		expect(attachmentCreates(api).length).toBeLessThanOrEqual(8);
	});

	it('is not issued for a wrong secret, and nothing is sent', async () => {
		credential.data.clientSecret = 'wrong';
		const { error } = await run({ items: pdfItems(3) });
		expect(error?.message).toContain('Candid did not accept the client ID and secret');
		expect(attachmentCreates(api)).toEqual([]);
	});
});

describe('an upload that fails', () => {
	const parameters = { options: { maxTries: 1 } };
	const REFUSED = "'0.pdf' [item 0] was not stored: ";
	const UNKNOWN = "It is not known whether '0.pdf' [item 0] was stored: ";
	/** n8n 1 drops the body of an answer with a status of 300 or more, unless the body is an object. */
	const NOT_PASSED_ON = 'n8n did not pass its answer on.';

	it.each([
		[
			'an envelope',
			{ status: 404, body: { errorName: 'EntityNotFoundError', content: { id: 'CC-0' } } },
			`${REFUSED}Candid does not know this ID or address`,
			"there is no entry with the ID 'CC-0'",
		],
		[
			'a field list',
			{
				status: 422,
				body: {
					errorName: 'HttpRequestValidationsError',
					content: [{ fieldName: 'description', humanReadableMessage: 'is too long' }],
				},
			},
			REFUSED,
			'description: is too long',
		],
		[
			'an HTML page',
			{ status: 502, body: '<html><h1>Bad Gateway</h1></html>', contentType: 'text/html' },
			`${UNKNOWN}Candid could not process the request (HTTP 502)`,
			isN8n1 ? NOT_PASSED_ON : 'Bad Gateway',
		],
		[
			'an empty body',
			{ status: 503, body: '' },
			UNKNOWN,
			isN8n1 ? NOT_PASSED_ON : 'The answer was empty.',
		],
		[
			'a redirect',
			{ status: 302, body: '', headers: { location: 'http://localhost:9/' } },
			`${REFUSED}the address answered with a redirect`,
			'It was not followed',
		],
		[
			'a 200 without body',
			{ status: 200, body: '', when: 'after' as const },
			`${UNKNOWN}Candid's answer is not an attachment ID`,
			'The answer was empty.',
		],
		[
			'a 200 with JSON',
			{ status: 200, body: { id: 7 }, when: 'after' as const },
			UNKNOWN,
			'{"id":7}',
		],
		[
			'a 200 with HTML',
			{ status: 200, body: '<p>Welcome</p>', contentType: 'text/html' },
			`${UNKNOWN}Candid's answer is not an attachment ID`,
			'"Welcome"',
		],
	])('explains %s', async (_, fault, message, advice) => {
		api.inject({ kind: 'status', ...fault });
		const { error } = await run({ items: pdfItems(1), parameters });
		expect(error?.message).toContain(message);
		expect(error?.description).toContain(advice);
		expect(`${error?.message} ${error?.description}`).not.toMatch(
			/Bearer|eyJ|\b(error|problem|failure)\b/i,
		);
	});

	it.each(['before-body', 'during-body', 'before-answer', 'mid-answer'] as const)(
		'explains a connection cut %s',
		async (cut) => {
			api.inject({ kind: 'cut', cut });
			const { error } = await run({ items: pdfItems(1), parameters });
			expect(error?.message).toContain(`${UNKNOWN}the connection was cut`);
			expect(error?.description).toContain('Look at the attachments');
		},
	);

	it('explains a host that refuses the connection', async () => {
		const { error } = await run({
			items: pdfItems(1),
			credential: new StoredCredential({
				...credential.data,
				baseUrl: 'http://localhost:9',
				authentication: 'accessToken',
				accessToken: 'x',
			}),
		});
		expect(error?.message).toContain(`${REFUSED}Candid cannot be reached`);
	});

	it('ends with the timeout when the server never answers', async () => {
		api.inject({ kind: 'delay', delayMs: 60_000 });
		const { error } = await run({
			items: pdfItems(1),
			parameters: { ...parameters, requestOptions: { timeout: 300 } },
		});
		expect(error?.message).toContain(`${UNKNOWN}the request timed out`);
	});

	it('stops the run: uploads in progress end, waiting ones never start', async () => {
		const body = { errorName: 'UnauthorizedError', content: {} };
		api.inject({ kind: 'status', status: 403, body, times: Infinity });
		const { error } = await run({
			items: pdfItems(50),
			parameters: { options: { maxConcurrentUploads: 3 } },
		});
		expect(error?.message).toContain('is not allowed to do this');
		expect(attachmentCreates(api).length).toBeLessThanOrEqual(3);
	});

	it("can be repeated by n8n's Retry On Fail", async () => {
		api.inject({ kind: 'status', status: 403, body: '' });
		const { output, error } = await run({
			items: pdfItems(1),
			node: { retryOnFail: true, maxTries: 2, waitBetweenTries: 0 },
		});
		expect(error).toBeUndefined();
		expect(output).toHaveLength(1);
	});
});

it('puts neither the token nor the secret into an error', async () => {
	api.inject({ kind: 'status', status: 500, body: '', times: Infinity });
	const parameters = { options: { maxTries: 1 } };
	const { run: execution } = await run({
		items: pdfItems(2),
		parameters,
		node: { onError: 'continueRegularOutput' },
	});
	const { run: failed } = await run({ items: pdfItems(2), parameters });
	const seen = new Set<unknown>();
	const text = JSON.stringify([execution, failed], (_, value: unknown) => {
		if (typeof value !== 'object' || value === null) return value;
		if (seen.has(value)) return undefined;
		seen.add(value);
		return value instanceof Error
			? { ...value, message: value.message, cause: value.cause }
			: value;
	});
	expect(text).not.toMatch(/Bearer|local-secret|eyJ/);
});
