import * as fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';

import { SAMPLE_UUID } from '../fixtures';
import {
	accepted,
	api,
	asUtf8,
	check,
	expectReadableMessage,
	expectStored,
	itemOf,
	refused,
	run,
} from './checkCases';
import {
	EMOJI,
	EXTERNAL_ID_TEXTS,
	FAKE_PART,
	LONE_SURROGATE,
	LONG_TEXT,
	TEXTS,
	mayBeExternalId,
} from './texts';

describe('an external ID', () => {
	check([
		...EXTERNAL_ID_TEXTS.map(([name, id]) => ({ name, json: { id }, outcome: accepted({ id }) })),
		...TEXTS.filter(([, text]) => !mayBeExternalId(text)).map(([name, id]) => ({
			name,
			json: { id },
			outcome: refused(/^the external ID (contains a line break|begins or ends with a space)/),
		})),
		{ name: 'of 10 KB', json: { id: LONG_TEXT }, outcome: accepted({ id: LONG_TEXT }) },
		{ name: 'that is a number', json: { id: 1001 }, outcome: accepted({ id: '1001' }) },
		{ name: 'that is a fraction', json: { id: 0.5 }, outcome: accepted({ id: '0.5' }) },
		{ name: 'that is zero', json: { id: 0 }, outcome: accepted({ id: '0' }) },
		...(
			[
				['that is empty', ''],
				['of spaces', '   '],
				['of line breaks', '\r\n\t'],
				['that is missing', undefined],
				['that is null', null],
				['that is NaN', NaN],
				['that is Infinity', Infinity],
				['that is true', true],
				['that is an object', { id: 1 }],
				['that is an array', ['CC-1']],
			] as const
		).map(([name, id]) => ({
			name,
			json: { id: id as string },
			outcome: refused(/^no charge capture is selected$/),
		})),
		...['.', '..', ' .. ', '..\n'].map((id) => ({
			name: `that is ${JSON.stringify(id)}`,
			json: { id },
			outcome: refused(/ is not an external ID$/),
		})),
		{
			name: 'with half a surrogate pair',
			json: { id: `a${LONE_SURROGATE}` },
			outcome: refused(/^a character is cut in half$/),
		},
		{
			name: 'that is a number too long to be exact',
			json: { id: 2 ** 64 },
			outcome: refused(/^the number is too long to be exact$/),
		},
	]);
});

describe('an encounter ID', () => {
	check([
		...[
			['in upper case', SAMPLE_UUID.toUpperCase()],
			['with spaces around it', ` ${SAMPLE_UUID}\n`],
			['in an address', `https://app.example.com/encounters/${SAMPLE_UUID}?tab=1#files`],
			['in a path', `../../${SAMPLE_UUID}/..`],
		].map(([name, encounter]) => ({
			name: name!,
			to: 'encounter' as const,
			json: { encounter },
			outcome: accepted({ id: SAMPLE_UUID }),
		})),
		...(
			[
				['that is empty', ''],
				['of spaces', '  '],
				['that is missing', undefined],
				['that is null', null],
				['that is NaN', NaN],
				['that is an object', {}],
			] as const
		).map(([name, encounter]) => ({
			name,
			to: 'encounter' as const,
			json: { encounter: encounter as string },
			outcome: refused(/^no encounter is selected$/),
		})),
		...(
			[
				...TEXTS.filter(([name]) => name !== 'with spaces around it').map(
					([name, text]): [string, string] => [`text ${name}`, text],
				),
				['text of 10 KB', LONG_TEXT],
				['a dot', '.'],
				['two dots', '..'],
				['a number', 42],
				['two IDs', `${SAMPLE_UUID}/${SAMPLE_UUID.replace('d', 'e')}`],
				['an ID with one more character', `${SAMPLE_UUID}0`],
				['an ID with half a surrogate pair', `${SAMPLE_UUID}${LONE_SURROGATE}`],
				['an ID followed by a header', `${SAMPLE_UUID}\r\nX-Evil: 1`],
			] as Array<[string, string]>
		).map(([name, encounter]) => ({
			name: `that is ${name}`,
			to: 'encounter' as const,
			json: { encounter },
			outcome: refused(
				/^('.{1,62}'|the text entered) is not the ID of an encounter$|^the address contains (no|more than one) ID$|^a character is cut in half$/,
			),
		})),
	]);
});

describe('a description', () => {
	const LONG_DESCRIPTION = `${FAKE_PART}${'visit '.repeat(17_000)}`;
	check([
		...TEXTS.map(([name, description]) => ({
			name,
			json: { description },
			outcome: accepted({ description }),
		})),
		{
			name: 'of 100 KB',
			json: { description: LONG_DESCRIPTION },
			outcome: accepted({ description: LONG_DESCRIPTION }),
		},
		{ name: 'of one space', json: { description: ' ' }, outcome: accepted({ description: ' ' }) },
		{ name: 'that is a number', json: { description: 7 }, outcome: accepted({ description: '7' }) },
		{
			name: 'that is a date',
			json: { date: '2026-05-04T10:00:00.000Z' },
			outcome: accepted({ description: '2026-05-04T10:00:00.000Z' }),
		},
		{
			name: 'that is an object',
			json: { description: { a: 1 } },
			outcome: refused(/description/i),
		},
		...[undefined, null, ''].map((description) => ({
			name: `that is ${JSON.stringify(description) ?? 'missing'}`,
			json: { description },
			outcome: accepted(),
		})),
	]);
});

describe('an option', () => {
	const NOT_USABLE = [undefined, null, '', 0, -1, NaN, 0.5, 'many', true, {}, [], '2'];
	check([
		...['maxConcurrentUploads', 'maxTries'].flatMap((option) =>
			[...NOT_USABLE, 1e9, Infinity, -Infinity].map((value) => ({
				name: `${option} with the value ${typeof value === 'number' ? value : (JSON.stringify(value) ?? 'missing')}`,
				json: { [option]: value } as IDataObject,
				outcome: accepted(),
			})),
		),
		...[undefined, null, '', 'nonsense', 'Skip', 7, {}].map((ifAlreadyAttached) => ({
			name: `ifAlreadyAttached with the value ${JSON.stringify(ifAlreadyAttached) ?? 'missing'}`,
			json: { ifAlreadyAttached },
			outcome: refused(/^'If Already Attached' has a value that does not exist$/),
		})),
	]);
});

describe('an attachment type', () => {
	check([
		...['NEW_TYPE', 'EOB\r\nX-Evil: 1', FAKE_PART, EMOJI].map((attachmentType) => ({
			name: `of ${JSON.stringify(attachmentType).slice(0, 30)}`,
			json: { attachmentType },
			outcome: accepted({ attachmentType }),
		})),
		...['eob', ' Eob\n'].map((attachmentType) => ({
			name: `of ${JSON.stringify(attachmentType)}`,
			json: { attachmentType },
			outcome: accepted({ attachmentType: 'EOB' }),
		})),
		...(['', null, undefined, {}] as const).map((attachmentType) => ({
			name: `that is ${JSON.stringify(attachmentType) ?? 'missing'}`,
			json: { attachmentType },
			outcome: refused(/^no attachment type is selected$/),
		})),
	]);
});

const anyText = fc.oneof(
	fc.string({ unit: 'grapheme', maxLength: 40 }),
	fc.string({ unit: 'binary', maxLength: 40 }),
	fc.string({
		unit: fc.constantFrom(
			'a',
			'.',
			'/',
			'\\',
			'"',
			' ',
			'\r',
			'\n',
			'\0',
			'%',
			';',
			LONE_SURROGATE,
			'🩺',
		),
		maxLength: 12,
	}),
);

it('any texts are stored exactly as they are, or refused with a readable message', async () => {
	await fc.assert(
		fc.asyncProperty(anyText, anyText, anyText, async (id, fileName, description) => {
			api.reset();
			const item = itemOf({ json: { id, description }, recorded: { fileName } });
			const { output, error } = await run([item], {});
			if (['', '.', '..'].includes(id) || !mayBeExternalId(id) || asUtf8(id) !== id) {
				expectReadableMessage(
					error?.message,
					error?.description,
					/is selected$|is not an external ID$|is cut in half$|a space$|control character$/,
				);
				expect(api.requests).toEqual([]);
				return;
			}
			const file = {
				id,
				description: description === '' ? undefined : description,
				fileName: expectedName(fileName),
			};
			expect(error).toBeUndefined();
			expectStored(output, api.requests, [file], 'chargeCapture');
		}),
		{ numRuns: 60 },
	);
});

/** Folders and control characters are left out; if nothing remains, the file is named after its field. */
function expectedName(fileName: string): string {
	const start = Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\')) + 1;
	const name = asUtf8(fileName.slice(start))
		// eslint-disable-next-line no-control-regex
		.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
		.trim();
	return name.replaceAll('.', '') === '' ? 'data.pdf' : name;
}
