import { isFromCandid } from '../errors/candidFailure';
import type { CandidFailure } from '../errors/candidFailure';
import { explain } from '../errors/explain';
import type { Explanation, Unanswered } from '../errors/explain';
import { quoteAnswer } from '../errors/quoteAnswer';
import { SIZE_ADVICE, TYPE_ADVICE } from './fileKinds';
import type { RollBackResult } from './rollBack';

/** The explanations of what happened to an upload, all in one place. Nothing here decides anything. */

export function explainUpload(failure: CandidFailure): Explanation {
	const { status = 0, answer } = failure;
	const explanation = explain(failure, UNANSWERED, 'an attachment ID');
	const fileAdvice = isFromCandid(answer) ? (FILE_ADVICE[status] ?? '') : '';
	return { ...explanation, advice: sentences(explanation.advice, fileAdvice) };
}

/** What to do about statuses that Candid answers only to files. */
const FILE_ADVICE: Record<number, string> = { 413: SIZE_ADVICE, 415: TYPE_ADVICE };

const LOOK_FIRST =
	'Look at the attachments of the charge capture or encounter before you upload it again.';

const UNANSWERED: Unanswered = {
	outcome: 'uncertain',
	advice: `Candid may have stored the file anyway. ${LOOK_FIRST}`,
	tryAgain: false,
};

/**
 * For a file that may be stored.
 *
 * @param details what was done to find out whether it is stored
 * @param skip whether the file can be run again because 'Skip' does not store it twice
 */
export function explainUncertain(
	failure: CandidFailure,
	details: string,
	skip: boolean,
): Explanation {
	const { reason } = explainUpload(failure);
	const advice = sentences(quotedAnswer(failure), details, LOOK_FIRST);
	return { reason, advice, outcome: 'uncertain', tryAgain: skip };
}

export const candidates = (ids: string[]) =>
	ids.length === 1
		? `Candid lists an attachment that may be this file or an older one: ${ids[0]}.`
		: `Candid lists ${ids.length} attachments that may be this file: ${ids.slice(0, 5).join(', ')}.`;

export const listNotRead = (failure: CandidFailure) =>
	`The list of attachments could not be read either: ${listReason(failure)}.`;

/** Why a list could not be read. A 200 that is no list is a page from something in between, say. */
const listReason = (failure: CandidFailure): string => explain(failure, undefined, 'a list').reason;

export const NOT_CHECKED =
	'The run ended before it was checked whether an earlier attempt stored the file.';

export const NOT_IN_LIST =
	'Candid does not list it, but may not list new files right away, so it was not sent again.';

export const LIST_TOO_SLOW =
	'Candid does not list it yet and can take more than a minute to list new files, so it was not sent again.';

const SLOW = 'Candid did not list it a few seconds later, but may still have been processing it.';

/** For a file that a reliable list does not show, and that is not sent again. */
export function explainAbsent(
	failure: CandidFailure,
	{ tries, inProgress, skip }: { tries: number; inProgress: boolean; skip: boolean },
): Explanation {
	const sent = sentTimes(tries);
	if (inProgress) return explainUncertain(failure, sentences(sent, SLOW), skip);
	const { reason } = explainUpload(failure);
	const absent = 'Candid did not list it afterwards. Run it again later.';
	const advice = sentences(sent, quotedAnswer(failure), absent);
	return { reason, advice, outcome: 'refused', tryAgain: true };
}

/** For a file that was not stored by its last attempt. `inProgress`: an earlier one may have stored it. */
export function explainLastAttempt(
	failure: CandidFailure,
	{ tries, inProgress, skip }: { tries: number; inProgress: boolean; skip: boolean },
): Explanation {
	const explanation = explainUpload(failure);
	const sent = sentTimes(tries);
	if (!inProgress) return { ...explanation, advice: sentences(sent, explanation.advice) };
	const details = sentences(sent, 'An earlier attempt was not answered.', SLOW);
	return explainUncertain(failure, details, skip);
}

const sentTimes = (tries: number) => (tries > 1 ? `It was sent ${tries} times.` : '');

/** The quoted answer, if there was one. */
const quotedAnswer = ({ status, answer }: CandidFailure) =>
	status === undefined ? '' : quoteAnswer(answer);

const sentences = (...texts: string[]) => texts.filter((text) => text !== '').join(' ');

export const AFTER_ANOTHER: Explanation = {
	reason: 'an earlier file with the same name must be stored first',
	advice:
		"'Skip' tells files of a charge capture or encounter apart by name and attachment type only, so it stores files with the same name one after another. Fix the earlier file first, then run this again.",
	outcome: 'not sent',
	tryAgain: true,
};

export const OTHER_UNCERTAIN: Explanation = {
	reason: 'it is not known yet whether another run stored a file with the same name',
	advice: "'If Already Attached' is set to 'Skip'. Run it again in a few minutes.",
	outcome: 'not sent',
	tryAgain: true,
};

export const attachedListNotRead = (failure: CandidFailure): Explanation => ({
	reason: `the list of what is already attached could not be read (${listReason(failure)})`,
	advice: "'If Already Attached' is set to 'Skip'. Run it again later.",
	outcome: 'not sent',
	tryAgain: true,
});

const NOT_LISTED =
	"'Skip' cannot tell what is already attached, because Candid does not list the files of this charge capture or encounter";

const INSTEAD =
	"Candid may list the files of a charge capture only after its encounter is created. Run this again after that, or set 'If Already Attached' to 'Upload Anyway' and upload each file only once.";

/** For files that 'Skip' does not send. */
export const SKIP_CANNOT_WORK: Explanation = {
	reason: NOT_LISTED,
	advice: INSTEAD,
	outcome: 'not sent',
	tryAgain: true,
};

/** For the file that was stored as a probe and did not appear in the list, by what happened to that copy. */
export function explainProbe(id: string, rollBackResult: RollBackResult): Explanation {
	const notListed = { reason: NOT_LISTED, tryAgain: true };
	switch (rollBackResult) {
		case 'deleted':
			return {
				...notListed,
				advice: `It was uploaded as a test (attachment ${id}) and then deleted. An earlier copy may be there. ${INSTEAD}`,
				outcome: 'uncertain',
			};
		case 'refused':
			return {
				...notListed,
				reason: `it may be attached twice: ${NOT_LISTED}`,
				advice: `It was uploaded as a test (attachment ${id}), and Candid did not delete that copy. If the file was uploaded before, delete this copy. ${INSTEAD}`,
				outcome: 'done',
				tryAgain: false,
			};
		case 'uncertain':
			return {
				...notListed,
				advice: `It was uploaded as a test (attachment ${id}). It is not known whether that copy was deleted afterwards. ${INSTEAD}`,
				outcome: 'uncertain',
			};
	}
}

/** For a file that turned out to be attached already, when its new copy was not deleted for certain. */
export const explainDuplicate = (
	id: string,
	olderId: string,
	rollBackResult: Exclude<RollBackResult, 'deleted'>,
): Explanation => ({
	reason: 'it was attached already',
	advice: `It is attached as ${olderId}. ${
		rollBackResult === 'refused'
			? `A second copy was stored as ${id}, and Candid did not delete it. Delete it if it is still there.`
			: `A second copy was stored as ${id} and may have been deleted. Delete it if it is still there.`
	}`,
	outcome: 'done',
	tryAgain: false,
});
