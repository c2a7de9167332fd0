import { explain, invalidAnswer } from '../errors/explain';
import { isFromCandid } from '../errors/candidFailure';
import { quoteAnswer } from '../errors/quoteAnswer';
import type { Explanation } from '../errors/explain';
import type { CandidFailure } from '../errors/candidFailure';
import { TYPE_ADVICE } from './fileType';
import { SIZE_ADVICE } from './outgoingFile';

/** What is said of uploads, in one place; nothing here decides anything. */

export function explainUpload(failure: CandidFailure): Explanation {
	const { status = 0, answer } = failure;
	if (status > 0 && status < 300) return invalidAnswer(answer, 'an attachment ID', 'stored');
	const explanation = explain(failure, 'stored');
	const fileAdvice = isFromCandid(answer) ? (FILE_ADVICE[status] ?? '') : '';
	return { ...explanation, advice: sentences(explanation.advice, fileAdvice) };
}

/** What to do about Candid's answers that only a file can get. */
const FILE_ADVICE: Record<number, string> = { 413: SIZE_ADVICE, 415: TYPE_ADVICE };

const LOOK_FIRST =
	'Look at the attachments of the charge capture or encounter before you upload it again.';

/**
 * For a file that may be stored.
 *
 * @param details what was done to find out
 * @param skip with 'Skip' the file can be run again: what is there is not stored twice
 */
export function explainUncertain(
	failure: CandidFailure,
	details: string,
	skip: boolean,
): Explanation {
	const { reason } = explainUpload(failure);
	const advice = sentences(answered(failure), details, LOOK_FIRST);
	return { reason, advice, outcome: 'uncertain', tryAgain: skip };
}

export const candidates = (ids: string[]) =>
	ids.length === 1
		? `Candid lists an attachment that may be this file or an older one: ${ids[0]}.`
		: `Candid lists ${ids.length} attachments that may be this file: ${ids.slice(0, 5).join(', ')}.`;

export const listNotRead = (failure: CandidFailure) =>
	`The list of attachments could not be read either: ${explainUpload(failure).reason}.`;

export const NOT_IN_LIST =
	'Candid does not list it, but has not been seen to list such files at once, so it was not sent again.';

export const LIST_TOO_SLOW =
	'Candid does not list it yet, and its list takes more than a minute to show new files, so it was not sent again.';

const SLOW = 'Candid did not list it some seconds later, but may still have been working on it.';

/** For a file that a reliable list does not show, and that is not sent again. */
export function explainAbsent(
	failure: CandidFailure,
	{ tries, inProgress, skip }: { tries: number; inProgress: boolean; skip: boolean },
): Explanation {
	const sent = sentTimes(tries);
	if (inProgress) return explainUncertain(failure, sentences(sent, SLOW), skip);
	const { reason } = explainUpload(failure);
	const absent = 'Candid did not list it afterwards. Run it again later.';
	const advice = sentences(sent, answered(failure), absent);
	return { reason, advice, outcome: 'refused', tryAgain: true };
}

/** For a file that was not stored by its last attempt, and may have been by an earlier one. */
export function explainLastAttempt(
	failure: CandidFailure,
	{ tries, inProgress, skip }: { tries: number; inProgress: boolean; skip: boolean },
): Explanation {
	const words = explainUpload(failure);
	const sent = sentTimes(tries);
	if (!inProgress) return { ...words, advice: sentences(sent, words.advice) };
	const details = sentences(sent, 'An earlier attempt was not answered.', SLOW);
	return explainUncertain(failure, details, skip);
}

const sentTimes = (tries: number) => (tries > 1 ? `It was sent ${tries} times.` : '');

/** What the answer said, if there was one. */
const answered = ({ status, answer }: CandidFailure) =>
	status === undefined ? '' : quoteAnswer(answer);

const sentences = (...texts: string[]) => texts.filter((text) => text !== '').join(' ');

export const AFTER_ANOTHER: Explanation = {
	reason: 'a file before it with the same name was not stored',
	advice:
		"'Skip' tells files of a charge capture or encounter apart by name and attachment type only, so files of one name are stored one after another. Fix the one before it first, then run this again.",
	outcome: 'not sent',
	tryAgain: true,
};

export const OTHER_UNCERTAIN: Explanation = {
	reason: 'it is not known yet whether another run has stored a file of the same name',
	advice: "'If Already Attached' is set to 'Skip'. Run it again in a few minutes.",
	outcome: 'not sent',
	tryAgain: true,
};

export const attachedListNotRead = (failure: CandidFailure): Explanation => ({
	reason: `the list of what is already attached could not be read (${explainUpload(failure).reason})`,
	advice: "'If Already Attached' is set to 'Skip'. Run it again later.",
	outcome: 'not sent',
	tryAgain: true,
});

const NOT_LISTED =
	"'Skip' cannot tell what is already attached, because Candid does not list the files of this charge capture or encounter";

const INSTEAD =
	"Candid may list files of a charge capture only after its encounter has been created. Run this again then, or set 'If Already Attached' to 'Upload Anyway' and run each file only once.";

/** For files that 'Skip' does not send. */
export const SKIP_CANNOT_WORK: Explanation = {
	reason: NOT_LISTED,
	advice: INSTEAD,
	outcome: 'not sent',
	tryAgain: true,
};

/** For the file that was stored to see whether Candid lists it, by what became of that copy. */
export function explainProbe(
	id: string,
	rollBack: 'deleted' | 'refused' | 'uncertain',
): Explanation {
	const words = { reason: NOT_LISTED, tryAgain: true };
	switch (rollBack) {
		case 'deleted':
			return {
				...words,
				advice: `It was uploaded to find that out (attachment ${id}) and deleted again. An earlier copy may be there. ${INSTEAD}`,
				outcome: 'uncertain',
			};
		case 'refused':
			return {
				...words,
				reason: `it may be there twice: ${NOT_LISTED}`,
				advice: `It is stored as ${id}, and Candid did not delete that again. If the file was uploaded before, delete this copy. ${INSTEAD}`,
				outcome: 'done',
				tryAgain: false,
			};
		case 'uncertain':
			return {
				...words,
				advice: `It was uploaded to find that out (attachment ${id}). Whether it was deleted again is not known. ${INSTEAD}`,
				outcome: 'uncertain',
			};
	}
}

/** For a file that turned out to be attached already, when its new copy could not be deleted. */
export const explainDuplicate = (
	id: string,
	older: string,
	takenBack: 'refused' | 'uncertain',
): Explanation => ({
	reason: 'it was attached already',
	advice: `It is attached as ${older}. A second copy was stored as ${id}${takenBack === 'refused' ? '' : ', and may have been deleted again'}. Delete that copy if it is there.`,
	outcome: 'done',
	tryAgain: false,
});
