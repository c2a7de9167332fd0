import type { IDataObject } from 'n8n-workflow';

import { pdf } from '../../files/contents';
import { PDF, accepted, check, itemOf, refused, run } from './checkCases';
import type { Case, ExpectedFile, Outcome } from './checkCases';
import { Content } from './oddItems';
import { EMOJI, LONE_SURROGATE, LONG_TEXT } from './texts';

/** Names of binary fields, and the file name that each gives to a file without a name. */
const FIELD_NAMES: Array<[field: string, sentAs: string]> = [
	['__proto__', '__proto__.pdf'],
	['constructor', 'constructor.pdf'],
	['toString', 'toString.pdf'],
	['hasOwnProperty', 'hasOwnProperty.pdf'],
	['../../x', 'x.pdf'],
	['a\\b', 'b.pdf'],
	['a"\r\nX-Evil: 1', 'a" X-Evil: 1.pdf'],
	['a\0b', 'a b.pdf'],
	['..', 'file.pdf'],
	[`${EMOJI}`, `${EMOJI}.pdf`],
	[`a${LONE_SURROGATE}`, 'a\ufffd.pdf'],
];

describe('a binary field', () => {
	const nameless = new Content(PDF, { fileName: undefined });
	check([
		...FIELD_NAMES.map(([field, fileName]) => ({
			name: `called ${JSON.stringify(field)} with a file that has no name`,
			json: { field },
			binary: Object.fromEntries([[field, nameless]]),
			outcome: accepted({ fileName }),
		})),
		...FIELD_NAMES.map(([field]) => ({
			name: `called ${JSON.stringify(field)} that does not exist`,
			json: { field },
			outcome: refused(/^the item has no binary field that matches '.+'$/u),
		})),
		...FIELD_NAMES.map(([field]) => ({
			name: `called ${JSON.stringify(field)} that is not a file`,
			json: { field },
			binary: Object.fromEntries([[field, 'text']]),
			outcome: refused(/^its binary field does not contain a file$/),
		})),
	]);
});

const NOT_FILES: Array<[name: string, value: unknown]> = [
	['that is JSON', { visit: 1 }],
	['that is a string', 'JVBERi0='],
	['that is null', null],
	['that is missing', undefined],
	['that is a number', 7],
	['that is an array', [1]],
	['that is an empty object', {}],
	['without content', { mimeType: 'application/pdf' }],
];

/** Values that look like files, but whose content cannot be read. */
const UNREADABLE_FILES: Array<[name: string, value: Record<string, unknown>]> = [
	['with an ID that does not exist', { id: 'MODE:none', data: 'MODE' }],
	['with an ID of no mode', { id: 'none', data: '' }],
	['with an ID of an unknown mode', { id: 'moon:none', data: '' }],
	['with an ID that is a path', { id: 'MODE:../../../../../../../../etc/passwd', data: '' }],
	['with an ID that is a number', { id: 7, data: '' }],
	['with an ID that is an object', { id: {}, data: '' }],
	['with content that is null', { data: null }],
	['with content that is a number', { data: 7 }],
	['with content that is an object', { data: {} }],
	['with content that is an array', { data: [1, 2] }],
];

describe.each([
	['default', 'separate'],
	['filesystem', 'separate'],
	['database', 'separate'],
	['filesystem', 'combined'],
	['database', 'combined'],
] as const)('a binary value, with %s storage and %s binary data,', (binaryMode, separation) => {
	const combined = separation === 'combined';
	const workflow: Case['workflow'] = combined ? { binaryMode: 'combined' } : {};
	const mode = binaryMode === 'filesystem' ? 'filesystem-v2' : binaryMode;
	const having = (value: unknown): Partial<Case> =>
		combined
			? { json: { _files: { data: value } } as IDataObject, binary: {} }
			: { binary: { data: value } };
	const cases = [
		...NOT_FILES.map(([name, value]) => ({
			name,
			...having(value),
			outcome: refused(
				combined
					? /^the item has no binary field that matches 'data'$/
					: /^its binary field does not contain a file$/,
			),
		})),
		...UNREADABLE_FILES.map(([name, { id, ...value }]) => ({
			name,
			...having({
				...value,
				...(id === undefined ? {} : { id: typeof id === 'string' ? id.replace('MODE', mode) : id }),
				mimeType: 'application/pdf',
				fileName: 'visit.pdf',
			}),
			outcome: refused(/^n8n no longer has its content$|^its content /),
		})),
		{
			name: 'with empty content',
			...having({ data: '', mimeType: 'application/pdf', fileName: 'visit.pdf' }),
			outcome: refused(/^it is empty \(0 bytes\)$/),
		},
		{
			name: 'with its content inside',
			...having({
				data: PDF.toString('base64'),
				mimeType: 'application/pdf',
				fileName: 'visit.pdf',
			}),
			outcome: accepted(),
		},
		...[
			['in lines', PDF.toString('base64').replace(/(.{8})/g, '$1\r\n')],
			['with blanks', ` ${PDF.toString('base64')} `],
			['without padding', PDF.toString('base64').replace(/=+$/, '')],
			['in the URL alphabet', PDF.toString('base64url')],
		].map(([name, data]) => ({
			name: `with base64 content ${name}`,
			...having({ data, mimeType: 'application/pdf', fileName: 'visit.pdf' }),
			outcome: accepted(),
		})),
		...[
			['as plain text', 'A note. It is not encoded.'],
			// It decodes to as many bytes as it would without the last character.
			['with one character too many', 'JVBERi0x%'],
			['as a data URL', `data:application/pdf;base64,${PDF.toString('base64')}`],
		].map(([name, data]) => ({
			name: `with its content ${name}`,
			...having({ data, mimeType: 'application/pdf', fileName: 'visit.pdf' }),
			outcome: refused(/^its content is not Base64/),
		})),
		{
			name: 'stored by n8n',
			binary: { data: new Content(PDF) },
			outcome: accepted(),
		},
	];
	check(cases.map((each) => ({ ...each, binaryMode, workflow })));
});

describe('Input Binary Field', () => {
	const file = (index: number) => Buffer.from(`%PDF-1.7 file ${index}`);
	const binary = Object.fromEntries(
		['attachment_0', 'attachment_1', 'Data 2'].map((field, index) => [
			field,
			new Content(file(index), { fileName: `${index}.pdf` }),
		]),
	);
	const files = (...indices: number[]) =>
		accepted(...indices.map((index) => ({ fileName: `${index}.pdf`, content: file(index) })));
	const none = refused(/^the item has no binary field that matches '.+'$/u);
	const empty = refused(/^'Input Binary Field' is empty$/);
	check([
		...(
			[
				['*', files(0, 1, 2)],
				['**', files(0, 1, 2)],
				['*, *', files(0, 1, 2)],
				['a*t*_*', files(0, 1)],
				['a*b*c', none],
				[' attachment_1 ,, Data 2 , ', files(1, 2)],
				['Data 2, *', files(2, 0, 1)],
				['__proto__', none],
				['[a-z]*', none],
				['.*', none],
				['attachment_0\r\n', files(0)],
				['data\r\nX-Evil: 1', none],
				['', empty],
				[' , ,', empty],
				[null, empty],
				[undefined, empty],
				[7, none],
				[{}, refused(/'Input Binary Field'/)],
				[['attachment_0'], files(0)],
				[['Data 2', 'attachment_*'], files(2, 0, 1)],
				[['attachment_0', 'attachment_0'], files(0)],
				[['scan'], none],
				[[], empty],
				[
					{ visit: 1 },
					refused(/^the expression in 'Input Binary Field' returns an object that is not a file$/),
				],
				[
					[{ visit: 1 }],
					refused(/^the expression in 'Input Binary Field' returns an object that is not a file$/),
				],
			] as Array<[IDataObject[string], Outcome]>
		).map(([field, outcome]) => ({
			name: `of ${JSON.stringify(field) ?? 'nothing'}`,
			json: { field },
			binary,
			outcome,
		})),
		{ name: 'of 10 KB', json: { field: LONG_TEXT }, binary, outcome: none },
		{
			name: 'of half a surrogate pair',
			json: { field: `a${LONE_SURROGATE}` },
			binary,
			outcome: none,
		},
		{ name: 'of 5,000 stars', json: { field: '*'.repeat(5000) }, binary, outcome: files(0, 1, 2) },
		{
			name: 'of 200 names that do not exist',
			json: { field: Array.from({ length: 200 }, (_, index) => `scan_${index}`).join() },
			binary,
			outcome: none,
		},
		{
			name: 'that does not exist among 200 others',
			json: { field: 'scan' },
			binary: Object.fromEntries(
				Array.from({ length: 200 }, (_, index) => [`attachment_${index}`, null]),
			),
			outcome: none,
		},
		{
			name: 'of a name that does not exist',
			json: { field: 'scan' },
			binary,
			outcome: none,
		},
	]);
});

describe('a binary value of a Code node', () => {
	const base64 = PDF.toString('base64');
	const visit = { fileName: 'visit.pdf' };
	const asJson = JSON.parse(JSON.stringify(PDF)) as unknown;
	const values: Array<[name: string, value: unknown, stored?: Partial<ExpectedFile>]> = [
		['without a type', { data: base64, ...visit }],
		['without a name', { data: base64, mimeType: 'application/pdf' }, { fileName: 'data.pdf' }],
		['with an extension only', { data: base64, fileExtension: 'pdf' }, { fileName: 'data.pdf' }],
		['with its content only', { data: base64 }, { fileName: 'data.pdf' }],
		['with a Buffer', { data: PDF, ...visit }],
		['with a Uint8Array', { data: Uint8Array.from(PDF), ...visit }],
		['with a Buffer that went through JSON', { data: asJson, ...visit }],
	];
	check(
		values.map(([name, data, stored]) => ({
			name,
			binaryMode: 'default' as const,
			binary: { data },
			outcome: accepted(stored ?? {}),
		})),
	);
});

/** A binary value with its content inside; each number gives another file. */
const inlineFile = (index: number) => ({
	data: pdf(`file ${index}`).toString('base64'),
	fileName: `${index}.pdf`,
	mimeType: 'application/pdf',
});

const inlineFiles = (...indices: number[]) =>
	accepted(
		...indices.map((index) => ({ fileName: `${index}.pdf`, content: pdf(`file ${index}`) })),
	);

describe('a value in Input Binary Field', () => {
	const values: Array<[name: string, field: unknown, outcome: Outcome]> = [
		['that is a file', inlineFile(0), inlineFiles(0)],
		['that is an array of files', [inlineFile(0), inlineFile(1)], inlineFiles(0, 1)],
		['that is a map of files', { a: inlineFile(0), b: inlineFile(1) }, inlineFiles(0, 1)],
		[
			'that is a map of arrays of files',
			{ a: [inlineFile(0), inlineFile(1)], b: inlineFile(2) },
			inlineFiles(0, 1, 2),
		],
		['that is an array of maps', [{ a: inlineFile(0) }, { a: inlineFile(1) }], inlineFiles(0, 1)],
		[
			'that is an array of a name and a file',
			['data', inlineFile(1)],
			accepted({}, { fileName: '1.pdf', content: pdf('file 1') }),
		],
	];
	check(
		values.map(([name, field, outcome]) => ({
			name,
			json: { field } as IDataObject,
			outcome,
		})),
	);
});

describe('the default of Input Binary Field', () => {
	const one = new Content(PDF);
	check([
		{
			name: 'on an item with one file of another name',
			binary: { attachment_0: one },
			outcome: accepted(),
		},
		{
			name: 'on an item with several files of other names',
			binary: { attachment_0: one, attachment_1: one },
			outcome: refused(/^the item has no binary field that matches 'data'$/),
		},
		{
			name: 'on an item with a binary field that is not a file',
			binary: { attachment_0: 'text' },
			outcome: refused(/^the item has no binary field that matches 'data'$/),
		},
		{
			name: 'changed to a name that does not exist, on an item with one file,',
			json: { field: 'scan' },
			binary: { attachment_0: one },
			outcome: refused(/^the item has no binary field that matches 'scan'$/),
		},
	]);

	it('is named in the message, with the binary fields of the item', async () => {
		const item = itemOf({ binary: { attachment_0: one, attachment_1: one } });
		const { error } = await run([item], {});
		expect(error?.description).toContain(
			"The item's binary fields are: 'attachment_0', 'attachment_1'. Set 'Input Binary Field' to",
		);
	});
});

describe('a field with several files in combined binary mode,', () => {
	const having = (field: string) => ({
		workflow: { binaryMode: 'combined' as const },
		json: {
			field,
			scans: [inlineFile(0), inlineFile(1)],
			letters: { b: inlineFile(2) },
		} as IDataObject,
		binary: {},
	});
	check([
		{ name: 'selected by *', ...having('*'), outcome: inlineFiles(0, 1, 2) },
		{
			name: 'beside JSON that has an ID and data',
			...having('*'),
			json: {
				field: '*',
				letter: inlineFile(2),
				answer: { id: 'x-1', data: 'text' },
			} as IDataObject,
			outcome: inlineFiles(2),
		},
		{ name: 'selected by its name', ...having('scans'), outcome: inlineFiles(0, 1) },
		{ name: 'that is an object', ...having('letters'), outcome: inlineFiles(2) },
	]);
});
