import { CandidApi as Candid, CandidApiClient } from 'candidhealth';
import type { INodeParameters } from 'n8n-workflow';

import { CandidHealth } from '../../../nodes/CandidHealth/CandidHealth.node';
import { startCandidApi } from '../../candid-api';
import type { CandidApi, RecordedRequest } from '../../candid-api';
import { SIGN_IN_PATH } from '../../candid-api/paths';
import { ENCOUNTER } from '../fixtures';
import { runNode } from '../harness';
import type { InputItem } from '../harness';
import { clientCredential } from '../storedCredential';
import type { StoredCredential } from '../storedCredential';

/*
 * The vendor's SDK and the node make the same calls to the same server. The requests that arrive there,
 * and the results of both, must be the same.
 *
 * Importing this file starts one local API for the test file, which is reset before each test.
 */

/** All characters that have a special meaning in a path, a query or a form. */
export const SPECIAL_CHARACTERS = 'a/b ü%1+2&c=d?e#f;g\\"h"';

export const EXTERNAL_IDS = [
	'CC-1001',
	'CC/2025/7',
	'CC  7',
	'Bülow-7',
	'50%',
	'CC%2F7',
	'%2e%2e',
	'...',
	'1+1',
	'A&B=C',
	'really?',
	'#7',
	'CC\\7',
	"it's (a) *test*!~",
	'診療 😀',
	SPECIAL_CHARACTERS,
];

/** The patient of more charge captures, and of more encounters, than two of Candid's pages hold. */
export const PATIENT_OF_MANY = 'PAT-MANY';
export const MANY = 230;

/** Makes the SDK's serializers keep every field of an answer. */
export const AS_IS = { unrecognizedObjectKeys: 'passthrough' } as const;

export let api: CandidApi;
export let client: CandidApiClient;
export let credential: StoredCredential;

beforeAll(async () => {
	api = await startCandidApi({ requestsPer10Seconds: 100_000 });
	client = new CandidApiClient({
		clientId: 'local-client',
		clientSecret: 'local-secret',
		environment: { candidApi: api.url, preEncounter: api.url },
		maxRetries: 0,
	});
	credential = clientCredential(api);
	for (const chargeExternalId of EXTERNAL_IDS.slice(1)) {
		api.addChargeCapture({ chargeExternalId, patientExternalId: SPECIAL_CHARACTERS });
	}
	for (const claimStatus of Object.values(Candid.ClaimStatus)) {
		api.addEncounter({ externalId: `ENC-${claimStatus}`, claimStatus });
	}
	api.addEncounter({ externalId: SPECIAL_CHARACTERS, patientExternalId: SPECIAL_CHARACTERS });
	for (let index = 0; index < MANY; index++) {
		const id = `MANY-${index}`;
		api.addChargeCapture({ chargeExternalId: id, patientExternalId: PATIENT_OF_MANY });
		api.addEncounter({ externalId: id, patientExternalId: PATIENT_OF_MANY });
	}
});

beforeEach(() => api.reset());

/** Adds a task of each category and of each status, and as many as there are encounters of one patient. */
export function addTasks(): void {
	const encounterId = ENCOUNTER;
	for (const category of Object.values(Candid.tasks.TaskCategory)) {
		api.addTask({ encounterId, category });
	}
	for (const status of Object.values(Candid.tasks.TaskStatus)) {
		api.addTask({ encounterId, status });
	}
	for (let index = 0; index < MANY; index++) {
		const updatedAt = new Date(Date.UTC(2025, 5, 1, 0, index)).toISOString();
		api.addTask({ encounterId, updatedAt, externalId: 'TASK-MANY' });
	}
}

afterAll(async () => await api.close());

/** The node's output items. */
export async function node(parameters: INodeParameters, item: InputItem = {}) {
	const settings = { credential, parameters, items: [item] };
	const { output, error } = await runNode(new CandidHealth(), settings);
	expect(error).toBeUndefined();
	return output;
}

/** The result of a call and the requests that it sent to Candid, without those for tokens. */
export async function recorded<T>(call: () => Promise<T>) {
	const before = api.requests.length;
	const result = await call();
	const requests = api.requests.slice(before).filter(({ path }) => path !== SIGN_IN_PATH);
	return { result, requests: requests.map(comparable) };
}

/**
 * A request without what may differ. The path is compared as it was sent. The query is compared decoded,
 * because n8n encodes `( ) * !` and the SDK does not, and in any order. The fields of a form are compared
 * in any order too: the SDK puts the file before the attachment type, the node puts it last.
 */
function comparable({ path: target, headers, fields, ...request }: RecordedRequest) {
	const [path, query] = target.split('?');
	const { server, method, body: json, bytesReceived } = request;
	return {
		server,
		method,
		path,
		query: [...new URLSearchParams(query)].map(([name, value]) => ({ name, value })).sort(byName),
		form: fields && [...fields].sort(byName),
		json,
		bodyType: headers['content-type']?.split(';')[0],
		hasBody: bytesReceived > 0,
		authorization: headers.authorization?.split(' ')[0],
	};
}

function byName(a: { name: string }, b: { name: string }): number {
	return a.name < b.name ? -1 : Number(a.name > b.name);
}
