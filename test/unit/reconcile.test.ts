import {
	ListHistory,
	attachedFiles,
	sameNamed,
	seekFile,
} from '../../nodes/CandidHealth/upload/attachedFiles';
import type {
	AttachedFile,
	Listing,
	SentFile,
} from '../../nodes/CandidHealth/upload/attachedFiles';

const sent: SentFile = {
	fileName: 'superbill.pdf',
	contentType: 'application/pdf',
	attachmentType: 'DOCUMENTATION',
	description: 'Visit of May 4',
};

const held = (id: string, more: Partial<AttachedFile> = {}): AttachedFile => ({
	...sent,
	id,
	...more,
});

const listing = (files: AttachedFile[], more: Partial<Listing> = {}): Listing => ({
	files,
	requestedAt: 900,
	answeredAt: 1000,
	clockAhead: 0,
	clockBehind: 0,
	...more,
});

const SENT_AT = 500;

interface Circumstances extends Partial<Pick<Listing, 'clockAhead' | 'clockBehind'>> {
	history?: ListHistory;
	others?: string[];
}

const seek = (
	files: AttachedFile[],
	{ history = new ListHistory(), others = [] as string[], ...clock }: Circumstances = {},
) => seekFile(listing(files, clock), history, sent, SENT_AT, (id) => others.includes(id));

/** Lists at their times, with the IDs in them. */
function historyOf(lists: Array<[answeredAt: number, ids: string[]]>): ListHistory {
	const history = new ListHistory();
	for (const [answeredAt, ids] of lists) {
		history.add(
			listing(
				ids.map((id) => held(id)),
				{ answeredAt },
			),
		);
	}
	return history;
}

describe('a file that was sent and not acknowledged', () => {
	it('is absent from an empty list, and from one of other files', () => {
		expect(seek([])).toEqual({ candidates: [] });
		const others: Array<Partial<AttachedFile>> = [
			{ fileName: 'other.pdf' },
			{ contentType: 'image/png' },
			{ attachmentType: 'EOB' },
			{ description: 'Visit of May 5' },
		];
		expect(seek(others.map((more, index) => held(`${index}`, more)))).toEqual({ candidates: [] });
	});

	it.each<[string, Partial<AttachedFile>]>([
		['a quotation mark that went out as %22', { fileName: 'a %22b%22.pdf' }],
		['spaces and line breaks of the description', { description: 'Visit  of\r\nMay 4 ' }],
		['parameters and case of the type', { contentType: 'Application/PDF; charset=binary' }],
	])('is found in spite of %s', (_, more) => {
		const file = more.fileName === undefined ? sent : { ...sent, fileName: 'a "b".pdf' };
		const list = listing([held('a', { ...more, createdAt: 600 })]);
		expect(seekFile(list, new ListHistory(), file, SENT_AT, () => false)).toEqual({ found: 'a' });
	});

	it('is in question where Candid might have cleaned its name', () => {
		expect(seek([held('a', { fileName: 'Super_bill.PDF', createdAt: 600 })])).toEqual({
			candidates: ['a'],
		});
	});

	it('is the one that was created since', () => {
		expect(seek([held('a', { createdAt: 500 })])).toEqual({ found: 'a' });
		expect(seek([held('a', { createdAt: 499 })])).toEqual({ candidates: ['a'] });
	});

	it("is judged by Candid's clock, where that is ahead", () => {
		const entry = held('a', { createdAt: 5400 });
		expect(seek([entry], { clockAhead: 5000 })).toEqual({ candidates: ['a'] });
		expect(seek([entry], { clockAhead: 4900 })).toEqual({ found: 'a' });
	});

	it('is none that is older by more than a minute', () => {
		const createdAt = SENT_AT - 60_001;
		expect(seek([held('a', { createdAt })])).toEqual({ candidates: [] });
		expect(seek([held('a', { createdAt }), held('b', { createdAt: 600 })])).toEqual({ found: 'b' });
		expect(seek([held('a', { createdAt })], { clockBehind: 1 })).toEqual({ candidates: ['a'] });
		expect(seek([held('a', { createdAt })], { clockBehind: Infinity })).toEqual({
			candidates: ['a'],
		});
	});

	it('is not taken for one whose age nobody knows', () => {
		expect(seek([held('a')])).toEqual({ candidates: ['a'] });
	});

	it('is the one that an earlier list did not have', () => {
		expect(seek([held('a')], { history: historyOf([[100, []]]) })).toEqual({ found: 'a' });
		expect(seek([held('a'), held('b')], { history: historyOf([[100, ['b']]]) })).toEqual({
			found: 'a',
		});
	});

	it('is none that a list had before it was sent', () => {
		expect(seek([held('a')], { history: historyOf([[100, ['a']]]) })).toEqual({ candidates: [] });
		const cameBefore = historyOf([
			[100, []],
			[400, ['a']],
		]);
		expect(seek([held('a')], { history: cameBefore })).toEqual({ candidates: [] });
	});

	it('is the one that came between lists after it was sent', () => {
		const history = historyOf([
			[600, []],
			[700, ['a']],
		]);
		expect(seek([held('a')], { history })).toEqual({ found: 'a' });
	});

	it('is in question when the first list after it was sent had it already', () => {
		expect(seek([held('a')], { history: historyOf([[600, ['a']]]) })).toEqual({
			candidates: ['a'],
		});
	});

	it('is in question where two are like it', () => {
		const two = [held('a', { createdAt: 600 }), held('b', { createdAt: 600 })];
		expect(seek(two)).toEqual({ candidates: ['a', 'b'] });
		expect(seek(two, { others: ['a'] })).toEqual({ found: 'b' });
		expect(seek(two, { others: ['a', 'b'] })).toEqual({ candidates: [] });
	});
});

it("'Skip' goes by file name and attachment type alone", () => {
	const files = [
		held('other name', { fileName: 'b.pdf' }),
		held('other type', { attachmentType: 'EOB' }),
		held('other description', { description: '' }),
		held('other content type', { contentType: 'text/plain' }),
	];
	expect(sameNamed(files, sent).map(({ id }) => id)).toEqual([
		'other description',
		'other content type',
	]);
});

describe("Candid's answer", () => {
	it('is read with what may be missing in it', () => {
		expect(
			attachedFiles([
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
		expect(attachedFiles([])).toEqual([]);
	});

	it.each([undefined, null, '', '<p>Welcome</p>', {}, { items: [] }, [{}], [null], ['a']])(
		'%j is no list, so that nothing is absent from it',
		(answer) => {
			expect(attachedFiles(answer)).toBeUndefined();
		},
	);
});
