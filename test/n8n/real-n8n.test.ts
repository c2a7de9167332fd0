import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

import type { CandidApi } from '../candid-api';
import { CREDENTIAL_TYPE, credentialData, localCredential } from './localCredential';
import { OwnerSession } from './ownerSession';
import { itemsIn, type RealN8n } from './realN8n';
import {
	CHARGE_CAPTURE,
	SAMPLES_FOLDER,
	compareWithStored,
	importSampleWorkflow,
	runSampleWorkflow,
	sampleFiles,
} from './sampleUploads';
import { smtpCredential } from './services/credentials';
import { startSmtpReceiver, type SmtpReceiver } from './services/smtpServer';
import { LINK_OR_TOKEN, PREPARE_MS, prepareTestBed } from './testBed';
import { until } from './until';

const ENCOUNTER = 'e0000000-0000-4000-8000-000000002001';

const wrongSecret = (apiUrl: string) => ({
	...localCredential(apiUrl),
	id: 'candidHealthWrng',
	name: 'Candid Health (wrong secret)',
	data: { ...credentialData(apiUrl), clientSecret: 'wrong' },
});

let api: CandidApi;
let n8n: RealN8n;
let owner: OwnerSession;
let smtp: SmtpReceiver;
let sampleWorkflow: string;
let webhookWorkflow: string;
let errorWorkflow: string;
let roundTripWorkflow: string;
let fileShapesWorkflow: string;
let wholeJobWorkflow: string;

beforeAll(async () => {
	({ api, n8n } = await prepareTestBed('test', {
		readableFolder: SAMPLES_FOLDER,
		// The demo uses the mode 'filesystem'.
		binaryDataMode: 'database',
	}));
	smtp = await startSmtpReceiver();
	await n8n.importCredentials(wrongSecret(api.url), smtpCredential(smtp));
	errorWorkflow = await n8n.importWorkflow(join(__dirname, 'testWorkflows', 'error-report.json'));
	sampleWorkflow = await importSampleWorkflow(n8n);
	webhookWorkflow = await n8n.importWorkflow(
		join(__dirname, 'testWorkflows', 'upload-webhook.json'),
	);
	roundTripWorkflow = await n8n.importWorkflow(
		join(__dirname, 'testWorkflows', 'attachments-round-trip.json'),
		{ SAMPLES_FOLDER: SAMPLES_FOLDER.replaceAll('\\', '/') },
	);
	fileShapesWorkflow = await n8n.importWorkflow(
		join(__dirname, 'testWorkflows', 'file-shapes.json'),
		{
			SAMPLES_FOLDER: SAMPLES_FOLDER.replaceAll('\\', '/'),
		},
	);
	wholeJobWorkflow = await n8n.importWorkflow(join(__dirname, 'testWorkflows', 'whole-job.json'), {
		SAMPLES_FOLDER: SAMPLES_FOLDER.replaceAll('\\', '/'),
	});
	await n8n.start();
	owner = await OwnerSession.open(n8n.url);
}, PREPARE_MS);

afterAll(async () => {
	await n8n?.stop();
	await Promise.all([smtp?.stop(), api?.close()]);
});

beforeEach(() => api.reset());

describe("a 'From List' of the editor, opened before any workflow has run", () => {
	const credential = { id: 'candidHealthLocl', name: 'Candid Health (local API)' };

	test('shows and finds charge captures, without patient names', async () => {
		const method = { methodName: 'searchChargeCaptures', credential };
		expect((await owner.searchList({ ...method, filter: '1003' })).results).toEqual([
			{ name: 'CC-1003 · PAT-1 · 2025-01-12 · billable', value: 'CC-1003' },
		]);
		expect((await owner.searchList(method)).results).toHaveLength(5);
	});

	test('finds encounters, without patient names', async () => {
		const search = { methodName: 'searchEncounters', credential, filter: '2001' };
		expect((await owner.searchList(search)).results).toMatchObject([
			{ name: 'ENC-2001 · PAT-1 · 2025-01-10 · biller received', value: ENCOUNTER },
		]);
	});

	test('loads page by page to the end of the list', async () => {
		const externalIds = Array.from({ length: 60 }, (_, index) => `PAGED-${index}`);
		for (const chargeExternalId of externalIds) api.addChargeCapture({ chargeExternalId });
		const seen: string[] = [];
		let paginationToken: string | undefined;
		do {
			const page = await owner.searchList({
				methodName: 'searchChargeCaptures',
				credential,
				filter: 'PAGED-',
				paginationToken,
			});
			seen.push(...page.results.map(({ value }) => value));
			({ paginationToken } = page);
			// If a page were repeated, this loop would never end.
			expect(new Set(seen).size).toBe(seen.length);
		} while (paginationToken);
		expect(seen.sort()).toEqual(externalIds.sort());
	});

	test('shows the attachments of the selected encounter', async () => {
		const { attachmentId } = api.addAttachment({ encounterId: ENCOUNTER });
		const { results } = await owner.searchList({
			methodName: 'searchAttachments',
			credential,
			currentNodeParameters: {
				attachTo: 'encounter',
				encounterId: { __rl: true, mode: 'list', value: ENCOUNTER },
			},
		});
		expect(results).toMatchObject([{ value: attachmentId }]);
		expect(results[0]?.name).toMatch(
			/^superbill.pdf · Documentation · \d{4}-\d\d-\d\d · [\da-f]{8}$/,
		);
	});

	test('explains why it cannot be loaded', async () => {
		const { id, name } = wrongSecret(api.url);
		const search = owner.searchList({
			methodName: 'searchEncounters',
			credential: { id, name },
		});
		await expect(search).rejects.toThrow(/Candid did not accept the client ID and secret at http:/);
	});
});

test('files are stored on an encounter, listed, downloaded and deleted', async () => {
	const samples = await sampleFiles();
	const printed = await n8n.print(roundTripWorkflow);
	const output = itemsIn(printed, 'Delete');

	expect(output.map(({ json }) => json)).toEqual(samples.map(() => ({ deleted: true })));
	// The workflow stored the downloaded files on a charge capture and deleted those of the encounter.
	expect(
		api.attachments
			.map((held) => [held.chargeCaptureExternalId, held.fileName, held.sha256])
			.sort(),
	).toEqual(samples.map(({ fileName, sha256 }) => ['CC-1002', fileName, sha256]).sort());
	const downloads = api.requests.filter(({ server }) => server === 'files');
	expect(downloads.map(({ status, headers }) => [status, headers.authorization])).toEqual(
		samples.map(() => [200, undefined]),
	);
	// n8n prints its log and the data that it saves.
	expect(printed).not.toMatch(LINK_OR_TOKEN);
});

test('the error for a link that does not work does not contain the link', async () => {
	api.inject({ kind: 'status', status: 403, method: 'GET', path: /signature=/, times: 99 });
	const run = n8n.execute(roundTripWorkflow, 'Delete');
	await expect(run).rejects.toThrow('the link to its file did not work (HTTP 403)');
	await expect(run).rejects.not.toThrow(LINK_OR_TOKEN);
});

test('the whole job: a document goes out with the claim, its task is finished, and billing knows', async () => {
	const claimCreationId = 'b0000000-0000-4000-8000-00000000900b';
	const visit = { claimCreationId, patientExternalId: 'PAT-9', dateOfService: '2025-02-03' };
	api.addChargeCapture({ ...visit, chargeExternalId: 'VISIT-1', status: 'planned' });
	const { encounterId } = api.addEncounter({ ...visit, externalId: 'VISIT-1' });
	const { taskId } = api.addTask({ encounterId, category: 'medical_records_request' });
	const others = structuredClone(api.tasks.filter((task) => task.taskId !== taskId));

	const printed = await n8n.print(wholeJobWorkflow);

	const [document, superbill, ...more] = api.attachments;
	expect(more).toEqual([]);
	const file = (await sampleFiles()).find(({ fileName }) => fileName === 'superbill.pdf');
	expect(document).toMatchObject({
		encounterId,
		fileName: 'medical-records.pdf',
		sha256: file?.sha256,
	});
	expect(api.supplementalInformation).toEqual([
		expect.objectContaining({
			encounterId,
			attachmentId: document?.attachmentId,
			reportTypeCode: 'M1',
			transmissionCode: 'EL',
			controlNumber: 'DOC-1',
			inclusion: 'included_on_next_submission',
		}),
	]);
	expect(api.tasks.find((task) => task.taskId === taskId)?.status).toBe('finished');
	expect(api.tasks.filter((task) => task.taskId !== taskId)).toEqual(others);
	expect(api.billingNotes).toEqual([
		expect.objectContaining({ encounterId, text: 'medical-records.pdf sent with the claim' }),
	]);
	const chargeCaptures = api.chargeCaptures.filter(({ status }) => status === 'billable');
	expect(chargeCaptures.map((entry) => entry.chargeExternalId)).toEqual(['CC-1003', 'VISIT-1']);
	expect(api.superbills).toEqual([
		expect.objectContaining({ patientExternalId: 'PAT-9', encounterIds: [encounterId] }),
	]);
	expect(superbill).toMatchObject({
		chargeCaptureExternalId: 'VISIT-1',
		sha256: api.superbills[0]?.sha256,
	});
	expect(itemsIn(printed, 'Store the superbill')).toHaveLength(1);
	expect(printed).not.toMatch(/patient_name|Placeholder Patient/);
	expect(printed).not.toMatch(LINK_OR_TOKEN);
});

describe('the editor', () => {
	test('loads the output preview of an operation', async () => {
		const path = '../../nodes/CandidHealth/__schema__/v1.0.0/encounter/getAll.json';
		const preview: unknown = JSON.parse(await readFile(join(__dirname, path), 'utf8'));
		expect(await owner.outputPreview('encounter', 'getAll')).toEqual(preview);
	});

	test.each(['candidHealth', 'candidHealthTool'])(
		'loads the node type %s, with links marked as sensitive',
		async (name) => {
			const type = await owner.nodeType(`n8n-nodes-candid-health.${name}`);
			expect(type?.sensitiveOutputFields).toEqual(['authed_url']);
			const properties = type?.properties as Array<{ name: string; options?: object[] }>;
			const operations = properties.filter((property) => property.name === 'operation');
			expect(operations.map(({ options }) => options?.length)).toEqual([5, 1, 4, 2, 1, 2]);
		},
	);
});

test('a manual run stores the sample files byte for byte and outputs their IDs', async () => {
	const uploads = await compareWithStored(await runSampleWorkflow(n8n, sampleWorkflow), api);

	expect(
		uploads.map(({ sample, output, problem }) => [sample.fileName, output?.content_type, problem]),
	).toEqual([
		['ecg-strip.png', 'image/png', undefined],
		['lab-results.csv', 'text/csv', undefined],
		['superbill.pdf', 'application/pdf', undefined],
	]);
	expect(api.attachments).toHaveLength(3);
	for (const { sample, output } of uploads) {
		const stored = api.attachments.find(({ fileName }) => fileName === sample.fileName);
		expect(output).toEqual({
			attachment_id: stored?.attachmentId,
			charge_capture_external_id: CHARGE_CAPTURE,
			attachment_type: 'DOCUMENTATION',
			description: `Sample file ${sample.fileName}`,
			file_name: sample.fileName,
			content_type: stored?.contentType,
			file_size: sample.bytes.length,
		});
		expect(stored?.bytes.equals(sample.bytes)).toBe(true);
	}
});

test('files from Edit Fields and Code nodes are stored, or the error says what to change', async () => {
	const printed = await n8n.print(fileShapesWorkflow);
	const [dropped] = itemsIn(printed, 'By name');
	expect(dropped?.json).toMatchObject({
		error: "'data' [item 0] was not stored: the item has no binary field that matches 'data'",
		message: expect.stringContaining(
			"'Edit Fields' leaves files out unless you turn on 'Include Other Input Fields' there and turn off 'Strip Binary Data' under its Options.",
		) as string,
	});
	const names = (node: string) => itemsIn(printed, node).map(({ json }) => json.file_name);
	expect(names('By name, kept')).toEqual(['superbill.pdf']);
	expect(names('By expression')).toEqual(['superbill.pdf']);
	expect(names('Of a Code node')).toEqual(['typed.pdf', 'no type.pdf', 'report.pdf', 'buffer.pdf']);
	expect(api.attachments.map(({ contentType }) => contentType)).toEqual(
		Array.from({ length: 6 }, () => 'application/pdf'),
	);
});

async function postFiles(files: Array<{ bytes: Buffer; fileName: string }>): Promise<Response> {
	const form = new FormData();
	form.append('charge_capture_external_id', 'VISIT 7/2025');
	files.forEach(({ bytes, fileName }, index) => {
		form.append(`file_${index + 1}`, new Blob([new Uint8Array(bytes)]), fileName);
	});
	return await fetch(`${n8n.url}/webhook/candid-attachments`, { method: 'POST', body: form });
}

test('a published webhook workflow stores the files of a request and answers with their IDs in order', async () => {
	await owner.publish(webhookWorkflow);
	const files = (await sampleFiles()).slice(0, 2).reverse();
	const answer = await postFiles(files);

	const items = (await answer.json()) as Array<Record<string, unknown>>;
	expect(answer.status).toBe(200);
	expect(items.map((item) => item.file_name)).toEqual(files.map(({ fileName }) => fileName));
	const stored = items.map((item) =>
		api.attachments.find(({ attachmentId }) => attachmentId === item.attachment_id),
	);
	expect(api.attachments).toHaveLength(2);
	expect(
		stored.map((entry) => [entry?.chargeCaptureExternalId, entry?.fileName, entry?.sha256]),
	).toEqual(files.map(({ fileName, sha256 }) => ['VISIT 7/2025', fileName, sha256]));
});

test("an error workflow's email says in plain lines what was stored and what was not", async () => {
	// n8n 2 starts an error workflow only if it is published (2.41.1).
	await owner.publish(errorWorkflow);
	await owner.publish(webhookWorkflow);
	api.inject({ kind: 'status', status: 403, skip: 1, method: 'POST', path: /attachments/ });
	const files = (await sampleFiles()).slice(0, 2);
	expect((await postFiles(files)).status).toBe(500);

	await until('the email comes', () => smtp.mails.length > 0);
	const [mail] = smtp.mails;
	const [stored] = api.attachments;
	const refused = files.find(({ fileName }) => fileName !== stored?.fileName);
	expect(mail?.subject).toBe(
		`'${refused?.fileName}' [item 0] was not stored: something between n8n and Candid answered (HTTP 403)`,
	);
	expect(mail?.text?.trim().split('\n')).toEqual([
		expect.stringContaining('That is not how Candid answers.'),
		'',
		'1 file stored before the run stopped:',
		`• '${stored?.fileName}' [item 0] → ${stored?.attachmentId}.`,
		expect.stringContaining("'If Already Attached' (under Options) set to 'Skip'"),
	]);
	// n8n writes the message, but not the description, to its own log (2.41.1).
	expect(await n8n.log()).toContain(mail?.subject);
});

describe("n8n's credential test", () => {
	test('accepts the right client ID and secret', async () => {
		expect(await owner.testCredential(CREDENTIAL_TYPE, credentialData(api.url))).toEqual({
			status: 'OK',
			message: 'Connection successful',
		});
	});

	test('explains that the client secret is wrong', async () => {
		const data = { ...credentialData(api.url), clientSecret: 'wrong' };
		const { status, message } = await owner.testCredential(CREDENTIAL_TYPE, data);
		expect(status).toBe('Error');
		expect(message).toMatch(/^Candid did not accept the client ID and secret at http:/);
	});

	test('explains that the host refuses the connection', async () => {
		const data = credentialData(`http://localhost:${await closedPort()}`);
		const { status, message } = await owner.testCredential(CREDENTIAL_TYPE, data);
		expect(status).toBe('Error');
		expect(message).toMatch(/^No access token from http:.+ cannot be reached, the connection was/);
	});
});

test("n8n's log contains no link to a file and no token", async () => {
	expect(await n8n.log()).not.toMatch(LINK_OR_TOKEN);
});

async function closedPort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}
