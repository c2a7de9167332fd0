import { itemReferences } from '../../nodes/CandidHealth/agent/itemReferences';

const files = { node: 'Files' };

describe('the item references in an expression', () => {
	it.each([
		[
			"={{ $('Files').item.binary.data }}",
			{ ...files, accessor: 'paired', text: "$('Files').item" },
		],
		['={{ $("Files").pairedItem().json.id }}', { ...files, accessor: 'paired' }],
		["={{ $('Files').itemMatching(1).json.id }}", { ...files, accessor: 'paired' }],
		["={{ $('Files')\n  ?.item.json.id }}", { ...files, accessor: 'paired' }],
		["={{ $('Files').first().json.id }}", { ...files, accessor: 'fixed' }],
		["={{ $('Files').last().json.id }}", { ...files, accessor: 'fixed' }],
		['={{ $(`Files`).first(1, 2).json.id }}', { ...files, accessor: 'fixed', output: 1, run: 2 }],
		["={{ $('Files').all()[0].json.id }}", { ...files, accessor: 'fixed' }],
		["={{ $('Files').all(1)[0].json.id }}", { ...files, accessor: 'fixed', output: 1 }],
		[
			"={{ $('It\\'s \"it\" (1)').first().json.id }}",
			{ node: 'It\'s "it" (1)', accessor: 'fixed' },
		],
		["={{ $('Files').all()[$fromAI('index')].json.id }}", { ...files, accessor: 'chosen' }],
		["={{ $('Files').all().at($fromAI('index')).json.id }}", { ...files, accessor: 'chosen' }],
		[
			"={{ $('Files').all().find((item) => f(item.json.id) === $fromAI('id')).binary.data }}",
			{ ...files, accessor: 'chosen' },
		],
		[
			"={{ $('Files').all().find(item => item.json.id === $json.id) }}",
			{ ...files, accessor: 'fixed' },
		],
		// The model chooses the field or a value, not the item.
		["={{ $('Files').all()[0].binary[$fromAI('field')] }}", { ...files, accessor: 'fixed' }],
		["={{ $('Files').all()[0].json.id + $fromAI('id') }}", { ...files, accessor: 'fixed' }],
		["={{ $('Files').first().binary[$fromAI('field')] }}", { ...files, accessor: 'fixed' }],
		// The node or the item cannot be determined.
		["={{ $($fromAI('node')).first().json.id }}", { node: undefined, accessor: 'paired' }],
		["={{ $('Files')[$fromAI('how')].json.id }}", { node: undefined, accessor: 'paired' }],
		["={{ $('Files').first($fromAI('output')).json.id }}", { node: undefined, accessor: 'paired' }],
		['={{ $json.id }}', { node: undefined, accessor: 'current', text: '$json' }],
		['={{ $input.item.json.id }}', { node: undefined, accessor: 'paired', text: '$input' }],
		['={{ $binary.data }}', { node: undefined, accessor: 'paired', text: '$binary' }],
		['={{ $node["Files"].json.id }}', { node: undefined, accessor: 'paired', text: '$node' }],
		['={{ $itemIndex }}', { node: undefined, accessor: 'paired', text: '$itemIndex' }],
		['=CC-{{ $runIndex }}', { node: undefined, accessor: 'paired', text: '$runIndex' }],
	])('are found: %s', (expression, expected) => {
		expect({ node: undefined, ...itemReferences(expression)[0] }).toMatchObject(expected);
	});

	it.each([
		"={{ $fromAI('visit', 'ID of the visit', 'string') }}",
		'={{ $now.toISODate() }} {{ $vars.folder }} {{ $execution.id }} {{ $workflow.name }}',
		"={{ $('Files').isExecuted }} {{ $('Files').params.path }}",
		'=$json stands outside of braces',
		'={{ 1 + 1 }}',
	])('are none: %s', (expression) => {
		expect(itemReferences(expression)).toEqual([]);
	});

	it('are all found if there are several', () => {
		const texts = itemReferences(
			"={{ $('A').item.json.id }}-{{ $('B').first().json.id ?? $json.id }}",
		).map(({ text }) => text);
		expect(texts).toEqual(["$('A').item", "$('B').first()", '$json']);
	});
});
