import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 50;

/**
 * Waits until a condition is met.
 *
 * @param what the condition in words, for the error message
 * @param isMet the condition
 * @param waitMs how long to wait at most; the default is far more than a busy machine needs
 * @throws Error if the condition is not met by then
 */
export async function until(
	what: string,
	isMet: () => boolean | Promise<boolean>,
	waitMs = 5 * 60_000,
): Promise<void> {
	const deadline = Date.now() + waitMs;
	while (!(await isMet())) {
		if (Date.now() > deadline) {
			throw new Error(`Timed out after ${waitMs / 1000} seconds. Expected: ${what}`);
		}
		await sleep(POLL_MS);
	}
}
