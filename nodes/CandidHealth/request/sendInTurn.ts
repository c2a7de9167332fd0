import { NOT_SENT, failureOf, outcomeOf } from '../errors/candidFailure';
import type { CandidFailure } from '../errors/candidFailure';
import type { Pace } from '../run/pace';
import type { Run } from '../run/run';
import { MAX_TRIES, nextStep } from './retryPolicy';

/** What became of a request. */
export type Result<T> = { value: T } | { failure: CandidFailure };

interface Limits {
	/** whether the request is still of use */
	mayGoOn?: () => boolean;
	/** a 429 does not count; default `MAX_TRIES`, for requests that do no harm when they are repeated */
	maxTries?: number;
}

/**
 * Sends a request when it is its turn at Candid, and again where it may succeed then.
 *
 * @param attempt sends it once, and throws what n8n's request helpers throw
 * @returns what came of the last try
 */
export async function sendInTurn<T>(
	run: Run,
	pace: Pace,
	attempt: () => Promise<Result<T>>,
	{ mayGoOn = () => !run.isAborted, maxTries = MAX_TRIES }: Limits = {},
): Promise<Result<T>> {
	const isAbandoned = () => !mayGoOn();
	const attempted = async () =>
		await attempt().catch((error: unknown) => ({ failure: failureOf(error) }));
	let result: Result<T> = UNSENT;
	for (let tries = 1; ; ) {
		const sent = await pace.inTurn({ isAborted: isAbandoned, backlog: run.backlog }, attempted);
		if (!sent) return result;
		({ result } = sent);
		if ('value' in result) return result;
		const { failure } = result;
		if (outcomeOf(failure) !== 'refused') run.recordFailure();
		// n8n has renewed the token and asked again by itself after a 401.
		const attempts = { tries, maxTries, tokenRenewed: true };
		const next = nextStep(failure, attempts, Math.random());
		if (next.step === 'end' || (next.step === 'look' && !next.sendIfAbsent)) return result;
		if (failure.status !== 429) tries++;
		const { turnAt } = sent;
		await backOff(run, pace, { failure, turnAt, afterMs: next.afterMs }, isAbandoned);
	}
}

const UNSENT = { failure: { code: NOT_SENT } };

/** Waits before a request is sent again; where Candid is asked too often, all wait that go to the same host. */
export async function backOff(
	run: Run,
	pace: Pace,
	{ failure, turnAt, afterMs }: { failure: CandidFailure; turnAt: number; afterMs: number },
	enough: () => boolean,
): Promise<void> {
	const { status, retryAfterMs } = failure;
	if (status === 429 || (status !== undefined && retryAfterMs)) pace.slowDown(turnAt);
	if (status === 429) pace.pause(afterMs);
	else await run.wait(afterMs, enough);
}
