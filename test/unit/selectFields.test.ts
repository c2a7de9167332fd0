import { selectFields } from '../../nodes/CandidHealth/upload/selectFields';

describe('selectFields', () => {
	const available = ['data', 'attachment_0', 'attachment_1', 'attachment_10', 'Data 2'];
	it.each([
		['data', ['data'], []],
		[' data ', ['data'], []],
		['attachment_1,data', ['attachment_1', 'data'], []],
		['attachment_1, data,', ['attachment_1', 'data'], []],
		['data,data', ['data'], []],
		['attachment_*', ['attachment_0', 'attachment_1', 'attachment_10'], []],
		['*', available, []],
		['*_1*', ['attachment_1', 'attachment_10'], []],
		['a*_1', ['attachment_1'], []],
		['attachment_1*', ['attachment_1', 'attachment_10'], []],
		['d*', ['data'], []],
		['Data 2', ['Data 2'], []],
		['attachment_1, attachment_*', ['attachment_1', 'attachment_0', 'attachment_10'], []],
		['scan', [], ['scan']],
		['scan_*, data', ['data'], ['scan_*']],
		['dat*data', [], ['dat*data']],
		['.*', [], ['.*']],
		['', [], []],
		[' , ', [], []],
	])('with %j selects %j and reports %j as not found', (selector, fields, unmatched) => {
		expect(selectFields(selector, available)).toEqual({ fields, unmatched });
	});

	it('matches a pattern with many asterisks without excessive backtracking', () => {
		const name = 'a'.repeat(5000);
		expect(selectFields(`${'*a'.repeat(500)}*b`, [name]).fields).toEqual([]);
	});
});
