const begin = Date.now();

/** Prints a line of progress with the seconds since the start. */
export function step(line: string): void {
	const seconds = ((Date.now() - begin) / 1000).toFixed(1).padStart(6);
	process.stdout.write(`${seconds} s  ${line}\n`);
}
