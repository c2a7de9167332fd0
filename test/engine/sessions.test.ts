/**
 * A credential whose fields hold expressions is another client for every item, while n8n stores one
 * session token for it: that of the client that was the last to get one.
 */
import { randomBytes } from 'node:crypto';
import type {
	ICredentialDataDecryptedObject,
	ICredentialsExpressionResolveValues,
} from 'n8n-workflow';

import { startCandidApi } from '../candid-api';
import type { CandidApi } from '../candid-api';
import { runUpload } from './harness';
import type { InputItem } from './harness';
import { StoredCredential } from './storedCredential';

const CLIENTS = [
	{ clientId: 'clinic-a', clientSecret: 'secret-a' },
	{ clientId: 'clinic-b', clientSecret: 'secret-b' },
];

const SIGN_IN = '/api/auth/v2/token';

/** A file larger than what is sent from memory: n8n does not send its stream again after a 401. */
const LARGE_BYTES = 700 * 1024;

const SMALL_BYTES = 1000;

class AlternatingCredential extends StoredCredential {
	override async getDecrypted(
		...args: unknown[]
	): Promise<ICredentialDataDecryptedObject & { sessionToken: string }> {
		const { itemIndex } = args[6] as ICredentialsExpressionResolveValues;
		const stored = await super.getDecrypted();
		return { ...stored, ...CLIENTS[itemIndex % 2] };
	}
}

let api: CandidApi;
let credential: AlternatingCredential;

beforeEach(async () => {
	api = await startCandidApi({ clients: CLIENTS });
	credential = new AlternatingCredential({
		environment: 'custom',
		baseUrl: api.url,
		authentication: 'clientCredentials',
	});
});

afterEach(async () => {
	await api.close();
});

const items = (count: number, bytes: number): InputItem[] =>
	Array.from({ length: count }, (_, index) => ({
		files: {
			data: {
				bytes: Buffer.concat([Buffer.from('%PDF-1.4 '), randomBytes(bytes)]),
				fileName: `${index}.pdf`,
				mimeType: 'application/pdf',
			},
		},
	}));

const run = async (count: number, bytes: number) =>
	await runUpload({
		credential,
		items: items(count, bytes),
		parameters: { options: { maxConcurrentUploads: 2 } },
	});

const tokenRequests = () => api.requests.filter(({ path }) => path === SIGN_IN).length;
const refusedUploads = () =>
	api.requests.filter(({ path, status }) => path !== SIGN_IN && status === 401).length;

/** Whose each file is, in the order of their numbers. */
const owners = () =>
	api.attachments
		.map(({ fileName, clientId }) => [Number.parseInt(fileName, 10), clientId] as const)
		.sort(([one], [other]) => one - other);

const alternating = (count: number) =>
	Array.from({ length: count }, (_, index) => [index, CLIENTS[index % 2]!.clientId]);

describe.each([
	['small files', SMALL_BYTES],
	['large files', LARGE_BYTES],
])('two clients that take turns, with %s', (_, bytes) => {
	it('ask for one token each, and store every file for its own client', async () => {
		const { error } = await run(8, bytes);
		expect(error).toBeUndefined();
		expect(owners()).toEqual(alternating(8));
		expect(tokenRequests()).toBe(2);
	});

	it('do not take turns in being refused, once each has a token', async () => {
		await run(2, bytes);
		const before = refusedUploads();
		const { error } = await run(8, bytes);
		expect(error).toBeUndefined();
		expect(refusedUploads()).toBe(before);
		expect(tokenRequests()).toBe(2);
	});

	it('renew one token each when both have expired', async () => {
		await run(2, bytes);
		api.expireTokens();
		const { error } = await run(8, bytes);
		expect(error).toBeUndefined();
		expect(api.attachments).toHaveLength(10);
		expect(tokenRequests()).toBe(4);
	});
});
