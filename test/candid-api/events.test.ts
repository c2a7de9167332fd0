import { UNKNOWN_ID } from '../engine/fixtures';
import type { CandidEvent, EventSeed } from './index';
import { EVENTS_PATH } from './paths';
import { TestServer, type Page } from './test-server';

const local = new TestServer();

const DAY = 24 * 60 * 60 * 1000;
const ago = (milliseconds: number) => new Date(Date.now() - milliseconds).toISOString();

function add(agoMs: number, more: Partial<EventSeed> = {}): CandidEvent {
	return local.api.addEvent({
		eventType: 'PreEncounter.Patient.Created',
		createdAt: ago(agoMs),
		...more,
	});
}

async function scan(query = ''): Promise<Page> {
	const answer = await fetch(`${local.api.url}${EVENTS_PATH}?${query}`, {
		headers: local.bearer,
	});
	expect(answer.status).toBe(200);
	return (await answer.json()) as Page;
}

const idsIn = ({ items }: Page) => items.map((item) => item.id);

describe('the list of events', () => {
	it('is empty at first', async () => {
		expect(await scan()).toEqual({ items: [] });
	});

	it('has the newest one first, and of two with the same time the last one', async () => {
		const createdAt = ago(1000);
		const old = add(2000);
		const first = add(0, { createdAt });
		const second = add(0, { createdAt });
		const late = add(3000);

		expect(idsIn(await scan())).toEqual([second.id, first.id, old.id, late.id]);
	});

	it('has pages of 10, which shift when an event is added meanwhile', async () => {
		const ids = Array.from({ length: 11 }, (_, i) => add(1000 * (i + 1)).id);
		const first = await scan();
		expect(idsIn(first)).toEqual(ids.slice(0, 10));

		add(0);
		const second = await scan(`page_token=${first.next_page_token}`);
		expect(idsIn(second)).toEqual(ids.slice(9));
		expect(second.next_page_token).toBeUndefined();
		expect(second).not.toHaveProperty('prev_page_token');
	});

	it('has only the types that are asked for', async () => {
		const patient = add(1000);
		const coverage = add(2000, { eventType: 'PreEncounter.Coverage.Updated' });
		add(3000, { eventType: 'PreEncounter.Tag.Created' });
		const types = ['PreEncounter.Coverage.Updated', 'PreEncounter.Patient.Created'];

		expect(idsIn(await scan(`event_types=${types[0]}`))).toEqual([coverage.id]);
		expect(idsIn(await scan(types.map((type) => `event_types=${type}`).join('&')))).toEqual([
			patient.id,
			coverage.id,
		]);
	});

	it('includes both limits of the time that is asked for', async () => {
		const [newest, middle, oldest] = [add(1000), add(2000), add(3000)];

		expect(idsIn(await scan(`created_after=${middle.createdAt}`))).toEqual([newest.id, middle.id]);
		expect(idsIn(await scan(`created_before=${middle.createdAt}`))).toEqual([middle.id, oldest.id]);
	});

	it('has only the last 30 days, by the clock of the API', async () => {
		add(30 * DAY + 1000);
		const kept = add(30 * DAY - 60_000);
		expect(idsIn(await scan('created_after=2020-01-01T00:00:00Z'))).toEqual([kept.id]);

		local.api.offsetClock(120_000);
		expect(idsIn(await scan())).toEqual([]);
	});

	it.each([
		'limit=0',
		'limit=101',
		'limit=x',
		'page_token=x',
		'created_before=yesterday',
		'created_after=2025-01-22',
		'event_types=Encounter.Created',
		'event_types=PreEncounter.Patient.Created,PreEncounter.Tag.Created',
	])('refuses %s', async (query) => {
		const name = query.split('=')[0] ?? '';

		expect(await local.refusalOf(`${EVENTS_PATH}?${query}`)).toMatchObject({
			status: 400,
			errorName: 'BadRequestError',
			content: { message: expect.stringContaining(`'${name}'`) },
		});
	});

	it('accepts a limit of 100', async () => {
		for (let i = 0; i < 101; i += 1) add(1000);

		expect((await scan('limit=100')).items).toHaveLength(100);
	});

	it('can be refused by a fault on its path', async () => {
		local.api.inject({ method: 'GET', path: EVENTS_PATH, kind: 'status', status: 503 });

		const answer = await fetch(`${local.api.url}${EVENTS_PATH}?limit=1`, {
			headers: local.bearer,
		});
		expect(answer.status).toBe(503);
		await scan();
	});

	it('belongs to a client', async () => {
		const client = { clientId: 'other', clientSecret: 'secret' };
		const api = await local.startOther({ clients: [client] });
		const { id } = api.addEvent({ eventType: 'PreEncounter.Tag.Created', clientId: 'other' });
		const listOf = async (clientId?: string) => {
			const headers = { authorization: `Bearer ${api.issueToken(clientId)}` };
			return idsIn((await (await fetch(api.url + EVENTS_PATH, { headers })).json()) as Page);
		};

		expect([await listOf(), await listOf('other')]).toEqual([[], [id]]);
	});

	it('is empty after a reset', async () => {
		add(1000);
		local.api.reset();
		local.bearer = { authorization: `Bearer ${local.api.issueToken()}` };

		expect(await scan()).toEqual({ items: [] });
	});
});

describe('an encounter', () => {
	it('is an event when it is added and when its claim’s status changes', async () => {
		const { encounterId, createdAt } = local.api.addEncounter({ externalId: 'ENC-EVENT' });
		const changedAt = new Date(Date.parse(createdAt) + 1).toISOString();
		local.api.setClaimStatus(encounterId, 'denied', { createdAt: changedAt });
		const ofBoth = {
			encounter_id: encounterId,
			external_id: 'ENC-EVENT',
			claim_id: `a${encounterId.slice(1)}`,
		};

		expect(await scan()).toEqual({
			items: [
				{
					id: expect.any(String),
					created_at: changedAt,
					timestamp: changedAt,
					event_type: 'CandidApi.Encounter.StatusUpdated',
					schema_version: '1.0',
					payload: { ...ofBoth, status: 'denied', previous_status: 'biller_received' },
				},
				{
					id: expect.any(String),
					created_at: createdAt,
					timestamp: createdAt,
					event_type: 'CandidApi.Encounter.Created',
					schema_version: '1.0',
					payload: { ...ofBoth, status: 'biller_received' },
				},
			],
		});
		const encounter = await local.pageOf('/api/encounters/v4', { external_id: 'ENC-EVENT' });
		expect(encounter.items).toMatchObject([
			{ created_at: createdAt, claims: [{ status: 'denied' }] },
		]);
	});

	it('has the time of the API’s clock, as its event does', async () => {
		const api = await local.startOther({ clockOffsetMs: 300_000 });
		const { encounterId, createdAt } = api.addEncounter({ externalId: 'ENC-CLOCK' });

		expect(Date.parse(createdAt) - Date.now()).toBeCloseTo(300_000, -4);
		const changed = api.setClaimStatus(encounterId, 'paid');
		expect(Date.parse(changed.createdAt) - Date.now()).toBeCloseTo(300_000, -4);
	});

	it('has events without a payload, where the settings say so', async () => {
		const api = await local.startOther({ world: { eventPayload: 'omitted' } });
		const { encounterId } = api.addEncounter({ externalId: 'ENC-BARE' });
		api.setClaimStatus(encounterId, 'paid');
		const headers = { authorization: `Bearer ${api.issueToken()}` };
		const { items } = (await (await fetch(api.url + EVENTS_PATH, { headers })).json()) as Page;

		expect(items).toHaveLength(2);
		for (const item of items) expect(item).not.toHaveProperty('payload');
	});

	it('that does not exist cannot change its status', () => {
		expect(() => local.api.setClaimStatus(UNKNOWN_ID, 'paid')).toThrow('404');
	});
});
