import { ListHistory } from '../../nodes/CandidHealth/upload/listHistory';
import { attachmentsIn } from '../../nodes/CandidHealth/upload/parentList';
import type { ListedAttachment, ParentList } from '../../nodes/CandidHealth/upload/parentList';
import { comparableName, reconcile, sameNamed } from '../../nodes/CandidHealth/upload/reconcile';
import type { Known, SentFile } from '../../nodes/CandidHealth/upload/reconcile';

const sent: SentFile = {
	fileName: 'superbill.pdf',
	contentType: 'application/pdf',
	attachmentType: 'DOCUMENTATION',
	description: 'Visit of May 4',
};

const entry = (id: string, more: Partial<ListedAttachment> = {}): ListedAttachment => ({
	...sent,
	id,
	...more,
});

const listOf = (attachments: ListedAttachment[], more: Partial<ParentList> = {}): ParentList => ({
	attachments,
	requestedAt: 900,
	answeredAt: 1000,
	clockAhead: 0,
	clockBehind: 0,
	...more,
});

const SENT_AT = 500;

interface Setting extends Partial<Pick<ParentList, 'clockAhead' | 'clockBehind'>> {
	file?: SentFile;
	history?: ListHistory;
	others?: string[];
	reliableSince?: number;
	otherUncertain?: boolean;
}

/** By default, lists are reliable from the beginning. */
function reconciled(attachments: ListedAttachment[], setting: Setting = {}) {
	const { file = sent, history = new ListHistory(), others = [], ...rest } = setting;
	const { reliableSince = 0, otherUncertain = false, ...clock } = rest;
	const known: Known = {
		history,
		sentAt: SENT_AT,
		isOther: (id) => others.includes(id),
		reliableSince,
		otherUncertain,
	};
	return reconcile(listOf(attachments, clock), file, known);
}

const found = (id: string) => ({ result: 'found', id });

const ambiguous = (...ids: string[]) => ({ result: 'ambiguous', ids });

const ABSENT = { result: 'absent' };

/** A history of lists, each with its time and the IDs in it. */
function historyOf(lists: Array<[answeredAt: number, ids: string[]]>): ListHistory {
	const history = new ListHistory();
	for (const [answeredAt, ids] of lists) {
		const attachments = ids.map((id) => entry(id));
		history.add(listOf(attachments, { requestedAt: answeredAt - 10, answeredAt }));
	}
	return history;
}

describe('a file that was sent and not acknowledged', () => {
	it('is absent if the list is empty or has only other files', () => {
		expect(reconciled([])).toEqual(ABSENT);
		const others: Array<Partial<ListedAttachment>> = [
			{ fileName: 'other.pdf' },
			{ contentType: 'image/png' },
			{ attachmentType: 'EOB' },
			{ description: 'Visit of May 5' },
		];
		expect(reconciled(others.map((more, index) => entry(`${index}`, more)))).toEqual(ABSENT);
	});

	it.each<[string, Partial<ListedAttachment>]>([
		['a quotation mark that was sent as %22', { fileName: 'a %22b%22.pdf' }],
		['other spaces and line breaks in the description', { description: 'Visit  of\r\nMay 4 ' }],
		['parameters and other case of the type', { contentType: 'Application/PDF; charset=binary' }],
	])('is found despite %s', (_, more) => {
		const file = more.fileName === undefined ? sent : { ...sent, fileName: 'a "b".pdf' };
		expect(reconciled([entry('a', { ...more, createdAt: 600 })], { file })).toEqual(found('a'));
	});

	it('is ambiguous if Candid may have cleaned its name', () => {
		expect(reconciled([entry('a', { fileName: 'Super_bill.PDF', createdAt: 600 })])).toEqual(
			ambiguous('a'),
		);
	});

	it('matches an entry that was created after it was sent', () => {
		expect(reconciled([entry('a', { createdAt: 500 })])).toEqual(found('a'));
		expect(reconciled([entry('a', { createdAt: 499 })])).toEqual(ambiguous('a'));
	});

	it("is compared with the time of an entry by Candid's clock if that is ahead", () => {
		const created = entry('a', { createdAt: 5400 });
		expect(reconciled([created], { clockAhead: 5000 })).toEqual(ambiguous('a'));
		expect(reconciled([created], { clockAhead: 4900 })).toEqual(found('a'));
	});

	it('does not match an entry that is more than a minute older', () => {
		const createdAt = SENT_AT - 60_001;
		expect(reconciled([entry('a', { createdAt })])).toEqual(ABSENT);
		expect(reconciled([entry('a', { createdAt }), entry('b', { createdAt: 600 })])).toEqual(
			found('b'),
		);
		expect(reconciled([entry('a', { createdAt })], { clockBehind: 1 })).toEqual(ambiguous('a'));
		expect(reconciled([entry('a', { createdAt })], { clockBehind: Infinity })).toEqual(
			ambiguous('a'),
		);
	});

	it('is ambiguous if the age of the entry is unknown', () => {
		expect(reconciled([entry('a')])).toEqual(ambiguous('a'));
	});

	it('matches an entry that an earlier list did not have', () => {
		expect(reconciled([entry('a')], { history: historyOf([[100, []]]) })).toEqual(found('a'));
		expect(reconciled([entry('a'), entry('b')], { history: historyOf([[100, ['b']]]) })).toEqual(
			found('a'),
		);
	});

	it('does not match an entry that a list had before it was sent', () => {
		expect(reconciled([entry('a')], { history: historyOf([[100, ['a']]]) })).toEqual(ABSENT);
		const cameBefore = historyOf([
			[100, []],
			[400, ['a']],
		]);
		expect(reconciled([entry('a')], { history: cameBefore })).toEqual(ABSENT);
	});

	it('matches an entry that appeared between two lists after it was sent', () => {
		const history = historyOf([
			[600, []],
			[700, ['a']],
		]);
		expect(reconciled([entry('a')], { history })).toEqual(found('a'));
	});

	it('is ambiguous if the first list after it was sent already had the entry', () => {
		expect(reconciled([entry('a')], { history: historyOf([[600, ['a']]]) })).toEqual(
			ambiguous('a'),
		);
	});

	it.each([
		['no list has been known to be reliable', Infinity],
		['lists have been reliable only since that list', 100],
	])('is ambiguous after a list that did not have the entry if %s', (_, reliableSince) => {
		const history = historyOf([[100, []]]);
		expect(reconciled([entry('a')], { history, reliableSince })).toEqual(ambiguous('a'));
	});

	it('is ambiguous if another file like it may have been stored too', () => {
		const created = entry('a', { createdAt: 600 });
		expect(reconciled([created], { otherUncertain: true })).toEqual(ambiguous('a'));
		const history = historyOf([[100, []]]);
		expect(reconciled([created], { otherUncertain: true, history })).toEqual(found('a'));
	});

	it('is ambiguous if two entries match it', () => {
		const two = [entry('a', { createdAt: 600 }), entry('b', { createdAt: 600 })];
		expect(reconciled(two)).toEqual(ambiguous('a', 'b'));
		expect(reconciled(two, { others: ['a'] })).toEqual(found('b'));
		expect(reconciled(two, { others: ['a', 'b'] })).toEqual(ABSENT);
	});
});

it("'Skip' compares only file name and attachment type", () => {
	const files = [
		entry('other name', { fileName: 'b.pdf' }),
		entry('other type', { attachmentType: 'EOB' }),
		entry('other description', { description: '' }),
		entry('other content type', { contentType: 'text/plain' }),
	];
	expect(sameNamed(files, sent).map(({ id }) => id)).toEqual([
		'other description',
		'other content type',
	]);
});

it.each([
	['a "b".pdf', 'a %22b%22.pdf'],
	['a  b.pdf', ' a b.pdf '],
	['a\tb.pdf', 'a b.pdf'],
	['cafe\u0301.pdf', 'caf\u00e9.pdf'],
])('the names %j and %j are considered equal', (one, other) => {
	expect(comparableName(one)).toBe(comparableName(other));
});

describe("Candid's answer", () => {
	it('is read even if fields are missing', () => {
		expect(
			attachmentsIn([
				{ attachment_id: 'a', description: null, created_at: '1970-01-01T00:00:01Z' },
			]),
		).toEqual([
			{
				id: 'a',
				fileName: '',
				contentType: '',
				attachmentType: '',
				description: '',
				createdAt: 1000,
			},
		]);
		expect(attachmentsIn([])).toEqual([]);
	});

	it.each([undefined, null, '', '<p>Welcome</p>', {}, { items: [] }, [{}], [null], ['a']])(
		'%j is not accepted as a list',
		(answer) => {
			expect(attachmentsIn(answer)).toBeUndefined();
		},
	);
});
