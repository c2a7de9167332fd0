/** For trials with scaled waits. More than there are processors, because most of a trial is waiting. */
export const CONCURRENT_TRIALS = 16;

/** Runs tasks, at most `size` at the same time. Results are in the order of the tasks. */
export async function inPool<T>(tasks: Array<() => Promise<T>>, size: number): Promise<T[]> {
	const results: T[] = [];
	let next = 0;
	const worker = async () => {
		while (next < tasks.length) {
			const index = next++;
			results[index] = await tasks[index]!();
		}
	};
	await Promise.all(Array.from({ length: size }, worker));
	return results;
}
