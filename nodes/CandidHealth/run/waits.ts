/**
 * How long the node waits, in milliseconds. One object, so that tests can shorten all waits alike;
 * nothing else changes it.
 */
export const waits = {
	/** before the second try after an answer such as 503; doubled with every try */
	unavailable: 1_000,
	/** the same where Candid may still be working on the request: no answer, or a gateway's */
	inProgress: 4_000,
	/** after a 429, without any request to that host; does not double, because the pace is halved instead */
	tooManyRequests: 2_000,
	/** after a 429 to a token request, without another one; doubled with each in a row */
	tooManyTokens: 8_000,
	/** between the lists that are read until one shows a stored file; the first is read immediately */
	untilListed: [500, 1_000, 2_000, 4_000],
	/** how long Candid may be unavailable before a run is aborted */
	unreachable: 5 * 60_000,
};

/** How often it is checked during a wait whether that is still needed, in milliseconds. */
export const POLL_INTERVAL_MS = 200;

/** The longest wait before another try, in milliseconds. */
export const LONGEST_WAIT_MS = 60_000;
