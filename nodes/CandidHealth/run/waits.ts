/**
 * How long the node waits, in milliseconds. One object, so that tests can shorten all waits alike;
 * nothing else changes it.
 */
export const waits = {
	/** before the first new try after an answer such as 503; doubled with every try */
	unavailable: 1_000,
	/** the same where Candid may still be working on the request: no answer, or a gateway's */
	inProgress: 4_000,
	/** after a 429, in which nothing goes to that host; does not double, because the pace is halved instead */
	tooManyRequests: 2_000,
	/** the same when the token path has answered 429 */
	tooManyTokens: 8_000,
	/** between two looks for a file that was stored and is not listed yet; the first look is at once */
	untilListed: [500, 1_000, 2_000, 4_000],
	/** when nothing has succeeded for so long, a run ends */
	unreachable: 5 * 60_000,
};

/** Nobody is made to wait longer for one more try, in milliseconds. */
export const LONGEST_WAIT_MS = 60_000;
