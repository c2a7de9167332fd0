import { randomBytes } from 'node:crypto';

import { trialFile } from './trial';
import type { TrialFile } from './trial';

const SIZE = 20_000;

/** Files with names and contents of their own. */
export const sixFiles = () => numberedFiles(6);

export const numberedFiles = (count: number, size = SIZE): TrialFile[] =>
	Array.from({ length: count }, (_, index) => trialFile(`${index}.pdf`, randomBytes(size)));

/** Files of one name, each with a content of its own. */
export const namesakes = (count: number): TrialFile[] =>
	Array.from({ length: count }, () => trialFile('superbill.pdf', randomBytes(SIZE)));

/** One file, several times. */
export function copies(count: number): TrialFile[] {
	const bytes = randomBytes(SIZE);
	return Array.from({ length: count }, () => trialFile('superbill.pdf', bytes));
}
