import type { INodeParameters } from 'n8n-workflow';

import { csv, randomPdf, sha256 } from '../../files/contents';
import {
	ID_OF_ITEM,
	TIFF_SCAN,
	UUID,
	attachmentCreates,
	attachmentIdsOf,
	pdfFile,
	pdfItems,
} from '../fixtures';
import type { BinaryMode } from '../harness';
import { api, credential, run } from './setUp';

describe('uploading a file of an upstream item', () => {
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
		'stores %d bytes of %s binary data byte for byte, with the workflow settings %j',
		async (size, binaryMode, workflow) => {
			const file = pdfFile('süper "bill".pdf', randomPdf(size));
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
			expect(output[0]!.json.attachment_id).toMatch(UUID);
		},
	);

	it('sends one POST with the fields first, then the file, and an exact length', async () => {
		await run({
			items: [{ files: { data: pdfFile() } }],
			parameters: { additionalFields: { description: 'x' } },
		});
		expect(attachmentCreates(api)).toHaveLength(1);
		const [request] = attachmentCreates(api);
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

	it('sends no description when it is empty', async () => {
		await run({
			items: [{ files: { data: pdfFile() } }],
			parameters: { additionalFields: { description: '={{ $json.none }}' } },
		});
		expect(attachmentCreates(api)[0]!.fields!.map(({ name }) => name)).toEqual([
			'charge_capture_external_id',
			'attachment_type',
			'attachment_file',
		]);
	});

	it('sends File Name and MIME Type instead of the name and type of the file', async () => {
		const { output } = await run({
			items: [{ files: { data: { bytes: csv(), fileName: 'labs.csv', mimeType: 'text/csv' } } }],
			parameters: { additionalFields: { fileName: 'labs.txt', mimeType: 'text/plain' } },
		});
		expect(api.attachments[0]).toMatchObject({ fileName: 'labs.txt', contentType: 'text/plain' });
		expect(output[0]!.json).toMatchObject({ file_name: 'labs.txt', content_type: 'text/plain' });
	});

	it('refuses a MIME Type that the content contradicts, unless Trust MIME Type is on', async () => {
		const settings = (options: INodeParameters) => ({
			items: [{ files: { data: TIFF_SCAN } }],
			parameters: {
				additionalFields: { fileName: 'a.pdf', mimeType: 'application/pdf' },
				options,
			},
		});
		const refused = await run(settings({}));
		expect(refused.error?.message).toBe(
			"'a.pdf' [item 0] was not stored: 'MIME Type' says PDF, but it is a TIFF image, which fax services often send",
		);
		expect(api.requests).toEqual([]);
		await run(settings({ trustMimeType: true }));
		expect(api.attachments[0]).toMatchObject({ fileName: 'a.pdf', contentType: 'application/pdf' });
	});

	it('accepts an expression in Input Binary Field that gives a binary value', async () => {
		const { output } = await run({
			items: [{ files: { scan: pdfFile('scan.pdf') } }],
			parameters: { binaryPropertyName: '={{ $binary.scan }}' },
		});
		expect(output.map(({ json }) => json.file_name)).toEqual(['scan.pdf']);
	});

	it('sends a numeric external ID as text', async () => {
		const { output } = await run({
			items: [{ json: { id: 42 }, files: { data: pdfFile() } }],
			parameters: { chargeCaptureExternalId: ID_OF_ITEM },
		});
		expect(output[0]!.json.charge_capture_external_id).toBe('42');
	});
});

describe('uploading several files', () => {
	const files = {
		attachment_0: pdfFile('first.pdf'),
		attachment_1: pdfFile('second.pdf'),
		attachment_10: pdfFile('third.pdf'),
		body: pdfFile('body.pdf'),
	};

	it.each([
		['attachment_*', ['first.pdf', 'second.pdf', 'third.pdf']],
		['body, attachment_1', ['body.pdf', 'second.pdf']],
		['*', ['first.pdf', 'second.pdf', 'third.pdf', 'body.pdf']],
	])(
		'uploads the files of one item that %s selects, and outputs one item for each',
		async (binaryPropertyName, names) => {
			const { output } = await run({ items: [{ files }], parameters: { binaryPropertyName } });
			expect(output.map(({ json }) => json.file_name)).toEqual(names);
			expect(output.map(({ pairedItem }) => pairedItem)).toEqual(names.map(() => ({ item: 0 })));
			expect(new Set(attachmentIdsOf(output)).size).toBe(names.length);
			expect(api.attachments).toHaveLength(names.length);
		},
	);

	it('outputs the files in the order of their items, each linked to its input item', async () => {
		api.inject({ kind: 'delay', delayMs: 500, times: 1 });
		const items = pdfItems(5).map((item, index) => ({
			...item,
			files: { a: pdfFile(`${index}a.pdf`), b: pdfFile(`${index}b.pdf`) },
		}));
		const { output } = await run({ items, parameters: { binaryPropertyName: 'a,b' } });
		expect(output.map(({ json }) => json.file_name)).toEqual(
			[0, 1, 2, 3, 4].flatMap((index) => [`${index}a.pdf`, `${index}b.pdf`]),
		);
		expect(output.map(({ pairedItem }) => pairedItem)).toEqual(
			[0, 0, 1, 1, 2, 2, 3, 3, 4, 4].map((item) => ({ item })),
		);
		const held = new Map(api.attachments.map((file) => [file.attachmentId, file.fileName]));
		expect(output.map((item) => held.get(item.json.attachment_id as string))).toEqual(
			output.map(({ json }) => json.file_name),
		);
	});

	it.each([
		[undefined, 80],
		[0, 80],
		[1, 1],
		[9, 9],
	])(
		'of 200 items with Max Concurrent Uploads %j has at most %d uploads in progress',
		async (set, peak) => {
			// Long enough for all of them to be in progress, and for one too many to show.
			api.inject({ kind: 'delay', delayMs: 1500, times: peak });
			const { output } = await run({
				items: pdfItems(200),
				parameters: {
					chargeCaptureExternalId: ID_OF_ITEM,
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
	])(
		'has fewer uploads in progress the larger the files are: files of %s',
		async (_, size, options, peak) => {
			api.inject({ kind: 'delay', delayMs: 1500, times: peak });
			const file = { bytes: Buffer.alloc(size, 'x'), mimeType: 'text/plain' };
			const { output } = await run({
				items: Array.from({ length: peak + 8 }, (_, index) => ({
					json: { id: `CC-${index}` },
					files: { data: { ...file, fileName: `${index}.txt` } },
				})),
				parameters: { chargeCaptureExternalId: ID_OF_ITEM, options },
			});
			expect(api.peakUploads).toBe(peak);
			expect(output).toHaveLength(peak + 8);
		},
	);

	it('stores small and large files together, and outputs them in order', async () => {
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
			parameters: { chargeCaptureExternalId: ID_OF_ITEM },
		});
		expect(output.map(({ json }) => [json.file_name, json.file_size])).toEqual(
			sizes.map((size, index) => [`${index}.txt`, size]),
		);
		expect(api.attachments).toHaveLength(30);
	});
});

it('uploads only the first item with Execute Once', async () => {
	const { output, error } = await run({
		items: [...pdfItems(2), { files: { data: TIFF_SCAN } }],
		node: { executeOnce: true },
	});
	expect(error).toBeUndefined();
	expect(output).toHaveLength(1);
	expect(api.attachments).toHaveLength(1);
});

it("uploads all items with n8n's batching", async () => {
	const requestOptions = { batching: { batch: { batchSize: 2, batchInterval: 50 } } };
	const parameters = { requestOptions, chargeCaptureExternalId: ID_OF_ITEM };
	const { output } = await run({ items: pdfItems(5), parameters });
	expect(output).toHaveLength(5);
	expect(api.attachments).toHaveLength(5);
});

it("starts no further upload and opens no further file after 'Stop execution'", async () => {
	api.inject({ kind: 'delay', delayMs: 300, times: Infinity });
	await run({
		items: pdfItems(40),
		node: { onError: 'continueRegularOutput' },
		parameters: { options: { maxConcurrentUploads: 4 } },
		cancelWhen: new Promise((resolve) => setTimeout(resolve, 400)),
	});
	await new Promise((resolve) => setTimeout(resolve, 500));
	expect(attachmentCreates(api).length).toBeLessThanOrEqual(8);
	// Read once to check each item, and once for each request.
	expect(credential.reads).toBeLessThanOrEqual(40 + 10);
});
