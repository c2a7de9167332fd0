import { mayBeInProgress, outcomeOf } from '../errors/candidFailure';
import type { CandidFailure } from '../errors/candidFailure';
import { LONGEST_WAIT_MS, waits } from '../run/waits';

/** How often a file is sent or a request made, at most, unless the user says otherwise. */
export const MAX_TRIES = 4;

/** How one request has been tried so far. */
export interface Attempts {
	/** how often it was sent, at least 1, not counting 429s and the repetition with a new token after a 401 */
	tries: number;
	/** how often it may be sent */
	maxTries: number;
	/** whether the last time was with a new token, after a 401 */
	tokenRenewed: boolean;
}

/**
 * 'send': once more, after a wait. 'reconcile': wait, find out whether Candid has done it, and send once
 * more only if it has not. 'end': neither.
 */
export type NextStep =
	| { step: 'send'; afterMs: number }
	| { step: 'reconcile'; afterMs: number; sendIfAbsent: boolean }
	| { step: 'end' };

/**
 * Decides what comes after a failed attempt. Waits double with every try; `Retry-After` makes them
 * longer, and if it asks for more than a minute there is no further try. A 429 does not count as a try:
 * Candid has not started the request, and it is sent again when the pace allows it (`run/pace.ts`).
 *
 * @param random from 0 to 1; makes a wait up to a quarter shorter or longer
 */
export function nextStep(
	failure: CandidFailure,
	{ tries, maxTries, tokenRenewed }: Attempts,
	random: number,
): NextStep {
	const outcome = outcomeOf(failure);
	if (outcome === 'refused') return { step: 'end' };
	if (failure.status === 401) {
		return tokenRenewed ? { step: 'end' } : { step: 'send', afterMs: 0 };
	}
	const isTry = failure.status !== 429;
	const backOff = firstWaitMs(failure) * (isTry ? 2 ** (tries - 1) : 1) * (0.75 + random / 2);
	const afterMs = Math.round(
		Math.max(Math.min(backOff, LONGEST_WAIT_MS), failure.retryAfterMs ?? 0),
	);
	const mayTry = (!isTry || tries < maxTries) && afterMs <= LONGEST_WAIT_MS;
	if (outcome === 'uncertain') {
		return { step: 'reconcile', afterMs: Math.min(afterMs, LONGEST_WAIT_MS), sendIfAbsent: mayTry };
	}
	return mayTry ? { step: 'send', afterMs } : { step: 'end' };
}

function firstWaitMs(failure: CandidFailure): number {
	if (failure.status === 429) return waits.tooManyRequests;
	return mayBeInProgress(failure) ? waits.inProgress : waits.unavailable;
}
