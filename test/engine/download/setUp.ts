import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Container } from '@n8n/di';
import { BinaryDataConfig } from 'n8n-core';
import { sleep } from 'n8n-workflow';
import type { IDataObject } from 'n8n-workflow';

import { CandidHealth } from '../../../nodes/CandidHealth/CandidHealth.node';
import { startCandidApi } from '../../candid-api';
import type { AttachmentSeed, CandidApi, CandidApiSettings } from '../../candid-api';
import { randomPdf } from '../../files/contents';
import { scaleWaits } from '../faults/scaledWaits';
import { ATTACHMENT_LISTS, attachmentParameters, locator } from '../fixtures';
import { runNode } from '../harness';
import type { RunSettings } from '../harness';
import { clientCredential } from '../storedCredential';
import type { StoredCredential } from '../storedCredential';

/*
 * What the tests of downloads share. Importing this file starts a local API before each test, and
 * closes it afterwards.
 */

export const DOWNLOAD = attachmentParameters('download', {
	attachmentId: locator('={{ $json.attachment_id }}'),
	binaryPropertyName: 'data',
});

export let api: CandidApi;
export let credential: StoredCredential;

// These tests are not about how long the node waits, but about what it does afterwards.
beforeAll(() => scaleWaits(0.02));

beforeEach(async () => await start());

afterEach(async () => await api.close());

async function start(settings: CandidApiSettings = {}): Promise<void> {
	api = await startCandidApi(settings);
	credential = clientCredential(api);
}

/** Starts the local API again, with other settings. */
export async function restart(settings: CandidApiSettings): Promise<void> {
	await api.close();
	await start(settings);
}

/** Adds an attachment to CC-1001, unless the seed says otherwise. */
export const add = (name = 'superbill.pdf', bytes = randomPdf(1000), seed: AttachmentSeed = {}) =>
	api.addAttachment({ chargeCaptureExternalId: 'CC-1001', fileName: name, bytes, ...seed });

/** Runs the node with one item for each attachment ID. */
export const download = async (
	ids: string[],
	{ parameters, ...settings }: Partial<RunSettings> = {},
) =>
	await runNode(new CandidHealth(), {
		credential,
		items: ids.map((id) => ({ json: { attachment_id: id } })),
		...settings,
		parameters: { ...DOWNLOAD, ...parameters },
	});

/** The requests for lists of attachments. */
export const lists = () =>
	api.requests.filter(({ server, path }) => server === 'api' && path.includes('attachments'));

/** Makes the local API list an attachment with another link. */
export function answerWithLink(attachmentId: string, link: string) {
	api.inject({
		kind: 'answer',
		...ATTACHMENT_LISTS,
		times: 9,
		contentType: 'application/json',
		body: [{ attachment_id: attachmentId, file_name: 'a.pdf', authed_url: link } as IDataObject],
	});
}

/** Runs `work` with a separate folder for binary data. @returns also the files that it left there */
export async function withStorage<T>(
	work: () => Promise<T>,
): Promise<{ result: T; files: string[] }> {
	const config = Container.get(BinaryDataConfig);
	const usual = config.localStoragePath;
	config.localStoragePath = mkdtempSync(join(tmpdir(), 'candid-health-download-'));
	try {
		const result = await work();
		return { result, files: storedFiles() };
	} finally {
		rmSync(config.localStoragePath, { recursive: true });
		config.localStoragePath = usual;
	}
}

export const storedFiles = () =>
	readdirSync(Container.get(BinaryDataConfig).localStoragePath, {
		recursive: true,
		withFileTypes: true,
	})
		.filter((entry) => entry.isFile())
		.map(({ name }) => name);

/** The first 100 bytes one at a time, then the rest. */
export async function* singleBytes(bytes: Buffer) {
	for (const byte of bytes.subarray(0, 100)) {
		yield Buffer.from([byte]);
		await sleep(0);
	}
	yield bytes.subarray(100);
}

/** Starts a server that takes the place of the host of the files. */
export async function listen(listener: RequestListener): Promise<Server> {
	const server = createServer(listener);
	await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
	return server;
}

export const urlOf = (server: Server) =>
	`http://localhost:${(server.address() as AddressInfo).port}/file`;

export const close = async (server: Server) =>
	await new Promise<void>((resolve) => server.close(() => resolve()));
