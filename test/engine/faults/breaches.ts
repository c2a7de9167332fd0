import type { TrialReport } from './playTrial';
import { isBroken } from './tally';
import type { Expected, Trial } from './trial';

/** What is wrong in a trial that was played, by name; empty when nothing is. */
export function breachesIn(report: TrialReport, trial: Trial): Record<string, unknown> {
	const { tally, outcomes, world, inTime, open, leaks, unnamed, checkError } = report;
	const expected = world === 'at once' ? trial.expected : trial.expectedIn?.[world];
	const unexpected = expected ? unexpectedCounts(expected, tally.reported) : {};
	const isBreached = {
		tally: isBroken(tally),
		inTime: !inTime,
		open: open.length > 0,
		leaks: leaks.length > 0,
		unnamed: trial.namesCandidates && world === 'at once' && unnamed.length > 0,
		unexpected: Object.keys(unexpected).length > 0,
		checkError: checkError !== undefined,
	};
	const all = { tally, inTime, open, leaks, unnamed, unexpected, checkError };
	const breaches = Object.entries(all).filter(([name]) => isBreached[name as keyof typeof all]);
	if (breaches.length === 0) return {};
	const reported = outcomes.map(({ file, outcome, text, tryAgain }) => ({
		file: file.name,
		outcome,
		text,
		tryAgain,
	}));
	return { world, ...Object.fromEntries(breaches), outcomes: reported };
}

/** The counts that are not as expected. */
function unexpectedCounts(
	expected: Expected,
	reported: TrialReport['tally']['reported'],
): Record<string, number> {
	const wrong = Object.entries(reported).filter(([outcome, count]) => {
		const wanted = expected[outcome as keyof Expected] ?? 0;
		const [least, most] = typeof wanted === 'number' ? [wanted, wanted] : wanted;
		return count < least || count > most;
	});
	return Object.fromEntries(wrong);
}
