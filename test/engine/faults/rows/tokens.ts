import { deepEqual, ok, strictEqual } from 'node:assert/strict';

import { SIGN_IN_PATH } from '../../../candid-api/paths';
import { clientCredential, pastedCredential } from '../../storedCredential';
import { numberedFiles, sixFiles } from '../files';
import type { Stage } from '../stage';
import type { Trial } from '../trial';
import { EVERYWHERE, FOUR_AT_A_TIME, ON_CHARGE_CAPTURE } from './where';

const TOKEN_PATH = { method: 'POST', path: SIGN_IN_PATH };

/** A credential that has been in use for a while: n8n has stored a token with it. */
function useExpiredToken({ api, credential }: Stage): void {
	credential.data.sessionToken = `${String(credential.data.clientId)}@${api.url} ${api.issueToken()}`;
	api.expireTokens();
}

const expectTokens = (count: number) => (stage: Stage) =>
	strictEqual(stage.api.tokensIssued, count);

const expired: Trial[] = EVERYWHERE.flatMap((where) => [
	{
		fault: '401 before: the stored token has expired',
		...where,
		files: sixFiles(),
		prepare: useExpiredToken,
		expected: { stored: 6 },
		check: expectTokens(1),
	},
	{
		fault: '401 during: the token expires after 3 files',
		...where,
		files: numberedFiles(12),
		prepare: (stage: Stage) =>
			stage.onCreateEnd((ended) => {
				if (ended === 3) stage.api.expireTokens();
			}),
		expected: { stored: 12 },
		check: expectTokens(2),
	},
]);

/** What is on its way when the credential is found to be refused, and its one repetition. */
const fewCreates = ({ creates }: Stage) => ok(creates.length <= 8);

const refused: Trial[] = [
	{
		fault: '401 always',
		...ON_CHARGE_CAPTURE,
		files: numberedFiles(12),
		options: FOUR_AT_A_TIME,
		credential: clientCredential,
		faults: [{ kind: 'status', status: 401, body: '', times: Infinity }],
		expected: { 'not stored': [1, 8], 'not started': [4, 11] },
		check: fewCreates,
	},
	{
		fault: '401 always, pasted token',
		...ON_CHARGE_CAPTURE,
		files: numberedFiles(12),
		options: FOUR_AT_A_TIME,
		credential: pastedCredential,
		prepare: ({ api }) => api.expireTokens(),
		expected: { 'not stored': [1, 8], 'not started': [4, 11] },
		check: fewCreates,
	},
	{
		fault: 'client refused by the token path',
		...ON_CHARGE_CAPTURE,
		files: sixFiles(),
		faults: [{ ...TOKEN_PATH, kind: 'status', status: 401, times: Infinity }],
		expected: { 'not stored': 6 },
		check: ({ creates }) => deepEqual(creates, []),
	},
];

const busy: Trial[] = [
	{
		fault: 'token path 429 once',
		...ON_CHARGE_CAPTURE,
		files: sixFiles(),
		faults: [{ ...TOKEN_PATH, kind: 'status', status: 429, body: '' }],
		expected: { stored: 6 },
		check: expectTokens(1),
	},
	{
		fault: 'token path 429 always',
		...ON_CHARGE_CAPTURE,
		files: numberedFiles(4),
		options: { maxTries: 2 },
		faults: [{ ...TOKEN_PATH, kind: 'status', status: 429, body: '', times: Infinity }],
		expected: { 'not stored': 4 },
		check: ({ api }) => ok(api.requests.length <= 2),
	},
	{
		fault: 'token path 503 once',
		...ON_CHARGE_CAPTURE,
		files: sixFiles(),
		faults: [{ ...TOKEN_PATH, kind: 'status', status: 503, body: '' }],
		expected: { stored: 6 },
	},
];

export const tokenRows = [...expired, ...refused, ...busy];
