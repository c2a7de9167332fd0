import type { CandidApi } from '../../candid-api';
import { scaleWaits } from '../faults/scaledWaits';
import { startApiForEachTest } from '../fixtures';
import { runUpload } from '../harness';
import type { RunSettings } from '../harness';
import { clientCredential } from '../storedCredential';
import type { StoredCredential } from '../storedCredential';

/*
 * What the tests of uploads share. Importing this file starts a local API before each test, and closes it
 * afterwards.
 */

export let api: CandidApi;
export let credential: StoredCredential;

// These tests are not about how long the node waits.
beforeAll(() => scaleWaits(0.1));

startApiForEachTest((started) => ({ api, credential } = started), {
	credentialFor: clientCredential,
	tokenRequestsPerMinute: 1000,
	requestsPer10Seconds: 100_000,
});

export const run = async (settings: Omit<RunSettings, 'credential'> & Partial<RunSettings>) =>
	await runUpload({ credential, ...settings });
