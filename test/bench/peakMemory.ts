import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/** Resets the kernel's high-water mark of a process (proc(5), `clear_refs`). */
export async function resetPeak(pid: number): Promise<void> {
	await writeFile(`/proc/${pid}/clear_refs`, '5');
}

/** @returns the peak resident memory of the process since the last reset, in bytes (`VmHWM`) */
export async function peakOf(pid: number): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, 'utf8');
	const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
	if (kilobytes === undefined) throw new Error(`The kernel reports no VmHWM for process ${pid}.`);
	return Number(kilobytes) * 1024;
}

/** Reads the high-water mark of a process until it ends. @returns the last value, in bytes */
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
