import type { INodeParameters } from 'n8n-workflow';

import { CandidHealth } from '../../../nodes/CandidHealth/CandidHealth.node';
import type { Fault } from '../../candid-api';
import { SUPERBILLS_PATH } from '../../candid-api/paths';
import { api, credential } from '../download/setUp';
import { runNode } from '../harness';
import type { RunSettings } from '../harness';

/*
 * What the tests of superbills share. Importing this file starts a local API before each test, and closes
 * it afterwards, as `download/setUp.ts` does.
 */

export const CREATE: INodeParameters = {
	resource: 'superbill',
	operation: 'create',
	patientExternalId: '={{ $json.patient }}',
	dateFrom: '2025-01-10',
	dateTo: '2025-01-12',
};

/** Runs the node with one item for each patient. */
export const create = async (
	patients: unknown[],
	{ parameters, ...settings }: Partial<RunSettings> = {},
) =>
	await runNode(new CandidHealth(), {
		credential,
		items: patients.map((patient) => ({ json: { patient } as { patient: string } })),
		...settings,
		parameters: { ...CREATE, ...parameters },
	});

/** Injects a fault for requests that create superbills. */
export const inject = (fault: Partial<Fault>) =>
	api.inject({ kind: 'status', status: 500, method: 'POST', path: SUPERBILLS_PATH, ...fault });

/** Injects a fault for the downloads of files. */
export const injectIntoFile = (fault: Partial<Fault>) =>
	api.inject({ kind: 'status', status: 500, method: 'GET', path: /signature/, ...fault });

/** The requests that asked Candid for superbills. */
export const creates = () => api.requests.filter(({ path }) => path === SUPERBILLS_PATH);

/** The patients whose superbills Candid holds, in order. */
export const held = () => api.superbills.map(({ patientExternalId }) => patientExternalId);

export const CREATED = 'The superbill [item 0] was created, but its file was not downloaded: ';

export const MAY_BE_CREATED =
	'Candid may have created it anyway. Run it again: that makes another document and changes no claim.';

/** The end of the advice for a file that was not downloaded. */
export const AGAIN = 'Running it again may make another document, which changes no claim.';
