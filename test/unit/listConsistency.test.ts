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

it('a list that shows nothing that is known is no evidence', () => {
	witness.observe(A, listAt(2000, 'of somebody else'));
	expect(witness.lagFor(A)).toBeUndefined();
	store('1');
	witness.observe(A, listAt(2000));
	expect(witness.lagFor(A)).toBeUndefined();
});

it('a list that shows a known attachment says how late lists are at most', () => {
	store('1');
	witness.observe(A, listAt(1100, '1'));
	expect(witness.lagFor(A)).toEqual({ lagMs: 110, since: 1100 });
	witness.observe(A, listAt(5000, '1'));
	expect(witness.lagFor(A)).toEqual({ lagMs: 110, since: 1100 });
});

it('a known attachment that is missing from a later list ends the evidence', () => {
	store('1');
	store('2');
	witness.observe(A, listAt(1100, '1', '2'));
	witness.observe(A, listAt(2000, '1'));
	expect(witness.lagFor(A)).toBeUndefined();
	expect(witness.isKnown(A, '2')).toBe(false);
});

it('an attachment that is too new for the list is not missing', () => {
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

it('an attachment that was deleted is not missing', () => {
	store('1');
	store('2');
	witness.observe(A, listAt(1100, '1', '2'));
	witness.forget('2');
	witness.observe(A, listAt(2000, '1'));
	expect(witness.lagFor(A)).toBeDefined();
});

it('forgets what was deleted by its account and ID', () => {
	const shared = consistencyOf(A);
	shared.addStored(A, 'deleted', LANE, 1000);
	forgetDeleted('another clinic', 'deleted');
	expect(shared.isKnown(A, 'deleted')).toBe(true);
	forgetDeleted(A.account, 'deleted');
	expect(shared.isKnown(A, 'deleted')).toBe(false);
});

it('what was seen at one charge capture says nothing about another until it is shared', () => {
	store('1');
	witness.observe(A, listAt(1100, '1'));
	expect(witness.lagFor(B)).toBeUndefined();
	expect(witness.parentToMeasure(B)).toBe(A);
	witness.share(A);
	expect(witness.lagFor(B)).toEqual({ lagMs: 110, since: 1100 });
});

it('what was seen at one encounter holds for all', () => {
	const [one, other] = [parent('1', 'encounter'), parent('2', 'encounter')];
	witness = new ListConsistency('encounter');
	witness.addStored(one, 'a', LANE, 1000);
	witness.observe(one, listAt(1100, 'a'));
	expect(witness.lagFor(other)).toEqual({ lagMs: 110, since: 1100 });
});

it('asks no charge capture that cannot speak for others, nor the one in question', () => {
	store('1');
	expect(witness.parentToMeasure(A)).toBeUndefined();
	expect(witness.parentToMeasure(B)).toBe(A);
	witness.keepApart(A);
	expect(witness.parentToMeasure(B)).toBeUndefined();
});

it('asks none whose attachments are too old to say how late lists are', () => {
	store('1');
	jest.setSystemTime(1000 + 60_001);
	expect(witness.parentToMeasure(B)).toBeUndefined();
});

it('probes one file at a time, and not for a while after one did not show', async () => {
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

it('remembers a thousand IDs of a charge capture, the newest', () => {
	for (let index = 0; index < 1500; index++) store(`id-${index}`);
	expect(witness.isKnown(A, 'id-499')).toBe(false);
	expect(witness.isKnown(A, 'id-500')).toBe(true);
	expect(witness.isKnown(A, 'id-1499')).toBe(true);
});
