import type { INodeParameters } from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import type { CandidApi } from '../candid-api';
import { TASKS_PATH } from '../candid-api/paths';
import { ENCOUNTER, TASK, startApiForEachTest } from './fixtures';
import { runNode } from './harness';
import type { StoredCredential } from './storedCredential';

let api: CandidApi;
let credential: StoredCredential;

startApiForEachTest((started) => ({ api, credential } = started));

const run = async (filters: INodeParameters, more: INodeParameters = {}) =>
	await runNode(new CandidHealth(), {
		credential,
		items: [{}],
		parameters: { resource: 'task', operation: 'getAll', returnAll: true, filters, ...more },
		workflow: { timezone: 'America/New_York' },
	});

const paths = () => api.requests.map(({ path }) => decodeURIComponent(path));

describe("'Updated Since'", () => {
	it.each([
		["n8n's date picker", '2025-01-21T07:00:00', '2025-01-21T12:00:00.000Z'],
		['a day in summer', '2025-07-01', '2025-07-01T04:00:00.000Z'],
		['the first of two times, when clocks go back', '2025-11-02T01:30', '2025-11-02T05:30:00.000Z'],
		['the hour after it', '2025-11-02T02:00', '2025-11-02T07:00:00.000Z'],
		['a time in UTC', '2025-01-21T12:00:00Z', '2025-01-21T12:00:00.000Z'],
		['a time with its zone', '2025-01-21T13:00:00+01:00', '2025-01-21T12:00:00.000Z'],
		[
			'a Luxon value with its zone',
			"={{ DateTime.fromISO('2025-01-21T21:00:00', { zone: 'Asia/Tokyo' }) }}",
			'2025-01-21T12:00:00.000Z',
		],
		[
			"a Luxon value in the workflow's time zone",
			"={{ DateTime.fromISO('2025-01-21T07:00:00') }}",
			'2025-01-21T12:00:00.000Z',
		],
		['a JavaScript date', "={{ new Date('2025-01-21T12:00:00Z') }}", '2025-01-21T12:00:00.000Z'],
	])('is sent in UTC for %s', async (_, updatedSince, sent) => {
		const { error } = await run({ updatedSince });
		expect(error).toBeUndefined();
		expect(paths()).toEqual([`${TASKS_PATH}?updated_since=${sent}`]);
	});

	it('includes a task that was updated at that moment', async () => {
		const ids = async (updatedSince: string) =>
			(await run({ updatedSince })).output.map(({ json }) => json.task_id);
		expect(await ids('2025-01-21T07:00:00')).toContain(TASK);
		expect(await ids('2025-01-21T07:00:01')).not.toContain(TASK);
	});
});

describe('a filter of tasks', () => {
	it.each([
		[{ categories: ['other', 'inactive_coverage'] }, 'categories=other,inactive_coverage'],
		[{ categories: '={{ ["other", "inactive_coverage"] }}' }, 'categories=other,inactive_coverage'],
		[{ categories: '={{ "other, inactive_coverage" }}' }, 'categories=other,inactive_coverage'],
		[{ statuses: ['open'] }, 'statuses=open'],
		[{ encounterId: ` ${ENCOUNTER.toUpperCase()}` }, `encounter_id=${ENCOUNTER}`],
		[{ searchTerm: 'ENC 1&2' }, 'search_term=ENC 1&2'],
		[{ dateOfServiceMin: '2025-01-12T00:00:00' }, 'date_of_service_min=2025-01-12'],
	])('%j is sent as %s', async (filters, query) => {
		const { error } = await run(filters);
		expect(error).toBeUndefined();
		expect(paths()).toEqual([`${TASKS_PATH}?${query}`]);
	});

	it.each([
		[{ categories: [] }, "the filter 'Category' is empty"],
		[{ statuses: [] }, "the filter 'Status' is empty"],
		[{ statuses: '={{ [] }}' }, "the filter 'Status' is empty"],
		[{ statuses: '={{ ["open", $json.nothing] }}' }, "the filter 'Status' is empty"],
		[{ statuses: '={{ $json.nothing }}' }, "the filter 'Status' is empty"],
		[{ updatedSince: '' }, "the filter 'Updated Since' is empty"],
		[{ updatedSince: '={{ $json.nothing }}' }, "the filter 'Updated Since' is empty"],
		[{ updatedSince: "={{ DateTime.fromISO('x') }}" }, "the filter 'Updated Since' is empty"],
		[{ updatedSince: 'yesterday' }, "'yesterday' is not a date and time"],
		[{ updatedSince: '2025-02-30T10:00:00' }, "'2025-02-30T10:00:00' is not a date and time"],
		[{ updatedSince: '={{ 1737460800000 }}' }, "'1737460800000' is not a date and time"],
		[{ encounterId: '' }, "the filter 'Encounter ID' is empty"],
		[{ encounterId: 'ENC-2001' }, "'ENC-2001' is not the ID of an encounter"],
		[{ searchTerm: '={{ $json.nothing }}' }, "the filter 'Search Term' is empty"],
	])('with an invalid value, %j, is refused', async (filters, reason) => {
		const { error, output } = await run(filters);
		expect(error?.message).toContain('The list of tasks [item 0] was not read: ');
		expect(error?.message).toContain(reason);
		expect(output).toEqual([]);
		expect(api.requests).toEqual([]);
	});
});

describe('a list of tasks', () => {
	it.each([
		[{ returnAll: true }, 263, 3],
		[{ returnAll: false, limit: 50 }, 50, 1],
		[{ returnAll: false, limit: 101 }, 101, 2],
	])('read with %j gives %d items from %d pages', async (how, given, pages) => {
		for (let index = 0; index < 260; index++) api.addTask({ encounterId: ENCOUNTER });
		const { output, error } = await run({}, how);
		expect(error).toBeUndefined();
		expect(new Set(output.map(({ json }) => json.task_id)).size).toBe(given);
		expect(api.requests).toHaveLength(pages);
	});

	it("has the patients' names only if Simplify is off", async () => {
		const simplified = (await run({})).output;
		expect(simplified).toHaveLength(3);
		expect(JSON.stringify(simplified)).not.toMatch(/Sample|Example|patient_name/);
		const { output } = await run({}, { simplify: false });
		expect(output[0]!.json).toMatchObject({ patient_name: 'Ada Sample', notes: [] });
	});
});
