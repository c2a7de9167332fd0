import { rm } from 'node:fs/promises';

import { startCandidApi, type CandidApi, type CandidApiSettings } from '../candid-api';
import { packProject } from './communityPackage';
import { ensureInstalled } from './installation';
import { localCredential } from './localCredential';
import { RealN8n, type RealN8nSettings } from './realN8n';
import { userFolderOf } from './userFolder';

/** Enough time for a first installation. */
export const PREPARE_MS = 15 * 60_000;

/**
 * Matches a signature in the local API's links, or the beginning of one of its tokens. The lookbehind
 * leaves out n8n's encrypted credentials: they are Base64, in which 'eyJ' can occur by chance.
 */
export const LINK_OR_TOKEN = /signature=|(?<![\w+/])eyJ/;

/** A new n8n, not started yet, with this node and a credential for a local Candid API. */
export async function prepareTestBed(
	name: string,
	n8nSettings: Omit<RealN8nSettings, 'userFolder'>,
	apiSettings: CandidApiSettings = {},
): Promise<{ api: CandidApi; n8n: RealN8n }> {
	const userFolder = userFolderOf(name);
	const installation = await ensureInstalled((line) => process.stderr.write(`${line}\n`));
	const pack = await packProject();
	await rm(userFolder, { recursive: true, force: true });
	const api = await startCandidApi(apiSettings);
	try {
		const n8n = await RealN8n.prepare(installation, { userFolder, ...n8nSettings });
		await n8n.install(pack);
		await n8n.importCredentials(localCredential(api.url));
		return { api, n8n };
	} catch (error) {
		await api.close();
		throw error;
	}
}
