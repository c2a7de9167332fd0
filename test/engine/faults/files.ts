import { randomPdf } from '../../files/contents';

import { trialFile } from './trial';
import type { TrialFile } from './trial';

/** In bytes. The node sends files of up to 512 KB in one piece, and larger ones as streams. */
const SIZES = [20_000, 600_000];

/** Small and large contents alternate. */
const content = (index: number) => randomPdf(SIZES[index % SIZES.length]!);

/** Files with different names and contents. */
export const sixFiles = () => numberedFiles(6);

export const numberedFiles = (count: number, size?: number): TrialFile[] =>
	Array.from({ length: count }, (_, index) =>
		trialFile(`${index}.pdf`, size === undefined ? content(index) : randomPdf(size)),
	);

/** Files with the same name and different contents. */
export const sameNameFiles = (count: number): TrialFile[] =>
	Array.from({ length: count }, (_, index) => trialFile('superbill.pdf', content(index)));

/** The same file several times. */
export function copies(count: number): TrialFile[] {
	const bytes = content(0);
	return Array.from({ length: count }, () => trialFile('superbill.pdf', bytes));
}
