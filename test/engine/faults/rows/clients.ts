import { deepEqual, strictEqual } from 'node:assert/strict';

import type { CandidApi } from '../../../candid-api';
import { StoredCredential, clientCredential } from '../../storedCredential';
import { numberedFiles } from '../files';
import { secondClientOf } from '../stage';
import type { Stage } from '../stage';
import { trialFile } from '../trial';
import type { Trial, TrialFile } from '../trial';
import { ON_CHARGE_CAPTURE, ON_CHARGE_CAPTURE_SKIP } from './where';

const isOfSecond = (index: number) => index % 2 === 1;

/** One credential with expressions in it: items take turns with two clients. */
class CredentialOfTwo extends StoredCredential {
	/** n8n hands on for which item it evaluates them as the last of its arguments. */
	override async getDecrypted(...args: unknown[]) {
		const values = args[6] as { itemIndex?: number } | undefined;
		const first = await super.getDecrypted();
		return isOfSecond(values?.itemIndex ?? 0)
			? { ...first, ...secondClientOf(String(this.data.clientId)) }
			: first;
	}
}

const credentialOfTwo = (api: CandidApi) => new CredentialOfTwo(clientCredential(api).data);

/** Names that both clients have, with contents of their own. */
const sharedNames = (): TrialFile[] =>
	numberedFiles(6).map(({ bytes }, index) => trialFile(`${Math.floor(index / 2)}.pdf`, bytes));

const eachAtItsClient = ({ api, credential, trial: { files } }: Stage) => {
	const first = String(credential.data.clientId);
	const astray = api.attachments.filter(({ sha256, clientId }) => {
		const ofSecond = isOfSecond(files.findIndex((file) => file.sha256 === sha256));
		return clientId !== (ofSecond ? secondClientOf(first).clientId : first);
	});
	deepEqual(astray, []);
};

const STATUS_500 = { kind: 'status', status: 500, body: '' } as const;

const row = {
	files: sharedNames(),
	credential: credentialOfTwo,
	checkEverywhere: eachAtItsClient,
};

/** What is remembered of one client's files says nothing about the other's. */
export const clientRows: Trial[] = [ON_CHARGE_CAPTURE, ON_CHARGE_CAPTURE_SKIP].flatMap(
	(where): Trial[] => [
		{ ...row, ...where, fault: 'two clients, same names', expected: { stored: 6 } },
		{
			...row,
			...where,
			fault: 'two clients, same names, 500 after storing',
			faults: [{ ...STATUS_500, when: 'after', times: 2 }],
		},
		{
			...row,
			...where,
			fault: 'two clients, same names, 500 before storing',
			faults: [{ ...STATUS_500, skip: 2, times: 2 }],
		},
		{
			...row,
			...where,
			fault: 'two clients, same names, run again with Skip',
			play: async (stage) => [
				...(await stage.run()),
				...(await stage.run(undefined, { skip: true })),
			],
			expected: { stored: 12 },
			// The stored token may be the other client's: then a file goes out without one first, for a 401.
			check: ({ creates }) => strictEqual(creates.filter(({ status }) => status !== 401).length, 6),
		},
	],
);
