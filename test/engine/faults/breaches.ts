import type { TrialReport } from './playTrial';
import { isBroken } from './tally';
import type { Expected, Trial } from './trial';

/** What is not as it should be in a trial that was played, by name; empty when all is well. */
export function breachesIn(report: TrialReport, trial: Trial): Record<string, unknown> {
	const { tally, told, world, inTime, open, leaks, unnamed, complaint } = report;
	const expected = world === 'at once' ? trial.expected : trial.expectedIn?.[world];
	const unexpected = expected ? countsBeside(expected, tally.told) : {};
	const isAmiss = {
		tally: isBroken(tally),
		inTime: !inTime,
		open: open.length > 0,
		leaks: leaks.length > 0,
		unnamed: trial.namesCandidates && world === 'at once' && unnamed.length > 0,
		unexpected: Object.keys(unexpected).length > 0,
		complaint: complaint !== undefined,
	};
	const all = { tally, inTime, open, leaks, unnamed, unexpected, complaint };
	const breaches = Object.entries(all).filter(([name]) => isAmiss[name as keyof typeof all]);
	if (breaches.length === 0) return {};
	const said = told.map(({ file, outcome, words, tryAgain }) => ({
		file: file.name,
		outcome,
		words,
		tryAgain,
	}));
	return { world, ...Object.fromEntries(breaches), told: said };
}

/** The counts that are not as expected. */
function countsBeside(
	expected: Expected,
	told: TrialReport['tally']['told'],
): Record<string, number> {
	const wrong = Object.entries(told).filter(([outcome, count]) => {
		const wanted = expected[outcome as keyof Expected] ?? 0;
		const [least, most] = typeof wanted === 'number' ? [wanted, wanted] : wanted;
		return count < least || count > most;
	});
	return Object.fromEntries(wrong);
}
