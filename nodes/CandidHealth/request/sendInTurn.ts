import { NOT_SENT, failureOf, outcomeOf } from '../errors/candidFailure';
import type { CandidFailure } from '../errors/candidFailure';
import type { Pace } from '../run/pace';
import type { Run } from '../run/run';
import { MAX_TRIES, nextStep } from './retryPolicy';

/** The result of a request. */
export type Result<T> = { value: T } | { failure: CandidFailure };

/** Who sends a request: the run of a node, or a poll. */
export interface Sender extends Pick<Run, 'isAborted' | 'backlog' | 'wait'> {
	/** called when Candid has not carried out a request, but may later */
	recordUnavailable(): void;
}

interface Limits {
	/** whether the request is no longer needed; default: when its sender is aborted */
	isAborted?: () => boolean;
	/** a 429 does not count; default `MAX_TRIES`, for requests that do no harm when they are repeated */
	maxTries?: number;
}

/**
 * Sends a request when it is its turn at Candid, and retries it if that may succeed.
 *
 * @param attempt sends it once, and throws what n8n's request helpers throw
 * @returns the result of the last try
 */
export async function sendInTurn<T>(
	sender: Sender,
	pace: Pace,
	attempt: () => Promise<Result<T>>,
	{ isAborted = () => sender.isAborted, maxTries = MAX_TRIES }: Limits = {},
): Promise<Result<T>> {
	const attempted = async () =>
		await attempt().catch((error: unknown) => ({ failure: failureOf(error) }));
	let result: Result<T> = UNSENT;
	for (let tries = 1; ; ) {
		const sent = await pace.inTurn({ isAborted, backlog: sender.backlog }, attempted);
		if (!sent) return result;
		({ result } = sent);
		if ('value' in result) return result;
		const { failure } = result;
		if (outcomeOf(failure) !== 'refused') sender.recordUnavailable();
		// After a 401 n8n has already renewed the token and sent the request again.
		const attempts = { tries, maxTries, tokenRenewed: true };
		const next = nextStep(failure, attempts, Math.random());
		if (next.step === 'end' || (next.step === 'reconcile' && !next.sendIfAbsent)) return result;
		if (failure.status !== 429) tries++;
		const { turnAt } = sent;
		await backOff(sender, pace, { failure, turnAt, afterMs: next.afterMs }, isAborted);
	}
}

const UNSENT = { failure: { code: NOT_SENT } };

/** Waits before a request is sent again. After a 429 all requests to the same host wait. */
export async function backOff(
	sender: Pick<Sender, 'wait'>,
	pace: Pace,
	{ failure, turnAt, afterMs }: { failure: CandidFailure; turnAt: number; afterMs: number },
	isAborted: () => boolean,
): Promise<void> {
	const { status, retryAfterMs } = failure;
	if (status === 429 || (status !== undefined && retryAfterMs)) pace.slowDown(turnAt);
	if (status === 429) pace.pause(afterMs);
	else await sender.wait(afterMs, isAborted);
}
