/**
 * n8n in a clinic's network: the only way to Candid is a proxy, and the certificate is of an authority that
 * only this network trusts. The proxy alone knows Candid's host name, so what arrives went through it.
 */
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { startCandidApi, type CandidApi } from '../candid-api';
import { ensureInstalled } from './installation';
import { CREDENTIAL_TYPE, credentialData, localCredential } from './localCredential';
import { OwnerSession, type SavedExecution } from './ownerSession';
import { RealN8n } from './realN8n';
import { startConnectProxy, type ConnectProxy, type ProxyManner } from './services/connectProxy';
import { createPrivateCa, type PrivateCa } from './services/privateCa';
import { LINK_OR_TOKEN, PREPARE_MS, prepareTestBed } from './testBed';
import { userFolderOf } from './userFolder';

const NAME = 'network';
const HOST = 'candid.test';
const PROXY_LOGIN = { user: 'clinic', password: 'proxy-word-7' };
const SECOND_CLIENT = { clientId: 'second-client', clientSecret: 'second-secret' };

const FOLDER = join(__dirname, '.cache', NAME);
const FILES = join(FOLDER, 'files').replaceAll('\\', '/');
const FILE = 'CC-1001 superbill.pdf';

const TRIGGER = 'Run by hand';
const NODE = 'Candid Health';

const NOT_FOR_TOKENS =
	"The node's Request Options do not apply to access tokens. HTTPS_PROXY and NODE_EXTRA_CA_CERTS do.";

let ca: PrivateCa;
let proxy: ConnectProxy;
/** behind HTTPS, as HOST or localhost */
let api: CandidApi;
/** without TLS, on this computer */
let plain: CandidApi;
let n8n: RealN8n;
let owner: OwnerSession;
let bytes: Buffer;
let upload: string;
let roundTrip: string;

beforeAll(async () => {
	await rm(FOLDER, { recursive: true, force: true });
	await mkdir(FILES, { recursive: true });
	await copyFile(join(__dirname, 'samples', 'superbill.pdf'), join(FILES, FILE));
	bytes = await readFile(join(FILES, FILE));
	ca = await createPrivateCa(FOLDER, [HOST, 'localhost']);
	proxy = await startConnectProxy([HOST]);
	plain = await startCandidApi();
	({ api, n8n } = await prepareTestBed(
		NAME,
		{ readableFolder: FILES, env: behindProxy() },
		{ tls: ca.tls, clients: [SECOND_CLIENT] },
	));
	const credential = localCredential(throughProxy());
	const withClient = { ...credential, id: 'secondClient', data: secondClient() };
	const withToken = { ...credential, id: 'pastedToken', data: pasted(throughProxy()) };
	const direct = { ...credential, id: 'direct', data: { ...secondClient(), baseUrl: api.url } };
	await n8n.importCredentials(credential, withClient, withToken, direct);
	upload = await importWorkflow('upload-folder.json');
	roundTrip = await importWorkflow('attachments-round-trip.json');
	await start();
}, PREPARE_MS);

afterAll(async () => {
	await n8n?.stop();
	await proxy?.stop();
	await api?.close();
	await plain?.close();
});

beforeEach(() => {
	for (const { reset } of [api, plain]) reset();
	proxy.asked.length = 0;
	proxy.manner = 'forward';
});

describe('with HTTPS_PROXY, HTTP_PROXY and NODE_EXTRA_CA_CERTS', () => {
	beforeAll(() => (proxy.login = PROXY_LOGIN));

	test('tokens, uploads, lists, downloads and deletes go through the proxy, with its password', async () => {
		expect(await testCredential(throughProxy())).toEqual(CONNECTED);
		const run = await runWorkflow(roundTrip);
		expect(run.status).toBe('success');
		expect(proxy.asked).toEqual(
			api.requests.map(({ server }) =>
				server === 'files' ? new URL(api.filesUrl).host : new URL(throughProxy()).host,
			),
		);
		expect(api.requests.map(({ method, server }) => `${method} ${server}`)).toEqual([
			'POST api',
			'GET api',
			'PUT api',
			'GET api',
			'GET api',
			'GET files',
			'POST api',
			'DELETE api',
		]);
		// This is the file that was uploaded, downloaded and uploaded again.
		expect(api.attachments.map(({ fileName, bytes: stored }) => [fileName, stored])).toEqual([
			[FILE, bytes],
		]);
		await expectNoSecrets(run);
	});

	test.each<[ProxyManner, string, string]>([
		[
			'refuse',
			'something between n8n and Candid answered (HTTP 403)',
			'The answer was: "Blocked by policy". That is not how Candid answers. Check any proxies (HTTPS_PROXY, NO_PROXY) and firewalls between n8n and Candid, and the Environment of the credential.',
		],
		[
			'ask for password',
			'the proxy asks for a user name and password (HTTP 407)',
			"Check the proxy: in the node's Request Options, or in the environment of your n8n (HTTPS_PROXY, NO_PROXY).",
		],
		[
			'close',
			'Candid cannot be reached, the proxy closed the connection',
			"Check the proxy: in the node's Request Options, or in the environment of your n8n (HTTPS_PROXY, NO_PROXY).",
		],
	])(
		'says what a proxy does instead of connecting to Candid: %s',
		async (manner, reason, advice) => {
			proxy.manner = manner;
			const withClient = await owner.testCredential(CREDENTIAL_TYPE, secondClient());
			expect(withClient.message).toBe(
				`No access token from ${throughProxy()}: ${reason}. ${advice} ${NOT_FOR_TOKENS}`,
			);
			const withToken = await owner.testCredential(CREDENTIAL_TYPE, pasted(throughProxy()));
			expect(withToken.message).toBe(`${reason[0]!.toUpperCase()}${reason.slice(1)}. ${advice}`);

			const run = await runUpload('pastedToken');
			expect(run.status).toBe('error');
			expect(run.result.error).toMatchObject({
				message: `'${FILE}' [item 0] was not stored: ${reason}`,
				description: advice,
			});
			expect(proxy.asked).toHaveLength(3);
			expect(api.requests).toEqual([]);
			await expectNoSecrets(run);
		},
	);

	test('HTTP_PROXY is used for http://localhost too, and the message names NO_PROXY', async () => {
		expect(await testCredential(plain.url)).toEqual(CONNECTED);
		expect(proxy.asked).toEqual([new URL(plain.url).host, new URL(plain.url).host]);

		proxy.manner = 'refuse';
		const { message } = await owner.testCredential(CREDENTIAL_TYPE, pasted(plain.url));
		expect(message).toContain('between n8n and Candid answered (HTTP 403)');
		expect(message).toContain('NO_PROXY');
		expect(plain.requests).toHaveLength(2);
	});
});

describe('with HTTP_PROXY and NO_PROXY alone', () => {
	beforeAll(async () => {
		await n8n.stop();
		proxy.login = undefined;
		const installation = await ensureInstalled(() => {});
		n8n = await RealN8n.prepare(installation, {
			userFolder: userFolderOf(NAME),
			readableFolder: FILES,
			env: { HTTP_PROXY: proxy.url, NO_PROXY: 'localhost' },
		});
		await start();
	}, PREPARE_MS);

	test('requests to a host in NO_PROXY do not go to the proxy', async () => {
		expect(await testCredential(plain.url)).toEqual(CONNECTED);
		expect(plain.requests).toHaveLength(2);
		expect(proxy.asked).toEqual([]);
	});

	test('a host that only the proxy knows is not known, and the message names HTTPS_PROXY', async () => {
		const { message } = await owner.testCredential(CREDENTIAL_TYPE, pasted(throughProxy()));
		expect(message).toMatch(
			/^Candid cannot be reached, the host name .*Check the network of your n8n \(behind a proxy: HTTPS_PROXY and NO_PROXY\)/,
		);
		expect(proxy.asked).toEqual([]);
	});

	test('a certificate of a private authority is not trusted, and the message names NODE_EXTRA_CA_CERTS', async () => {
		const run = await runUpload('direct');
		expect(run.result.error).toMatchObject({
			message: `'${FILE}' [item 0] was not stored: No access token from ${api.url}: Candid cannot be reached, the host's certificate is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE)`,
			description: `If your network has its own certificate authority, set NODE_EXTRA_CA_CERTS to its certificate file and restart n8n. ${NOT_FOR_TOKENS}`,
		});
		expect(api.requests).toEqual([]);
	});

	test("the node's Request Options do not reach the request for a token", async () => {
		const viaProxy = await runUpload('secondClient', { proxy: proxy.url });
		expect(viaProxy.result.error?.message).toMatch(
			/ was not stored: No access token from .*: Candid cannot be reached, the host name /,
		);
		expect(viaProxy.result.error?.description).toContain(NOT_FOR_TOKENS);
		const ignoring = await runUpload('direct', { allowUnauthorizedCerts: true });
		expect(ignoring.result.error?.message).toContain("the host's certificate is not trusted");
		expect(ignoring.result.error?.description).toContain(NOT_FOR_TOKENS);
		expect(proxy.asked).toEqual([]);
		expect(api.requests).toEqual([]);
	});

	test("with a pasted access token, the node's Request Options are enough for an upload", async () => {
		const options = { proxy: proxy.url, allowUnauthorizedCerts: true };
		const run = await runUpload('pastedToken', options);
		expect(run.status).toBe('success');
		expect(proxy.asked).toEqual([new URL(throughProxy()).host]);
		expect(api.attachments.map(({ bytes: stored }) => stored)).toEqual([bytes]);
		await expectNoSecrets(run);
	});
});

const CONNECTED = { status: 'OK', message: 'Connection successful' };

function behindProxy(): Record<string, string> {
	const { user, password } = PROXY_LOGIN;
	const url = proxy.url.replace('//', `//${user}:${password}@`);
	return { HTTPS_PROXY: url, HTTP_PROXY: url, NODE_EXTRA_CA_CERTS: ca.file };
}

/** The address of the API that only the proxy can look up. */
const throughProxy = () => api.url.replace('localhost', HOST);

const secondClient = () => ({ ...credentialData(throughProxy()), ...SECOND_CLIENT });

const pasted = (baseUrl: string) => ({
	environment: 'custom',
	baseUrl,
	authentication: 'accessToken',
	accessToken: api.issueToken(),
});

const testCredential = async (baseUrl: string) =>
	await owner.testCredential(CREDENTIAL_TYPE, credentialData(baseUrl));

async function importWorkflow(file: string): Promise<string> {
	const placeholders = { FILES_FOLDER: FILES, SAMPLES_FOLDER: FILES };
	return await n8n.importWorkflow(join(__dirname, 'testWorkflows', file), placeholders);
}

async function start(): Promise<void> {
	await n8n.start();
	owner = await OwnerSession.open(n8n.url);
}

async function runWorkflow(id: string): Promise<SavedExecution> {
	return await owner.finishedRun(await owner.startRun(id, TRIGGER));
}

/** Uploads the file with a credential and the node's own Request Options, in one try. */
async function runUpload(credentialId: string, requestOptions = {}): Promise<SavedExecution> {
	await owner.changeNode(upload, NODE, ({ parameters }) => ({
		parameters: { ...parameters, options: { maxTries: 1 }, requestOptions },
		credentials: { [CREDENTIAL_TYPE]: { id: credentialId, name: credentialId } },
	}));
	return await runWorkflow(upload);
}

async function expectNoSecrets({ text }: SavedExecution): Promise<void> {
	for (const shown of [text, await n8n.log()]) {
		expect(shown).not.toMatch(LINK_OR_TOKEN);
		expect(shown).not.toContain(PROXY_LOGIN.password);
	}
}
