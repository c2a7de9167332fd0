/**
 * How long the node waits, in milliseconds. One object, so that tests can shorten the waits;
 * nothing else changes them.
 */
export const waits = {
	/** before the second try after an answer such as 503; doubled with every try */
	unavailable: 1_000,
	/** the same if Candid may still be working on the request: there was no answer, or one from a gateway */
	inProgress: 4_000,
	/** how long no request is sent to a host after a 429; not doubled, because the pace is halved instead */
	tooManyRequests: 2_000,
	/** how long no token is requested after a 429 to a token request; doubled with each further one */
	tooManyTokens: 8_000,
	/** between the lists that are read until one shows a stored file; the first is read immediately */
	untilListed: [500, 1_000, 2_000, 4_000],
	/** how long Candid may be unavailable before a run is aborted */
	unreachable: 5 * 60_000,
};

/** How often a wait checks whether it is still needed, in milliseconds. */
export const POLL_INTERVAL_MS = 200;

/** The longest wait before another try, in milliseconds. */
export const LONGEST_WAIT_MS = 60_000;
