import { Journal } from '../../nodes/CandidHealth/run/journal';

const WORDS: Parameters<Journal['report']>[2] = {
	nouns: ['file', 'files'],
	unchanged: 'Already attached',
};

describe('the report of a run that did not succeed', () => {
	it('is empty if the error message says everything', () => {
		const journal = new Journal();
		journal.addFailed(0, { message: "'a.pdf' [item 0] was not stored: x" });
		expect(journal.report('stored', "'a.pdf' [item 0] was not stored: x", WORDS)).toEqual([]);
	});

	it('lists what was done, what was not done and what was not started, in the order of the items', () => {
		const journal = new Journal();
		journal.addDone(2, "'c.pdf' → id-c");
		journal.addFailed(1, { message: "'b.pdf' [item 1] was not stored: x" });
		journal.addDone(0, "'a.pdf' → id-a");
		journal.addFailed(3, { message: "'d.pdf' [item 3] was not stored: y" });
		for (const index of [9, 8, 7, 6])
			journal.addNotStarted(index, `'${index}.pdf' [item ${index}]`);
		journal.addUnchanged();
		journal.addUnchanged();
		expect(journal.report('stored', "'b.pdf' [item 1] was not stored: x", WORDS)).toEqual([
			'2 files stored before the run stopped:',
			"• 'a.pdf' → id-a",
			"• 'c.pdf' → id-c.",
			'Also not stored, or not known to be stored:',
			"• 'd.pdf' [item 3] was not stored: y.",
			'Already attached: 2 files.',
			"Not started: 4 files, '6.pdf' [item 6], '7.pdf' [item 7], '8.pdf' [item 8] and 1 more.",
		]);
	});

	it('lists first the items that have advice, because they may be done after all', () => {
		const journal = new Journal();
		for (let item = 0; item < 80; item++) {
			journal.addFailed(item, {
				message: `${item}.pdf may be there`,
				advice: item === 40 || item === 60 ? `Look for ${item}.` : undefined,
			});
		}
		expect(journal.report('stored', '0.pdf may be there', WORDS).slice(0, 4)).toEqual([
			'Also not stored, or not known to be stored:',
			'• 40.pdf may be there. Look for 40.',
			'• 60.pdf may be there. Look for 60.',
			'• 1.pdf may be there',
		]);
	});

	it.each([
		[1000, 0, 0],
		[1000, 1000, 0],
		[1000, 1000, 1000],
		[0, 1000, 1000],
		[14, 5, 1],
	])(
		'for %d done, %d not done and %d other files has at most 16 lines and counts the rest',
		(done, notDone, left) => {
			const journal = new Journal();
			for (let index = 0; index < done; index++) journal.addDone(index, `done ${index}`);
			for (let index = 0; index < notDone; index++)
				journal.addFailed(index, { message: `not done ${index}` });
			for (let index = 0; index < left; index++) {
				journal.addNotStarted(index, `${index}`);
				journal.addUnchanged();
			}
			const lines = journal.report('stored', '', WORDS);
			expect(lines.length).toBeLessThanOrEqual(16);

			const counted = (what: string) => {
				const shown = lines.filter((line) => line.startsWith(`• ${what}`)).length;
				return { shown };
			};
			const more = lines
				.map((line) => /^• and (\d+) more\.$/.exec(line)?.[1])
				.filter((number) => number !== undefined)
				.map(Number);
			const rest = more.reduce((sum, number) => sum + number, 0);
			expect(counted('done').shown + counted('not done').shown + rest).toBe(done + notDone);
		},
	);

	it('shortens each entry to one line of less than 250 characters', () => {
		const journal = new Journal();
		journal.addDone(0, `'a\r\nb'${'x'.repeat(1000)}`);
		const [, line] = journal.report('stored', '', WORDS);
		expect(line).not.toMatch(/[\r\n]/);
		expect(line!.length).toBeLessThan(250);
	});
});
