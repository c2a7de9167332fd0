import { sleep } from 'n8n-workflow';
import type { INodeParameters } from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import { Pace } from '../../nodes/CandidHealth/run/pace';
import { startCandidApi } from '../candid-api';
import type { CandidApi } from '../candid-api';
import { givingUpAfter, scaleWaits } from './faults/scaledWaits';
import { CONTINUE_ON_FAIL, ENCOUNTER, UNKNOWN_ID, locator } from './fixtures';
import { runNode } from './harness';
import type { InputItem, RunSettings } from './harness';
import { isN8n1 } from './loadedN8n';
import { pastedCredential } from './storedCredential';
import type { StoredCredential } from './storedCredential';

// These tests are not about how long the node waits, but about what it does afterwards.
beforeAll(() => scaleWaits(0.02));

let api: CandidApi;
let credential: StoredCredential;

beforeEach(async () => {
	api = await startCandidApi();
	credential = pastedCredential(api);
});

afterEach(async () => await api.close());

const getMany = { operation: 'getAll', returnAll: false, limit: 50, simplify: true };
const chargeCaptures = { resource: 'chargeCapture', filters: {}, sort: {}, ...getMany };
const encounters = { resource: 'encounter', filters: {}, sort: {}, ...getMany };
const chargeCapture = (value: string, mode = 'id') => ({
	resource: 'chargeCapture',
	operation: 'get',
	simplify: true,
	chargeCapture: locator(value, mode),
});
const encounter = (value: string, mode = 'id') => ({
	resource: 'encounter',
	operation: 'get',
	simplify: true,
	encounter: locator(value, mode),
});

const run = async (
	parameters: INodeParameters,
	items: InputItem[] = [{}],
	settings: Partial<RunSettings> = {},
) => await runNode(new CandidHealth(), { credential, items, parameters, ...settings });

const paths = () => api.requests.map(({ path }) => decodeURIComponent(path));

function addMany(count: number) {
	for (let index = 0; index < count; index++) {
		api.addChargeCapture({ chargeExternalId: `MANY-${index}`, patientExternalId: 'PAT-9' });
	}
}

const OF_PATIENT = { patientExternalId: 'PAT-9' };

describe('a list of Candid', () => {
	it.each([
		[260, { returnAll: true }, 260, 3],
		[260, { limit: 50 }, 50, 1],
		[260, { limit: 100 }, 100, 1],
		[260, { limit: 101 }, 101, 2],
		[260, { limit: 250 }, 250, 3],
		[30, { limit: 250 }, 30, 1],
		[200, { returnAll: true }, 200, 2],
	])('of %d, read with %j, gives %d items from %d pages', async (count, how, given, pages) => {
		addMany(count);
		const { output, error } = await run({ ...chargeCaptures, filters: OF_PATIENT, ...how });
		expect(error).toBeUndefined();
		expect(new Set(output.map(({ json }) => json.charge_external_id)).size).toBe(given);
		expect(output).toHaveLength(given);
		expect(api.requests).toHaveLength(pages);
	});

	it('is read for each item, and its entries are linked to that item', async () => {
		const items = ['CC-1001', 'CC-1003', 'CC-1005'].map((id) => ({ json: { id } }));
		const filters = { externalId: '={{ $json.id }}' };
		const { output } = await run({ ...chargeCaptures, filters }, items);
		expect(output.map(({ json, pairedItem }) => [json.charge_external_id, pairedItem])).toEqual([
			['CC-1001', { item: 0 }],
			['CC-1003', { item: 1 }],
			['CC-1005', { item: 2 }],
		]);
	});

	it('of encounters is read to its last page', async () => {
		for (let index = 0; index < 120; index++) api.addEncounter({ externalId: `E-${index}` });
		const { output } = await run({ ...encounters, returnAll: true });
		expect(output).toHaveLength(123);
		expect(api.requests).toHaveLength(2);
	});

	it('has all fields where Simplify is off', async () => {
		const { output } = await run({ ...encounters, simplify: false, limit: 1 });
		expect(output[0]!.json).toMatchObject({ patient: { gender: 'not_given' }, claims: [{}] });
		const [captured] = (await run({ ...chargeCaptures, simplify: false, limit: 1 })).output;
		expect(captured!.json).toHaveProperty('charge_capture_data');
	});

	it.each([
		['chargeCapture', chargeCaptures],
		['encounter', encounters],
	])(
		'of the resource %s has at most 10 fields, and no patient, where Simplify is on',
		async (_, list) => {
			const { output } = await run(list);
			for (const { json } of output) {
				expect(Object.keys(json).length).toBeLessThanOrEqual(10);
				expect(json).not.toHaveProperty('patient');
			}
			expect(output.length).toBeGreaterThan(0);
		},
	);

	it.each([
		['chargeCapture', 'null', chargeCaptures],
		['chargeCapture', 'omitted', chargeCaptures],
		['encounter', 'null', encounters],
		['encounter', 'omitted', encounters],
	] as const)(
		'of the resource %s ends at the page whose next page token is %s',
		async (resource, pageTokens, list) => {
			await api.close();
			api = await startCandidApi({ world: { pageTokens } });
			credential = pastedCredential(api);
			addMany(120);
			for (let index = 0; index < 120; index++) api.addEncounter({ externalId: `E-${index}` });
			const { output, error } = await run({ ...list, returnAll: true });
			expect(error).toBeUndefined();
			expect(output).toHaveLength(resource === 'encounter' ? 123 : 125);
			expect(api.requests).toHaveLength(2);
		},
	);

	it.each([
		['with nothing but its entries', {}],
		['with a count that is wrong', { item_count: 1 }],
		['with tokens of another kind', { next_page_token: 7, prev_page_token: {} }],
		['with empty tokens', { next_page_token: '', prev_page_token: '' }],
	])('%s is read completely', async (_, more) => {
		const items = ['A', 'B', 'C'].map((id) => ({ charge_external_id: id }));
		api.inject({
			kind: 'answer',
			method: 'GET',
			contentType: 'application/json',
			body: { items, ...more },
		});
		const { output } = await run({ ...chargeCaptures, returnAll: true });
		expect(output.map(({ json }) => json.charge_external_id)).toEqual(['A', 'B', 'C']);
		expect(api.requests).toHaveLength(1);
	});

	it('is given up when a page leads back to itself', async () => {
		api.inject({
			kind: 'status',
			status: 200,
			method: 'GET',
			times: 9,
			body: { items: [{ id: '1' }], next_page_token: 'again' },
		});
		const { error } = await run({ ...chargeCaptures, returnAll: true });
		expect(error?.message).toContain("Candid's answer is not what was asked for");
		expect(api.requests).toHaveLength(2);
	});

	it('is not read further after the workflow is stopped', async () => {
		addMany(500);
		api.inject({ kind: 'delay', method: 'GET', delayMs: 60_000, skip: 1 });
		const cancelWhen = (async () => {
			while (api.requests.length < 2) await sleep(5);
		})();
		await run({ ...chargeCaptures, returnAll: true }, [{}], { cancelWhen });
		expect(api.requests).toHaveLength(2);
	});
});

describe('a filter', () => {
	it.each([
		[{ dateOfServiceMin: '2025-01-12T00:00:00' }, 'date_of_service_min=2025-01-12'],
		[{ dateOfServiceMax: '2025-01-12' }, 'date_of_service_max=2025-01-12'],
		[
			{
				dateOfServiceMin:
					"={{ DateTime.fromISO('2025-01-12T23:30:00', { zone: 'Pacific/Auckland' }) }}",
			},
			'date_of_service_min=2025-01-12',
		],
		[{ status: 'entered-in-error' }, 'status=entered-in-error'],
		[{ searchTerm: 'a b&c' }, 'search_term=a b&c'],
		[{ externalId: 'CC 1/2' }, 'charge_external_id=CC 1/2'],
	])('%j is sent as %s', async (filters, query) => {
		const { error } = await run({ ...chargeCaptures, filters });
		expect(error).toBeUndefined();
		expect(paths()[0]).toMatch(new RegExp(`[?&]${query.replace(/[?&]/g, '\\$&')}$`));
	});

	it.each([
		[{ externalId: '={{ $json.nothing }}' }, "the filter 'External ID' is empty"],
		[{ searchTerm: '={{ $json.nothing }}' }, "the filter 'Search Term' is empty"],
		[{ dateOfServiceMin: '={{ $json.nothing }}' }, "the filter 'Date of Service From' is empty"],
		[{ dateOfServiceMax: '' }, "the filter 'Date of Service To' is empty"],
		[{ externalId: 'CC-1001 ' }, 'the external ID begins or ends with a space'],
		[{ patientExternalId: '' }, "the filter 'Patient External ID' is empty"],
		[{ dateOfServiceMin: 'yesterday' }, "'yesterday' is not a date"],
	])('with an invalid value, %j, is refused', async (filters, reason) => {
		const { error, output } = await run({ ...chargeCaptures, filters });
		expect(error?.message).toBe(`The list of charge captures [item 0] was not read: ${reason}`);
		expect(output).toEqual([]);
		expect(api.requests).toEqual([]);
	});
});

describe('a charge capture', () => {
	it('is found by its external ID among others whose IDs contain it', async () => {
		api.addChargeCapture({ chargeExternalId: 'CC-100' });
		const { output } = await run(chargeCapture('CC-100'));
		expect(output.map(({ json }) => json.charge_external_id)).toEqual(['CC-100']);
	});

	it("is found by Candid's ID", async () => {
		const id = 'c0000000-0000-4000-8000-000000001002';
		const { output } = await run(chargeCapture(id.toUpperCase(), 'candidId'));
		expect(output.map(({ json }) => json.charge_external_id)).toEqual(['CC-1002']);
		expect(paths()).toEqual([`/api/charge_captures/v1/${id}`]);
	});

	it('that does not exist is reported', async () => {
		const { error } = await run(chargeCapture('CC-9999'));
		expect(error?.message).toBe(
			'The charge capture [item 0] was not read: Candid has none with this ID',
		);
	});

	it('is not output when Candid has two with its ID', async () => {
		api.addChargeCapture({ chargeExternalId: 'CC-1001' });
		const { error, output } = await run(chargeCapture('CC-1001'));
		expect(error?.message).toContain('Candid has more than one with this ID');
		expect(output).toEqual([]);
	});

	it("is not found when Candid's answer has only others", async () => {
		api.inject({
			kind: 'answer',
			method: 'GET',
			contentType: 'application/json',
			body: { items: [{ charge_external_id: 'CC-1002' }] },
		});
		const { error } = await run(chargeCapture('CC-1001'));
		expect(error?.message).toContain('Candid has none with this ID');
	});
});

describe('an encounter', () => {
	it.each([
		['id', ENCOUNTER],
		['list', ENCOUNTER],
		['url', `https://app.example.com/#/encounters/${ENCOUNTER}?tab=claims`],
		['id', ` ${ENCOUNTER.toUpperCase()} `],
	])('is found by %s %j', async (mode, value) => {
		const { output } = await run(encounter(value, mode));
		expect(output.map(({ json }) => json.external_id)).toEqual(['ENC-2001']);
	});

	it('that Candid does not know is reported', async () => {
		const { error } = await run(encounter(UNKNOWN_ID));
		expect(error?.message).toBe(
			'The encounter [item 0] was not read: Candid does not know this ID or address',
		);
	});
});

describe('a list that cannot be read at the first try', () => {
	it.each([
		['503', { status: 503, body: '' }],
		['429', { status: 429, body: '' }],
		['a connection that is cut', { kind: 'cut' }],
	] as const)('because of %s on its second page is read to its last page', async (_, fault) => {
		addMany(260);
		api.inject({ kind: 'status', method: 'GET', path: /page_token/, ...fault });
		const all = { ...chargeCaptures, filters: OF_PATIENT, returnAll: true };
		const { output, error } = await run(all);
		expect(error).toBeUndefined();
		expect(new Set(output.map(({ json }) => json.charge_external_id)).size).toBe(260);
		expect(output).toHaveLength(260);
		expect(api.requests).toHaveLength(3 + 1);
	});

	// n8n 1 does not pass headers on.
	(isN8n1 ? it.skip : it)('is not requested again before the time in Retry-After', async () => {
		const headers = { 'retry-after': '1' };
		api.inject({ kind: 'status', method: 'GET', status: 503, body: '', headers });
		const begun = Date.now();
		const slowDown = jest.spyOn(Pace.prototype, 'slowDown');
		const { error } = await run(encounters);
		expect(error).toBeUndefined();
		expect(Date.now() - begun).toBeGreaterThanOrEqual(990);
		// A server that sends Retry-After is busy.
		expect(slowDown).toHaveBeenCalledTimes(1);
		slowDown.mockRestore();
	});

	it('is read after any number of 429 answers', async () => {
		api.inject({ kind: 'status', method: 'GET', status: 429, body: '', times: 6 });
		const { error } = await run(encounters);
		expect(error).toBeUndefined();
		expect(api.requests).toHaveLength(7);
	});

	it('is requested four times at most', async () => {
		api.inject({ kind: 'status', method: 'GET', status: 503, body: '', times: Infinity });
		const { error } = await run(encounters);
		expect(error).toBeDefined();
		expect(api.requests).toHaveLength(4);
	});
});

describe('a list that cannot be read', () => {
	it.each([
		[
			{ status: 403, body: { errorName: 'UnauthorizedError', content: { message: 'no' } } },
			'the credential is not allowed',
		],
		[
			{ status: 403, body: '<h1>Blocked</h1>' },
			// n8n 1 drops the page, so the node does not know who answered.
			isN8n1 ? 'the request was refused' : 'something between n8n and Candid answered',
		],
		[
			{ status: 429, body: { errorName: 'TooManyRequestsError', content: {} } },
			'Candid is receiving too many requests',
		],
		[{ status: 503, body: '<h1>Down</h1>' }, 'Candid could not process the request (HTTP 503)'],
		[{ status: 200, body: '<h1>Log in</h1>' }, "Candid's answer is not what was asked for"],
	])('(%j) is explained, with advice', async (fault, what) => {
		api.inject({ kind: 'status', method: 'GET', times: Infinity, ...fault });
		const { error } = await givingUpAfter(500, async () => await run(encounters));
		expect(error?.message).toContain(`The list of encounters [item 0] was not read: ${what}`);
		expect(error?.description).toMatch(/again|Ask|Check/);
		expect(`${error?.message} ${error?.description}`).not.toMatch(/\b(error|problem|failure)\b/i);
	});

	it('ends the run and the lists of other items', async () => {
		api.inject({ kind: 'status', method: 'GET', status: 503, times: Infinity });
		const { output, error } = await run(
			encounters,
			Array.from({ length: 40 }, () => ({})),
		);
		expect(error?.message).toContain('The list of encounters');
		expect(output).toEqual([]);
		// Ten were in progress.
		expect(api.requests.length).toBeLessThanOrEqual(10 * 4);
	});

	it('stops the lists of other items between pages', async () => {
		addMany(500);
		api.inject({ kind: 'delay', method: 'GET', path: /PAT-9/, delayMs: 1500 });
		api.inject({ kind: 'status', method: 'GET', path: /PAT-8/, status: 503, times: Infinity });
		const filters = { patientExternalId: '={{ $json.id }}' };
		const items = ['PAT-9', 'PAT-8'].map((id) => ({ json: { id } }));
		const { error } = await run({ ...chargeCaptures, filters, returnAll: true }, items);
		expect(error?.message).toContain('[item 1] was not read');
		expect(api.requests).toHaveLength(1 + 4);
	});

	it('becomes an error item where the node continues on fail', async () => {
		api.inject({ kind: 'status', method: 'GET', path: /CC-1001/, status: 503, times: Infinity });
		const items = ['CC-1001', 'CC-1002'].map((id) => ({ json: { id } }));
		const { output } = await run(chargeCapture('={{ $json.id }}'), items, {
			node: CONTINUE_ON_FAIL,
		});
		const failed = output.filter(({ json }) => 'error' in json);
		expect(failed).toMatchObject([{ json: { details: { charge_external_id: 'CC-1001' } } }]);
		expect(output).toHaveLength(2);
	});
});

it('at most 10 requests are in progress, however many items there are', async () => {
	api.inject({ kind: 'delay', method: 'GET', delayMs: 60_000, times: 100 });
	const cancelWhen = (async () => {
		while (api.requests.length < 10) await sleep(5);
		await sleep(100);
	})();
	const items = Array.from({ length: 100 }, () => ({}));
	await run(chargeCapture('CC-1001'), items, { cancelWhen });
	expect(api.requests).toHaveLength(10);
});
