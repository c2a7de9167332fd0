import { createHash } from 'node:crypto';
import {
	appendFileSync,
	mkdirSync,
	readdirSync,
	readlinkSync,
	rmSync,
	truncateSync,
} from 'node:fs';
import type { ReadStream } from 'node:fs';
import { Container } from '@n8n/di';
import { BinaryDataService } from 'n8n-core';
import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';

import { startCandidApi } from '../candid-api';
import type { CandidApi, Fault, StoredAttachment } from '../candid-api';
import { csv, randomPdf, tiff as tiffContent } from '../files/contents';
import { givingUpAfter, scaleWaits } from './faults/scaledWaits';
import { runUpload } from './harness';
import type { BinaryMode, InputFile, InputItem, RunSettings } from './harness';
import { isN8n1 } from './loadedN8n';
import { StoredCredential, clientCredential } from './storedCredential';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const CREATE = '/api/encounter-attachments/v1/create-from-charge-capture-external-id';

let api: CandidApi;
let credential: StoredCredential;

// Nothing here is about how long the node waits.
beforeAll(() => scaleWaits(0.1));

beforeEach(async () => {
	api = await startCandidApi({ tokenRequestsPerMinute: 1000, requestsPer10Seconds: 100_000 });
	credential = clientCredential(api);
});

afterEach(async () => {
	await api.close();
});

const run = async (settings: Omit<RunSettings, 'credential'> & Partial<RunSettings>) =>
	await runUpload({ credential, ...settings });

const pdf = (fileName = 'superbill.pdf', bytes = randomPdf(2000)): InputFile => ({
	bytes,
	fileName,
	mimeType: 'application/pdf',
});

/** Bytes of a file that is sent in one piece, and of one that is streamed. */
const SMALL_AND_LARGE = [2_000, 1_000_000];

const tiff: InputFile = { bytes: tiffContent(), fileName: 'scan.tiff', mimeType: 'image/tiff' };

const pdfItems = (count: number): InputItem[] =>
	Array.from({ length: count }, (_, index) => ({
		json: { id: `CC-${index}` },
		files: { data: pdf(`${index}.pdf`) },
	}));

const perItem = { __rl: true, mode: 'id', value: '={{ $json.id }}' };

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

const creates = () => api.requests.filter(({ path }) => path === CREATE);

const stored = (): Array<Pick<StoredAttachment, 'fileName' | 'sha256'>> =>
	api.attachments.map(({ fileName, sha256: hash }) => ({ fileName, sha256: hash }));

const idOf = ({ json }: INodeExecutionData) => json.attachment_id;

describe('a file of an upstream item', () => {
	it.each<[number, BinaryMode, object]>(
		[2_001, 3_000_001].flatMap(
			(size): Array<[number, BinaryMode, object]> => [
				[size, 'default', {}],
				[size, 'filesystem', {}],
				[size, 'database', {}],
				[size, 'filesystem', { binaryMode: 'combined' }],
				[size, 'database', { binaryMode: 'combined' }],
				[size, 'default', { binaryMode: 'combined' }],
			],
		),
	)(
		'of %d bytes is stored byte for byte from %s binary data %j',
		async (size, binaryMode, workflow) => {
			const file = pdf('süper "bill".pdf', randomPdf(size));
			const { output, error } = await run({
				binaryMode,
				workflow,
				items: [{ files: { data: file } }],
				parameters: { additionalFields: { description: 'Visit of May 4' }, attachmentType: 'EOB' },
			});
			expect(error).toBeUndefined();
			expect(api.attachments).toHaveLength(1);
			expect(api.attachments[0]).toMatchObject({
				chargeCaptureExternalId: 'CC-1001',
				attachmentType: 'EOB',
				description: 'Visit of May 4',
				fileName: 'süper %22bill%22.pdf',
				contentType: 'application/pdf',
				size,
				sha256: sha256(file.bytes),
			});
			expect(output).toEqual([
				{
					json: {
						attachment_id: api.attachments[0]!.attachmentId,
						charge_capture_external_id: 'CC-1001',
						attachment_type: 'EOB',
						description: 'Visit of May 4',
						file_name: 'süper "bill".pdf',
						content_type: 'application/pdf',
						file_size: size,
					},
					pairedItem: { item: 0 },
				},
			]);
			expect(Object.keys(output[0]!.json)).toEqual([
				'attachment_id',
				'charge_capture_external_id',
				'attachment_type',
				'description',
				'file_name',
				'content_type',
				'file_size',
			]);
			expect(idOf(output[0]!)).toMatch(UUID);
		},
	);

	it('goes out as one POST: the fields, then the file, with an exact length', async () => {
		await run({
			items: [{ files: { data: pdf() } }],
			parameters: { additionalFields: { description: 'x' } },
		});
		expect(creates()).toHaveLength(1);
		const [request] = creates();
		expect(request!.method).toBe('POST');
		expect(request!.fields!.map(({ name, value }) => [name, value])).toEqual([
			['charge_capture_external_id', 'CC-1001'],
			['attachment_type', 'DOCUMENTATION'],
			['description', 'x'],
			['attachment_file', undefined],
		]);
		expect(request!.contentLength).toBe(request!.bytesReceived);
		expect(request!.headers).not.toHaveProperty('transfer-encoding');
	});

	it('leaves out a description that is not given', async () => {
		await run({
			items: [{ files: { data: pdf() } }],
			parameters: { additionalFields: { description: '={{ $json.none }}' } },
		});
		expect(creates()[0]!.fields!.map(({ name }) => name)).toEqual([
			'charge_capture_external_id',
			'attachment_type',
			'attachment_file',
		]);
	});

	it('takes file name and type from the overrides', async () => {
		const { output } = await run({
			items: [{ files: { data: { bytes: csv(), fileName: 'labs.csv', mimeType: 'text/csv' } } }],
			parameters: { additionalFields: { fileName: 'labs.txt', mimeType: 'text/plain' } },
		});
		expect(api.attachments[0]).toMatchObject({ fileName: 'labs.txt', contentType: 'text/plain' });
		expect(output[0]!.json).toMatchObject({ file_name: 'labs.txt', content_type: 'text/plain' });
	});

	it('is not stored as a type that its content contradicts, unless MIME Type is trusted', async () => {
		const settings = (options: INodeParameters) => ({
			items: [{ files: { data: tiff } }],
			parameters: {
				additionalFields: { fileName: 'a.pdf', mimeType: 'application/pdf' },
				options,
			},
		});
		const refused = await run(settings({}));
		expect(refused.error?.message).toBe(
			"'a.pdf' [item 0] was not stored: 'MIME Type' says PDF, but it is a TIFF image, as fax services send it",
		);
		expect(api.requests).toEqual([]);
		await run(settings({ trustMimeType: true }));
		expect(api.attachments[0]).toMatchObject({ fileName: 'a.pdf', contentType: 'application/pdf' });
	});

	it('may be given as the binary value itself', async () => {
		const { output } = await run({
			items: [{ files: { scan: pdf('scan.pdf') } }],
			parameters: { binaryPropertyName: '={{ $binary.scan }}' },
		});
		expect(output.map(({ json }) => json.file_name)).toEqual(['scan.pdf']);
	});

	it('takes a numeric external ID as text', async () => {
		const { output } = await run({
			items: [{ json: { id: 42 }, files: { data: pdf() } }],
			parameters: { chargeCaptureExternalId: perItem },
		});
		expect(output[0]!.json.charge_capture_external_id).toBe('42');
	});
});

describe('several files', () => {
	const files = {
		attachment_0: pdf('first.pdf'),
		attachment_1: pdf('second.pdf'),
		attachment_10: pdf('third.pdf'),
		body: pdf('body.pdf'),
	};

	it.each([
		['attachment_*', ['first.pdf', 'second.pdf', 'third.pdf']],
		['body, attachment_1', ['body.pdf', 'second.pdf']],
		['*', ['first.pdf', 'second.pdf', 'third.pdf', 'body.pdf']],
	])('of one item are taken by %s, one output item each', async (binaryPropertyName, names) => {
		const { output } = await run({ items: [{ files }], parameters: { binaryPropertyName } });
		expect(output.map(({ json }) => json.file_name)).toEqual(names);
		expect(output.map(({ pairedItem }) => pairedItem)).toEqual(names.map(() => ({ item: 0 })));
		expect(new Set(output.map(idOf)).size).toBe(names.length);
		expect(stored()).toHaveLength(names.length);
	});

	it('of many items come out in the order of items and files, each linked to its item', async () => {
		api.inject({ kind: 'delay', delayMs: 500, times: 1 });
		const items = pdfItems(5).map((item, index) => ({
			...item,
			files: { a: pdf(`${index}a.pdf`), b: pdf(`${index}b.pdf`) },
		}));
		const { output } = await run({ items, parameters: { binaryPropertyName: 'a,b' } });
		expect(output.map(({ json }) => json.file_name)).toEqual(
			[0, 1, 2, 3, 4].flatMap((index) => [`${index}a.pdf`, `${index}b.pdf`]),
		);
		expect(output.map(({ pairedItem }) => pairedItem)).toEqual(
			[0, 0, 1, 1, 2, 2, 3, 3, 4, 4].map((item) => ({ item })),
		);
		const held = new Map(api.attachments.map((file) => [file.attachmentId, file.fileName]));
		expect(output.map((item) => held.get(idOf(item) as string))).toEqual(
			output.map(({ json }) => json.file_name),
		);
	});

	it.each([
		[undefined, 80],
		[0, 80],
		[1, 1],
		[9, 9],
	])(
		'of 200 items, with Max Concurrent Uploads %j, are at most %d on their way',
		async (set, peak) => {
			// Held until the last of them is there, and any that should not be.
			api.inject({ kind: 'delay', delayMs: 1500, times: peak });
			const { output } = await run({
				items: pdfItems(200),
				parameters: {
					chargeCaptureExternalId: perItem,
					options: set === undefined ? {} : { maxConcurrentUploads: set },
				},
			});
			expect(api.peakUploads).toBe(peak);
			expect(output.map(({ json }) => json.charge_capture_external_id)).toEqual(
				pdfItems(200).map(({ json }) => json!.id),
			);
			expect(api.attachments).toHaveLength(200);
		},
	);

	it.each([
		['200 KB', 200 * 1024, {}, 80],
		['500 KB', 500 * 1024, {}, 26],
		['4 MB', 4 * 1024 * 1024, {}, 4],
		['4 MB, with Max Concurrent Uploads 6,', 4 * 1024 * 1024, { maxConcurrentUploads: 6 }, 6],
	])('of files of %s are so many on their way', async (_, size, options, peak) => {
		api.inject({ kind: 'delay', delayMs: 1500, times: peak });
		const file = { bytes: Buffer.alloc(size, 'x'), mimeType: 'text/plain' };
		const { output } = await run({
			items: Array.from({ length: peak + 8 }, (_, index) => ({
				json: { id: `CC-${index}` },
				files: { data: { ...file, fileName: `${index}.txt` } },
			})),
			parameters: { chargeCaptureExternalId: perItem, options },
		});
		expect(api.peakUploads).toBe(peak);
		expect(output).toHaveLength(peak + 8);
	});

	it('small and large ones together are all stored, in their order', async () => {
		const sizes = Array.from({ length: 30 }, (_, index) => (index % 3 === 0 ? 5_000_000 : 300));
		const { output } = await run({
			items: sizes.map((size, index) => ({
				json: { id: `CC-${index}` },
				files: {
					data: {
						bytes: Buffer.alloc(size, `${index} `),
						fileName: `${index}.txt`,
						mimeType: 'text/plain',
					},
				},
			})),
			parameters: { chargeCaptureExternalId: perItem },
		});
		expect(output.map(({ json }) => [json.file_name, json.file_size])).toEqual(
			sizes.map((size, index) => [`${index}.txt`, size]),
		);
		expect(api.attachments).toHaveLength(30);
	});
});

describe('before the first byte leaves, everything is checked', () => {
	const bad: Array<[string, InputItem, object, string]> = [
		[
			'a TIFF',
			{ files: { data: tiff } },
			{},
			"'scan.tiff' [item 3] was not stored: it is a TIFF image, as fax services send it",
		],
		[
			'an empty file',
			{ files: { data: pdf('empty.pdf', Buffer.alloc(0)) } },
			{},
			"'empty.pdf' [item 3] was not stored: it is empty (0 bytes)",
		],
		[
			'a file of 25 MiB and one byte',
			{ files: { data: pdf('big.pdf', randomPdf(25 * 1024 * 1024 + 1)) } },
			{},
			"'big.pdf' [item 3] was not stored: it is too large (25.1 MB)",
		],
		[
			'an item without binary data',
			{},
			{},
			"[item 3] was not stored: the item has no binary field that matches 'data'",
		],
		[
			'an item with two other fields',
			{ files: { scan: pdf(), letter: pdf() } },
			{},
			"[item 3] was not stored: the item has no binary field that matches 'data'",
		],
		[
			'an empty external ID',
			{ json: { id: '' }, files: { data: pdf() } },
			{},
			'no charge capture is selected',
		],
		[
			'a missing external ID',
			{ json: {}, files: { data: pdf() } },
			{},
			'no charge capture is selected',
		],
		[
			'the external ID .',
			{ json: { id: '.' }, files: { data: pdf() } },
			{},
			"'.' is not an external ID",
		],
		[
			'the external ID ..',
			{ json: { id: ' ..' }, files: { data: pdf() } },
			{},
			"' ..' is not an external ID",
		],
	];

	it.each(bad)('%s among good ones: nothing is sent', async (_, item, parameters, message) => {
		const items = [...pdfItems(3), { json: { id: 'CC-3' }, ...item }, ...pdfItems(3)];
		const { error, output } = await run({
			items,
			parameters: { chargeCaptureExternalId: perItem, ...parameters },
		});
		expect(error?.message).toContain(message);
		expect(error?.description).toContain('Nothing was sent.');
		expect(output).toEqual([]);
		expect(api.requests).toEqual([]);
	});

	it('an expression that cannot be evaluated for one item: nothing is sent', async () => {
		const { error } = await run({
			items: pdfItems(5),
			parameters: {
				chargeCaptureExternalId: {
					__rl: true,
					mode: 'id',
					value: '={{ $itemIndex === 3 ? $("Nowhere").item : $json.id }}',
				},
			},
		});
		expect(error).toBeDefined();
		await new Promise((resolve) => setTimeout(resolve, 200));
		expect(api.requests).toEqual([]);
	});

	it('one file name for several files is refused', async () => {
		const { error } = await run({
			items: [{ files: { a: pdf(), b: pdf() } }],
			parameters: { binaryPropertyName: 'a,b', additionalFields: { fileName: 'x.pdf' } },
		});
		expect(error?.message).toContain('is one name, but the item has 2 files');
		expect(api.requests).toEqual([]);
	});

	it('an item says which binary fields it has', async () => {
		const { error } = await run({ items: [{ files: { scan: pdf(), note: pdf() } }] });
		expect(error?.description).toContain("'scan', 'note'");
	});

	it('with Execute Once, only the first item counts', async () => {
		const { output, error } = await run({
			items: [...pdfItems(2), { files: { data: tiff } }],
			node: { executeOnce: true },
		});
		expect(error).toBeUndefined();
		expect(output).toHaveLength(1);
		expect(stored()).toHaveLength(1);
	});

	it("with n8n's batching, all items are sent and each batch is checked", async () => {
		const requestOptions = { batching: { batch: { batchSize: 2, batchInterval: 50 } } };
		const parameters = { requestOptions, chargeCaptureExternalId: perItem };
		const { output } = await run({ items: pdfItems(5), parameters });
		expect(output).toHaveLength(5);
		expect(stored()).toHaveLength(5);
	});
});

/** An answer of Candid's own. */
const refusal = (status: number): Fault => ({
	kind: 'status',
	status,
	body: { errorName: 'AnyError', content: {} },
});

describe.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
	'with On Error %s',
	(onError) => {
		const split = ({
			output,
			errors,
		}: {
			output: INodeExecutionData[];
			errors: INodeExecutionData[];
		}) => ({
			ok: output.filter(({ json }) => json.attachment_id !== undefined),
			failed: onError === 'continueErrorOutput' ? errors : output.filter(({ json }) => json.error),
		});

		it('a bad file becomes its own error item and its siblings keep their UUIDs', async () => {
			const items: InputItem[] = [
				{ json: { id: 'CC-0' }, files: { a: pdf('0a.pdf'), b: tiff, c: pdf('0c.pdf') } },
				{ json: { id: 'CC-1' }, files: { a: pdf('1a.pdf'), b: pdf('1b.pdf'), c: pdf('1c.pdf') } },
			];
			const result = await run({
				items,
				node: { onError },
				parameters: { chargeCaptureExternalId: perItem, binaryPropertyName: 'a,b,c' },
			});
			const { ok, failed } = split(result);
			expect(ok.map(({ json }) => json.file_name)).toEqual([
				'0a.pdf',
				'0c.pdf',
				'1a.pdf',
				'1b.pdf',
				'1c.pdf',
			]);
			expect(failed).toHaveLength(1);
			expect(failed[0]!.json).toMatchObject({
				error: "'scan.tiff' [item 0] was not stored: it is a TIFF image, as fax services send it",
				details: { file_name: 'scan.tiff', charge_capture_external_id: 'CC-0' },
			});
			expect(failed[0]!.pairedItem).toEqual({ item: 0 });
			if (onError === 'continueErrorOutput') expect(failed[0]!.json.id).toBe('CC-0');
		});

		it('a file that Candid refuses leaves the others alone', async () => {
			api.inject({ kind: 'status', status: 422, body: { errorName: 'X', content: 'No' }, skip: 2 });
			const result = await run({
				items: pdfItems(6),
				node: { onError },
				parameters: { chargeCaptureExternalId: perItem, options: { maxConcurrentUploads: 1 } },
			});
			const { ok, failed } = split(result);
			expect(ok.map(({ json }) => json.charge_capture_external_id)).toEqual([
				'CC-0',
				'CC-1',
				'CC-3',
				'CC-4',
				'CC-5',
			]);
			expect(failed.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 2 }]);
			expect(failed[0]!.json.message).toContain('Candid says: No.');
			expect(stored()).toHaveLength(5);
		});

		it.each<[string, Fault | undefined, InputFile, boolean]>([
			['a file that Candid does not take', undefined, tiff, false],
			['an answer that names its data', refusal(422), pdf('a.pdf'), false],
			['an ID that Candid does not know', refusal(404), pdf('a.pdf'), false],
			['a credential without the right', refusal(403), pdf('a.pdf'), true],
			["a firewall's page", { kind: 'status', status: 403, body: 'Blocked' }, pdf('a.pdf'), true],
			['too many requests', { kind: 'status', status: 429, times: Infinity }, pdf('a.pdf'), true],
			['an answer that says nothing', { kind: 'status', status: 503 }, pdf('a.pdf'), false],
			['a lost answer', { kind: 'cut' }, pdf('a.pdf'), false],
		])('says of %s whether trying again may help', async (_, fault, file, tryAgain) => {
			if (fault) api.inject(fault);
			const failing = {
				items: [{ json: {}, files: { data: file } }],
				node: { onError },
				parameters: { options: { maxTries: 1 } },
			};
			const result = await givingUpAfter(500, async () => await run(failing));
			const { failed } = split(result);
			expect(failed.map(({ json }) => json.details)).toMatchObject([{ try_again: tryAgain }]);
		});

		it('a bad external ID concerns its item alone', async () => {
			const items = [...pdfItems(2), { json: { id: '..' }, files: { data: pdf('x.pdf') } }];
			const result = await run({
				items,
				node: { onError },
				parameters: { chargeCaptureExternalId: perItem },
			});
			const { ok, failed } = split(result);
			expect(ok).toHaveLength(2);
			expect(failed[0]!.json.error).toContain("'..' is not an external ID");
			expect(stored()).toHaveLength(2);
		});
	},
);

describe('the token', () => {
	it('is asked for once by all items of a run, and reused by the next', async () => {
		const before = api.tokensIssued;
		await run({ items: pdfItems(20) });
		await run({ items: pdfItems(20) });
		expect(stored()).toHaveLength(40);
		expect(api.tokensIssued - before).toBeLessThanOrEqual(1);
	});

	it.each<BinaryMode>(['default', 'filesystem', 'database'])(
		'that has expired is renewed, and every file of %s binary data is stored once',
		async (binaryMode) => {
			await run({ binaryMode, items: pdfItems(1) });
			api.reset();
			api.expireTokens();
			const before = api.tokensIssued;
			const items = pdfItems(20).map((item, index) => ({
				...item,
				files: { data: pdf(`${index}.pdf`, randomPdf(SMALL_AND_LARGE[index % 2]!)) },
			}));
			const { output, error } = await run({ binaryMode, items });
			expect(error).toBeUndefined();
			expect(output).toHaveLength(20);
			expect(stored()).toHaveLength(20);
			expect(api.tokensIssued - before).toBe(1);
		},
	);

	it('that was pasted is used as it is', async () => {
		const before = api.tokensIssued;
		const accessToken = api.issueToken();
		credential = new StoredCredential({
			environment: 'custom',
			baseUrl: api.url,
			authentication: 'accessToken',
			accessToken,
		});
		const { output } = await run({ items: pdfItems(3) });
		expect(output).toHaveLength(3);
		expect(api.requests.filter(({ path }) => path.startsWith('/api/auth'))).toEqual([]);
		expect(api.tokensIssued - before).toBeLessThanOrEqual(1);
	});

	it('that is refused again and again ends the run with a way out', async () => {
		api.inject({ kind: 'status', status: 401, body: '', times: Infinity });
		const { error } = await run({
			items: pdfItems(30),
			parameters: { options: { maxConcurrentUploads: 4 } },
		});
		expect(error?.message).toContain('Candid did not accept the access token');
		expect(error?.description).toContain('Check the credential');
		expect(stored()).toEqual([]);
		expect(creates().length).toBeLessThanOrEqual(8);
	});

	it('is not issued for a wrong secret, and nothing is sent', async () => {
		credential.data.clientSecret = 'wrong';
		const { error } = await run({ items: pdfItems(3) });
		expect(error?.message).toContain('Candid did not accept the client ID and secret');
		expect(creates()).toEqual([]);
	});
});

describe('what Candid answers instead of an attachment ID', () => {
	const parameters = { options: { maxTries: 1 } };
	const REFUSED = "'0.pdf' [item 0] was not stored: ";
	const UNKNOWN = "It is not known whether '0.pdf' [item 0] was stored: ";
	/** n8n 1 drops what an answer of 300 or more has in its body, unless that is an object. */
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
	])('%s becomes a readable message', async (_, fault, message, advice) => {
		api.inject({ kind: 'status', ...fault });
		const { error } = await run({ items: pdfItems(1), parameters });
		expect(error?.message).toContain(message);
		expect(error?.description).toContain(advice);
		expect(`${error?.message} ${error?.description}`).not.toMatch(
			/Bearer|eyJ|\b(error|problem|failure)\b/i,
		);
	});

	it.each(['before-body', 'during-body', 'before-answer', 'mid-answer'] as const)(
		'a connection cut %s becomes a readable message',
		async (cut) => {
			api.inject({ kind: 'cut', cut });
			const { error } = await run({ items: pdfItems(1), parameters });
			expect(error?.message).toContain(`${UNKNOWN}the connection was cut`);
			expect(error?.description).toContain('Look at the attachments');
		},
	);

	it('a host that refuses the connection becomes a readable message', async () => {
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

	it('a server that never answers ends with the timeout', async () => {
		api.inject({ kind: 'delay', delayMs: 60_000 });
		const { error } = await run({
			items: pdfItems(1),
			parameters: { ...parameters, requestOptions: { timeout: 300 } },
		});
		expect(error?.message).toContain(`${UNKNOWN}the request timed out`);
	});

	it('stops the run: what is on its way ends, what waits never starts', async () => {
		const body = { errorName: 'UnauthorizedError', content: {} };
		api.inject({ kind: 'status', status: 403, body, times: Infinity });
		const { error } = await run({
			items: pdfItems(50),
			parameters: { options: { maxConcurrentUploads: 3 } },
		});
		expect(error?.message).toContain('is not allowed to do this');
		expect(creates().length).toBeLessThanOrEqual(3);
	});

	it("leaves nothing behind that would hold up n8n's Retry On Fail", async () => {
		api.inject({ kind: 'status', status: 403, body: '' });
		const { output, error } = await run({
			items: pdfItems(1),
			node: { retryOnFail: true, maxTries: 2, waitBetweenTries: 0 },
		});
		expect(error).toBeUndefined();
		expect(output).toHaveLength(1);
	});
});

it("'Stop execution' starts no further upload, and does not even open the files", async () => {
	api.inject({ kind: 'delay', delayMs: 300, times: Infinity });
	await run({
		items: pdfItems(40),
		node: { onError: 'continueRegularOutput' },
		parameters: { options: { maxConcurrentUploads: 4 } },
		cancelWhen: new Promise((resolve) => setTimeout(resolve, 400)),
	});
	await new Promise((resolve) => setTimeout(resolve, 500));
	expect(creates().length).toBeLessThanOrEqual(8);
	// Once for the check of each item, and for each request.
	expect(credential.reads).toBeLessThanOrEqual(40 + 10);
});

it.each(
	SMALL_AND_LARGE.flatMap(
		(size): Array<[number, string, (path: string) => void]> => [
			[size, 'shorter', (path) => truncateSync(path, 1000)],
			[size, 'longer', (path) => appendFileSync(path, 'more')],
		],
	),
)(
	'a file of %d bytes that has become %s since n8n recorded its size is not stored',
	async (size, _, afterStoring) => {
		const { error } = await run({
			items: [{ files: { data: { ...pdf('0.pdf', randomPdf(size)), afterStoring } } }],
		});
		expect(error?.message).toBe(
			"'0.pdf' [item 0] was not stored: the file has changed since it was read",
		);
		expect(stored()).toEqual([]);
	},
);

it.each(SMALL_AND_LARGE)(
	'a file of %d bytes that cannot be read is found before anything is sent',
	async (size) => {
		const file = { ...pdf('0.pdf', randomPdf(size)), afterStoring: makeUnreadable };
		const { error } = await run({ items: [{ files: { data: file } }] });
		expect(error?.message).toBe("'0.pdf' [item 0] was not stored: n8n could not read its content");
		expect(api.requests).toEqual([]);
	},
);

it.each(SMALL_AND_LARGE)(
	'a file of %d bytes that cannot be read after the check ends its request at once',
	async (size) => {
		let last = '';
		// With a file between them: the next one may have begun when the end of a request is heard of.
		const own = await startCandidApi({
			onRequestEnd: ({ path }) => {
				if (path === CREATE && own.attachments.length === 1) makeUnreadable(last);
			},
		});
		try {
			const afterStoring = (path: string) => (last = path);
			const items = [
				{ files: { data: pdf('0.pdf', randomPdf(size)) } },
				{ files: { data: pdf('1.pdf', randomPdf(size)) } },
				{ files: { data: { ...pdf('2.pdf', randomPdf(size)), afterStoring } } },
			];
			const parameters = { options: { maxConcurrentUploads: 1 } };
			const { error } = await run({ items, parameters, credential: clientCredential(own) });
			expect(error?.message).toBe(
				"'2.pdf' [item 2] was not stored: n8n could not read its content",
			);
			expect(own.attachments.map(({ fileName }) => fileName)).toEqual(['0.pdf', '1.pdf']);
		} finally {
			await own.close();
		}
	},
);

function makeUnreadable(path: string): void {
	rmSync(path);
	mkdirSync(path);
}

it('of a large file that is refused only the beginning is read', async () => {
	const store = Container.get(BinaryDataService);
	const streams: ReadStream[] = [];
	const { getAsStream } = store;
	const opening = jest.spyOn(store, 'getAsStream').mockImplementation(async (...args) => {
		const stream = await getAsStream.apply(store, args);
		streams.push(stream as ReadStream);
		return stream;
	});
	const reading = jest.spyOn(store, 'getAsBuffer');
	const bytes = Buffer.concat([tiffContent(), Buffer.alloc(20_000_000)]);
	const { error } = await run({ items: [{ files: { data: { ...tiff, bytes } } }] });
	expect(error?.message).toContain('it is a TIFF image');
	expect(reading).not.toHaveBeenCalled();
	expect(streams.map(({ bytesRead, destroyed }) => [bytesRead <= 8192, destroyed])).toEqual([
		[true, true],
	]);
	opening.mockRestore();
	reading.mockRestore();
});

it('a file that is gone from the disk is found before anything is sent', async () => {
	const gone = { ...pdf('gone.pdf'), afterStoring: (path: string) => rmSync(path) };
	const { error } = await run({ items: [...pdfItems(2), { files: { data: gone } }] });
	expect(error?.message).toBe("'gone.pdf' [item 2] was not stored: n8n no longer has its content");
	expect(api.requests).toEqual([]);
});

it('no error carries the token or the secret', async () => {
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

it.each([
	['stored', undefined],
	['refused before the body was read', { kind: 'cut', cut: 'before-body', times: Infinity }],
	['refused with a 403', { kind: 'status', status: 403, body: '', times: Infinity }],
] as const)('no file stays open after it was %s', async (_, fault) => {
	if (fault) api.inject(fault);
	await run({
		items: Array.from({ length: 8 }, (_item, index) => ({
			files: { data: pdf(`${index}.pdf`, randomPdf(3_000_000)) },
		})),
		node: { onError: 'continueRegularOutput' },
		parameters: { options: { maxTries: 1 } },
	});
	await filesClosed();
});

it('no file is opened when the credential cannot be used', async () => {
	credential.data.baseUrl = 'http://elsewhere.example.com';
	const { error } = await run({ items: pdfItems(8) });
	expect(error?.message).toContain("'0.pdf' [item 0] was not stored");
	expect(error?.message).toContain('must begin with https://');
	await filesClosed();
});

/** Closing takes a turn or two of the event loop. */
async function filesClosed() {
	for (let tries = 0; tries < 20 && openBinaryFiles().length > 0; tries++) {
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	expect(openBinaryFiles()).toEqual([]);
}

/** From the kernel's list of this process's open files. */
function openBinaryFiles(): string[] {
	return readdirSync('/proc/self/fd').flatMap((descriptor) => {
		try {
			const path = readlinkSync(`/proc/self/fd/${descriptor}`);
			return path.includes('binary_data') ? [path] : [];
		} catch {
			return [];
		}
	});
}
