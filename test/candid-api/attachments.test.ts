import { createHash, randomBytes } from 'node:crypto';

import { UNKNOWN_ID } from '../engine/fixtures';
import {
	ATTACHMENTS_PATH,
	BY_CHARGE_CAPTURE_PATH,
	CHARGE_CAPTURES_PATH,
	CREATE_BY_CHARGE_CAPTURE_PATH,
	ENCOUNTERS_PATH,
} from './paths';
import { upload, TestServer } from './test-server';

const MAX_FILE_BYTES = 26_214_400;

const local = new TestServer();

describe('creates', () => {
	it('answer with a bare JSON string and store the bytes unchanged', async () => {
		const bytes = randomBytes(200_000);
		const answer = await local.create(upload({ bytes }));
		const text = await answer.text();

		expect(answer.headers.get('content-type')).toBe('application/json');
		expect(text).toMatch(/^"[0-9a-f-]{36}"$/);
		expect(local.api.attachments).toHaveLength(1);
		expect(local.api.attachments[0]?.attachmentId).toBe(JSON.parse(text));
		expect(local.api.attachments[0]?.bytes.equals(bytes)).toBe(true);
	});

	it('are recorded with their parts in the order in which they were sent', async () => {
		await local.create(upload({ extra: { description: 'ä' } }));
		const [request] = local.api.requests;

		expect(request).toMatchObject({
			method: 'POST',
			path: CREATE_BY_CHARGE_CAPTURE_PATH,
			status: 200,
			fields: [
				{ name: 'charge_capture_external_id', value: 'CC-1001' },
				{ name: 'attachment_file', fileName: 'note.pdf', contentType: 'application/pdf', size: 17 },
				{ name: 'attachment_type', value: 'DOCUMENTATION' },
				{ name: 'description', value: 'ä', size: 2 },
			],
		});
		expect(request?.bytesReceived).toBeGreaterThan(17);
		expect(request?.bytesReceived).toBe(request?.contentLength);
	});

	it.each([
		'plain.pdf',
		'Größe – 検査.pdf',
		'a%22b%0D%0A.pdf',
		'dir/sub\\file.pdf',
		'two\\\\slashes.pdf',
		'ends in \\',
		'semi; colon="x.pdf',
		'line\u2028separator.pdf',
		' padded .pdf ',
	])('store the file name exactly as it was sent: %j', async (fileName) => {
		const part = (head: string, body: string) =>
			`--XX\r\ncontent-disposition: form-data; ${head}${body}\r\n`;
		const body =
			part('name="charge_capture_external_id"\r\n\r\n', 'CC-1001') +
			part(
				`name="attachment_file"; filename="${fileName}"\r\nContent-Type: text/csv; charset=utf-8\r\n\r\n`,
				'a,b',
			) +
			part('name="attachment_type"\r\n\r\n', 'OTHER') +
			'--XX--\r\n';
		const headers = { 'content-type': 'multipart/form-data; boundary=XX' };

		expect(await local.sendRaw(CREATE_BY_CHARGE_CAPTURE_PATH, headers, Buffer.from(body))).toBe(
			200,
		);
		const expected = { fileName, contentType: 'text/csv; charset=utf-8' };
		expect(local.api.attachments).toMatchObject([{ ...expected, bytes: Buffer.from('a,b') }]);
		expect(local.api.requests[0]?.fields?.[1]).toMatchObject(expected);
	});

	const field = (name: string) =>
		expect.arrayContaining([expect.objectContaining({ fieldName: name })]);
	it.each<[string, FormData | string, number, string, unknown]>([
		[
			'a file type that is not allowed',
			upload({ type: 'image/gif' }),
			422,
			'UnprocessableEntityError',
			{ message: expect.stringContaining('image/gif') },
		],
		[
			'a missing external ID',
			upload({ without: 'charge_capture_external_id' }),
			422,
			'HttpRequestValidationsError',
			field('charge_capture_external_id'),
		],
		[
			'a missing file',
			upload({ without: 'attachment_file' }),
			422,
			'HttpRequestValidationsError',
			field('attachment_file'),
		],
		[
			'an empty attachment type',
			upload({ extra: { attachment_type: '' } }),
			422,
			'HttpRequestValidationsError',
			field('attachment_type'),
		],
		['a body that is not multipart', '{}', 415, 'InvalidContentTypeError', expect.anything()],
	])('refuse %s', async (_name, body, status, errorName, content) => {
		const answer = await fetch(local.api.url + CREATE_BY_CHARGE_CAPTURE_PATH, {
			method: 'POST',
			headers: local.bearer,
			body,
		});

		expect(answer.status).toBe(status);
		expect(await answer.json()).toEqual({ errorName, content });
		expect(local.api.attachments).toEqual([]);
	});

	it('refuse a truncated multipart body', async () => {
		const headers = { 'content-type': 'multipart/form-data; boundary=XX' };
		const body = Buffer.from('--XX\r\ncontent-disposition: form-data; name="a"\r\n\r\nb');

		expect(await local.sendRaw(CREATE_BY_CHARGE_CAPTURE_PATH, headers, body)).toBe(400);
	});

	it('accept any attachment type', async () => {
		expect((await local.create(upload({ extra: { attachment_type: 'NEW_TYPE' } }))).status).toBe(
			200,
		);
		expect(local.api.attachments[0]?.attachmentType).toBe('NEW_TYPE');
	});

	it.each([
		[MAX_FILE_BYTES, 200],
		[MAX_FILE_BYTES + 1, 413],
	])('answer to a file of %d bytes with %d', async (size, status) => {
		const answer = await local.create(upload({ bytes: Buffer.alloc(size, 'x') }));

		expect(answer.status).toBe(status);
		expect(local.api.attachments.map((held) => held.size)).toEqual(status === 200 ? [size] : []);
		expect(local.api.requests[0]?.bytesReceived).toBe(local.api.requests[0]?.contentLength);
	});

	it('are counted in peakUploads while they overlap', async () => {
		local.api.inject({ kind: 'delay', delayMs: 1000, times: Infinity });
		await Promise.all([local.create(), local.create(), local.create()]);
		await local.create();

		expect(local.api.peakUploads).toBe(3);
		local.api.reset();
		expect(local.api.peakUploads).toBe(0);
	});
});

describe('attachment lists', () => {
	it.each(['CC-1001', 'a/b c%?#ü', '%2F', 'x'.repeat(3000), '検査 1'])(
		'list, serve and delete a file by the external ID %j',
		async (externalId) => {
			await local.create(upload({ extra: { charge_capture_external_id: externalId } }));
			const path = `${BY_CHARGE_CAPTURE_PATH}/${encodeURIComponent(externalId)}`;
			const [listed] = await local.listOf(path);
			const link = listed?.authed_url ?? '';

			expect(listed?.description).toBe('');
			expect((await fetch(link)).status).toBe(200);
			expect((await fetch(link, { headers: local.bearer })).status).toBe(400);
			expect((await fetch(`${link}0`)).status).toBe(403);
			expect(
				(await local.deleteFrom(`${BY_CHARGE_CAPTURE_PATH}/other`, listed?.attachment_id ?? ''))
					.status,
			).toBe(404);
			const answer = await local.deleteFrom(path, listed?.attachment_id ?? '');
			expect([answer.status, await answer.text()]).toEqual([200, '']);
			expect(await local.listOf(path)).toEqual([]);
		},
	);

	it('show a file that was stored before its encounter, once the encounter is added', async () => {
		await local.create(upload({ extra: { charge_capture_external_id: 'CC-LATE' } }));
		const early = local.api.addEncounter({ externalId: 'ENC-EARLY' });
		const ofEncounter = (id: string) => `/api/encounter-attachments/v1/${id}`;
		expect(await local.listOf(ofEncounter(early.encounterId))).toEqual([]);

		const late = local.api.addEncounter({ externalId: 'CC-LATE' });
		expect(await local.listOf(ofEncounter(late.encounterId))).toHaveLength(1);
		expect(await local.listOf(`${BY_CHARGE_CAPTURE_PATH}/CC-LATE`)).toHaveLength(1);
	});

	it.each<[string, (chargeCaptureExternalId: string) => Promise<unknown>]>([
		[
			'created',
			async (id) => await local.create(upload({ extra: { charge_capture_external_id: id } })),
		],
		['seeded', async (id) => local.api.addAttachment({ chargeCaptureExternalId: id })],
	])(
		'show a file %s by external ID under no encounter until one with that ID is added',
		async (how, add) => {
			const externalId = `CC-${how}`;
			await add(externalId);
			const id = local.api.attachments[0]?.attachmentId;
			const shown = async () => {
				const { items } = await local.pageOf(ENCOUNTERS_PATH);
				expect(items.length).toBeGreaterThanOrEqual(3);
				const lists = items.map(async (encounter) => {
					const files = await local.listOf(`${ATTACHMENTS_PATH}/${String(encounter.encounter_id)}`);
					return files.map((file) => [encounter.external_id, file.attachment_id]);
				});
				return (await Promise.all(lists)).flat();
			};
			expect(await shown()).toEqual([]);

			local.api.addEncounter({ externalId });
			expect(await shown()).toEqual([[externalId, id]]);
			expect(await local.listOf(`${BY_CHARGE_CAPTURE_PATH}/${externalId}`)).toMatchObject([
				{ attachment_id: id },
			]);
		},
	);

	it('of an encounter do not show a file that is stored by external ID after the encounter', async () => {
		const { encounterId } = local.api.addEncounter({ externalId: 'CC-EARLY' });
		await local.create(upload({ extra: { charge_capture_external_id: 'CC-EARLY' } }));

		expect(await local.listOf(`${ATTACHMENTS_PATH}/${encounterId}`)).toEqual([]);
		expect(await local.listOf(`${BY_CHARGE_CAPTURE_PATH}/CC-EARLY`)).toHaveLength(1);
	});

	it.each([
		['GET', `/api/encounter-attachments/v1/${UNKNOWN_ID}`],
		['PUT', `/api/encounter-attachments/v1/${UNKNOWN_ID}`],
		['PUT', `/api/encounter-attachments/v1/${UNKNOWN_ID}/v2`],
		['GET', `${CHARGE_CAPTURES_PATH}/${UNKNOWN_ID}`],
		['GET', `/api/encounters/v4/${UNKNOWN_ID}`],
	])('%s %s answers 404, because the ID is unknown', async (method, path) => {
		const body = method === 'PUT' ? upload() : undefined;
		const answer = await fetch(local.api.url + path, { method, headers: local.bearer, body });

		expect(answer.status).toBe(404);
		expect(await answer.json()).toEqual({
			errorName: 'EntityNotFoundError',
			content: { id: UNKNOWN_ID },
		});
	});

	it('answer 404 when an unknown attachment is to be deleted', async () => {
		const answer = await local.deleteFrom(`${BY_CHARGE_CAPTURE_PATH}/CC-1001`, UNKNOWN_ID);

		expect(answer.status).toBe(404);
		expect(await answer.json()).toMatchObject({ content: { id: UNKNOWN_ID } });
	});

	it.each<[string, string, string, string]>([
		['encounter_id', 'GET', `${ATTACHMENTS_PATH}/ENC-2001`, ''],
		['encounter_id', 'GET', `${ENCOUNTERS_PATH}/ENC-2001`, ''],
		['encounter_id', 'GET', `${ENCOUNTERS_PATH}/${UNKNOWN_ID}0`, ''],
		['encounter_id', 'PUT', `${ATTACHMENTS_PATH}/ENC-2001/v2`, ''],
		['encounter_id', 'DELETE', `${ATTACHMENTS_PATH}/ENC-2001`, UNKNOWN_ID],
		['attachment_id', 'DELETE', `${ATTACHMENTS_PATH}/${UNKNOWN_ID}`, 'file-1'],
		['attachment_id', 'DELETE', `${BY_CHARGE_CAPTURE_PATH}/CC-1001`, 'file-1'],
	])(
		'answer 422 for an %s that is not a UUID: %s %s',
		async (field, method, path, attachmentId) => {
			const body = method === 'PUT' ? upload() : undefined;
			const answer =
				method === 'DELETE'
					? await local.deleteFrom(path, attachmentId)
					: await fetch(local.api.url + path, { method, headers: local.bearer, body });

			expect(answer.status).toBe(422);
			expect(await answer.json()).toEqual({
				errorName: 'HttpRequestValidationsError',
				content: [{ fieldName: field, humanReadableMessage: 'must be a UUID' }],
			});
		},
	);
});

describe('seeded attachments', () => {
	it('get defaults for everything but their owner', async () => {
		const held = local.api.addAttachment({ chargeCaptureExternalId: 'CC-1001' });

		expect(local.api.attachments).toEqual([held]);
		expect(held).toMatchObject({
			attachmentId: expect.stringMatching(/^[0-9a-f-]{36}$/),
			fileName: 'superbill.pdf',
			contentType: 'application/pdf',
			attachmentType: 'DOCUMENTATION',
			size: held.bytes.length,
			sha256: createHash('sha256').update(held.bytes).digest('hex'),
		});
		expect(held.size).toBeGreaterThan(0);
		expect(Math.abs(Date.parse(held.createdAt) - Date.now())).toBeLessThan(60_000);
		expect(await local.listOf(`${BY_CHARGE_CAPTURE_PATH}/CC-1001`)).toEqual([
			{
				attachment_id: held.attachmentId,
				file_name: 'superbill.pdf',
				description: '',
				content_type: 'application/pdf',
				attachment_type: 'DOCUMENTATION',
				authed_url: expect.stringContaining(held.attachmentId),
			},
		]);
	});

	it('are listed with the given values, and can be deleted', async () => {
		const encounterId = 'e0000000-0000-4000-8000-000000002001';
		local.api.addAttachment({
			attachmentId: UNKNOWN_ID,
			encounterId,
			fileName: 'Größe.csv',
			contentType: 'text/csv',
			attachmentType: 'EOB',
			description: 'Second page',
			bytes: Buffer.from('a,b'),
			createdAt: '2025-02-01T08:00:00.000Z',
		});

		expect(await local.listOf(`${ATTACHMENTS_PATH}/${encounterId}`)).toMatchObject([
			{
				attachment_id: UNKNOWN_ID,
				encounter_id: encounterId,
				file_name: 'Größe.csv',
				content_type: 'text/csv',
				attachment_type: 'EOB',
				description: 'Second page',
				created_at: '2025-02-01T08:00:00.000Z',
			},
		]);
		expect((await local.deleteFrom(`${ATTACHMENTS_PATH}/${encounterId}`, UNKNOWN_ID)).status).toBe(
			200,
		);
		expect(local.api.attachments).toEqual([]);
	});

	it('must belong to a charge capture or an encounter', () => {
		expect(() => local.api.addAttachment({ fileName: 'stray.pdf' })).toThrow(
			'chargeCaptureExternalId',
		);
		expect(local.api.attachments).toEqual([]);
	});
});
