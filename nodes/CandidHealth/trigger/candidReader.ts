import { sleep } from 'n8n-workflow';
import type { IDataObject, IHttpRequestOptions, IPollFunctions } from 'n8n-workflow';

import { failureOf, isFromCandid } from '../errors/candidFailure';
import type { CandidFailure } from '../errors/candidFailure';
import { explain, invalidAnswer } from '../errors/explain';
import { checkedRequest } from '../request/checkedRequest';
import type { CheckedRequest } from '../request/checkedRequest';
import { nextPageToken } from '../request/reader';
import { MAX_TRIES } from '../request/retryPolicy';
import { sendInTurn } from '../request/sendInTurn';
import type { Result, Sender } from '../request/sendInTurn';
import { LocatedValue } from '../request/values';
import { paceOf } from '../run/pace';
import { isRecord } from '../types/isRecord';
import { NEXT_POLL, pollError } from './pollError';

export interface Page {
	records: IDataObject[];
	/** undefined on the last page */
	nextToken?: string;
}

/** Reads from Candid for one poll, in turn with all other requests to its host, and retries. */
export class CandidReader {
	/**
	 * @param baseUrl of the credential
	 * @param subject completes 'Candid was not checked for '
	 */
	constructor(
		private readonly context: IPollFunctions,
		private readonly baseUrl: string,
		private readonly subject: string,
	) {}

	/** @throws NodeApiError for what is not a page of a list, such as a proxy's page */
	async page(url: string, qs: Record<string, unknown>, token?: string): Promise<Page> {
		const request = checkedRequest({
			url,
			qs: token === undefined ? qs : { ...qs, page_token: token },
		});
		if ('reason' in request) throw pollError(this.context, this.subject, request);
		const result = await this.send(request);
		if ('failure' in result) throw this.failed(result.failure);
		const { value: answer } = result;
		const { items } = isRecord(answer) ? answer : {};
		if (!isRecord(answer) || !Array.isArray(items) || !items.every(isRecord)) {
			throw this.invalid(answer, 'a list');
		}
		const nextToken = nextPageToken(answer);
		if (nextToken !== undefined && nextToken === token) throw this.invalid(answer, 'the next page');
		return { records: items as IDataObject[], nextToken };
	}

	/**
	 * Reads one record or list.
	 *
	 * @param ids fill in the `{names}` of the URL
	 * @param expected completes "Candid's answer is not "
	 * @returns undefined if Candid does not know the IDs, or they cannot be part of an address
	 * @throws NodeApiError for an answer that is not what is expected
	 */
	async find<T>(
		url: string,
		ids: Record<string, unknown>,
		expected: string,
		isExpected: (answer: unknown) => answer is T,
	): Promise<T | undefined> {
		// From Candid's own records, so they are not checked for typing mistakes.
		const body = Object.entries(ids).map(([name, id]) => [name, new LocatedValue(id, 'list')]);
		const request = checkedRequest({ url, body: Object.fromEntries(body) });
		if ('reason' in request) return undefined;
		const result = await this.send(request);
		if ('failure' in result) {
			const { status, answer } = result.failure;
			if (status === 404 && isFromCandid(answer)) return undefined;
			throw this.failed(result.failure);
		}
		if (!isExpected(result.value)) throw this.invalid(result.value, expected);
		return result.value;
	}

	/** The error for an answer that is not `expected`, which completes "Candid's answer is not ". */
	invalid(answer: unknown, expected: string) {
		return pollError(this.context, this.subject, invalidAnswer(answer, expected, NEXT_POLL));
	}

	private failed(failure: CandidFailure) {
		return pollError(this.context, this.subject, explain(failure, NEXT_POLL), failure.status);
	}

	private async send({ url, qs }: Pick<CheckedRequest, 'url' | 'qs'>): Promise<Result<unknown>> {
		const options: IHttpRequestOptions = {
			method: 'GET',
			url,
			qs,
			headers: { Accept: 'application/json' },
			json: true,
		};
		const pace = paceOf(this.baseUrl);
		return await sendInTurn(poll(), pace, async () => await this.sendOnce(options));
	}

	private async sendOnce(options: IHttpRequestOptions): Promise<Result<unknown>> {
		const { httpRequestWithAuthentication } = this.context.helpers;
		try {
			// The engine changes the options.
			const value: unknown = await httpRequestWithAuthentication.call(
				this.context,
				'candidHealthApi',
				{ ...options },
			);
			return { value };
		} catch (error) {
			return { failure: failureOf(error) };
		}
	}
}

/** n8n cannot cancel a poll. It ends after as many tries as are made otherwise, also if all are answered with 429. */
function poll(): Sender {
	let failures = 0;
	return {
		get isAborted() {
			return failures >= MAX_TRIES;
		},
		backlog: 0,
		recordUnavailable: () => failures++,
		wait: async (ms) => await sleep(ms),
	};
}
