import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 50;

/**
 * Waits until something is so.
 *
 * @param what completes 'not so in … seconds: '
 * @param waitMs at most: by default far more than a busy machine takes, because no test is about time
 * @throws Error when it is not so by then
 */
export async function until(
	what: string,
	isSo: () => boolean | Promise<boolean>,
	waitMs = 5 * 60_000,
): Promise<void> {
	const deadline = Date.now() + waitMs;
	while (!(await isSo())) {
		if (Date.now() > deadline) throw new Error(`Not so in ${waitMs / 1000} seconds: ${what}`);
		await sleep(POLL_MS);
	}
}
