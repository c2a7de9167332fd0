import type {
	ICredentialDataDecryptedObject,
	ICredentialTestFunctions,
	ICredentialsDecrypted,
	IHttpRequestOptions,
	INodeCredentialTestResult,
} from 'n8n-workflow';

import { CandidHealthApi } from '../../../credentials/CandidHealthApi.credentials';
import { capitalized, explain } from '../errors/candidApiError';
import { failureOf } from '../errors/candidFailure';
import { paceOf } from '../run/pace';
import { baseUrlOf } from './environment';

/**
 * Reads one charge capture with the credential.
 *
 * A function, because n8n shows a bare code such as ECONNREFUSED when a declared test request gets
 * no answer (2.41.1, CredentialsTester); the test context has no request helper but this one.
 */
export async function testCandidHealthApi(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted<ICredentialDataDecryptedObject>,
): Promise<INodeCredentialTestResult> {
	const { request } = this.helpers;
	const httpRequest = async (options: IHttpRequestOptions) => (await request(options)) as unknown;
	const type = new CandidHealthApi();
	try {
		const data = { ...credential.data };
		Object.assign(data, await type.preAuthentication.call({ helpers: { httpRequest } }, data));
		const read = await type.authenticate(data, {
			method: 'GET',
			url: '/api/charge_captures/v1',
			qs: { limit: 1 },
			json: true,
		});
		await paceOf(baseUrlOf(data)).immediately(async () => await httpRequest(read));
		return { status: 'OK', message: 'Connection successful' };
	} catch (error) {
		const { reason, advice } = explain(failureOf(error), 'read');
		return { status: 'Error', message: `${capitalized(reason)}. ${advice}`.trim() };
	}
}
