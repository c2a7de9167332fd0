/**
 * A credential whose fields hold expressions can be another client for every item, while n8n stores only
 * one session token for it: the token of the client that got one last.
 */
import type { CandidApi } from '../candid-api';
import { SIGN_IN_PATH } from '../candid-api/paths';
import { randomPdf } from '../files/contents';
import { pdfFile, startApiForEachTest, tokenRequests } from './fixtures';
import { runUpload } from './harness';
import type { InputItem } from './harness';
import { CredentialPerItem } from './storedCredential';
import type { StoredCredential } from './storedCredential';

const CLIENTS = [
	{ clientId: 'clinic-a', clientSecret: 'secret-a' },
	{ clientId: 'clinic-b', clientSecret: 'secret-b' },
];

/** Larger than files that are sent from memory. n8n does not send a stream again after a 401. */
const LARGE_BYTES = 700 * 1024;

const SMALL_BYTES = 1000;

let api: CandidApi;
let credential: StoredCredential;

startApiForEachTest((started) => ({ api, credential } = started), {
	clients: CLIENTS,
	credentialFor: ({ url }) =>
		new CredentialPerItem(
			{ environment: 'custom', baseUrl: url, authentication: 'clientCredentials' },
			(item) => CLIENTS[item % 2]!,
		),
});

const items = (count: number, bytes: number): InputItem[] =>
	Array.from({ length: count }, (_, index) => ({
		files: { data: pdfFile(`${index}.pdf`, randomPdf(bytes)) },
	}));

const run = async (count: number, bytes: number) =>
	await runUpload({
		credential,
		items: items(count, bytes),
		parameters: { options: { maxConcurrentUploads: 2 } },
	});

const refusedUploads = () =>
	api.requests.filter(({ path, status }) => path !== SIGN_IN_PATH && status === 401).length;

/** The client of each file, in the order of the file numbers. */
const owners = () =>
	api.attachments
		.map(({ fileName, clientId }) => [Number.parseInt(fileName, 10), clientId] as const)
		.sort(([one], [other]) => one - other);

const alternating = (count: number) =>
	Array.from({ length: count }, (_, index) => [index, CLIENTS[index % 2]!.clientId]);

describe.each([
	['small files', SMALL_BYTES],
	['large files', LARGE_BYTES],
])('two clients on alternating items, with %s,', (_, bytes) => {
	it('request one token each, and store every file with its own client', async () => {
		const { error } = await run(8, bytes);
		expect(error).toBeUndefined();
		expect(owners()).toEqual(alternating(8));
		expect(tokenRequests(api)).toHaveLength(2);
	});

	it('do not cause further 401s once each has a token', async () => {
		await run(2, bytes);
		const before = refusedUploads();
		const { error } = await run(8, bytes);
		expect(error).toBeUndefined();
		expect(refusedUploads()).toBe(before);
		expect(tokenRequests(api)).toHaveLength(2);
	});

	it('request one new token each when both have expired', async () => {
		await run(2, bytes);
		api.expireTokens();
		const { error } = await run(8, bytes);
		expect(error).toBeUndefined();
		expect(api.attachments).toHaveLength(10);
		expect(tokenRequests(api)).toHaveLength(4);
	});
});
