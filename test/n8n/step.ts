const begin = Date.now();

/** Tells the reader what is being done, and how long after the beginning. */
export function step(line: string): void {
	const seconds = ((Date.now() - begin) / 1000).toFixed(1).padStart(6);
	process.stdout.write(`${seconds} s  ${line}\n`);
}
