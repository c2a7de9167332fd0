import { randomBytes } from 'node:crypto';

import { CHARGE_CAPTURES_PATH, ENCOUNTERS_PATH } from './paths';
import { TestServer } from './test-server';

const local = new TestServer();

describe('the lists of charge captures and encounters', () => {
	const ids = ({ items }: { items: Array<Record<string, string>> }) =>
		items.map((item) => item.charge_external_id);

	it.each([
		['limit=100', ['CC-1005', 'CC-1004', 'CC-1003', 'CC-1002', 'CC-1001']],
		['sort=date_of_service&sort_direction=asc&limit=2', ['CC-1001', 'CC-1002']],
		['status=billable', ['CC-1003']],
		['patient_external_id=PAT-2', ['CC-1004', 'CC-1002']],
		['date_of_service_min=2025-01-11&date_of_service_max=2025-01-12', ['CC-1003', 'CC-1002']],
		['search_term=cc-1004', ['CC-1004']],
		['charge_external_id=CC-9999', []],
	])('return the charge captures that match %j', async (query, expected) => {
		const answer = await fetch(`${local.api.url}${CHARGE_CAPTURES_PATH}?${query}`, {
			headers: local.bearer,
		});

		expect(ids((await answer.json()) as Parameters<typeof ids>[0])).toEqual(expected);
		expect(local.api.requests[0]?.path).toBe(`${CHARGE_CAPTURES_PATH}?${query}`);
	});

	it('contain the seed data with constant IDs', async () => {
		const inOrder = { sort_direction: 'asc' };
		const chargeCaptures = await local.pageOf(CHARGE_CAPTURES_PATH, inOrder);
		const { items } = await local.pageOf(ENCOUNTERS_PATH, {
			search_term: 'ENC-200',
			sort: 'created_at:asc',
		});

		expect(chargeCaptures.items.map((item) => [item.charge_external_id, item.id])).toEqual([
			['CC-1001', 'c0000000-0000-4000-8000-000000001001'],
			['CC-1002', 'c0000000-0000-4000-8000-000000001002'],
			['CC-1003', 'c0000000-0000-4000-8000-000000001003'],
			['CC-1004', 'c0000000-0000-4000-8000-000000001004'],
			['CC-1005', 'c0000000-0000-4000-8000-000000001005'],
		]);
		expect(items.map((item) => [item.external_id, item.encounter_id])).toEqual([
			['ENC-2001', 'e0000000-0000-4000-8000-000000002001'],
			['ENC-2002', 'e0000000-0000-4000-8000-000000002002'],
			['ENC-2003', 'e0000000-0000-4000-8000-000000002003'],
		]);
	});

	it.each([
		['biller_received', ['ENC-2001']],
		['submitted_to_payer', ['ENC-2002']],
		['finalized_paid', ['ENC-2003']],
		['denied', []],
	])('return the encounters with the claim status %s', async (status, expected) => {
		const query = { claim_status: status, search_term: 'ENC-200' };
		const { items } = await local.pageOf(ENCOUNTERS_PATH, query);

		expect(items.map((item) => item.external_id)).toEqual(expected);
		for (const item of items) expect(item.claims).toMatchObject([{ status }]);
	});

	it('show an added encounter with its claim status, or with the default one', async () => {
		const { encounterId } = local.api.addEncounter({
			externalId: 'ENC-DENIED',
			claimStatus: 'denied',
		});
		expect(local.api.addEncounter({ externalId: 'ENC-DEFAULT' }).claimStatus).toBe(
			'biller_received',
		);

		const query = { claim_status: 'denied', external_id: 'ENC-DENIED' };
		const { items } = await local.pageOf(ENCOUNTERS_PATH, query);
		expect(items.map((item) => item.encounter_id)).toEqual([encounterId]);
	});

	it('refuse an unknown claim status', async () => {
		const answer = await fetch(`${local.api.url}${ENCOUNTERS_PATH}?claim_status=Paid`, {
			headers: local.bearer,
		});

		expect(answer.status).toBe(422);
		expect(await answer.json()).toMatchObject({ content: [{ fieldName: 'claim_status' }] });
	});

	it.each([
		['a limit of 101', CHARGE_CAPTURES_PATH, { limit: '101' }],
		['a limit of 1000', ENCOUNTERS_PATH, { limit: '1000' }],
		['no limit', CHARGE_CAPTURES_PATH, {}],
	])('return pages of 100 for %s', async (_name, path, limit) => {
		const term = { search_term: `many-${randomBytes(8).toString('hex')}` };
		for (let i = 0; i < 101; i += 1) {
			const externalId = `${term.search_term}-${i}`;
			if (path === ENCOUNTERS_PATH) local.api.addEncounter({ externalId });
			else local.api.addChargeCapture({ chargeExternalId: externalId });
		}
		const first = await local.pageOf(path, { ...term, ...limit });
		const nextPage = { page_token: first.next_page_token ?? '' };
		const second = await local.pageOf(path, { ...term, ...limit, ...nextPage });

		const counted = path === CHARGE_CAPTURES_PATH ? { item_count: 101 } : {};
		const token = expect.any(String);
		expect(first).toEqual({ items: expect.any(Array), ...counted, next_page_token: token });
		expect(second).toEqual({ items: expect.any(Array), ...counted, prev_page_token: token });
		expect([first.items.length, second.items.length]).toEqual([100, 1]);
		expect(first.items).not.toContainEqual(second.items[0]);
	});

	it.each(['limit=0', 'status=paid', 'sort=size', 'page_token=x', 'date_of_service_min=1.1.2025'])(
		'refuse %s',
		async (query) => {
			const answer = await fetch(`${local.api.url}${CHARGE_CAPTURES_PATH}?${query}`, {
				headers: local.bearer,
			});

			expect(answer.status).toBe(422);
			expect(await answer.json()).toMatchObject({ content: [{ fieldName: query.split('=')[0] }] });
		},
	);
});
