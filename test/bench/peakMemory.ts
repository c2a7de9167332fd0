import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/** Lets the kernel's high-water mark of a process begin anew (proc(5), `clear_refs`). */
export async function resetPeak(pid: number): Promise<void> {
	await writeFile(`/proc/${pid}/clear_refs`, '5');
}

/** @returns the most memory (bytes) that the process has had resident since the mark began: `VmHWM` */
export async function peakOf(pid: number): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, 'utf8');
	const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
	if (kilobytes === undefined) throw new Error(`The kernel gives no VmHWM of process ${pid}.`);
	return Number(kilobytes) * 1024;
}

/** Reads the mark of a process until it ends. @returns bytes, of the last time */
export async function peakUntilEnd(pid: number): Promise<number> {
	let peak = 0;
	for (;;) {
		try {
			peak = await peakOf(pid);
		} catch {
			return peak;
		}
		await sleep(POLL_MS);
	}
}
