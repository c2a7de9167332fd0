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

/** A list that takes 10 ms. */
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

let consistency: ListConsistency;

/** Sent at 1,000, answered at 1,050. */
function store(id: string, at: Parent = A): void {
	jest.setSystemTime(1050);
	consistency.stored.add(at, id, { lane: LANE, sentAt: 1000 });
}

beforeEach(() => {
	jest.useFakeTimers();
	jest.setSystemTime(1050);
	consistency = new ListConsistency('chargeCapture');
});

afterEach(() => jest.useRealTimers());

it('observes no lag from a list that shows nothing this process has stored', () => {
	consistency.observe(A, listAt(2000, 'of somebody else'));
	expect(consistency.lagFor(A)).toBeUndefined();
	store('1');
	consistency.observe(A, listAt(2000));
	expect(consistency.lagFor(A)).toBeUndefined();
});

it('observes the lag from a list that shows a stored attachment, and keeps the shortest', () => {
	store('1');
	consistency.observe(A, listAt(1100, '1'));
	expect(consistency.lagFor(A)).toEqual({ lagMs: 110, since: 1100 });
	consistency.observe(A, listAt(5000, '1'));
	expect(consistency.lagFor(A)).toEqual({ lagMs: 110, since: 1100 });
});

it('drops the lag when a later list lacks a stored attachment', () => {
	store('1');
	store('2');
	consistency.observe(A, listAt(1100, '1', '2'));
	consistency.observe(A, listAt(2000, '1'));
	expect(consistency.lagFor(A)).toBeUndefined();
	expect(consistency.stored.has(A, '2')).toBe(false);
});

it('does not expect an attachment in a list that may be too early for it', () => {
	store('1');
	consistency.observe(A, listAt(1100, '1'));
	jest.setSystemTime(2000);
	consistency.stored.add(A, '2', { lane: LANE, sentAt: 1950 });
	const list = listAt(2109, '1');
	consistency.observe(A, list);
	expect(consistency.lagFor(A)).toBeDefined();
	expect(consistency.recentIn(LANE, A, list)).toEqual(['2']);
	expect(consistency.recentIn('another lane', A, list)).toEqual([]);
	expect(consistency.recentIn(LANE, A, listAt(2110, '1'))).toEqual([]);
});

it('does not expect a deleted attachment in a list', () => {
	store('1');
	store('2');
	consistency.observe(A, listAt(1100, '1', '2'));
	consistency.stored.forget('2');
	consistency.observe(A, listAt(2000, '1'));
	expect(consistency.lagFor(A)).toBeDefined();
});

it('forgets a deleted attachment by its account and ID', () => {
	const shared = consistencyOf(A);
	shared.stored.add(A, 'deleted', { lane: LANE, sentAt: 1000 });
	forgetDeleted('another clinic', 'deleted');
	expect(shared.stored.has(A, 'deleted')).toBe(true);
	forgetDeleted(A.account, 'deleted');
	expect(shared.stored.has(A, 'deleted')).toBe(false);
});

it('applies the lag of one charge capture to another only after it is shared', () => {
	store('1');
	consistency.observe(A, listAt(1100, '1'));
	expect(consistency.lagFor(B)).toBeUndefined();
	expect(consistency.parentToMeasure(B)).toBe(A);
	consistency.share(A);
	expect(consistency.lagFor(B)).toEqual({ lagMs: 110, since: 1100 });
});

it('applies the lag of one encounter to all', () => {
	const [one, other] = [parent('1', 'encounter'), parent('2', 'encounter')];
	consistency = new ListConsistency('encounter');
	consistency.stored.add(one, 'a', { lane: LANE, sentAt: 1000 });
	consistency.observe(one, listAt(1100, 'a'));
	expect(consistency.lagFor(other)).toEqual({ lagMs: 110, since: 1100 });
});

it('measures neither at the same charge capture nor at one whose lag is never shared', () => {
	store('1');
	expect(consistency.parentToMeasure(A)).toBeUndefined();
	expect(consistency.parentToMeasure(B)).toBe(A);
	consistency.neverShare(A);
	expect(consistency.parentToMeasure(B)).toBeUndefined();
});

it('does not measure at a charge capture whose attachments are older than a minute', () => {
	store('1');
	jest.setSystemTime(1000 + 60_001);
	expect(consistency.parentToMeasure(B)).toBeUndefined();
});

it('runs one probe at a time, and none for ten minutes after one whose file was not listed', async () => {
	jest.useRealTimers();
	const order: string[] = [];
	const probe = (name: string) => async () => {
		order.push(`${name} begins`);
		await Promise.resolve();
		order.push(`${name} ends`);
	};
	await Promise.all([consistency.probes.inTurn(probe('a')), consistency.probes.inTurn(probe('b'))]);
	expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
	jest.useFakeTimers();
	jest.setSystemTime(1050);
	expect(consistency.probes.mayProbe).toBe(true);
	consistency.probes.recordNotListed();
	expect(consistency.probes.mayProbe).toBe(false);
	jest.setSystemTime(1050 + 10 * 60_000 + 1);
	expect(consistency.probes.mayProbe).toBe(true);
});

it('remembers the newest thousand attachments of a charge capture', () => {
	for (let index = 0; index < 1500; index++) store(`id-${index}`);
	expect(consistency.stored.has(A, 'id-499')).toBe(false);
	expect(consistency.stored.has(A, 'id-500')).toBe(true);
	expect(consistency.stored.has(A, 'id-1499')).toBe(true);
});
