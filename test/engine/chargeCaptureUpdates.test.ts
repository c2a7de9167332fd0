import type { INode, INodeParameters } from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import type { CandidApi, Fault } from '../candid-api';
import { CHARGE_CAPTURES_PATH } from '../candid-api/paths';
import { givingUpAfter, scaleWaits } from './faults/scaledWaits';
import { CONTINUE_ON_FAIL, locator, retryOnFail, startApiForEachTest } from './fixtures';
import { runNode } from './harness';
import { isN8n1 } from './loadedN8n';
import type { StoredCredential } from './storedCredential';

let api: CandidApi;
let credential: StoredCredential;

beforeAll(() => scaleWaits(0.02));

startApiForEachTest((started) => ({ api, credential } = started));

/** Candid's IDs of the charge captures CC-1001 (planned) and CC-1002 (not billable). */
const PLANNED_ID = 'c0000000-0000-4000-8000-000000001001';
const NOT_BILLABLE_ID = 'c0000000-0000-4000-8000-000000001002';

const BY_CANDID_ID = { chargeCapture: locator('={{ $json.id }}', 'candidId') };

/** Updates the charge capture `id` of each item, by its external ID unless `parameters` says otherwise. */
const run = async (
	items: Array<{ id: string; status?: string }>,
	parameters: INodeParameters = {},
	node: Partial<INode> = {},
) =>
	await runNode(new CandidHealth(), {
		credential,
		items: items.map((json) => ({ json })),
		parameters: {
			resource: 'chargeCapture',
			operation: 'update',
			chargeCapture: locator('={{ $json.id }}'),
			updateFields: { status: '={{ $json.status }}' },
			...parameters,
		},
		node,
	});

const statusOf = (id: string) => api.chargeCaptures.find((entry) => entry.id === id)?.status;

const updates = () => api.requests.filter(({ method }) => method === 'PATCH');

const linesOf = (description: unknown) => String(description).split('\n');

const refusal = (errorName: string) => ({ errorName, content: { message: 'No' } });

const UNKNOWN =
	/^It is not known whether the charge capture \[item 0\] was updated: (?!.*\b(error|problem|failure)\b)/;
const NOT_UPDATED = /^The charge capture \[item 0\] was not updated: /;

interface Row {
	what: string;
	faults: Array<Partial<Fault>>;
	/** what Candid has afterwards; it was planned before */
	has: 'planned' | 'billable';
	/** how often the update was sent */
	sent: number;
	/** undefined if it succeeds */
	message?: RegExp;
	again?: boolean;
}

const ALWAYS = { times: Infinity };
const STORED: Fault = { kind: 'status', status: 500, when: 'after' };
const PAGE = '<h1>Log in</h1>';
const JSON_TYPE = { contentType: 'application/json' };
const OTHER_RECORD =
	/^It is not known whether the charge capture \[item 0\] was updated: Candid's answer does not have its ID$/;

const ROWS: Row[] = [
	{ what: 'a 500 before', faults: [{ when: 'before' }], has: 'billable', sent: 2 },
	{ what: 'a 500 after', faults: [STORED], has: 'billable', sent: 2 },
	{
		what: '500s before',
		faults: [{ when: 'before', ...ALWAYS }],
		has: 'planned',
		sent: 4,
		message: UNKNOWN,
		again: true,
	},
	{
		what: '500s after',
		faults: [{ ...STORED, ...ALWAYS }],
		has: 'billable',
		sent: 4,
		message: UNKNOWN,
		again: true,
	},
	{
		what: 'a connection that is cut before',
		faults: [{ kind: 'cut', cut: 'before-answer-unstored' }],
		has: 'billable',
		sent: 2,
	},
	{
		what: 'connections that are cut before',
		faults: [{ kind: 'cut', cut: 'before-answer-unstored', ...ALWAYS }],
		has: 'planned',
		sent: 4,
		message: UNKNOWN,
		again: true,
	},
	{
		what: 'a connection that is cut after',
		faults: [{ kind: 'cut', cut: 'before-answer' }],
		has: 'billable',
		sent: 2,
	},
	{
		what: 'connections that are cut after',
		faults: [{ kind: 'cut', cut: 'before-answer', ...ALWAYS }],
		has: 'billable',
		sent: 4,
		message: UNKNOWN,
		again: true,
	},
	{ what: 'a timeout', faults: [{ kind: 'delay', when: 'after' }], has: 'billable', sent: 2 },
	{
		what: 'timeouts',
		faults: [{ kind: 'delay', when: 'after', ...ALWAYS }],
		has: 'billable',
		sent: 4,
		message: UNKNOWN,
		again: true,
	},
	{
		what: 'three 429s',
		faults: [{ status: 429, body: refusal('TooManyRequestsError'), times: 3 }],
		has: 'billable',
		sent: 4,
	},
	{
		what: 'a 401',
		faults: [{ status: 401, body: refusal('UnauthorizedError'), ...ALWAYS }],
		has: 'planned',
		// n8n sends it again with a new token.
		sent: 2,
		message: /not updated: Candid did not accept the access token$/,
		again: true,
	},
	{
		what: 'a 403',
		faults: [{ status: 403, body: refusal('UnauthorizedError') }],
		has: 'planned',
		sent: 1,
		message: /not updated: the credential is not allowed to do this in Candid$/,
		again: true,
	},
	{
		what: 'a 404',
		faults: [{ status: 404, body: refusal('EntityNotFoundError') }],
		has: 'planned',
		sent: 1,
		message: /not updated: Candid does not know this ID or address$/,
		again: false,
	},
	{
		what: 'a 422',
		faults: [{ status: 422, body: refusal('UnprocessableEntityError') }],
		has: 'planned',
		sent: 1,
		message: /not updated: Candid did not accept its data$/,
		again: false,
	},
	{
		what: "a proxy's page in place of the answer",
		faults: [{ kind: 'answer', body: PAGE, contentType: 'text/html' }],
		has: 'billable',
		sent: 2,
	},
	{
		what: "a proxy's pages in place of Candid",
		faults: [{ status: 200, body: PAGE, contentType: 'text/html', ...ALWAYS }],
		has: 'planned',
		sent: 4,
		message: UNKNOWN,
		again: true,
	},
	{
		what: "a proxy's page that refuses",
		faults: [{ status: 403, body: PAGE, contentType: 'text/html' }],
		has: 'planned',
		sent: 1,
		// n8n 1 drops the page, so the node does not know who answered.
		message: isN8n1
			? /not updated: the request was refused/
			: /not updated: something between n8n and Candid answered \(HTTP 403\)$/,
		again: true,
	},
	{
		what: "a proxy's JSON in place of Candid",
		faults: [{ status: 200, ...JSON_TYPE, body: { status: 'ok' } }],
		has: 'planned',
		sent: 1,
		message: OTHER_RECORD,
		again: true,
	},
	{
		what: 'another charge capture in the answer',
		faults: [{ kind: 'answer', ...JSON_TYPE, body: { id: NOT_BILLABLE_ID, status: 'billable' } }],
		has: 'billable',
		sent: 1,
		message: OTHER_RECORD,
		again: true,
	},
	{
		what: 'a 500 after and then a 403',
		faults: [STORED, { status: 403, body: refusal('UnauthorizedError') }],
		has: 'billable',
		sent: 2,
		message: UNKNOWN,
		again: true,
	},
];

describe('an update of a charge capture', () => {
	it.each(ROWS)('after $what', async ({ faults, has, sent, message, again }) => {
		for (const fault of faults) {
			api.inject({ kind: 'status', method: 'PATCH', ...fault });
		}
		const { output } = await run(
			[{ id: PLANNED_ID, status: 'billable' }],
			{ ...BY_CANDID_ID, requestOptions: { timeout: 300 } },
			CONTINUE_ON_FAIL,
		);
		expect(statusOf(PLANNED_ID)).toBe(has);
		expect(updates()).toHaveLength(sent);
		expect(output).toHaveLength(1);
		const [{ json }] = output as [(typeof output)[0]];
		if (message === undefined) {
			expect(json).toMatchObject({ id: PLANNED_ID, status: 'billable' });
		} else {
			expect(json.error).toMatch(message);
			const isUnknown = String(json.error).includes('not known');
			expect(String(json.message).includes('may have')).toBe(isUnknown);
			expect(json.details).toEqual({ charge_capture_id: PLANNED_ID, try_again: again });
		}
	});

	it('is sent again after the one before it, if Retry On Fail sends that again', async () => {
		api.inject({ kind: 'status', status: 422, method: 'PATCH', body: refusal('AnyError') });
		const items = ['billable', 'not-billable'].map((status) => ({ id: 'CC-1001', status }));
		const { output } = await run(items, {}, { ...retryOnFail(2), ...CONTINUE_ON_FAIL });
		expect(output.map(({ json }) => json.status)).toEqual(['billable', 'not-billable']);
		expect(statusOf(PLANNED_ID)).toBe('not-billable');
		expect(updates()).toHaveLength(4);
	});

	it('that Candid answers with 429 for five minutes was not done', async () => {
		const body = refusal('TooManyRequestsError');
		api.inject({ kind: 'status', status: 429, method: 'PATCH', body, ...ALWAYS });
		const { error } = await givingUpAfter(
			500,
			async () => await run([{ id: PLANNED_ID, status: 'billable' }], BY_CANDID_ID),
		);
		expect(error?.message).toMatch(NOT_UPDATED);
		expect(statusOf(PLANNED_ID)).toBe('planned');
	});

	it('sends only the fields that are set, and leaves the others in Candid', async () => {
		const before = api.chargeCaptures.find(({ id }) => id === PLANNED_ID)!;
		const updateFields = { ehrSourceUrl: 'https://ehr.example.com/visits/1' };
		const { error } = await run([{ id: 'CC-1001' }], { updateFields });
		expect(error).toBeUndefined();
		expect(updates().map(({ body }) => body)).toEqual([
			{ ehr_source_url: 'https://ehr.example.com/visits/1' },
		]);
		expect(api.chargeCaptures).toContainEqual({
			...before,
			ehrSourceUrl: 'https://ehr.example.com/visits/1',
		});
	});

	it('makes text of a number, as Candid expects', async () => {
		const updateFields = { originatingSystem: '={{ 7 }}', ehrSourceUrl: '={{ 8 }}' };
		const { error } = await run([{ id: 'CC-1001' }], { updateFields });
		expect(error).toBeUndefined();
		expect(updates()[0]?.body).toEqual({ originating_system: '7', ehr_source_url: '8' });
	});

	it('is not sent with a number that would lose its last digits', async () => {
		const updateFields = { originatingSystem: '={{ 12345678901234567890 }}' };
		const { error } = await run([{ id: 'CC-1001' }], { updateFields });
		expect(error?.message).toBe(
			"The charge capture [item 0] was not updated: in 'Originating System', the number is too long to be exact",
		);
		expect(api.requests).toEqual([]);
	});

	const NOTHING: Array<[INodeParameters, string]> = [
		[{}, 'there is nothing to update'],
		...['', ' ', '={{ null }}', '={{ $json.nothing }}'].flatMap(
			(empty): Array<[INodeParameters, string]> => [
				[{ status: empty }, "'Status' is empty"],
				[{ claimCreationCategory: empty }, "'Claim Creation Category' is empty"],
				[{ ehrSourceUrl: empty, status: 'billable' }, "'EHR Source URL' is empty"],
				[{ originatingSystem: empty, status: 'billable' }, "'Originating System' is empty"],
			],
		),
	];

	it.each(NOTHING)('with the fields %j is not sent', async (updateFields, reason) => {
		const before = api.chargeCaptures;
		const { error } = await run([{ id: 'CC-1001' }], { updateFields });
		expect(error?.message).toBe(`The charge capture [item 0] was not updated: ${reason}`);
		expect(api.requests).toEqual([]);
		expect(api.chargeCaptures).toEqual(before);
	});

	it('names no patient unless Simplify is off', async () => {
		const patient = { firstName: 'Pat', lastName: 'Secretname', dateOfBirth: '1999-12-31' };
		api.addChargeCapture({ chargeExternalId: 'CC-7', patient });
		const item = [{ id: 'CC-7', status: 'billable' }];
		const simple = await run(item, { simplify: true });
		expect(simple.output[0]!.json).toMatchObject({ charge_external_id: 'CC-7' });
		expect(JSON.stringify(simple.output)).not.toContain('Secretname');
		expect(JSON.stringify((await run(item, { simplify: false })).output)).toContain('Secretname');
	});
});

/** The list of charge captures that finds an external ID. */
const LIST = { method: 'GET', path: CHARGE_CAPTURES_PATH };

const page = (...items: object[]): Partial<Fault> => ({
	kind: 'answer',
	...JSON_TYPE,
	body: { items },
});

describe('the look-up of an external ID before an update', () => {
	it.each([
		['a 503', { status: 503 }],
		['a connection that is cut', { kind: 'cut' }],
		['a 429', { status: 429 }],
	] as const)('is retried after %s', async (_, fault) => {
		api.inject({ kind: 'status', ...LIST, ...fault });
		const { error } = await run([{ id: 'CC-1001', status: 'billable' }]);
		expect(error).toBeUndefined();
		expect(statusOf(PLANNED_ID)).toBe('billable');
		expect(api.requests.map(({ method }) => method)).toEqual(['GET', 'GET', 'PATCH']);
	});

	it.each<[string, Partial<Fault>, string]>([
		['answers 503', { status: 503, ...ALWAYS }, 'Candid could not process the request (HTTP 503)'],
		[
			'answers 403',
			{ status: 403, body: refusal('UnauthorizedError') },
			'the credential is not allowed',
		],
		[
			'answers a page',
			{ status: 200, body: PAGE, ...ALWAYS },
			"Candid's answer is not what was asked for",
		],
		['answers other JSON', { status: 200, body: { status: 'ok' } }, 'Candid has none with this ID'],
		['finds others', page({ charge_external_id: 'CC-10012' }), 'Candid has none with this ID'],
		[
			'finds two',
			page({ charge_external_id: 'CC-1001' }, { charge_external_id: 'CC-1001' }),
			'Candid has more than one with this ID',
		],
		[
			'finds one with another kind of ID',
			page({ charge_external_id: 'CC-1001', id: '../..' }),
			"Candid's answer does not have its ID",
		],
	])('that %s ends the update', async (_, fault, reason) => {
		api.inject({ kind: 'status', ...LIST, ...fault });
		const { error } = await run([{ id: 'CC-1001', status: 'billable' }]);
		expect(error?.message).toContain(`The charge capture [item 0] was not updated: ${reason}`);
		expect(updates()).toEqual([]);
		expect(statusOf(PLANNED_ID)).toBe('planned');
	});

	it('reads all pages', async () => {
		const others = { items: [{ charge_external_id: 'CC-10012' }], next_page_token: 'next' };
		api.inject({ kind: 'answer', ...LIST, ...JSON_TYPE, body: others });
		const found = { items: [{ charge_external_id: 'CC-1001', id: PLANNED_ID }] };
		api.inject({ kind: 'status', status: 200, method: 'GET', path: /token=next/, body: found });
		await run([{ id: 'CC-1001', status: 'billable' }]);
		expect(statusOf(PLANNED_ID)).toBe('billable');
	});

	it('does not hide that an earlier update may have been done', async () => {
		api.inject({ ...STORED, method: 'PATCH', times: 4 });
		api.inject({ kind: 'status', ...LIST, skip: 1, status: 403, body: refusal('Unauthorized') });
		const items = [{ id: 'CC-1001', status: 'billable' }];
		const { error } = await run(items, {}, retryOnFail(2));
		expect(error?.message).toMatch(UNKNOWN);
		expect(error?.description).toContain('An earlier request was not answered');
		expect(statusOf(PLANNED_ID)).toBe('billable');
	});
});

describe('updates of one charge capture', () => {
	const STATUSES = ['billable', 'planned', 'aborted', 'planned', 'not-billable', 'billable'];

	it.each([
		['an external ID', 'CC-1001', {}],
		["Candid's ID", PLANNED_ID, BY_CANDID_ID],
	])('by %s are sent one by one, in the order of the items', async (_, id, parameters) => {
		const items = [...STATUSES, 'entered-in-error'].map((status) => ({ id, status }));
		// Without a queue, the others would overtake the first one.
		api.inject({ kind: 'delay', when: 'before', delayMs: 200, method: 'PATCH' });
		api.inject({ kind: 'delay', delayMs: 100, ...LIST });
		const { output, error } = await run(items, parameters);
		expect(error).toBeUndefined();
		expect(updates().map(({ body }) => (body as { status: string }).status)).toEqual(
			items.map(({ status }) => status),
		);
		expect(output.map(({ json }) => json.status)).toEqual(items.map(({ status }) => status));
		expect(statusOf(PLANNED_ID)).toBe('entered-in-error');
	});
});

describe("the report and n8n's Retry On Fail", () => {
	const ITEMS = ['CC-1001', 'CC-1002', 'CC-1003'].map((id) => ({ id, status: 'planned' }));

	const refuseSecond = (fault: Partial<Fault> = {}) =>
		api.inject({
			kind: 'status',
			status: 403,
			method: 'PATCH',
			path: `${CHARGE_CAPTURES_PATH}/${NOT_BILLABLE_ID}`,
			body: refusal('UnauthorizedError'),
			...fault,
		});

	it('names what was updated, by the ID that the user gave', async () => {
		// The others are updated before the second one is refused.
		api.inject({ kind: 'delay', delayMs: 200, method: 'GET', path: /CC-1002/ });
		refuseSecond();
		const { error } = await run(ITEMS);
		expect(error?.message).toContain('The charge capture [item 1] was not updated: the credential');
		expect(linesOf(error?.description).slice(2)).toEqual([
			'2 charge captures updated before the run stopped:',
			'• CC-1001 [item 0]',
			'• CC-1003 [item 2].',
			'These were updated. You can run the workflow again: it sets the same values.',
		]);
	});

	it('does not send again what was done', async () => {
		api.inject({ kind: 'delay', delayMs: 200, method: 'GET', path: /CC-1002/ });
		refuseSecond();
		const { output, error } = await run(ITEMS, {}, retryOnFail(2));
		expect(error).toBeUndefined();
		expect(output.map(({ json, pairedItem }) => [json.status, pairedItem])).toEqual(
			ITEMS.map((_, item) => ['planned', { item }]),
		);
		expect(updates()).toHaveLength(4);
	});

	it('updates the others if the node continues on fail', async () => {
		refuseSecond();
		const { output } = await run(ITEMS, {}, CONTINUE_ON_FAIL);
		expect(output).toMatchObject([
			{ json: { charge_external_id: 'CC-1001', status: 'planned' } },
			{ json: { details: { charge_external_id: 'CC-1002', try_again: true } } },
			{ json: { charge_external_id: 'CC-1003', status: 'planned' } },
		]);
		expect(statusOf(NOT_BILLABLE_ID)).toBe('not-billable');
	});
});
