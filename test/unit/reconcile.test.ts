import { ListHistory } from '../../nodes/CandidHealth/upload/listHistory';
import { attachmentsIn } from '../../nodes/CandidHealth/upload/parentList';
import type { ListedAttachment, ParentList } from '../../nodes/CandidHealth/upload/parentList';
import { comparableName, reconcile, sameNamed } from '../../nodes/CandidHealth/upload/reconcile';
import type { ReconcileContext, SentFile } from '../../nodes/CandidHealth/upload/reconcile';

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

/** Lists have been reliable from the beginning, unless a test says otherwise. */
function reconcileWith(attachments: ListedAttachment[], setting: Setting = {}) {
	const { file = sent, history = new ListHistory(), others = [], ...rest } = setting;
	const { reliableSince = 0, otherUncertain = false, ...clock } = rest;
	const context: ReconcileContext = {
		history,
		sentAt: SENT_AT,
		isOther: (id) => others.includes(id),
		reliableSince,
		otherUncertain,
	};
	return reconcile(listOf(attachments, clock), file, context);
}

const found = (id: string) => ({ result: 'found', id });

const ambiguous = (...ids: string[]) => ({ result: 'ambiguous', ids });

const ABSENT = { result: 'absent' };

/** Lists at their times, with the IDs in them. */
function historyOf(lists: Array<[answeredAt: number, ids: string[]]>): ListHistory {
	const history = new ListHistory();
	for (const [answeredAt, ids] of lists) {
		const attachments = ids.map((id) => entry(id));
		history.add(listOf(attachments, { requestedAt: answeredAt - 10, answeredAt }));
	}
	return history;
}

describe('a file that was sent and not acknowledged', () => {
	it('is absent from an empty list, and from one of other files', () => {
		expect(reconcileWith([])).toEqual(ABSENT);
		const others: Array<Partial<ListedAttachment>> = [
			{ fileName: 'other.pdf' },
			{ contentType: 'image/png' },
			{ attachmentType: 'EOB' },
			{ description: 'Visit of May 5' },
		];
		expect(reconcileWith(others.map((more, index) => entry(`${index}`, more)))).toEqual(ABSENT);
	});

	it.each<[string, Partial<ListedAttachment>]>([
		['a quotation mark that went out as %22', { fileName: 'a %22b%22.pdf' }],
		['spaces and line breaks of the description', { description: 'Visit  of\r\nMay 4 ' }],
		['parameters and case of the type', { contentType: 'Application/PDF; charset=binary' }],
	])('is found despite %s', (_, more) => {
		const file = more.fileName === undefined ? sent : { ...sent, fileName: 'a "b".pdf' };
		expect(reconcileWith([entry('a', { ...more, createdAt: 600 })], { file })).toEqual(found('a'));
	});

	it('is ambiguous if Candid may have changed characters of its name', () => {
		expect(reconcileWith([entry('a', { fileName: 'Super_bill.PDF', createdAt: 600 })])).toEqual(
			ambiguous('a'),
		);
	});

	it('is found if the entry was created after it was sent', () => {
		expect(reconcileWith([entry('a', { createdAt: 500 })])).toEqual(found('a'));
		expect(reconcileWith([entry('a', { createdAt: 499 })])).toEqual(ambiguous('a'));
	});

	it("is compared by Candid's clock if that is ahead", () => {
		const created = entry('a', { createdAt: 5400 });
		expect(reconcileWith([created], { clockAhead: 5000 })).toEqual(ambiguous('a'));
		expect(reconcileWith([created], { clockAhead: 4900 })).toEqual(found('a'));
	});

	it('is not an entry that is older by more than a minute', () => {
		const createdAt = SENT_AT - 60_001;
		expect(reconcileWith([entry('a', { createdAt })])).toEqual(ABSENT);
		expect(reconcileWith([entry('a', { createdAt }), entry('b', { createdAt: 600 })])).toEqual(
			found('b'),
		);
		expect(reconcileWith([entry('a', { createdAt })], { clockBehind: 1 })).toEqual(ambiguous('a'));
		expect(reconcileWith([entry('a', { createdAt })], { clockBehind: Infinity })).toEqual(
			ambiguous('a'),
		);
	});

	it('is ambiguous if the age of the entry is not known', () => {
		expect(reconcileWith([entry('a')])).toEqual(ambiguous('a'));
	});

	it('is found if an earlier list did not have the entry', () => {
		expect(reconcileWith([entry('a')], { history: historyOf([[100, []]]) })).toEqual(found('a'));
		expect(reconcileWith([entry('a'), entry('b')], { history: historyOf([[100, ['b']]]) })).toEqual(
			found('a'),
		);
	});

	it('is not an entry that a list had before it was sent', () => {
		expect(reconcileWith([entry('a')], { history: historyOf([[100, ['a']]]) })).toEqual(ABSENT);
		const cameBefore = historyOf([
			[100, []],
			[400, ['a']],
		]);
		expect(reconcileWith([entry('a')], { history: cameBefore })).toEqual(ABSENT);
	});

	it('is found if the entry came between two lists after it was sent', () => {
		const history = historyOf([
			[600, []],
			[700, ['a']],
		]);
		expect(reconcileWith([entry('a')], { history })).toEqual(found('a'));
	});

	it('is ambiguous if the first list after it was sent already had the entry', () => {
		expect(reconcileWith([entry('a')], { history: historyOf([[600, ['a']]]) })).toEqual(
			ambiguous('a'),
		);
	});

	it.each([
		['it is not known whether lists show what is stored', Infinity],
		['lists are reliable only since that list', 100],
	])('is ambiguous after a list that did not have the entry if %s', (_, reliableSince) => {
		const history = historyOf([[100, []]]);
		expect(reconcileWith([entry('a')], { history, reliableSince })).toEqual(ambiguous('a'));
	});

	it('is ambiguous if another file like it may be stored too', () => {
		const created = entry('a', { createdAt: 600 });
		expect(reconcileWith([created], { otherUncertain: true })).toEqual(ambiguous('a'));
		const history = historyOf([[100, []]]);
		expect(reconcileWith([created], { otherUncertain: true, history })).toEqual(found('a'));
	});

	it('is ambiguous if two entries match it', () => {
		const two = [entry('a', { createdAt: 600 }), entry('b', { createdAt: 600 })];
		expect(reconcileWith(two)).toEqual(ambiguous('a', 'b'));
		expect(reconcileWith(two, { others: ['a'] })).toEqual(found('b'));
		expect(reconcileWith(two, { others: ['a', 'b'] })).toEqual(ABSENT);
	});
});

it("'Skip' compares file name and attachment type only", () => {
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
])('the names %j and %j are equal', (one, other) => {
	expect(comparableName(one)).toBe(comparableName(other));
});

describe("Candid's answer", () => {
	it('is read also if fields are missing in it', () => {
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
		'is not a list if it is %j',
		(answer) => {
			expect(attachmentsIn(answer)).toBeUndefined();
		},
	);
});
