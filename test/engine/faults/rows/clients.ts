import { deepEqual, strictEqual } from 'node:assert/strict';

import type { CandidApi } from '../../../candid-api';
import { CredentialPerItem, clientCredential } from '../../storedCredential';
import { numberedFiles } from '../files';
import { secondClientOf } from '../stage';
import type { Stage } from '../stage';
import { trialFile } from '../trial';
import type { Trial, TrialFile } from '../trial';
import { ON_CHARGE_CAPTURE, ON_CHARGE_CAPTURE_SKIP, STATUS_500 } from './shared';

const usesSecond = (index: number) => index % 2 === 1;

/** Gives every other item the second client. */
function credentialOfTwo(api: CandidApi): CredentialPerItem {
	const credential: CredentialPerItem = new CredentialPerItem(clientCredential(api).data, (item) =>
		usesSecond(item) ? { ...secondClientOf(String(credential.data.clientId)) } : {},
	);
	return credential;
}

/** Files of both clients with the same names and different contents. */
const sharedNames = (): TrialFile[] =>
	numberedFiles(6).map(({ bytes }, index) => trialFile(`${Math.floor(index / 2)}.pdf`, bytes));

const eachStoredByItsClient = ({ api, credential, trial: { files } }: Stage) => {
	const first = String(credential.data.clientId);
	const misplaced = api.attachments.filter(({ sha256, clientId }) => {
		const ofSecond = usesSecond(files.findIndex((file) => file.sha256 === sha256));
		return clientId !== (ofSecond ? secondClientOf(first).clientId : first);
	});
	deepEqual(misplaced, []);
};

const row = {
	files: sharedNames(),
	credential: credentialOfTwo,
	checkEverywhere: eachStoredByItsClient,
};

/** What the node knows of one client's files must not be used for the other's. */
export const clientRows: Trial[] = [ON_CHARGE_CAPTURE, ON_CHARGE_CAPTURE_SKIP].flatMap(
	(where): Trial[] => [
		{ ...row, ...where, fault: 'two clients with the same file names', expected: { stored: 6 } },
		{
			...row,
			...where,
			fault: 'two clients with the same file names, 500 after storing',
			faults: [{ ...STATUS_500, when: 'after', times: 2 }],
		},
		{
			...row,
			...where,
			fault: 'two clients with the same file names, 500 before storing',
			faults: [{ ...STATUS_500, skip: 2, times: 2 }],
		},
		{
			...row,
			...where,
			fault: 'two clients with the same file names, run again with Skip',
			play: async (stage) => [
				...(await stage.run()),
				...(await stage.run(undefined, { skip: true })),
			],
			expected: { stored: 12 },
			// The stored token may be the other client's. Then a file is sent without a token first, and gets a 401.
			check: ({ creates }) => strictEqual(creates.filter(({ status }) => status !== 401).length, 6),
		},
	],
);
