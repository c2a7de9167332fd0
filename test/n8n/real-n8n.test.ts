import { rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

import { startCandidApi, type CandidApi } from '../candid-api';
import { packProject } from './communityPackage';
import { ensureInstalled } from './installation';
import { CREDENTIAL_TYPE, credentialData, localCredential } from './localCredential';
import { OwnerSession } from './ownerSession';
import { RealN8n } from './realN8n';
import {
	CHARGE_CAPTURE,
	SAMPLES_FOLDER,
	compareWithStored,
	importSampleWorkflow,
	runSampleWorkflow,
	sampleFiles,
} from './sampleUploads';

/** Enough for an installation from nothing. */
const PREPARE_MS = 15 * 60_000;

let api: CandidApi;
let n8n: RealN8n;
let owner: OwnerSession;
let sampleWorkflow: string;
let webhookWorkflow: string;

beforeAll(async () => {
	const userFolder = join(__dirname, '.n8n', 'test');
	const installation = await ensureInstalled((line) => process.stderr.write(`${line}\n`));
	const pack = await packProject();
	await rm(userFolder, { recursive: true, force: true });
	api = await startCandidApi();
	n8n = await RealN8n.prepare(installation, {
		userFolder,
		readableFolder: SAMPLES_FOLDER,
		// The demo runs with the disk.
		binaryDataMode: 'database',
	});
	await n8n.install(pack);
	await n8n.importCredential(localCredential(api.url));
	sampleWorkflow = await importSampleWorkflow(n8n);
	webhookWorkflow = await n8n.importWorkflow(join(__dirname, 'workflows', 'upload-webhook.json'));
	await n8n.start();
	owner = await OwnerSession.open(n8n.url);
}, PREPARE_MS);

afterAll(async () => {
	await n8n?.stop();
	await api?.close();
});

beforeEach(() => api.reset());

test('a workflow run by hand stores the sample files byte for byte and puts out their IDs', async () => {
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

test('a published webhook stores the files of one request and answers with their IDs in order', async () => {
	await owner.publish(webhookWorkflow);
	const files = (await sampleFiles()).slice(0, 2).reverse();
	const form = new FormData();
	form.append('charge_capture_external_id', 'VISIT 7/2025');
	files.forEach(({ bytes, fileName }, index) => {
		form.append(`file_${index + 1}`, new Blob([new Uint8Array(bytes)]), fileName);
	});

	const answer = await fetch(`${n8n.url}/webhook/candid-attachments`, {
		method: 'POST',
		body: form,
	});

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

describe("n8n's credential test", () => {
	test('accepts the right client ID and secret', async () => {
		expect(await owner.testCredential(CREDENTIAL_TYPE, credentialData(api.url))).toEqual({
			status: 'OK',
			message: 'Connection successful',
		});
	});

	test('says in plain words that a secret is wrong', async () => {
		const data = { ...credentialData(api.url), clientSecret: 'wrong' };
		const { status, message } = await owner.testCredential(CREDENTIAL_TYPE, data);
		expect(status).toBe('Error');
		expect(message).toMatch(/^Candid did not accept the client ID and secret at http:/);
	});

	test('says in plain words that nothing listens at the address', async () => {
		const data = credentialData(`http://localhost:${await closedPort()}`);
		const { status, message } = await owner.testCredential(CREDENTIAL_TYPE, data);
		expect(status).toBe('Error');
		expect(message).toMatch(/^No access token from http:.+ cannot be reached, the connection was/);
	});
});

async function closedPort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}
