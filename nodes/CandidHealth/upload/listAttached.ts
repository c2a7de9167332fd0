import type {
	IDataObject,
	IExecutePaginationFunctions,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
} from 'n8n-workflow';

import { inPlainWords } from '../errors/candidApiError';
import { failureOf, isCredentialRefused, isRecord } from '../errors/candidFailure';
import type { CandidFailure } from '../errors/candidFailure';
import { MAX_TRIES, nextStep } from '../request/retryPolicy';
import type { Request } from '../request/sendRequest';
import type { Run } from '../run/run';
import { attachedFiles } from './attachedFiles';
import type { Listing } from './attachedFiles';

/**
 * Reads what is attached to a charge capture or encounter; again, where the list cannot be had at
 * once: reading it changes nothing.
 *
 * @param request the upload's, for its network settings
 * @param url path of the list
 */
export async function listAttached(
	context: IExecutePaginationFunctions,
	run: Run,
	request: Request,
	url: string,
): Promise<Listing | { failure: CandidFailure }> {
	for (let tries = 1; ; tries++) {
		await run.ready();
		const answer = await ask(context, request, url);
		if (!('failure' in answer)) return answer;
		const { failure } = answer;
		// n8n has renewed the token and asked again by itself after a 401.
		const attempts = { tries, maxTries: MAX_TRIES, tokenRenewed: true };
		const next = nextStep(failure, attempts, Math.random());
		if (isCredentialRefused(failure)) run.halt(inPlainWords(failure, 'read'));
		if (next.step === 'end' || (next.step === 'look' && !next.sendIfAbsent)) return answer;
		run.heard(false);
		if (next.step === 'send' && next.everyone) run.pause(next.afterMs);
		await run.rest(next.afterMs);
		if (run.cancelled || run.halted) return answer;
	}
}

async function ask(
	context: IExecutePaginationFunctions,
	{ options }: Request,
	url: string,
): Promise<Listing | { failure: CandidFailure }> {
	const requestedAt = Date.now();
	try {
		const { body, headers } = (await context.helpers.httpRequestWithAuthentication.call(
			context,
			'candidHealthApi',
			{
				...(options as IHttpRequestOptions),
				method: 'GET',
				url,
				qs: {},
				body: undefined,
				returnFullResponse: true,
			},
		)) as IN8nHttpFullResponse;
		const files = attachedFiles(body);
		if (!files) return { failure: { status: 200, answer: body } };
		const answeredAt = Date.now();
		return { files, requestedAt, answeredAt, ...clockOf(headers, answeredAt) };
	} catch (error) {
		const failure = failureOf(error);
		if (!isUnknownToCandid(failure)) return { failure };
		return { files: [], requestedAt, answeredAt: Date.now(), ...clockOf({}, NaN) };
	}
}

/** A charge capture that Candid has not heard of yet has no attachments; a proxy's 404 says nothing. */
const isUnknownToCandid = ({ status, answer }: CandidFailure) =>
	status === 404 && isRecord(answer) && answer.errorName === 'EntityNotFoundError';

/** The `Date` of an answer (RFC 9110 section 6.6.1) is in whole seconds, and a little old on arrival. */
function clockOf({ date }: IDataObject, now: number): Pick<Listing, 'clockAhead' | 'clockBehind'> {
	const ahead = Date.parse(String(date)) - now;
	if (Number.isNaN(ahead)) return { clockAhead: 0, clockBehind: Infinity };
	return { clockAhead: Math.max(0, ahead), clockBehind: Math.max(0, -ahead) };
}
