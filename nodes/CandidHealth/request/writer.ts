import type {
	IDataObject,
	IExecutePaginationFunctions,
	IHttpRequestMethods,
	INodeExecutionData,
	NodeApiError,
} from 'n8n-workflow';

import { candidApiError } from '../errors/candidApiError';
import { failureOf, isFromCandid, outcomeOf } from '../errors/candidFailure';
import type { CandidFailure } from '../errors/candidFailure';
import { explain } from '../errors/explain';
import type { Explanation } from '../errors/explain';
import type { Run } from '../run/run';
import { paceFor } from './account';
import { recordsOf, sendOnce } from './part';
import type { Request } from './part';
import { nextStep } from './retryPolicy';
import { sendInTurn } from './sendInTurn';
import { readInTurn, sendSideRequest } from './sideRequest';
import type { WriteIntent, WritePart } from './writeRequest';

/** Differences from the request that `routing` describes. */
interface Changes {
	method?: IHttpRequestMethods;
	/** path with its IDs filled in */
	url?: string;
	qs?: Record<string, string>;
	/** Whether sending it twice does no harm, as with the values of a record that exists. */
	repeatable?: true;
}

/** Sends the requests of one write: what has to be read first, and the write itself. */
export class Writer {
	constructor(
		readonly context: IExecutePaginationFunctions,
		readonly run: Run,
		readonly request: Request,
		readonly part: WritePart,
		private readonly intent: WriteIntent,
	) {}

	/**
	 * Reads a record or a list of records, with retries.
	 *
	 * @param url path with its IDs filled in
	 * @throws NodeApiError
	 */
	async read(url: string, qs: IDataObject = {}): Promise<IDataObject[]> {
		const result = await readInTurn(this.run, this.part.account, async () => {
			const { body } = await sendSideRequest(this.context, this.request, 'GET', url, { qs });
			return recordsOf(body);
		});
		if ('value' in result) return result.value;
		throw this.error(explain(result.failure), result.failure);
	}

	/**
	 * Sends the write. It is sent once, because Candid may have carried out a request that failed; a 429 does
	 * not count. A repeatable one is retried.
	 *
	 * @returns the answer after `postReceive`, or the record that an earlier request has created
	 * @throws NodeApiError
	 */
	async write(changes: Changes = {}): Promise<INodeExecutionData[]> {
		const { intent } = this;
		const { repeatable = intent.repeatable } = changes;
		const findCreated = repeatable ? undefined : intent.findCreated;
		if (findCreated && this.mayBeDone) {
			const created = await findCreated(this);
			if (created) return [{ json: created }];
			throw this.error(CREATION_NOT_FOUND);
		}
		const { result, mayBeDone } = await this.send({ ...changes, repeatable });
		if ('value' in result) return result.value.map((json) => ({ json }));
		const created = findCreated && (await this.createdBy(result.failure, findCreated));
		if (created) return [{ json: created }];
		const explanation = explain(result.failure, intent.unanswered);
		throw this.error(mayBeDone ? afterUncertain(explanation) : explanation, result.failure);
	}

	/** Whether a request that was not answered may have done this, or created the record it is about. */
	get mayBeDone(): boolean {
		const { uncertain } = this.run.outcomes;
		const { record, key } = this.part;
		if (!this.intent.replaceable) return uncertain.has(key);
		return [...uncertain.keys()].some((other) => other.startsWith(`${record} `));
	}

	/** The error of a part that was not done; its outcome is uncertain if an earlier request may have done it. */
	error(explanation: Explanation, failure: CandidFailure = {}): NodeApiError {
		const { context, run, part, intent } = this;
		const isUncertain = run.outcomes.uncertain.has(part.key);
		const all = isUncertain
			? (this.goneAfter(failure) ?? afterUncertain(explanation))
			: explanation;
		return candidApiError(context, intent, all, failure.status);
	}

	private async send(changes: Changes) {
		const { context, run, request, part, intent } = this;
		const { method = request.options.method, url = part.url, qs = part.qs, repeatable } = changes;
		const routed = { ...request, options: { ...request.options, method } };
		let mayBeDone = false;
		const attempt = async () => {
			const sending = sendOnce(context, routed, { ...part, url, qs });
			const sent = await sending.then(
				(answer) => recordsOf(answer, intent.id),
				(error: unknown) => ({ failure: failureOf(error) }),
			);
			const outcome = 'failure' in sent ? outcomeOf(sent.failure) : undefined;
			mayBeDone ||= outcome === 'uncertain';
			if (outcome === 'refused') run.recordAnswered();
			return sent;
		};
		const maxTries = repeatable ? undefined : 1;
		const result = await sendInTurn(run, paceFor(part.account), attempt, { maxTries });
		return { result, mayBeDone };
	}

	/** Waits, so that Candid can finish a request without an answer, and finds what it has created. */
	private async createdBy(
		failure: CandidFailure,
		findCreated: NonNullable<WriteIntent['findCreated']>,
	): Promise<IDataObject | undefined> {
		const once = { tries: 1, maxTries: 1, tokenRenewed: true };
		const next = nextStep(failure, once, Math.random());
		if (next.step !== 'reconcile') return undefined;
		await this.run.wait(next.afterMs);
		// If that cannot be read, the outcome stays uncertain, and the first failure says why.
		return await findCreated(this).catch(() => undefined);
	}

	private goneAfter({ status, answer }: CandidFailure): Explanation | undefined {
		const isUnknownToCandid =
			status === 404 && isFromCandid(answer) && answer.errorName === 'EntityNotFoundError';
		return isUnknownToCandid ? this.intent.gone : undefined;
	}
}

/** For a request that failed after an earlier one that Candid may have carried out. */
const afterUncertain = (explanation: Explanation): Explanation =>
	explanation.outcome === 'uncertain'
		? explanation
		: {
				...explanation,
				advice: `${explanation.advice} An earlier request was not answered and may have been carried out.`,
				outcome: 'uncertain',
			};

const CREATION_NOT_FOUND: Explanation = {
	reason: 'an earlier request was not answered, and Candid does not show a new record',
	advice: 'It was not sent again. Look in Candid before you run it again.',
	outcome: 'uncertain',
	tryAgain: false,
};
