import { deepEqual, ok, strictEqual } from 'node:assert/strict';

import { SIGN_IN_PATH } from '../../../candid-api/paths';
import { clientCredential, pastedCredential } from '../../storedCredential';
import { FOUR_AT_A_TIME } from '../../fixtures';
import { numberedFiles, sixFiles } from '../files';
import type { Stage } from '../stage';
import type { Trial } from '../trial';
import { EVERYWHERE, ON_CHARGE_CAPTURE } from './shared';

const TOKEN_PATH = { method: 'POST', path: SIGN_IN_PATH };

/** A credential that was used before: n8n has stored a token in it, which has expired. */
function useExpiredToken({ api, credential }: Stage): void {
	credential.data.sessionToken = `${String(credential.data.clientId)}@${api.url} ${api.issueToken()}`;
	api.expireTokens();
}

const expectTokens = (count: number) => (stage: Stage) =>
	strictEqual(stage.api.tokensIssued, count);

const expired: Trial[] = EVERYWHERE.flatMap((where) => [
	{
		fault: '401 because the stored token has expired',
		...where,
		files: sixFiles(),
		prepare: useExpiredToken,
		expected: { stored: 6 },
		check: expectTokens(1),
	},
	{
		fault: '401 because the token expires after 3 files',
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

/** The uploads in progress when Candid refuses the credential, and one more try of each. */
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
		fault: 'token request answered with 401',
		...ON_CHARGE_CAPTURE,
		files: sixFiles(),
		faults: [{ ...TOKEN_PATH, kind: 'status', status: 401, times: Infinity }],
		expected: { 'not stored': 6 },
		check: ({ creates }) => deepEqual(creates, []),
	},
];

const failedTokenRequests: Trial[] = [
	{
		fault: 'token request answered with 429 once',
		...ON_CHARGE_CAPTURE,
		files: sixFiles(),
		faults: [{ ...TOKEN_PATH, kind: 'status', status: 429, body: '' }],
		expected: { stored: 6 },
		check: expectTokens(1),
	},
	{
		fault: 'token request answered with 429 always',
		...ON_CHARGE_CAPTURE,
		files: numberedFiles(4),
		options: { maxTries: 2 },
		faults: [{ ...TOKEN_PATH, kind: 'status', status: 429, body: '', times: Infinity }],
		expected: { 'not stored': 4 },
		check: ({ api }) => ok(api.requests.length <= 2),
	},
	{
		fault: 'token request answered with 503 once',
		...ON_CHARGE_CAPTURE,
		files: sixFiles(),
		faults: [{ ...TOKEN_PATH, kind: 'status', status: 503, body: '' }],
		expected: { stored: 6 },
	},
];

export const tokenRows = [...expired, ...refused, ...failedTokenRequests];
