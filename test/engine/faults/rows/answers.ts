import { deepEqual, strictEqual } from 'node:assert/strict';

import type { Fault } from '../../../candid-api';
import { isN8n1 } from '../../loadedN8n';
import { pastedCredential } from '../../storedCredential';
import { numberedFiles, sixFiles } from '../files';
import type { Trial } from '../trial';
import {
	EVERYWHERE,
	ON_CHARGE_CAPTURE,
	ON_CHARGE_CAPTURE_SKIP,
	ON_ENCOUNTER,
	KNOWN_FIRST,
	playFirstAlone,
	twoUnsaid,
} from './where';

const refusals: Array<[fault: string, answer: Partial<Fault>]> = [
	['403 envelope', { status: 403, body: { errorName: 'UnauthorizedError', content: {} } }],
	['404', { status: 404, body: { errorName: 'EntityNotFoundError', content: { id: 'CC-1001' } } }],
	[
		'409',
		{ status: 409, body: { errorName: 'EntityConflictError', content: { entity_name: 'x' } } },
	],
	['413', { status: 413, body: 'Request Entity Too Large' }],
	['415', { status: 415, body: { errorName: 'InvalidContentTypeError', content: {} } }],
	[
		'422 field list',
		{
			status: 422,
			body: {
				errorName: 'HttpRequestValidationsError',
				content: [{ fieldName: 'attachment_type', humanReadableMessage: 'is not known' }],
			},
		},
	],
];

const refused: Trial[] = refusals.flatMap(([fault, answer]) =>
	[ON_CHARGE_CAPTURE, ON_ENCOUNTER].map((where) => ({
		fault,
		...where,
		files: sixFiles(),
		faults: [{ kind: 'status' as const, times: 2, ...answer }],
		expected: { stored: 4, 'not stored': 2 },
		check: ({ creates }) => strictEqual(creates.length, 6),
	})),
);

const unsure: Trial[] = [408, 500, 502, 503, 504].flatMap((status) =>
	EVERYWHERE.flatMap((where): Trial[] => [
		{
			fault: `${status} before storing`,
			...where,
			files: sixFiles(),
			faults: [{ kind: 'status', status, body: '', times: 2, ...KNOWN_FIRST }],
			play: playFirstAlone,
			expected: { stored: 6 },
		},
		{
			fault: `${status} after storing`,
			...where,
			files: sixFiles(),
			faults: [{ kind: 'status', status, body: '', when: 'after', times: 2, ...KNOWN_FIRST }],
			play: playFirstAlone,
			expected: twoUnsaid(where),
			namesCandidates: true,
		},
	]),
);

/** The server goes on with what the gateway has given up, and is done with it before the node looks. */
const gateways: Trial[] = [408, 502, 504].flatMap((status) =>
	EVERYWHERE.map((where): Trial => {
		const body = '<h1>Gateway Timeout</h1>';
		return {
			fault: `${status} of a gateway, stored after that`,
			...where,
			files: sixFiles(),
			faults: [{ kind: 'status', status, body, when: 'after-answer', times: 2, ...KNOWN_FIRST }],
			play: playFirstAlone,
			expected: twoUnsaid(where),
			namesCandidates: true,
		};
	}),
);

/** What befalls the first file that a process stores with 'Skip', before it knows how lists behave. */
const first: Trial[] = [ON_CHARGE_CAPTURE_SKIP, { ...ON_ENCOUNTER, skip: true }].flatMap((where) =>
	(['before', 'after'] as const).map(
		(when): Trial => ({
			fault: `500 ${when} storing the first file of the process`,
			...where,
			files: sixFiles(),
			faults: [{ kind: 'status', status: 500, body: '', when }],
			// On an encounter its creation date says that it is this one.
			expected:
				when === 'after' && where.attachTo === 'encounter'
					? { stored: 6 }
					: { stored: 5, unknown: 1 },
		}),
	),
);

const LINK = 'https://files.example.com/1?signature=5f0c1f0e6d1f4c43';

const oddAnswers: Array<[fault: string, answer: Partial<Fault>]> = [
	['answer is HTML', { body: '<html><h1>Welcome</h1></html>', contentType: 'text/html' }],
	['answer is empty', { body: '' }],
	['answer is not a UUID', { body: '"superbill-1"', contentType: 'application/json' }],
	['answer is an object with a signed link', { body: { authed_url: LINK } }],
];

const unusable: Trial[] = oddAnswers.flatMap(([fault, answer]) =>
	EVERYWHERE.map((where) => ({
		fault: `${fault}, stored`,
		...where,
		files: sixFiles(),
		faults: [{ kind: 'answer' as const, times: 2, ...KNOWN_FIRST, ...answer }],
		play: playFirstAlone,
		expected: twoUnsaid(where),
		namesCandidates: true,
	})),
);

const always: Trial[] = [
	{
		fault: '500 before storing, always',
		...ON_ENCOUNTER,
		files: sixFiles(),
		options: { maxTries: 2 },
		faults: [{ kind: 'status', status: 500, body: '', times: Infinity }],
		// No list has shown anything that is known to be there, so nothing is sent a second time.
		expected: { unknown: 6 },
		check: ({ creates }) => strictEqual(creates.length, 6),
	},
	{
		fault: '500 before storing, always but for the first file',
		...ON_ENCOUNTER,
		files: sixFiles(),
		options: { maxTries: 2 },
		faults: [{ kind: 'status', status: 500, body: '', times: Infinity, ...KNOWN_FIRST }],
		play: playFirstAlone,
		expected: { stored: 1, 'not stored': 5 },
		check: ({ creates }) => strictEqual(creates.length, 11),
	},
	{
		fault: '500 after storing, always',
		...ON_ENCOUNTER,
		files: sixFiles(),
		faults: [{ kind: 'status', status: 500, body: '', when: 'after', times: Infinity }],
		expected: { stored: 6 },
		check: ({ creates }) => strictEqual(creates.length, 6),
	},
	{
		fault: '500 after storing, always',
		...ON_CHARGE_CAPTURE,
		files: sixFiles(),
		faults: [{ kind: 'status', status: 500, body: '', when: 'after', times: Infinity }],
		expected: { unknown: 6 },
		namesCandidates: true,
	},
];

const ASKS_FOR_AN_HOUR: Fault = {
	kind: 'status',
	status: 429,
	body: '',
	headers: { 'retry-after': '3600' },
};

const REFUSED_ALWAYS: Trial = {
	fault: '429 always, that asks for an hour',
	...ON_CHARGE_CAPTURE,
	files: sixFiles(),
	faults: [{ ...ASKS_FOR_AN_HOUR, times: Infinity }],
	expected: { 'not stored': 6 },
};

const tooMany: Trial[] = [
	{
		fault: '429 once',
		...ON_CHARGE_CAPTURE,
		files: sixFiles(),
		faults: [{ kind: 'status', status: 429, body: '' }],
		expected: { stored: 6 },
	},
	{
		fault: '429 in bursts',
		...ON_CHARGE_CAPTURE,
		files: numberedFiles(10),
		faults: [
			{ kind: 'status', status: 429, body: '', headers: { 'retry-after': '1' }, times: 3 },
			{ kind: 'status', status: 429, body: '', skip: 4, times: 3 },
		],
		expected: { stored: 10 },
	},
	{
		fault: '429 that asks for an hour',
		...ON_CHARGE_CAPTURE,
		files: sixFiles(),
		faults: [ASKS_FOR_AN_HOUR],
		// n8n 1 does not pass headers on, so that the file is sent again after the usual wait.
		expected: isN8n1 ? { stored: 6 } : { stored: 5, 'not stored': 1 },
	},
	// There it would be sent again for five minutes.
	...(isN8n1 ? [] : [REFUSED_ALWAYS]),
	{
		fault: '5 requests in 10 s, and 8 files',
		...ON_CHARGE_CAPTURE,
		files: numberedFiles(8),
		credential: pastedCredential,
		server: { requestsPer10Seconds: 5 },
		// The server's ten seconds are real ones: more tries outlast them where waits are short.
		options: { maxTries: 10 },
		expected: { stored: 8 },
	},
];

/** The lists of attachments, of charge captures and encounters alike. */
const LISTS = { method: 'GET', path: /^\/api\/encounter-attachments\// };

const STORED_NOT_SAID: Fault = {
	kind: 'status',
	status: 500,
	body: '',
	when: 'after',
	times: 2,
	...KNOWN_FIRST,
};

const SIGNED_LIST = JSON.stringify({ items: [{ attachment_id: 7, authed_url: LINK }] });

const brokenLists: Array<[fault: string, answer: Omit<Fault, 'times'>]> = [
	['500', { ...LISTS, kind: 'status', status: 500 }],
	['403', { ...LISTS, kind: 'status', status: 403 }],
	['404 of a proxy', { ...LISTS, kind: 'status', status: 404, body: 'Not found' }],
	['HTML', { ...LISTS, kind: 'answer', body: '<p>Welcome</p>', contentType: 'text/html' }],
	[
		'no list, with a signed link',
		{ ...LISTS, kind: 'answer', body: SIGNED_LIST, contentType: 'application/json' },
	],
	['cut in the middle', { ...LISTS, kind: 'cut', cut: 'mid-answer' }],
];

const withoutList: Trial[] = [
	...brokenLists.flatMap(([fault, answer]) =>
		[ON_CHARGE_CAPTURE, ON_ENCOUNTER].map((where) => ({
			fault: `list needed, and always ${fault}`,
			...where,
			files: sixFiles(),
			faults: [STORED_NOT_SAID, { ...answer, times: Infinity }],
			expected: { stored: 4, unknown: 2 },
		})),
	),
	{
		fault: 'list needed, and 500 twice',
		...ON_ENCOUNTER,
		files: sixFiles(),
		faults: [STORED_NOT_SAID, { ...LISTS, kind: 'status', times: 2 }],
		expected: { stored: 6 },
	},
	{
		fault: 'list for Skip, and always 500',
		...ON_CHARGE_CAPTURE_SKIP,
		files: sixFiles(),
		faults: [{ ...LISTS, kind: 'status', times: Infinity }],
		expected: { 'not started': 6 },
		check: ({ creates }) => deepEqual(creates, []),
	},
	{
		fault: 'list for Skip, and 500 twice',
		...ON_CHARGE_CAPTURE_SKIP,
		files: sixFiles(),
		faults: [{ ...LISTS, kind: 'status', times: 2 }, STORED_NOT_SAID],
		expected: { stored: 6 },
	},
];

export const answerRows = [
	...refused,
	...unsure,
	...gateways,
	...first,
	...unusable,
	...always,
	...tooMany,
	...withoutList,
];
