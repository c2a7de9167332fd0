import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Paths of files that this process still has open, after a while to close them. */
export async function stillOpen(isOurs: (path: string) => boolean): Promise<string[]> {
	const ours = () => openFiles().filter(isOurs);
	// Closing takes a turn or two of the event loop.
	for (let tries = 0; tries < 40 && ours().length > 0; tries++) await sleep(50);
	return ours();
}

/** From the kernel's list; a deleted file's path ends in ' (deleted)'. */
function openFiles(): string[] {
	return readdirSync('/proc/self/fd').flatMap((descriptor) => {
		try {
			return [readlinkSync(`/proc/self/fd/${descriptor}`)];
		} catch {
			return [];
		}
	});
}
