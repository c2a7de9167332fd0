import type { ParentList } from '../../nodes/CandidHealth/upload/parentList';
import { parentOf } from '../../nodes/CandidHealth/upload/shipment';
import type { Parent } from '../../nodes/CandidHealth/upload/shipment';
import {
	ListConsistency,
	forgetDeleted,
	consistencyOf,
} from '../../nodes/CandidHealth/upload/listConsistency';

const parent = (id: string, kind: Parent['kind'] = 'chargeCapture') =>
	parentOf({ kind, id, list: `/${kind}/${id}`, account: 'clinic' });

const [A, B] = [parent('A'), parent('B')];

const LANE = 'superbill.pdf';

/** A list whose request takes 10 ms. */
const listAt = (requestedAt: number, ...ids: string[]): ParentList => ({
	attachments: ids.map((id) => ({
		id,
		fileName: LANE,
		contentType: 'application/pdf',
		attachmentType: 'OTHER',
		description: '',
	})),
	requestedAt,
	answeredAt: requestedAt + 10,
	clockAhead: 0,
	clockBehind: 0,
});

let witness: ListConsistency;

/** Sent at 1,000, answered at 1,050. */
function store(id: string, at: Parent = A): void {
	jest.setSystemTime(1050);
	witness.addStored(at, id, LANE, 1000);
}

beforeEach(() => {
	jest.useFakeTimers();
	jest.setSystemTime(1050);
	witness = new ListConsistency('chargeCapture');
});

afterEach(() => jest.useRealTimers());

it('a list that shows no known attachment says nothing about the lag of lists', () => {
	witness.observe(A, listAt(2000, 'of somebody else'));
	expect(witness.lagFor(A)).toBeUndefined();
	store('1');
	witness.observe(A, listAt(2000));
	expect(witness.lagFor(A)).toBeUndefined();
});

it('a list that shows a known attachment gives the maximum lag of lists', () => {
	store('1');
	witness.observe(A, listAt(1100, '1'));
	expect(witness.lagFor(A)).toEqual({ lagMs: 110, since: 1100 });
	witness.observe(A, listAt(5000, '1'));
	expect(witness.lagFor(A)).toEqual({ lagMs: 110, since: 1100 });
});

it('lists count as unreliable again when a later list lacks a known attachment', () => {
	store('1');
	store('2');
	witness.observe(A, listAt(1100, '1', '2'));
	witness.observe(A, listAt(2000, '1'));
	expect(witness.lagFor(A)).toBeUndefined();
	expect(witness.isKnown(A, '2')).toBe(false);
});

it('an attachment that is newer than the observed lag does not count as missing', () => {
	store('1');
	witness.observe(A, listAt(1100, '1'));
	jest.setSystemTime(2000);
	witness.addStored(A, '2', LANE, 1950);
	const list = listAt(2109, '1');
	witness.observe(A, list);
	expect(witness.lagFor(A)).toBeDefined();
	expect(witness.recentIn(LANE, A, list)).toEqual(['2']);
	expect(witness.recentIn('another lane', A, list)).toEqual([]);
	expect(witness.recentIn(LANE, A, listAt(2110, '1'))).toEqual([]);
});

it('a deleted attachment does not count as missing', () => {
	store('1');
	store('2');
	witness.observe(A, listAt(1100, '1', '2'));
	witness.forget('2');
	witness.observe(A, listAt(2000, '1'));
	expect(witness.lagFor(A)).toBeDefined();
});

it('forgets a deleted attachment by its account and ID', () => {
	const shared = consistencyOf(A);
	shared.addStored(A, 'deleted', LANE, 1000);
	forgetDeleted('another clinic', 'deleted');
	expect(shared.isKnown(A, 'deleted')).toBe(true);
	forgetDeleted(A.account, 'deleted');
	expect(shared.isKnown(A, 'deleted')).toBe(false);
});

it('the observed lag of one charge capture applies to others only after share', () => {
	store('1');
	witness.observe(A, listAt(1100, '1'));
	expect(witness.lagFor(B)).toBeUndefined();
	expect(witness.parentToMeasure(B)).toBe(A);
	witness.share(A);
	expect(witness.lagFor(B)).toEqual({ lagMs: 110, since: 1100 });
});

it('the observed lag of one encounter applies to all encounters', () => {
	const [one, other] = [parent('1', 'encounter'), parent('2', 'encounter')];
	witness = new ListConsistency('encounter');
	witness.addStored(one, 'a', LANE, 1000);
	witness.observe(one, listAt(1100, 'a'));
	expect(witness.lagFor(other)).toEqual({ lagMs: 110, since: 1100 });
});

it('suggests neither the charge capture itself nor one that is kept apart for a check', () => {
	store('1');
	expect(witness.parentToMeasure(A)).toBeUndefined();
	expect(witness.parentToMeasure(B)).toBe(A);
	witness.keepApart(A);
	expect(witness.parentToMeasure(B)).toBeUndefined();
});

it('suggests no charge capture whose attachments are too old to show the lag', () => {
	store('1');
	jest.setSystemTime(1000 + 60_001);
	expect(witness.parentToMeasure(B)).toBeUndefined();
});

it('probes with one file at a time, and not for ten minutes after one was not listed', async () => {
	jest.useRealTimers();
	const order: string[] = [];
	const probe = (name: string) => async () => {
		order.push(`${name} begins`);
		await Promise.resolve();
		order.push(`${name} ends`);
	};
	await Promise.all([witness.probeAlone(probe('a')), witness.probeAlone(probe('b'))]);
	expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
	jest.useFakeTimers();
	jest.setSystemTime(1050);
	expect(witness.mayProbe).toBe(true);
	witness.rememberNotListed();
	expect(witness.mayProbe).toBe(false);
	jest.setSystemTime(1050 + 10 * 60_000 + 1);
	expect(witness.mayProbe).toBe(true);
});

it('remembers the newest thousand IDs of a charge capture', () => {
	for (let index = 0; index < 1500; index++) store(`id-${index}`);
	expect(witness.isKnown(A, 'id-499')).toBe(false);
	expect(witness.isKnown(A, 'id-500')).toBe(true);
	expect(witness.isKnown(A, 'id-1499')).toBe(true);
});
