import { LoadOptionsContext } from 'n8n-core';
import { Workflow } from 'n8n-workflow';
import type { INodeListSearchResult, INodeParameters } from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import { Pace, paceOf } from '../../nodes/CandidHealth/run/pace';
import type { CandidApi } from '../candid-api';
import { CHARGE_CAPTURES_PATH, SIGN_IN_PATH, TASKS_PATH } from '../candid-api/paths';
import {
	ENCOUNTER,
	FIRST_ATTACHMENT,
	SAMPLE_UUID,
	TASK,
	TO_ENCOUNTER,
	locator,
	startApiForEachTest,
} from './fixtures';
import { additionalData, candidNode, nodeTypesFor } from './harness';
import { clientCredential } from './storedCredential';
import type { StoredCredential } from './storedCredential';

let api: CandidApi;
let credential: StoredCredential;

startApiForEachTest((started) => ({ api, credential } = started), {
	credentialFor: clientCredential,
});

/** Calls what the editor calls when the user opens 'From List' or types in it. */
async function search(
	method: keyof CandidHealth['methods']['listSearch'],
	{
		filter,
		token,
		chosen = {},
	}: { filter?: string; token?: string; chosen?: INodeParameters } = {},
): Promise<INodeListSearchResult> {
	const candid = new CandidHealth();
	const node = candidNode(chosen);
	const nodeTypes = nodeTypesFor(candid, []);
	const workflow = new Workflow({ nodes: [node], connections: {}, active: false, nodeTypes });
	const data = { ...additionalData(credential), currentNodeParameters: chosen };
	const context = new LoadOptionsContext(workflow, node, data, 'parameters.x');
	return await candid.methods.listSearch[method].call(context, filter, token);
}

it("counts its requests against Candid's limit but does not wait, because a person is waiting for it", async () => {
	const immediately = jest.spyOn(Pace.prototype, 'immediately');
	paceOf(api.url).pause(25_000);
	await search('searchChargeCaptures');
	expect(api.requests.map(({ path }) => path.split('?')[0])).toEqual([
		SIGN_IN_PATH,
		CHARGE_CAPTURES_PATH,
	]);
	expect(immediately).toHaveBeenCalledTimes(2);
	immediately.mockRestore();
});

it('lists charge captures with a credential that was never used before', async () => {
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
	/** Candid lists the newest first. */
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

it('lists encounters with date and claim status, without patient names', async () => {
	const { results } = await search('searchEncounters', { filter: '2001' });
	expect(results).toEqual([
		{
			name: 'ENC-2001 · PAT-1 · 2025-01-10 · biller received',
			value: ENCOUNTER,
			url: `https://app.example.invalid/encounters/${ENCOUNTER}`,
		},
	]);
});

it('lists tasks with category, date and status, without patient names', async () => {
	api.addTask({ encounterId: ENCOUNTER, taskId: SAMPLE_UUID, updatedAt: '2025-01-20T12:00:00Z' });
	const { results, paginationToken } = await search('searchTasks', { filter: 'enc-200' });
	expect(results).toEqual([
		{ name: 'ENC-2003 · other · 2025-01-12 · finished', value: TASK.replace('3001', '3003') },
		{
			name: 'ENC-2002 · documentation addendum request · 2025-01-11 · in progress',
			value: TASK.replace('3001', '3002'),
		},
		{ name: 'ENC-2001 · medical records request · 2025-01-10 · open', value: TASK },
		{ name: 'ENC-2001 · 2025-01-10 · open', value: SAMPLE_UUID },
	]);
	expect(paginationToken).toBeUndefined();
	expect(api.requests.at(-1)?.path).toBe(`${TASKS_PATH}?limit=50&search_term=enc-200`);
});

it("searches with Candid's search_term, and returns all pages", async () => {
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

describe('a list of attachments', () => {
	const chosen = (attachTo: string, parent: INodeParameters) => ({
		chosen: { attachTo, ...parent },
	});

	it.each([
		[
			'charge capture',
			{ chargeCaptureExternalId: 'CC 1/2' },
			chosen('chargeCapture', { chargeCaptureExternalId: locator('CC 1/2') }),
			'',
		],
		[
			'encounter',
			{ encounterId: ENCOUNTER },
			chosen('encounter', { encounterId: locator(`https://x.example/${ENCOUNTER}`, 'url') }),
			' · 2025-02-01',
		],
		[
			'encounter of a claim',
			{ encounterId: ENCOUNTER },
			{
				chosen: {
					operation: 'sendWithClaim',
					attachTo: 'chargeCapture',
					chargeCaptureExternalId: locator('CC-1001'),
					encounterId: locator(SAMPLE_UUID),
					encounter: locator(ENCOUNTER),
				},
			},
			' · 2025-02-01',
		],
	])('shows those of the chosen %s by file name', async (_, parent, how, date) => {
		const createdAt = '2025-02-01T12:00:00.000Z';
		const attachmentId = FIRST_ATTACHMENT;
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

	it('shows types by their labels, and a type that the node does not know as Candid sends it', async () => {
		const types = ['DOCUMENTATION', 'EOB', 'OTHER', 'REFERRAL', 'toString'];
		for (const attachmentType of types) {
			api.addAttachment({ chargeCaptureExternalId: 'CC-1001', attachmentType });
		}
		const { results } = await search(
			'searchAttachments',
			chosen('chargeCapture', { chargeCaptureExternalId: locator('CC-1001') }),
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
		[
			chosen('chargeCapture', { chargeCaptureExternalId: locator('') }),
			/^No charge capture is selected\./,
		],
		[chosen('encounter', {}), /^No encounter is selected\./],
		[{ chosen: { operation: 'sendWithClaim', ...TO_ENCOUNTER } }, /^No encounter is selected\./],
		[
			chosen('encounter', { encounterId: locator('ENC-2001') }),
			/^'ENC-2001' is not the ID of an encounter\./,
		],
	])('says what is missing when it cannot be read for %j', async (how, message) => {
		await expect(search('searchAttachments', how)).rejects.toThrow(message);
		expect(api.requests).toEqual([]);
	});
});

describe('a list that cannot be read gives the reason', () => {
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

	it('with a web page as the answer', async () => {
		api.inject({ kind: 'status', status: 200, method: 'GET', body: '<h1>Log in</h1>' });
		await expect(search('searchChargeCaptures')).rejects.toThrow("Candid's answer is not a list");
	});

	it('with a token that Candid still refuses after it was renewed', async () => {
		await search('searchEncounters');
		api.expireTokens();
		expect((await search('searchEncounters')).results).toHaveLength(3);
		api.inject({ kind: 'status', status: 401, method: 'GET', times: 2 });
		await expect(search('searchEncounters')).rejects.toThrow('did not accept the access token');
	});
});
