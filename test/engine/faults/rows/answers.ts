import { deepEqual, strictEqual } from 'node:assert/strict';

import type { Fault } from '../../../candid-api';
import { ATTACHMENT_LISTS } from '../../fixtures';
import { isN8n1 } from '../../loadedN8n';
import { pastedCredential } from '../../storedCredential';
import { numberedFiles, sixFiles } from '../files';
import type { Trial } from '../trial';
import {
	EVERYWHERE,
	ON_CHARGE_CAPTURE,
	ON_CHARGE_CAPTURE_SKIP,
	ON_ENCOUNTER,
	AFTER_FIRST,
	playFirstAlone,
	twoUnacknowledged,
} from './shared';

const refusals: Array<[fault: string, answer: Partial<Fault>]> = [
	[
		"403 with Candid's error",
		{ status: 403, body: { errorName: 'UnauthorizedError', content: {} } },
	],
	['404', { status: 404, body: { errorName: 'EntityNotFoundError', content: { id: 'CC-1001' } } }],
	[
		'409',
		{ status: 409, body: { errorName: 'EntityConflictError', content: { entity_name: 'x' } } },
	],
	['413', { status: 413, body: 'Request Entity Too Large' }],
	['415', { status: 415, body: { errorName: 'InvalidContentTypeError', content: {} } }],
	[
		'422 with a list of fields',
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

const uncertain: Trial[] = [408, 500, 502, 503, 504].flatMap((status) =>
	EVERYWHERE.flatMap((where): Trial[] => [
		{
			fault: `${status} before storing`,
			...where,
			files: sixFiles(),
			faults: [{ kind: 'status', status, body: '', times: 2, ...AFTER_FIRST }],
			play: playFirstAlone,
			expected: { stored: 6 },
		},
		{
			fault: `${status} after storing`,
			...where,
			files: sixFiles(),
			faults: [{ kind: 'status', status, body: '', when: 'after', times: 2, ...AFTER_FIRST }],
			play: playFirstAlone,
			expected: twoUnacknowledged(where),
			namesCandidates: true,
		},
	]),
);

/** The gateway gives up, but the server still stores the file, before the node checks whether it was stored. */
const gateways: Trial[] = [408, 502, 504].flatMap((status) =>
	EVERYWHERE.map((where): Trial => {
		const body = '<h1>Gateway Timeout</h1>';
		return {
			fault: `${status} from a gateway, stored later`,
			...where,
			files: sixFiles(),
			faults: [{ kind: 'status', status, body, when: 'after-answer', times: 2, ...AFTER_FIRST }],
			play: playFirstAlone,
			expected: twoUnacknowledged(where),
			namesCandidates: true,
		};
	}),
);

/** Faults of the first file that a process stores with 'Skip', before it knows how lists behave. */
const first: Trial[] = [ON_CHARGE_CAPTURE_SKIP, { ...ON_ENCOUNTER, skip: true }].flatMap((where) =>
	(['before', 'after'] as const).map(
		(when): Trial => ({
			fault: `500 ${when} storing the first file of the process`,
			...where,
			files: sixFiles(),
			faults: [{ kind: 'status', status: 500, body: '', when }],
			// The list of an encounter has creation dates, which identify the file.
			expected:
				when === 'after' && where.attachTo === 'encounter'
					? { stored: 6 }
					: { stored: 5, unknown: 1 },
		}),
	),
);

const LINK = 'https://files.example.com/1?signature=5f0c1f0e6d1f4c43';

const unexpectedAnswers: Array<[fault: string, answer: Partial<Fault>]> = [
	['answer is HTML', { body: '<html><h1>Welcome</h1></html>', contentType: 'text/html' }],
	['answer is empty', { body: '' }],
	['answer is not a UUID', { body: '"superbill-1"', contentType: 'application/json' }],
	['answer is an object with a signed link', { body: { authed_url: LINK } }],
];

const invalidAnswers: Trial[] = unexpectedAnswers.flatMap(([fault, answer]) =>
	EVERYWHERE.map((where) => ({
		fault: `${fault}, stored`,
		...where,
		files: sixFiles(),
		faults: [{ kind: 'answer' as const, times: 2, ...AFTER_FIRST, ...answer }],
		play: playFirstAlone,
		expected: twoUnacknowledged(where),
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
		// No list has shown a known attachment yet, so nothing is sent a second time.
		expected: { unknown: 6 },
		check: ({ creates }) => strictEqual(creates.length, 6),
	},
	{
		fault: '500 before storing, always except for the first file',
		...ON_ENCOUNTER,
		files: sixFiles(),
		options: { maxTries: 2 },
		faults: [{ kind: 'status', status: 500, body: '', times: Infinity, ...AFTER_FIRST }],
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

const RETRY_AFTER_AN_HOUR: Fault = {
	kind: 'status',
	status: 429,
	body: '',
	headers: { 'retry-after': '3600' },
};

const REFUSED_ALWAYS: Trial = {
	fault: '429 always, with a Retry-After of an hour',
	...ON_CHARGE_CAPTURE,
	files: sixFiles(),
	faults: [{ ...RETRY_AFTER_AN_HOUR, times: Infinity }],
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
		fault: '429 with a Retry-After of an hour',
		...ON_CHARGE_CAPTURE,
		files: sixFiles(),
		faults: [RETRY_AFTER_AN_HOUR],
		// n8n 1 does not pass headers on, so the file is sent again after the usual wait.
		expected: isN8n1 ? { stored: 6 } : { stored: 5, 'not stored': 1 },
	},
	// n8n 1 does not pass Retry-After on, so the node would try for five minutes.
	...(isN8n1 ? [] : [REFUSED_ALWAYS]),
	{
		fault: 'limit of 5 requests in 10 s, 8 files',
		...ON_CHARGE_CAPTURE,
		files: numberedFiles(8),
		credential: pastedCredential,
		server: { requestsPer10Seconds: 5 },
		// The server's ten seconds are not scaled as the node's waits are, so more tries are needed.
		options: { maxTries: 10 },
		expected: { stored: 8 },
	},
];

const STORED_WITHOUT_ANSWER: Fault = {
	kind: 'status',
	status: 500,
	body: '',
	when: 'after',
	times: 2,
	...AFTER_FIRST,
};

const SIGNED_LIST = JSON.stringify({ items: [{ attachment_id: 7, authed_url: LINK }] });

const listAnswers: Array<[fault: string, answer: Omit<Fault, 'times'>]> = [
	['500', { ...ATTACHMENT_LISTS, kind: 'status', status: 500 }],
	['403', { ...ATTACHMENT_LISTS, kind: 'status', status: 403 }],
	['a 404 from a proxy', { ...ATTACHMENT_LISTS, kind: 'status', status: 404, body: 'Not found' }],
	[
		'HTML',
		{ ...ATTACHMENT_LISTS, kind: 'answer', body: '<p>Welcome</p>', contentType: 'text/html' },
	],
	[
		'JSON that is no list, with a signed link',
		{ ...ATTACHMENT_LISTS, kind: 'answer', body: SIGNED_LIST, contentType: 'application/json' },
	],
	['a cut connection', { ...ATTACHMENT_LISTS, kind: 'cut', cut: 'mid-answer' }],
];

const failingLists: Trial[] = [
	...listAnswers.flatMap(([fault, answer]) =>
		[ON_CHARGE_CAPTURE, ON_ENCOUNTER].map((where) => ({
			fault: `uncertain upload, list always failing with ${fault}`,
			...where,
			files: sixFiles(),
			faults: [STORED_WITHOUT_ANSWER, { ...answer, times: Infinity }],
			expected: { stored: 4, unknown: 2 },
		})),
	),
	{
		fault: 'uncertain upload, list answered with 500 twice',
		...ON_ENCOUNTER,
		files: sixFiles(),
		faults: [STORED_WITHOUT_ANSWER, { ...ATTACHMENT_LISTS, kind: 'status', times: 2 }],
		expected: { stored: 6 },
	},
	{
		fault: 'list for Skip always answered with 500',
		...ON_CHARGE_CAPTURE_SKIP,
		files: sixFiles(),
		faults: [{ ...ATTACHMENT_LISTS, kind: 'status', times: Infinity }],
		expected: { 'not started': 6 },
		check: ({ creates }) => deepEqual(creates, []),
	},
	{
		fault: 'list for Skip answered with 500 twice',
		...ON_CHARGE_CAPTURE_SKIP,
		files: sixFiles(),
		faults: [{ ...ATTACHMENT_LISTS, kind: 'status', times: 2 }, STORED_WITHOUT_ANSWER],
		expected: { stored: 6 },
	},
];

export const answerRows = [
	...refused,
	...uncertain,
	...gateways,
	...first,
	...invalidAnswers,
	...always,
	...tooMany,
	...failingLists,
];
