import { appendFileSync, mkdirSync, rmSync, truncateSync } from 'node:fs';
import type { ReadStream } from 'node:fs';
import { Container } from '@n8n/di';
import { BinaryDataService } from 'n8n-core';

import { startCandidApi } from '../../candid-api';
import { CREATE_BY_CHARGE_CAPTURE_PATH } from '../../candid-api/paths';
import { randomPdf, tiff } from '../../files/contents';
import { ID_OF_ITEM, SMALL_AND_LARGE, TIFF_SCAN, pdfFile, pdfItems } from '../fixtures';
import type { InputItem } from '../harness';
import { stillOpen } from '../openFiles';
import { clientCredential } from '../storedCredential';
import { api, credential, run } from './setUp';

describe('checking all items before anything is sent', () => {
	const bad: Array<[string, InputItem, object, string]> = [
		[
			'a TIFF image',
			{ files: { data: TIFF_SCAN } },
			{},
			"'scan.tiff' [item 3] was not stored: it is a TIFF image, which fax services often send",
		],
		[
			'an empty file',
			{ files: { data: pdfFile('empty.pdf', Buffer.alloc(0)) } },
			{},
			"'empty.pdf' [item 3] was not stored: it is empty (0 bytes)",
		],
		[
			'a file of 25 MiB and one byte',
			{ files: { data: pdfFile('big.pdf', randomPdf(25 * 1024 * 1024 + 1)) } },
			{},
			"'big.pdf' [item 3] was not stored: it is too large (25.1 MB)",
		],
		[
			'no binary data',
			{},
			{},
			"[item 3] was not stored: the item has no binary field that matches 'data'",
		],
		[
			'two binary fields, neither of which matches',
			{ files: { scan: pdfFile(), letter: pdfFile() } },
			{},
			"[item 3] was not stored: the item has no binary field that matches 'data'",
		],
		[
			'an empty external ID',
			{ json: { id: '' }, files: { data: pdfFile() } },
			{},
			'no charge capture is selected',
		],
		[
			'a missing external ID',
			{ json: {}, files: { data: pdfFile() } },
			{},
			'no charge capture is selected',
		],
		[
			'the external ID .',
			{ json: { id: '.' }, files: { data: pdfFile() } },
			{},
			"'.' is not an external ID",
		],
		[
			'the external ID ..',
			{ json: { id: ' ..' }, files: { data: pdfFile() } },
			{},
			"' ..' is not an external ID",
		],
	];

	it.each(bad)('sends nothing when one item has %s', async (_, item, parameters, message) => {
		const items = [...pdfItems(3), { json: { id: 'CC-3' }, ...item }, ...pdfItems(3)];
		const { error, output } = await run({
			items,
			parameters: { chargeCaptureExternalId: ID_OF_ITEM, ...parameters },
		});
		expect(error?.message).toContain(message);
		expect(error?.description).toContain('Nothing was sent.');
		expect(output).toEqual([]);
		expect(api.requests).toEqual([]);
	});

	it('sends nothing when an expression cannot be evaluated for one item', async () => {
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

	it('refuses one File Name for several files', async () => {
		const { error } = await run({
			items: [{ files: { a: pdfFile(), b: pdfFile() } }],
			parameters: { binaryPropertyName: 'a,b', additionalFields: { fileName: 'x.pdf' } },
		});
		expect(error?.message).toContain('is one name, but the item has 2 files');
		expect(api.requests).toEqual([]);
	});

	it('names the binary fields of the item when none matches', async () => {
		const { error } = await run({ items: [{ files: { scan: pdfFile(), note: pdfFile() } }] });
		expect(error?.description).toContain("'scan', 'note'");
	});
});

it.each(
	SMALL_AND_LARGE.flatMap(
		(size): Array<[number, string, (path: string) => void]> => [
			[size, 'shorter', (path) => truncateSync(path, 1000)],
			[size, 'longer', (path) => appendFileSync(path, 'more')],
		],
	),
)(
	'does not store a file of %d bytes that has become %s since n8n recorded its size',
	async (size, _, afterStoring) => {
		const { error } = await run({
			items: [{ files: { data: { ...pdfFile('0.pdf', randomPdf(size)), afterStoring } } }],
		});
		expect(error?.message).toBe(
			"'0.pdf' [item 0] was not stored: the file has changed since it was read",
		);
		expect(api.attachments).toEqual([]);
	},
);

it.each(SMALL_AND_LARGE)('sends nothing when a file of %d bytes cannot be read', async (size) => {
	const file = { ...pdfFile('0.pdf', randomPdf(size)), afterStoring: makeUnreadable };
	const { error } = await run({ items: [{ files: { data: file } }] });
	expect(error?.message).toBe("'0.pdf' [item 0] was not stored: n8n could not read its content");
	expect(api.requests).toEqual([]);
});

it.each(SMALL_AND_LARGE)(
	'ends the request immediately when a file of %d bytes can no longer be read after the check',
	async (size) => {
		let last = '';
		// There is a file in between, because the next request may have begun when this one is reported to end.
		const own = await startCandidApi({
			onRequestEnd: ({ path }) => {
				if (path === CREATE_BY_CHARGE_CAPTURE_PATH && own.attachments.length === 1)
					makeUnreadable(last);
			},
		});
		try {
			const afterStoring = (path: string) => (last = path);
			const items = [
				{ files: { data: pdfFile('0.pdf', randomPdf(size)) } },
				{ files: { data: pdfFile('1.pdf', randomPdf(size)) } },
				{ files: { data: { ...pdfFile('2.pdf', randomPdf(size)), afterStoring } } },
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

it('reads only the beginning of a large file that it refuses', async () => {
	const store = Container.get(BinaryDataService);
	const streams: ReadStream[] = [];
	const { getAsStream } = store;
	const opening = jest.spyOn(store, 'getAsStream').mockImplementation(async (...args) => {
		const stream = await getAsStream.apply(store, args);
		streams.push(stream as ReadStream);
		return stream;
	});
	const reading = jest.spyOn(store, 'getAsBuffer');
	const bytes = Buffer.concat([tiff(), Buffer.alloc(20_000_000)]);
	const { error } = await run({ items: [{ files: { data: { ...TIFF_SCAN, bytes } } }] });
	expect(error?.message).toContain('it is a TIFF image');
	expect(reading).not.toHaveBeenCalled();
	expect(streams.map(({ bytesRead, destroyed }) => [bytesRead <= 8192, destroyed])).toEqual([
		[true, true],
	]);
	opening.mockRestore();
	reading.mockRestore();
});

it('sends nothing when a file is gone from the disk', async () => {
	const gone = { ...pdfFile('gone.pdf'), afterStoring: (path: string) => rmSync(path) };
	const { error } = await run({ items: [...pdfItems(2), { files: { data: gone } }] });
	expect(error?.message).toBe("'gone.pdf' [item 2] was not stored: n8n no longer has its content");
	expect(api.requests).toEqual([]);
});

it.each([
	['stored', undefined],
	['refused before the body was read', { kind: 'cut', cut: 'before-body', times: Infinity }],
	['refused with a 403', { kind: 'status', status: 403, body: '', times: Infinity }],
] as const)('leaves no file open after it was %s', async (_, fault) => {
	if (fault) api.inject(fault);
	await run({
		items: Array.from({ length: 8 }, (_item, index) => ({
			files: { data: pdfFile(`${index}.pdf`, randomPdf(3_000_000)) },
		})),
		node: { onError: 'continueRegularOutput' },
		parameters: { options: { maxTries: 1 } },
	});
	expect(await stillOpen((path) => path.includes('binary_data'))).toEqual([]);
});

it('opens no file when the credential cannot be used', async () => {
	credential.data.baseUrl = 'http://elsewhere.example.com';
	const { error } = await run({ items: pdfItems(8) });
	expect(error?.message).toContain("'0.pdf' [item 0] was not stored");
	expect(error?.message).toContain('must begin with https://');
	expect(await stillOpen((path) => path.includes('binary_data'))).toEqual([]);
});
