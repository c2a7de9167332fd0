/** The example of docs/administration.md: n8n's HTTP Request node with this package's credential. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { CandidApi } from '../candid-api';
import { SIGN_IN_PATH } from '../candid-api/paths';
import { SEED_DATA } from '../candid-api/seed-data';
import { CREDENTIAL_TYPE, localCredential } from './localCredential';
import { OwnerSession, type SavedExecution } from './ownerSession';
import { itemsOf, type RealN8n } from './realN8n';
import { LINK_OR_TOKEN, PREPARE_MS, prepareTestBed } from './testBed';

const DOCS = join(__dirname, '..', '..', 'docs', 'administration.md');
const CANDID = 'https://api.joincandidhealth.com';

const TRIGGER = 'Run by hand';
const NODE = 'What is sent with the claim';
const WORKFLOW = 'httpRequestNode';
const OWN_WORKFLOW = 'candidHealthNode';

const ENCOUNTER_ID = SEED_DATA.encounters[0]!.encounterId!;

/** n8n's own setting in each credential, 'Allowed HTTP Request Domains' */
const RESTRICTIONS = {
	none: { allowedHttpRequestDomains: 'none' },
	listed: { allowedHttpRequestDomains: 'domains', allowedDomains: 'localhost' },
	notListed: { allowedHttpRequestDomains: 'domains', allowedDomains: 'example.com' },
};

let api: CandidApi;
let n8n: RealN8n;
let owner: OwnerSession;
/** the parameters of the example's HTTP Request node, with the local API's host */
let parameters: Record<string, unknown>;

beforeAll(async () => {
	({ api, n8n } = await prepareTestBed('http-request-node', { readableFolder: '/nowhere' }));
	const markdown = await readFile(DOCS, 'utf8');
	const json = /```json\n([^]*?)\n```/.exec(markdown)?.[1] ?? '';
	const example = JSON.parse(json.replace(CANDID, api.url)) as Example;
	await n8n.importWorkflows(
		{ id: WORKFLOW, name: 'Example', active: false, ...example },
		{ id: OWN_WORKFLOW, name: 'Own node', active: false, ...withOwnNode(example) },
	);
	const credential = localCredential(api.url);
	const restricted = Object.entries(RESTRICTIONS).map(([id, restriction]) => ({
		...credential,
		id,
		data: { ...credential.data, ...restriction },
	}));
	await n8n.importCredentials(...restricted);
	await n8n.start();
	owner = await OwnerSession.open(n8n.url);
	({ parameters } = example.nodes.find(({ name }) => name === NODE)!);
}, PREPARE_MS);

afterAll(async () => {
	await n8n?.stop();
	await api?.close();
});

beforeEach(() => api.reset());

test("outputs Candid's answer", async () => {
	const entry = api.addSupplementalInformation({ encounterId: ENCOUNTER_ID });
	expect(outputOf(await runExample())).toEqual([
		expect.objectContaining({
			supplemental_information_id: entry.supplementalInformationId,
			encounter_id: ENCOUNTER_ID,
		}),
	]);
});

test('renews an expired token and sends the request again, also a change with JSON', async () => {
	const { taskId } = api.addTask({
		encounterId: ENCOUNTER_ID,
		category: 'medical_records_request',
	});
	await runExample();
	for (const changes of [{}, finishing(taskId)]) {
		api.expireTokens();
		const before = api.requests.length;
		const run = await runExample(changes);
		expect(run.status).toBe('success');
		expect(api.requests.slice(before).map(({ status }) => status)).toEqual([401, 200, 200]);
		expect(run.text).not.toMatch(LINK_OR_TOKEN);
	}
	expect(api.tasks.find((task) => task.taskId === taskId)?.status).toBe('finished');
	expect(await n8n.log()).not.toMatch(LINK_OR_TOKEN);
});

test('refuses a URL without a host, and says so', async () => {
	const { result } = await runExample({ url: '/api/encounters/v4' });
	expect(result.error?.message).toBe(
		'Invalid URL: /api/encounters/v4. URL must start with "http" or "https".',
	);
	expect(api.requests).toEqual([]);
});

test('sends no token to another host, and says so', async () => {
	const { result } = await runExample({ url: `${api.filesUrl}/files/1` });
	expect(result.error).toMatchObject({
		message: `The Candid credential can only be used with ${api.url}`,
		description:
			'The access token was not sent. Check the URL, and the Environment of the credential.',
	});
	expect(api.requests.filter(({ path }) => path !== SIGN_IN_PATH)).toEqual([]);
});

test.each<[keyof typeof RESTRICTIONS, RegExp | undefined, RegExp | undefined]>([
	['none', /This credential is configured to prevent use within an HTTP Request/, undefined],
	['listed', undefined, undefined],
	['notListed', /Domain not allowed/, /Domain not allowed/],
])(
	"n8n's 'Allowed HTTP Request Domains' applies to the HTTP Request node, and a list also to this package's node: %s",
	async (credential, refusal, ownRefusal) => {
		const run = await runExample({}, credential);
		const own = await runOwnNode(credential);
		expect(run.result.error?.description ?? '').not.toContain('Request Options');
		expect(run.result.error?.message).toEqual(refusal && expect.stringMatching(refusal));
		expect(own.result.error?.message).toEqual(ownRefusal && expect.stringMatching(ownRefusal));
	},
);

const finishing = (taskId: string) => ({
	method: 'PATCH',
	url: `${api.url}/api/tasks/v3/${taskId}`,
	sendBody: true,
	specifyBody: 'json',
	jsonBody: '{ "status": "finished" }',
});

interface Example {
	nodes: Array<{ name: string; type: string; parameters: Record<string, unknown> }>;
}

/** The example with a Candid Health node in place of the HTTP Request node. */
function withOwnNode({ nodes, ...rest }: Example): Example {
	const own = {
		type: 'n8n-nodes-candid-health.candidHealth',
		typeVersion: 1,
		parameters: { resource: 'encounter', operation: 'getAll', limit: 1 },
	};
	return { ...rest, nodes: nodes.map((node) => (node.name === NODE ? { ...node, ...own } : node)) };
}

async function runExample(changes = {}, credential = ''): Promise<SavedExecution> {
	return await run(WORKFLOW, { parameters: { ...parameters, ...changes } }, credential);
}

const runOwnNode = async (credential: string) => await run(OWN_WORKFLOW, {}, credential);

async function run(workflow: string, node: object, credential: string): Promise<SavedExecution> {
	const { id, name } = localCredential(api.url);
	const credentials = { [CREDENTIAL_TYPE]: { id: credential || id, name } };
	await owner.changeNode(workflow, NODE, () => ({ ...node, credentials }));
	return await owner.finishedRun(await owner.startRun(workflow, TRIGGER));
}

const outputOf = ({ result }: SavedExecution) => itemsOf(result, NODE).map(({ json }) => json);
