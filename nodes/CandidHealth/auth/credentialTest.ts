import type {
	ICredentialDataDecryptedObject,
	ICredentialTestFunctions,
	ICredentialsDecrypted,
	IHttpRequestOptions,
	INodeCredentialTestResult,
} from 'n8n-workflow';

import { failureOf } from '../errors/candidFailure';
import { explain } from '../errors/explain';
import { capitalized } from '../errors/messageText';
import { paceOf } from '../run/pace';
import { authenticated, renewSessionToken } from './authenticate';
import { baseUrlOf } from './environment';

/**
 * Reads one charge capture with the credential.
 *
 * This is a function because n8n shows a bare code such as ECONNREFUSED when a declared test request gets
 * no answer (2.41.1, CredentialsTester); `request` is the only request helper of the test's context.
 */
export async function testCandidHealthApi(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted<ICredentialDataDecryptedObject>,
): Promise<INodeCredentialTestResult> {
	const { request } = this.helpers;
	const httpRequest = async (options: IHttpRequestOptions) => (await request(options)) as unknown;
	try {
		const data = { ...credential.data };
		Object.assign(data, await renewSessionToken({ helpers: { httpRequest } }, data));
		const read = authenticated(data, {
			method: 'GET',
			url: '/api/charge_captures/v1',
			qs: { limit: 1 },
			json: true,
		});
		await paceOf(baseUrlOf(data)).immediately(async () => await httpRequest(read));
		return { status: 'OK', message: 'Connection successful' };
	} catch (error) {
		const { reason, advice } = explain(failureOf(error));
		return { status: 'Error', message: `${capitalized(reason)}. ${advice}`.trim() };
	}
}
