import * as fc from 'fast-check';
import { DateTime } from 'luxon';
import type { IDataObject } from 'n8n-workflow';

import { checkedRequest } from '../../nodes/CandidHealth/request/checkedRequest';
import type { CheckedRequest } from '../../nodes/CandidHealth/request/checkedRequest';
import { instantOf } from '../../nodes/CandidHealth/request/dateTime';
import type { Invalid } from '../../nodes/CandidHealth/request/values';
import { InvalidValue, valueOfLocator } from '../../nodes/CandidHealth/request/values';
import { ATTACHMENTS_PATH, BY_CHARGE_CAPTURE_PATH, TASKS_PATH } from '../candid-api/paths';
import { SAMPLE_UUID, UUID } from '../engine/fixtures';

const HOST = 'https://api.example.com';
const OTHER_UUID = '0a3fd4a4-3a4e-4b67-8f0c-51c2c2f2a001';
const TEN_KB = 'x'.repeat(10_240);
const LONE_SURROGATE = '\ud83d';

/** For each place where the node has such a value: builds and checks a request with only that value. */
const PLACES = {
	'an external ID in a path': inPath('charge_capture_external_id', BY_CHARGE_CAPTURE_PATH),
	'an external ID in a form': inBody('charge_capture_external_id'),
	'an external ID in a query': inQuery('charge_external_id'),
	'an external ID from the body in a path': inPath(
		'charge_capture_external_id',
		BY_CHARGE_CAPTURE_PATH,
		'body',
	),
	'an encounter ID in a path': inPath('encounter_id', ATTACHMENTS_PATH),
	'an encounter ID from the body in a path': inPath('encounter_id', ATTACHMENTS_PATH, 'body'),
	'an encounter ID in a query': inQuery('encounter_id'),
	'a charge capture ID in a path': inPath('charge_capture_id', '/api/charge_captures/v1'),
	'a task ID in a path': inPath('task_id', TASKS_PATH, 'body'),
	'an attachment ID in a body': inBody('attachment_id'),
	'an attachment ID in a query': inQuery('attachment_id'),
	'the first date': inQuery('date_of_service_min'),
	'the last date': inQuery('date_of_service_max'),
	'the earliest update': inQuery('updated_since'),
	'the first date of a superbill': inBody('date_range_min'),
	'the last date of a superbill': inBody('date_range_max'),
	'a patient ID': inQuery('patient_external_id'),
	'a filter': inQuery('search_term'),
};

type Place = keyof typeof PLACES;

const EXTERNAL_ID_PLACES: Place[] = [
	'an external ID in a path',
	'an external ID from the body in a path',
	'an external ID in a form',
	'an external ID in a query',
];
const UUID_PLACES: Place[] = [
	'an encounter ID in a path',
	'an encounter ID from the body in a path',
	'an encounter ID in a query',
	'a charge capture ID in a path',
	'a task ID in a path',
	'an attachment ID in a body',
	'an attachment ID in a query',
];
const DATE_FILTERS: Place[] = ['the first date', 'the last date'];
const SUPERBILL_DATES: Place[] = ['the first date of a superbill', 'the last date of a superbill'];
const DATE_PLACES: Place[] = [...DATE_FILTERS, ...SUPERBILL_DATES];
const FILTERS: Place[] = ['a filter', 'a patient ID'];
const ALL_PLACES = Object.keys(PLACES) as Place[];

function inPath(name: string, prefix: string, from: 'qs' | 'body' = 'qs') {
	return (value: unknown) =>
		outcome(
			checkedRequest({ url: `${prefix}/{${name}}`, [from]: { [name]: value } as IDataObject }),
			({ url, qs, body }) => {
				expect(url.startsWith(`${prefix}/`)).toBe(true);
				expect(qs).toEqual({});
				expect(body).toEqual({});
				return decodeURIComponent(url.slice(prefix.length + 1));
			},
		);
}

function inQuery(name: string) {
	return (value: unknown) =>
		outcome(checkedRequest({ url: '/x', qs: { [name]: value } as IDataObject }), ({ url, qs }) => {
			expect(url).toBe('/x');
			return qs[name];
		});
}

function inBody(name: string) {
	return (value: unknown) =>
		outcome(checkedRequest({ url: '/x', body: { [name]: value, other: ['as is'] } }), (request) => {
			expect(request).toMatchObject({ url: '/x', qs: {}, body: { other: ['as is'] } });
			return request.body[name];
		});
}

function outcome(result: CheckedRequest | Invalid, sent: (request: CheckedRequest) => unknown) {
	return 'reason' in result
		? { message: `${result.reason}. ${result.advice}`, ...result }
		: { sent: sent(result) };
}

/** Combines each row with each place, and adds a short title of the row's value. */
const inAll = <Row extends unknown[]>(places: Place[], rows: Row[]) =>
	places.flatMap((place) =>
		rows.map((row) => [place, title(row[0]), ...row] as [Place, string, ...Row]),
	);

const title = (value: unknown) => String(JSON.stringify(value) ?? value).slice(0, 60);

/** Values that count as missing text. */
const NO_TEXT: Array<[unknown]> = [
	[''],
	[null],
	[undefined],
	[{}],
	[{ value: 'CC-1001' }],
	[['CC-1001']],
	[{ toJSON: 'not a function' }],
	[true],
	[NaN],
	[Infinity],
	[DateTime.invalid('made for this test')],
	[new Date('never')],
	[() => 'CC-1001'],
];

describe('external IDs', () => {
	it.each(
		inAll(EXTERNAL_ID_PLACES, [
			['CC-1001'],
			['a/b'],
			['/'],
			['a/../b'],
			['...'],
			['. .'],
			['.. /'],
			['%2e%2e'],
			['.%2e'],
			['%'],
			['back\\slash'],
			['..\\..'],
			['\u200b'],
			['?x=1&y#z'],
			['ü 診療 תוצאות'],
			['👩‍⚕️'],
			['{encounter_id}'],
			["$& $1 $'"],
			['__proto__'],
			['null'],
			[SAMPLE_UUID.toUpperCase()],
			[TEN_KB],
		]),
	)('%s is sent unchanged: %s', (place, _, id) => {
		expect(PLACES[place](id)).toEqual({ sent: id });
	});

	it.each(
		inAll(EXTERNAL_ID_PLACES, [
			[' CC-1001', 'begins or ends with a space'],
			['CC-1001 ', 'begins or ends with a space'],
			['CC-1001\u00a0', 'begins or ends with a space'],
			['line\r\nbreak\ttab', 'control character'],
			['CC-1001\n', 'control character'],
			['\u0000\u001f\u007f', 'control character'],
		]),
	)('%s is refused if it has surrounding spaces or control characters: %s', (place, _, id, why) => {
		expect(PLACES[place](id)).toMatchObject({
			reason: expect.stringContaining(why),
			advice: expect.stringContaining("Enter the charge capture's external ID."),
		});
	});

	it.each(inAll(EXTERNAL_ID_PLACES, [[' CC-1 '], ['CC-1\n'], ['a\u0000b']]))(
		'%s is sent unchanged if it was selected from the list, and refused if it was entered: %s',
		(place, _, value) => {
			const chosen = (mode: string) => valueOfLocator({ __rl: true, mode, value });
			expect(PLACES[place](chosen('list'))).toEqual({ sent: value });
			expect(PLACES[place](chosen('id'))).toMatchObject({
				reason: expect.stringMatching(/^the external ID /),
			});
		},
	);

	it.each(inAll(EXTERNAL_ID_PLACES, [['.'], ['..'], [''], [LONE_SURROGATE]]))(
		'%s is refused even if it was selected from the list: %s',
		(place, _, value) => {
			const chosen = valueOfLocator({ __rl: true, mode: 'list', value });
			expect(PLACES[place](chosen)).not.toHaveProperty('sent');
		},
	);

	it.each(
		inAll<[unknown, string]>(EXTERNAL_ID_PLACES, [
			[42, '42'],
			[0, '0'],
			[-1.5, '-1.5'],
		]),
	)('%s is sent as text if it is a number: %s', (place, _, id, text) => {
		expect(PLACES[place](id)).toEqual({ sent: text });
	});

	it.each(
		inAll<[unknown]>(EXTERNAL_ID_PLACES, [...NO_TEXT, [' '], ['\t\r\n\u00a0\u2003\u2028\ufeff']]),
	)('%s is reported as missing: %s', (place, _, value) => {
		expect(PLACES[place](valueOfLocator({ __rl: true, mode: 'id', value }))).toMatchObject({
			reason: 'no charge capture is selected',
			advice: expect.stringContaining('or enter its external ID.'),
		});
	});

	it.each(inAll(EXTERNAL_ID_PLACES, [['.'], ['..'], [' .. '], ['.\n']]))(
		'%s is refused if it cannot be part of a path: %s',
		(place, _, id) => {
			expect(PLACES[place](id)).toMatchObject({
				reason: expect.stringMatching(/ is not an external ID$/),
				advice: expect.stringContaining("Enter the charge capture's external ID."),
			});
		},
	);
});

describe("Candid's own IDs", () => {
	it.each(
		inAll(UUID_PLACES, [
			[SAMPLE_UUID],
			[SAMPLE_UUID.toUpperCase()],
			[` ${SAMPLE_UUID}\n`],
			['00000000-0000-0000-0000-000000000000'],
			['FFFFFFFF-ffff-FFFF-ffff-FFFFFFFFFFFF'],
		]),
	)('%s is sent in lower case: %s', (place, _, id) => {
		expect(PLACES[place](id)).toEqual({ sent: id.trim().toLowerCase() });
	});

	it.each(inAll<[unknown]>(UUID_PLACES, [...NO_TEXT, [' '], ['\t\r\n\u00a0']]))(
		'%s is reported as missing: %s',
		(place, _, value) => {
			expect(PLACES[place](valueOfLocator({ __rl: true, mode: 'id', value }))).toMatchObject({
				reason: expect.stringMatching(
					/^no (encounter|charge capture|task|attachment) is selected$/,
				),
				advice: expect.stringContaining('or enter its ID.'),
			});
		},
	);

	const NOT_UUIDS: Array<[unknown]> = [
		['CC-1001'],
		['.'],
		['..'],
		[' .. '],
		['%2e%2e'],
		['..\\..'],
		[42],
		['\u0000'],
		['😀'],
		[TEN_KB],
		[SAMPLE_UUID.slice(1)],
		[`${SAMPLE_UUID}0`],
		[`${SAMPLE_UUID} ${OTHER_UUID}`],
		[SAMPLE_UUID.replaceAll('-', '')],
		[`{${SAMPLE_UUID}}`],
		[SAMPLE_UUID.replace('d', 'g')],
		[SAMPLE_UUID.replaceAll('-', '\u2010')],
		[SAMPLE_UUID.replace('4', '\uff14')],
		[`${SAMPLE_UUID}\u0000`],
		[DateTime.fromISO('2025-01-31')],
	];

	it.each(inAll(UUID_PLACES, NOT_UUIDS))(
		'%s is refused if it is not a UUID: %s',
		(place, _, id) => {
			expect(PLACES[place](id)).toMatchObject({
				reason: expect.stringMatching(
					/ is not the ID of (an encounter|a charge capture|a task|an attachment)$/,
				),
				advice: expect.stringContaining("Enter Candid's ID, such as '"),
			});
		},
	);

	it.each([
		`https://app.joincandidhealth.com/encounters/${SAMPLE_UUID}`,
		`https://app.joincandidhealth.com/encounters/${SAMPLE_UUID}/`,
		`https://app.joincandidhealth.com/#/encounters/${SAMPLE_UUID}?tab=claims#top`,
		`https://app.joincandidhealth.com/encounters?id=${SAMPLE_UUID}&tab=claims`,
		`https://app.joincandidhealth.com/encounters/${SAMPLE_UUID.toUpperCase()}`,
		`https://app.joincandidhealth.com/encounters/${SAMPLE_UUID}/history/${SAMPLE_UUID.toUpperCase()}`,
		`  /encounters/${SAMPLE_UUID}  `,
		`encounters/${SAMPLE_UUID}.json`,
		`#${SAMPLE_UUID}`,
	])('an encounter ID is extracted from the address %s', (address) => {
		expect(PLACES['an encounter ID in a path'](address)).toEqual({ sent: SAMPLE_UUID });
	});

	it.each([
		[
			`https://app.joincandidhealth.com/encounters/${SAMPLE_UUID}/claims/${OTHER_UUID}`,
			'more than one',
		],
		[`https://app.joincandidhealth.com/?a=${SAMPLE_UUID}&b=${OTHER_UUID}`, 'more than one'],
		['https://app.joincandidhealth.com/encounters', 'no'],
		['a/b', 'no'],
		['../..', 'no'],
		['?', 'no'],
		[`/encounters/${SAMPLE_UUID}0`, 'no'],
		[`/encounters/0${SAMPLE_UUID}`, 'no'],
		[`/encounters/${SAMPLE_UUID}-1`, 'no'],
		[`/encounters/${SAMPLE_UUID.replaceAll('-', '')}`, 'no'],
		[`/${'x'.repeat(100)}`, 'no'],
	])(
		'no encounter ID is extracted from the address %s, because it contains %s ID',
		(address, number) => {
			expect(PLACES['an encounter ID in a path'](address)).toMatchObject({
				reason: `the address contains ${number} ID`,
			});
		},
	);

	it.each(
		inAll(UUID_PLACES.slice(3), [[`https://app.joincandidhealth.com/x/${SAMPLE_UUID}`], ['a/b']]),
	)('%s is not extracted from an address: %s', (place, _, address) => {
		expect(PLACES[place](address)).toMatchObject({
			reason: expect.stringContaining('is not the ID of'),
		});
	});
});

describe('attachment types', () => {
	const sentFor = (type: unknown) => inBody('attachment_type')(type);

	it.each([
		['DOCUMENTATION', 'DOCUMENTATION'],
		['documentation', 'DOCUMENTATION'],
		['Eob', 'EOB'],
		[' Other\n', 'OTHER'],
	])("%j is sent as Candid's %s", (type, sent) => {
		expect(sentFor(type)).toEqual({ sent });
	});

	it.each(['NEW_TYPE', 'new type', 'EOBS', ' eob2', 'DOCUMENTATION,EOB', '\u1d31OB'])(
		'an unknown type is sent unchanged: %j',
		(type) => {
			expect(sentFor(type)).toEqual({ sent: type });
		},
	);

	it.each([...NO_TEXT, [' ']])('a missing type is refused: %p', (type) => {
		expect(sentFor(type)).toMatchObject({ reason: 'no attachment type is selected' });
	});
});

describe('dates', () => {
	const lateInNewYork = DateTime.fromISO('2025-01-31T23:30', { zone: 'America/New_York' });

	it.each(
		inAll<[unknown]>(DATE_PLACES, [
			['2025-01-31'],
			[' 2025-01-31\n'],
			['2025-01-31T00:00:00'],
			['2025-01-31T23:30:00.000-08:00'],
			['2025-01-31 10:15'],
			[lateInNewYork],
			[new Date('2025-01-31T12:00:00Z')],
		]),
	)(
		'%s is sent as the day that it names, without conversion of the time zone: %s',
		(place, _, date) => {
			expect(PLACES[place](date)).toEqual({ sent: '2025-01-31' });
		},
	);

	it.each(
		inAll<[unknown]>(DATE_PLACES, [
			['.'],
			['a/b'],
			['31.01.2025'],
			['2025-02-30'],
			['2025-13-01'],
			['0000-00-00'],
			['2025-01-31garbage'],
			['01/31/2025'],
			['2025-1-31'],
			['2025-01-311'],
			['12025-01-31'],
			['20250131'],
			['today'],
			['after 2025-01-31'],
			['２０２５-01-31'],
			['2025\u201001\u201031'],
			['%32025-01-31'],
			['\u0000'],
			['😀'],
			[TEN_KB],
			[1738281600000],
		]),
	)('%s is refused if it is not a valid date: %s', (place, _, date) => {
		expect(PLACES[place](date)).toMatchObject({
			reason: expect.stringMatching(/ is not a date$/),
			advice: SUPERBILL_DATES.includes(place)
				? "Enter a date such as '2025-01-31'."
				: "Enter a date such as '2025-01-31', or remove the filter.",
		});
	});
});

describe('dates and times', () => {
	const sentFor = PLACES['the earliest update'];

	it.each<[unknown, string]>([
		['2025-01-31T09:30:00Z', '2025-01-31T09:30:00.000Z'],
		['2025-01-31T09:30Z', '2025-01-31T09:30:00.000Z'],
		[' 2025-01-31 09:30:00.123456z\n', '2025-01-31T09:30:00.123Z'],
		['2025-01-31T23:30:00-08:00', '2025-02-01T07:30:00.000Z'],
		['2025-01-31T23:30:00+0530', '2025-01-31T18:00:00.000Z'],
		['2025-01-31 23:30:00 +01:00', '2025-01-31T22:30:00.000Z'],
		[
			DateTime.fromISO('2025-01-31T23:30', { zone: 'America/New_York' }),
			'2025-02-01T04:30:00.000Z',
		],
		[new Date('2025-01-31T12:00:00Z'), '2025-01-31T12:00:00.000Z'],
	])('%j is sent in UTC', (value, sent) => {
		expect(sentFor(value)).toEqual({ sent });
	});

	it.each([
		['yesterday'],
		['2025-01-31'],
		['2025-01-31T09:30:00'],
		['2025-02-30T09:30:00Z'],
		['2025-01-31T24:30:00Z'],
		['2025-01-31T09:60Z'],
		['2025-01-31T09:30:00+99:99'],
		['2025-01-31T09Z'],
		['01/31/2025 09:30Z'],
		['after 2025-01-31T09:30:00Z'],
		['２０２５-01-31T09:30:00Z'],
		[1738281600000],
		['😀'],
		[TEN_KB],
	])('%j is refused if it is not a date and time with its zone', (value) => {
		expect(sentFor(value)).toMatchObject({
			reason: expect.stringMatching(/ is not a date and time$/),
			advice:
				"Enter a date, with or without a time, such as '2025-01-31T09:00', or remove the filter.",
		});
	});

	it.each([
		['2025-01-31T09:30:00', 'America/New_York', '2025-01-31T14:30:00.000Z'],
		['2025-01-31', 'America/New_York', '2025-01-31T05:00:00.000Z'],
		['2025-07-31 09:30', 'America/New_York', '2025-07-31T13:30:00.000Z'],
		['2025-07-31T09:30', 'Asia/Kolkata', '2025-07-31T04:00:00.000Z'],
		// An hour that does not exist when clocks are put forward.
		['2025-03-09T02:30', 'America/New_York', '2025-03-09T07:30:00.000Z'],
		['2025-01-31T09:30:00Z', 'America/New_York', '2025-01-31T09:30:00.000Z'],
		['2025-02-30T09:30', 'America/New_York', undefined],
		['2025-01-31T25:00', 'America/New_York', undefined],
		['31.01.2025', 'America/New_York', undefined],
		['', 'America/New_York', undefined],
	])('%j in the time zone %s is %s', (text, zone, instant) => {
		expect(instantOf(text, zone)).toBe(instant);
	});
});

describe('filters', () => {
	it.each(
		inAll<[unknown, string]>(FILTERS, [
			['PAT-1', 'PAT-1'],
			['.', '.'],
			['..', '..'],
			[' .. ', ' .. '],
			['a/b\\c', 'a/b\\c'],
			['%2e%2e', '%2e%2e'],
			['\u0000\n', '\u0000\n'],
			['😀', '😀'],
			[TEN_KB, TEN_KB],
			[42, '42'],
			[0, '0'],
		]),
	)('%s is sent as text: %s', (place, _, value, text) => {
		expect(PLACES[place](value)).toEqual({ sent: text });
	});

	const QUERY_PLACES: Place[] = [
		...DATE_FILTERS,
		...FILTERS,
		'the earliest update',
		'an encounter ID in a query',
		'an external ID in a query',
	];

	it.each(inAll<[unknown]>(QUERY_PLACES, [...NO_TEXT, [' '], ['\t\n']]))(
		'%s is refused if it is empty, because it would match everything: %s',
		(place, _, value) => {
			expect(PLACES[place](value)).toMatchObject({
				reason: expect.stringMatching(/^the filter '[\w ]+' is empty$/),
				advice: 'Fill it in, or remove it.',
			});
		},
	);

	it.each(inAll<[unknown]>(SUPERBILL_DATES, [...NO_TEXT, [' '], ['\t\n']]))(
		'%s is refused if it is empty, and is not called a filter: %s',
		(place, _, value) => {
			expect(PLACES[place](value)).toMatchObject({
				reason: expect.stringMatching(/^'Date (From|To)' is empty$/),
				advice: 'If it is an expression, check its result for this item.',
			});
		},
	);
});

describe('values that would change on the way to Candid', () => {
	it.each(inAll(ALL_PLACES, [[LONE_SURROGATE], [`CC-${LONE_SURROGATE}1`], ['\udc68\ud83d']]))(
		'%s is refused if it has half a surrogate pair: %s',
		(place, _, value) => {
			expect(PLACES[place](value)).toMatchObject({ reason: 'a character is cut in half' });
		},
	);

	it.each(inAll<[unknown]>(ALL_PLACES, [[2 ** 53], [-(2 ** 53)], [1e20]]))(
		'%s is refused if it is a number too long to be exact: %s',
		(place, _, value) => {
			expect(PLACES[place](value)).toMatchObject({ reason: 'the number is too long to be exact' });
		},
	);
});

describe('a request', () => {
	it('contains the checked IDs in path, query and body, and lists them in ids', () => {
		const request = {
			url: '/a/{encounter_id}/b/{charge_capture_external_id}',
			qs: {
				limit: 100,
				encounter_id: SAMPLE_UUID.toUpperCase(),
				charge_capture_external_id: 'a/b c',
				date_of_service_min: '2025-01-31T12:00',
			},
			body: { attachment_id: ` ${OTHER_UUID} `, description: 7 },
		};
		const before = structuredClone(request);

		expect(checkedRequest(request)).toEqual({
			url: `/a/${SAMPLE_UUID}/b/a%2Fb%20c`,
			qs: { limit: '100', date_of_service_min: '2025-01-31' },
			body: { attachment_id: OTHER_UUID, description: 7 },
			ids: {
				encounter_id: SAMPLE_UUID,
				charge_capture_external_id: 'a/b c',
				date_of_service_min: '2025-01-31',
				attachment_id: OTHER_UUID,
			},
		});
		expect(request).toEqual(before);
	});

	it('is refused without the encounter ID that its path needs', () => {
		expect(checkedRequest({ url: '/a/{encounter_id}' })).toMatchObject({
			reason: 'no encounter is selected',
		});
	});

	it('can have no values at all', () => {
		expect(checkedRequest({ url: '/a' })).toEqual({ url: '/a', qs: {}, body: {}, ids: {} });
	});

	it.each([{}, { url: '' }, { url: undefined, qs: { limit: 1 } }])(
		'is refused without an address: %j',
		(request) => {
			expect(checkedRequest(request)).toMatchObject({
				reason: 'an option that is selected in this node does not exist',
			});
		},
	);

	it.each([
		[{ note_id: 'x y/z' }, '/a/x%20y%2Fz'],
		[{ note_id: 7 }, '/a/7'],
	])('contains in its path a value that has no rule of its own: %j', (values, url) => {
		expect(checkedRequest({ url: '/a/{note_id}', qs: values })).toMatchObject({ url, qs: {} });
		expect(checkedRequest({ url: '/a/{note_id}', body: values })).toMatchObject({ url, body: {} });
	});

	it.each([undefined, null, '', ' ', '.', '..', ' .. ', {}, NaN])(
		'is refused if another value of its path is missing or only dots: %p',
		(value) => {
			const request = { url: '/a/{note_id}/b', qs: { note_id: value } };
			expect(checkedRequest(request)).toMatchObject({ reason: 'its note_id is missing' });
			expect(checkedRequest({ ...request, qs: {} })).toMatchObject({
				reason: 'its note_id is missing',
			});
		},
	);

	it.each(['qs', 'body'])('is refused with the reason of an invalid value in its %s', (part) => {
		const refusal = { reason: 'it is not right', advice: 'Change it.' };
		const request = { qs: {}, body: {}, [part]: { x: new InvalidValue(refusal) } };
		for (const url of ['', '/a', '/a/{encounter_id}']) {
			expect(checkedRequest({ url, ...request })).toEqual(refusal);
		}
	});

	it('contains no empty fields', () => {
		const body = { a: '', b: null, c: undefined, d: 0, e: false, f: 'x' };
		expect(checkedRequest({ url: '/a', body })).toMatchObject({ body: { d: 0, e: false, f: 'x' } });
		expect(Object.keys((checkedRequest({ url: '/a', body }) as CheckedRequest).body)).toEqual([
			'd',
			'e',
			'f',
		]);
	});
});

const utf16 = fc
	.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 })
	.map((units) => String.fromCharCode(...units));

const tricky = fc
	.array(
		fc.constantFrom(
			...['.', '..', '/', '\\', '%', '%2e', '%2E', '%2f', '%5c', ';', ':', '@', '?', '#', '&', '='],
			...[' ', '\t', '\n', '\r', '\u0000', '\u00a0', '\ufeff', 'ü', '😀', '\ud83d', '\ude00'],
			...['a', '{encounter_id}', '$&', 'https://', 'api.example.com'],
		),
		{ maxLength: 6 },
	)
	.map((pieces) => pieces.join(''));

const anyText = fc.oneof(
	tricky,
	utf16,
	fc.string({ unit: 'grapheme' }),
	fc.string({ unit: 'binary' }),
	fc.webUrl({ withQueryParameters: true, withFragments: true }),
);

const anyUuid = fc
	.tuple(fc.uuid(), fc.boolean())
	.map(([uuid, upper]) => (upper ? uuid.toUpperCase() : uuid));

const anyId = fc.oneof(
	anyText,
	anyUuid,
	fc
		.array(fc.oneof(anyText, anyUuid, fc.constantFrom('/', '-', 'a')), { maxLength: 5 })
		.map((pieces) => pieces.join('')),
);

const RUNS = { numRuns: 2000 };

describe('for any text', () => {
	it('an external ID stays one segment of its path, or is refused', () => {
		fc.assert(
			fc.property(anyText, (id) => {
				const result = checkedRequest({
					url: `${BY_CHARGE_CAPTURE_PATH}/{charge_capture_external_id}`,
					qs: { charge_capture_external_id: id },
				});
				if ('reason' in result) return;
				const { origin, pathname, search, hash } = new URL(result.url, HOST);
				expect({ origin, search, hash }).toEqual({ origin: HOST, search: '', hash: '' });
				const segments = pathname.split('/');
				expect(segments.slice(0, -1).join('/')).toBe(BY_CHARGE_CAPTURE_PATH);
				expect(decodeURIComponent(segments.at(-1)!)).toBe(id);
			}),
			RUNS,
		);
	});

	it('an external ID is refused only if it is blank, only dots, or has control characters, surrounding spaces or half a surrogate pair', () => {
		fc.assert(
			fc.property(anyText, fc.constantFrom(...EXTERNAL_ID_PLACES), (id, place) => {
				const isPlain = id === id.trim() && !/\p{Cc}/u.test(id) && !['', '.', '..'].includes(id);
				const isValid = isPlain && Buffer.from(id).toString() === id;
				expect('sent' in PLACES[place](id)).toBe(isValid);
			}),
			RUNS,
		);
	});

	it("Candid's own ID is sent as a UUID from the text in lower case, or is refused", () => {
		fc.assert(
			fc.property(anyId, fc.constantFrom(...UUID_PLACES), (id, place) => {
				const result = PLACES[place](id);
				if ('reason' in result) return;
				expect(result.sent).toMatch(UUID);
				expect(id.toLowerCase()).toContain(result.sent);
			}),
			RUNS,
		);
	});

	it('the ID of an encounter is extracted from an address with one ID, not from one with two', () => {
		const plain = fc.string({ unit: fc.constantFrom('x', 'y', '/', '?', '#', '=', '&', '.') });
		fc.assert(
			fc.property(plain, anyUuid, plain, anyUuid, (start, uuid, middle, other) => {
				const ofEncounter = PLACES['an encounter ID in a path'];
				const address = `https://example.com/${start}/${uuid}?${middle}`;
				expect(ofEncounter(address)).toEqual({ sent: uuid.toLowerCase() });

				fc.pre(uuid.toLowerCase() !== other.toLowerCase());
				expect(ofEncounter(`${address}/${other}`)).toMatchObject({
					reason: 'the address contains more than one ID',
				});
			}),
		);
	});
});

describe('a refusal', () => {
	it('is short and without jargon, and never an exception, for any value', () => {
		const value = fc.oneof(anyId, fc.anything(), fc.constant(TEN_KB), fc.constant(`/${TEN_KB}`));
		fc.assert(
			fc.property(value, fc.constantFrom(...ALL_PLACES), (given, place) => {
				const result = PLACES[place](given);
				if (!('reason' in result)) return;
				expect(result.reason.length + result.advice.length).toBeLessThanOrEqual(400);
				// The user's own text may contain these words.
				const quoted = typeof given === 'string' ? given.trim().slice(0, 60) : '';
				expect(result.message.replace(quoted, '')).not.toMatch(/error|problem|failure/i);
			}),
			RUNS,
		);
	});

	it.each(['CC-1001', '31.01.2025', 'CC 7:8_9', 'Bülow-診療', 'CC-'.repeat(20)])(
		'quotes a value that may be a mistyped ID or date: %j',
		(value) => {
			for (const place of [...UUID_PLACES, ...DATE_PLACES]) {
				expect(PLACES[place](value)).toMatchObject({
					reason: expect.stringContaining(`'${value}'`),
				});
			}
		},
	);

	it.each([
		['a line break', 'secret\nx'],
		['a control character', 'secret\u001b[31m'],
		['a character that reverses the direction of text', 'secret\u202e'],
		['half a surrogate pair', `secret${LONE_SURROGATE}`],
		['markup', '<b>secret</b>'],
		['a quotation mark', "secret'"],
		['more than 60 characters', `secret${' x'.repeat(60)}`],
		['a long run of letters', `secret${'x'.repeat(30)}`],
		['the beginning of a token', 'eyJhbGci.secret.x'],
	])('does not quote a value with %s', (_, value) => {
		expect(refusalsOf(value).filter(({ message }) => message.includes('secret'))).toEqual([]);
	});

	it.each([
		'https://files.example.com/x?signature=secret',
		' HTTPS://files.example.com/x?signature=secret ',
		'//files.example.com/x?signature=secret',
		'files.example.com/x?signature=secret',
		'/x?signature=secret',
		'https://files.example.com/secret',
		`https://files.example.com/${SAMPLE_UUID}/${OTHER_UUID}?signature=secret`,
		`see https://files.example.com/x?signature=secret${LONE_SURROGATE}`,
	])('does not quote a link that opens a file: %j', (link) => {
		const refusals = refusalsOf(link);
		expect(refusals).not.toEqual([]);
		expect(refusals.filter(({ message }) => message.includes('secret'))).toEqual([]);
	});
});

function refusalsOf(value: string) {
	return ALL_PLACES.flatMap((place) => {
		const result = PLACES[place](value);
		return 'reason' in result ? [{ place, message: result.message }] : [];
	});
}
