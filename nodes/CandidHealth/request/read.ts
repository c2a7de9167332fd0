import type { CandidFailure } from '../errors/candidFailure';
import type { Run } from '../run/run';
import { MAX_TRIES, nextStep } from './retryPolicy';

/** What became of a request that changes nothing. */
export type Result<T> = { value: T } | { failure: CandidFailure };

/**
 * Sends a request that changes nothing, and again where it may succeed then: reading twice does no harm.
 *
 * @param attempt sends it once; throws nothing
 * @param mayGoOn whether another try is of use
 */
export async function read<T>(
	run: Run,
	attempt: () => Promise<Result<T>>,
	mayGoOn: () => boolean = () => !run.stopped,
): Promise<Result<T>> {
	for (let tries = 1; ; tries++) {
		await run.ready();
		const result = await attempt();
		if ('value' in result) return result;
		// n8n has renewed the token and asked again by itself after a 401.
		const attempts = { tries, maxTries: MAX_TRIES, tokenRenewed: true };
		const next = nextStep(result.failure, attempts, Math.random());
		if (next.step === 'end' || (next.step === 'look' && !next.sendIfAbsent)) return result;
		if (next.step === 'send' && next.everyone) run.pause(next.afterMs);
		await run.rest(next.afterMs, () => !mayGoOn());
		if (!mayGoOn()) return result;
	}
}
