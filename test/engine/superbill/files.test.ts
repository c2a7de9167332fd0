import { once } from 'node:events';
import { inspect } from 'node:util';

import { DOCX_TYPE, html, json, randomPdf } from '../../files/contents';
import type { Fault } from '../../candid-api';
import { api, close, listen, restart, urlOf, withStorage } from '../download/setUp';
import { CONTINUE_ON_FAIL, SAMPLE_UUID, retryOnFail } from '../fixtures';
import { binaryContent } from '../harness';
import { isN8n1 } from '../loadedN8n';
import { AGAIN, CREATED, create, creates, held, inject, injectIntoFile } from './setUp';

/** Everything that n8n would save and show of a run, including hidden properties of errors. */
const inspected = (run: unknown) => inspect(run, { depth: Infinity, showHidden: true });

/** Makes the local API answer with another link. */
const answerWithLink = (link: unknown, fault: Partial<Fault> = {}) =>
	inject({
		kind: 'answer',
		status: 200,
		body: { superbills: [{ superbill_id: SAMPLE_UUID, authed_url: link, file_name: 'a.pdf' }] },
		...fault,
	});

/** How many requests for files have arrived. */
const opened = () => api.requests.filter(({ server }) => server === 'files').length;

const PAGE = { kind: 'answer', status: 200, body: html(), contentType: 'text/html' } as const;

describe('the file of a superbill', () => {
	it.each([
		['PDF', 'application/pdf'],
		['DOCX', DOCX_TYPE],
	])('is output as %s, byte for byte', async (format, mimeType) => {
		const { output, error } = await create(['PAT-1'], {
			parameters: { format, binaryPropertyName: 'bill' },
		});
		expect(error).toBeUndefined();
		const [superbill] = api.superbills;
		const fileName = `superbill_PAT-1_2025-01-10_2025-01-12.${format.toLowerCase()}`;
		expect(output).toEqual([
			{
				json: {
					superbill_id: superbill!.superbillId,
					patient_external_id: 'PAT-1',
					date_range_min: '2025-01-10',
					date_range_max: '2025-01-12',
					file_name: fileName,
				},
				binary: { bill: expect.objectContaining({ mimeType, fileName }) as object },
				pairedItem: { item: 0 },
			},
		]);
		expect(await binaryContent(output[0]!.binary!.bill!)).toEqual(superbill!.bytes);
	});

	it('is output for each billing provider, linked to the same item', async () => {
		const seed = { patientExternalId: 'PAT-2', dateOfService: '2025-01-10' };
		const west = { name: 'West Clinic', npi: '1234567893' };
		api.addEncounter({ externalId: 'ENC-P', billingProvider: west, ...seed });
		const { output, error } = await create(['PAT-1', 'PAT-2']);
		expect(error).toBeUndefined();
		expect(output.map(({ pairedItem }) => pairedItem)).toEqual([0, 1, 1].map((item) => ({ item })));
		const byId = new Map(api.superbills.map((one) => [one.superbillId, one.bytes]));
		expect(byId.size).toBe(3);
		for (const { json: fields, binary } of output) {
			expect(await binaryContent(binary!.data!)).toEqual(byId.get(String(fields.superbill_id)));
		}
	});

	it('is named by the ID of the superbill if Candid gives no name', async () => {
		const fileServer = await listen((_, response) => response.writeHead(200).end(randomPdf(100)));
		try {
			inject({
				kind: 'answer',
				status: 200,
				body: { superbills: [{ superbill_id: SAMPLE_UUID, authed_url: urlOf(fileServer) }] },
			});
			const { output } = await create(['PAT-1']);
			expect(output[0]!.binary!.data).toMatchObject({
				fileName: SAMPLE_UUID,
				mimeType: 'application/pdf',
			});
		} finally {
			await close(fileServer);
		}
	});
});

describe('the link', () => {
	it.each(['signed', 'redirect'] as const)(
		'is not shown, and gets the token only on the host of Candid (%s)',
		async (fileLinks) => {
			await restart({ fileLinks });
			const { run, output } = await create(['PAT-1']);
			expect(output).toHaveLength(1);
			expect(inspected(run)).not.toMatch(/signature|authed_url|\/files\//);
			const authorized = api.requests.filter(({ headers }) => headers.authorization);
			expect(authorized.map(({ server }) => server)).toEqual(
				fileLinks === 'signed' ? ['api'] : ['api', 'api'],
			);
			expect(opened()).toBe(1);
		},
	);

	const FAULTS: Array<[what: string, fault: Partial<Fault>, reason: string]> = [
		['a web page', PAGE, 'the link to its file led to a web page'],
		['a web page as PDF', { ...PAGE, contentType: 'application/pdf' }, 'led to a web page'],
		[
			'JSON',
			{ ...PAGE, body: json(), contentType: 'application/json' },
			'the link to its file led to JSON instead of the file',
		],
		['an empty file', { kind: 'answer', body: '' }, 'the link to its file returned an empty file'],
		['a cut file', { kind: 'cut', cut: 'mid-answer', times: 9 }, 'the connection was cut'],
		['no answer', { kind: 'cut', times: 9 }, 'the connection was cut'],
		['a timeout', { kind: 'delay', when: 'before', times: 9 }, 'the request timed out'],
		['500', { times: 9 }, 'the link to its file did not work (HTTP 500)'],
		['403', { status: 403 }, 'the link to its file did not work (HTTP 403)'],
	];

	it.each(FAULTS)(
		'that leads to %s is reported, with the superbill as created',
		async (_, fault, reason) => {
			injectIntoFile({ ...fault, status: fault.status ?? (fault.kind ? 200 : 500) });
			const { files, result } = await withStorage(
				async () =>
					await create(['PAT-1'], {
						node: CONTINUE_ON_FAIL,
						parameters: { requestOptions: { timeout: 300 } },
					}),
			);
			const [item] = result.output;
			expect(item!.json.error).toContain(CREATED);
			expect(item!.json.error).toContain(reason);
			expect(item!.json.message).toContain(AGAIN);
			expect(item!.json.details).toMatchObject({ patient_external_id: 'PAT-1', try_again: true });
			expect(item!.binary).toBeUndefined();
			expect(inspected(result.run)).not.toMatch(/signature|authed_url/);
			expect(held()).toEqual(['PAT-1']);
			expect(creates()).toHaveLength(1);
			if (!isN8n1) expect(files).toEqual([]);
		},
	);

	it.each([
		undefined,
		null,
		'',
		'ftp://localhost/x?signature=1',
		'http://user@localhost/x?signature=1',
	])('is not followed if it is %j', async (link) => {
		answerWithLink(link);
		const { error, run } = await create(['PAT-1']);
		expect(error?.message).toContain(CREATED);
		expect(inspected(run)).not.toContain('signature');
		expect(opened()).toBe(0);
	});

	it('whose server stops in the middle of the file ends with the timeout', async () => {
		let connectionClosed: Promise<unknown> | undefined;
		const fileServer = await listen((_request, response) => {
			connectionClosed = once(response, 'close');
			response.writeHead(200, { 'content-length': 10_000 });
			response.write(randomPdf(5000));
		});
		try {
			answerWithLink(urlOf(fileServer));
			const { error } = await create(['PAT-1'], {
				parameters: { requestOptions: { timeout: 300 } },
			});
			expect(error?.message).toBe(`${CREATED}the download stopped in the middle of the file`);
			await connectionClosed;
		} finally {
			fileServer.closeAllConnections();
			await close(fileServer);
		}
	});

	it('that does not work for several items is reported for each, as created', async () => {
		injectIntoFile({ ...PAGE, times: 9 });
		const { error } = await create(['PAT-1', 'PAT-2']);
		expect(error?.message).toMatch(/^The superbill \[item \d\] was created, but /);
		expect(String(error?.description).split('\n').slice(2)).toEqual([
			'Also needs attention:',
			expect.stringMatching(/^• The superbill \[item \d\] was created, but /),
		]);
		expect(held().sort()).toEqual(['PAT-1', 'PAT-2']);
	});

	it.each([
		['an unavailable server', { status: 503 }],
		['a connection that is cut', { kind: 'cut', cut: 'before-answer' }],
	] as const)('is opened again after %s', async (_, fault) => {
		injectIntoFile(fault);
		const { error, output } = await create(['PAT-1']);
		expect(error).toBeUndefined();
		expect(output).toHaveLength(1);
		expect(held()).toEqual(['PAT-1']);
	});
});

describe("n8n's Retry On Fail", () => {
	it('downloads the files of the superbills that were created, and creates none', async () => {
		injectIntoFile(PAGE);
		const { error, output } = await create(['PAT-1'], { node: retryOnFail(2) });
		expect(error).toBeUndefined();
		expect(held()).toEqual(['PAT-1']);
		expect(creates()).toHaveLength(1);
		expect(opened()).toBe(2);
		expect(output[0]!.json.superbill_id).toBe(api.superbills[0]!.superbillId);
		expect(await binaryContent(output[0]!.binary!.data!)).toEqual(api.superbills[0]!.bytes);
	});

	it.each([
		['was refused', { status: 403, times: 2 }],
		['was refused with 401', { status: 401, times: 2 }],
	])('creates another superbill if the link %s again', async (_, fault) => {
		injectIntoFile(fault);
		const { error, output } = await create(['PAT-1'], { node: retryOnFail(2) });
		expect(error).toBeUndefined();
		expect(creates()).toHaveLength(2);
		expect(output.map(({ json: fields }) => fields.superbill_id)).toEqual([
			api.superbills[1]!.superbillId,
		]);
	});

	it('creates another superbill if Candid gave no link', async () => {
		answerWithLink(undefined);
		const { error, output } = await create(['PAT-1'], { node: retryOnFail(2) });
		expect(error).toBeUndefined();
		expect(output[0]!.json.superbill_id).toBe(api.superbills[1]!.superbillId);
	});

	it.each([
		[
			{ status: 403, body: { errorName: 'UnauthorizedError', content: {} } },
			'Candid admin to give',
		],
		[{ when: 'after' }, 'Candid may have created it anyway.'],
		[{ status: 200, body: { superbills: [] } }, 'there may be no visits'],
	] as const)(
		'says that the first one was created when the request for another does not succeed: %j',
		async (fault, advice) => {
			injectIntoFile({ status: 403, times: 2 });
			inject({ ...fault, skip: 1 });
			const { error } = await create(['PAT-1'], { node: retryOnFail(2) });
			expect(error?.message).toBe(
				`${CREATED}its link does not work, and the request for a new one did not succeed`,
			);
			expect(error?.description).toContain(advice);
			expect(error?.description).not.toContain('An earlier request');
		},
	);

	it('says that it was created, even if an earlier request was not answered', async () => {
		inject({ when: 'after' });
		injectIntoFile(PAGE);
		const { error } = await create(['PAT-1'], { node: retryOnFail(2) });
		expect(error?.message).toBe(`${CREATED}the link to its file led to a web page`);
		expect(held()).toHaveLength(2);
	});
});
