import { LoadOptionsContext } from 'n8n-core';
import { Workflow } from 'n8n-workflow';
import type { INode, INodeListSearchResult, INodeParameters } from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import { Pace, paceOf } from '../../nodes/CandidHealth/run/pace';
import { startCandidApi } from '../candid-api';
import type { CandidApi } from '../candid-api';
import { additionalData, nodeTypesFor } from './harness';
import { clientCredential } from './storedCredential';
import type { StoredCredential } from './storedCredential';

const ENCOUNTER = 'e0000000-0000-4000-8000-000000002001';

let api: CandidApi;
let credential: StoredCredential;

beforeEach(async () => {
	api = await startCandidApi();
	credential = clientCredential(api);
});

afterEach(async () => await api.close());

/** What the editor asks for when the user opens 'From List' or types in it. */
async function search(
	method: keyof CandidHealth['methods']['listSearch'],
	{
		filter,
		token,
		chosen = {},
	}: { filter?: string; token?: string; chosen?: INodeParameters } = {},
): Promise<INodeListSearchResult> {
	const candid = new CandidHealth();
	const node: INode = {
		id: 'candid',
		name: 'Candid Health',
		type: 'n8n-nodes-candid-health.candidHealth',
		typeVersion: 1,
		position: [0, 0],
		parameters: chosen,
		credentials: { candidHealthApi: { id: '1', name: 'Candid Health' } },
	};
	const nodeTypes = nodeTypesFor(candid, []);
	const workflow = new Workflow({ nodes: [node], connections: {}, active: false, nodeTypes });
	const data = { ...additionalData(credential), currentNodeParameters: chosen };
	const context = new LoadOptionsContext(workflow, node, data, 'parameters.x');
	return await candid.methods.listSearch[method].call(context, filter, token);
}

const id = (value: string) => ({ __rl: true, mode: 'id', value });

it("counts against Candid's limit and does not wait for its turn, because a person waits", async () => {
	const atOnce = jest.spyOn(Pace.prototype, 'immediately');
	paceOf(api.url).pause(25_000);
	await search('searchChargeCaptures');
	expect(api.requests.map(({ path }) => path.split('?')[0])).toEqual([
		'/api/auth/v2/token',
		'/api/charge_captures/v1',
	]);
	expect(atOnce).toHaveBeenCalledTimes(2);
	atOnce.mockRestore();
});

it('lists charge captures before the credential was ever used', async () => {
	const { results, paginationToken } = await search('searchChargeCaptures');
	expect(results).toEqual([
		{ name: 'CC-1003 · PAT-1 · 2025-01-12 · billable', value: 'CC-1003' },
		{ name: 'CC-1002 · PAT-2 · 2025-01-11 · not billable', value: 'CC-1002' },
		{ name: 'CC-1001 · PAT-1 · 2025-01-10 · planned', value: 'CC-1001' },
		{ name: 'CC-1005 · PAT-1 · 2025-01-14 · entered in error', value: 'CC-1005' },
		{ name: 'CC-1004 · PAT-2 · 2025-01-13 · aborted', value: 'CC-1004' },
	]);
	expect(paginationToken).toBeUndefined();
	expect(api.tokensIssued).toBe(1);
});

it("shows aborted and entered-in-error charge captures last on each page, otherwise in Candid's order", async () => {
	const statuses = ['aborted', 'billable', 'entered-in-error', 'planned', 'not-billable'] as const;
	for (let index = 0; index < 60; index++) {
		api.addChargeCapture({
			chargeExternalId: `LIST-${index}`,
			status: statuses[index % statuses.length],
			createdAt: new Date(Date.UTC(2025, 0, 1 + index)).toISOString(),
		});
	}
	/** Candid gives the newest first. */
	const expected = (newest: number, oldest: number) => {
		const ids = Array.from({ length: newest - oldest + 1 }, (_, index) => newest - index);
		const isLast = (index: number) => [0, 2].includes(index % 5);
		const inOrder = [...ids.filter((index) => !isLast(index)), ...ids.filter(isLast)];
		return inOrder.map((index) => `LIST-${index}`);
	};
	const first = await search('searchChargeCaptures', { filter: 'list-' });
	const second = await search('searchChargeCaptures', {
		filter: 'list-',
		token: first.paginationToken as string,
	});
	expect(first.results.map(({ value }) => value)).toEqual(expected(59, 10));
	expect(second.results.map(({ value }) => value)).toEqual(expected(9, 0));
});

it('lists encounters by date and status of their claims, without the name of a patient', async () => {
	const { results } = await search('searchEncounters', { filter: '2001' });
	expect(results).toEqual([
		{
			name: 'ENC-2001 · PAT-1 · 2025-01-10 · biller received',
			value: ENCOUNTER,
			url: `https://app.example.invalid/encounters/${ENCOUNTER}`,
		},
	]);
});

it("searches with Candid's search term, and follows its pages to the end", async () => {
	for (let index = 0; index < 120; index++) {
		api.addChargeCapture({ chargeExternalId: `LIST-${index}` });
	}
	const seen: unknown[] = [];
	let token: string | undefined;
	do {
		const page = await search('searchChargeCaptures', { filter: 'list-', token });
		seen.push(...page.results.map(({ value }) => value));
		token = page.paginationToken;
	} while (token !== undefined);
	expect(new Set(seen).size).toBe(120);
	expect(seen).toHaveLength(120);
	const asked = api.requests.filter(({ path }) => path.includes('search_term=list-'));
	expect(asked).toHaveLength(3);
});

describe('attachments', () => {
	const of = (attachTo: string, parent: INodeParameters) => ({ chosen: { attachTo, ...parent } });

	it.each([
		[
			'charge capture',
			{ chargeCaptureExternalId: 'CC 1/2' },
			of('chargeCapture', { chargeCaptureExternalId: id('CC 1/2') }),
			'',
		],
		[
			'encounter',
			{ encounterId: ENCOUNTER },
			of('encounter', { encounterId: { ...id(`https://x.example/${ENCOUNTER}`), mode: 'url' } }),
			' · 2025-02-01',
		],
	])('of the chosen %s are listed by file name', async (_, parent, how, date) => {
		const createdAt = '2025-02-01T12:00:00.000Z';
		const attachmentId = 'a7700000-0000-4000-8000-000000000001';
		api.addAttachment({ ...parent, createdAt, attachmentId });
		api.addAttachment({
			...parent,
			createdAt,
			attachmentId: attachmentId.replace('a', 'b'),
			fileName: 'labs.csv',
			attachmentType: 'OTHER',
		});
		api.addAttachment({ chargeCaptureExternalId: 'CC-1005', fileName: 'not this.pdf' });
		const { results } = await search('searchAttachments', how);
		expect(results.map(({ name }) => name)).toEqual([
			`superbill.pdf · Documentation${date} · a7700000`,
			`labs.csv · Other${date} · b7700000`,
		]);
		expect(results[0]!.value).toBe(attachmentId);
		const found = await search('searchAttachments', { ...how, filter: 'SUPER' });
		expect(found.results).toHaveLength(1);
	});

	it('show their type by its label, and a type that the node does not know as Candid has it', async () => {
		const types = ['DOCUMENTATION', 'EOB', 'OTHER', 'REFERRAL', 'toString'];
		for (const attachmentType of types) {
			api.addAttachment({ chargeCaptureExternalId: 'CC-1001', attachmentType });
		}
		const { results } = await search(
			'searchAttachments',
			of('chargeCapture', { chargeCaptureExternalId: id('CC-1001') }),
		);
		expect(results.map(({ name }) => name.split(' · ')[1])).toEqual([
			'Documentation',
			'EOB',
			'Other',
			'REFERRAL',
			'toString',
		]);
	});

	it.each([
		[of('chargeCapture', { chargeCaptureExternalId: id('') }), /^No charge capture is selected\./],
		[of('encounter', {}), /^No encounter is selected\./],
		[
			of('encounter', { encounterId: id('ENC-2001') }),
			/^'ENC-2001' is not the ID of an encounter\./,
		],
	])('of nothing that is chosen, %j, say what is missing', async (how, message) => {
		await expect(search('searchAttachments', how)).rejects.toThrow(message);
		expect(api.requests).toEqual([]);
	});
});

describe('a list that cannot be had says why', () => {
	it.each([
		['a wrong secret', { clientSecret: 'wrong' }, 'Candid did not accept the client ID and secret'],
		[
			'no credential data',
			{ environment: 'nowhere' },
			"The credential's Environment has a value that does not exist",
		],
		[
			'a closed port',
			{ baseUrl: 'http://localhost:1' },
			'cannot be reached, the connection was refused',
		],
	])('with %s', async (_, data, message) => {
		credential.data = { ...credential.data, ...data };
		await expect(search('searchEncounters')).rejects.toThrow(message);
	});

	it('with a web page in place of a list', async () => {
		api.inject({ kind: 'status', status: 200, method: 'GET', body: '<h1>Log in</h1>' });
		await expect(search('searchChargeCaptures')).rejects.toThrow("Candid's answer is not a list");
	});

	it('with a token that has expired, only if a new one does not help', async () => {
		await search('searchEncounters');
		api.expireTokens();
		expect((await search('searchEncounters')).results).toHaveLength(3);
		api.inject({ kind: 'status', status: 401, method: 'GET', times: 2 });
		await expect(search('searchEncounters')).rejects.toThrow('did not accept the access token');
	});
});
