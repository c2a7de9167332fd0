import type { IExecutePaginationFunctions } from 'n8n-workflow';

import { candidApiError, inPlainWords, unusableAnswer } from '../errors/candidApiError';
import type { Aftermath, PlainWords } from '../errors/candidApiError';
import { outcomeOf, isCredentialRefused, mayBeInProgress } from '../errors/candidFailure';
import type { CandidFailure } from '../errors/candidFailure';
import { isUuid } from '../request/checkedRequest';
import { nextStep } from '../request/retryPolicy';
import type { NextStep } from '../request/retryPolicy';
import type { Request } from '../request/sendRequest';
import type { Run } from '../run/run';
import type { AttachmentFile } from './attachmentFile';
import { sameNamed, seekFile } from './attachedFiles';
import type { Listing, SentFile } from './attachedFiles';
import { doubtIn, rememberDoubt, rememberStored, storedIn } from './lanes';
import type { Ledger, Unresolved } from './ledger';
import { listAttached } from './listAttached';
import type { FormFields } from './multipartBody';
import { isSentWhole, sendFile } from './sendFile';

/** A file on its way to Candid. */
export interface Shipment {
	file: AttachmentFile;
	fields: FormFields;
	request: Request;
	/** path of the list in which it will stand */
	list: string;
	/** which file of the run it is, the same at every try of n8n's */
	key: string;
	/** where all wait that a list could not tell from it */
	lane: string;
	/** the file in messages */
	subject: string;
}

export interface Settings {
	/** how often a file is sent, at most; at least 1 */
	maxTries: number;
	/** whether a file that is attached already is left out */
	skip: boolean;
}

export interface Stored {
	attachmentId: string;
	alreadyAttached: boolean;
}

/**
 * Sees to it that a file is stored once, and finds out its attachment ID. It is sent again only when
 * Candid cannot have it: because the request never got there, or because the list of attachments does
 * not have it afterwards.
 *
 * @throws NodeApiError that says that the file is not stored, or that it is not known whether it is
 */
export async function storeFile(
	context: IExecutePaginationFunctions,
	run: Run,
	ledger: Ledger,
	shipment: Shipment,
	{ maxTries, skip }: Settings,
): Promise<Stored> {
	const { key, lane } = shipment;
	const delivery = new Delivery(context, run, ledger, shipment);
	// Until it is stored, nothing that 'Skip' could not tell from it may be.
	if (!ledger.gaps.has(lane)) ledger.gaps.set(lane, key);
	const attached = skip ? await delivery.alreadyAttached() : undefined;
	const attachmentId = attached ?? (await delivery.send(maxTries));
	ledger.claimed.add(attachmentId);
	ledger.unresolved.delete(key);
	if (ledger.gaps.get(lane) === key) ledger.gaps.delete(lane);
	if (attached === undefined) rememberStored(lane, attachmentId);
	return { attachmentId, alreadyAttached: attached !== undefined };
}

class Delivery {
	private readonly sent: SentFile;

	private readonly earlier: Unresolved | undefined;

	constructor(
		private readonly context: IExecutePaginationFunctions,
		private readonly run: Run,
		private readonly ledger: Ledger,
		private readonly shipment: Shipment,
	) {
		const { file, fields, key } = shipment;
		this.sent = {
			fileName: file.fileName,
			contentType: file.contentType,
			attachmentType: fields.attachment_type ?? '',
			description: fields.description ?? '',
		};
		this.earlier = ledger.unresolved.get(key);
	}

	/**
	 * The attachment that 'Skip' takes the file to be. Each stands for one file of the run; of several
	 * files of one name the first has to be stored before the second is, so that this is always the
	 * same one.
	 */
	async alreadyAttached(): Promise<string | undefined> {
		const { ledger } = this;
		const { lane, key } = this.shipment;
		if ((ledger.gaps.get(lane) ?? key) !== key) throw this.refused(BEHIND_A_GAP);
		const { files, requestedAt } = await this.baseline();
		const storedSince = [...storedIn(lane)].filter(([, at]) => at > requestedAt);
		const ids = [
			...sameNamed(files, this.sent).map(({ id }) => id),
			...storedSince.map(([id]) => id),
		];
		return ids.find((id) => !ledger.claimed.has(id));
	}

	/** One list for all files of the run that have the same parent. */
	private async baseline(): Promise<Listing> {
		const { baselines } = this.ledger;
		const { list, lane } = this.shipment;
		for (let outdated: Promise<Listing> | undefined; ; ) {
			const known = baselines.get(list);
			const reading = known && known !== outdated ? known : this.readBaseline();
			baselines.set(list, reading);
			try {
				const listing = await reading;
				// Another run may have stored this very file since, and not have heard of it.
				if (listing.requestedAt >= doubtIn(lane)) return listing;
				outdated = reading;
			} catch (error) {
				if (baselines.get(list) === reading) baselines.delete(list);
				throw this.refused(notReadable(error as CandidFailure));
			}
		}
	}

	/** @throws CandidFailure */
	private async readBaseline(): Promise<Listing> {
		const { request, list } = this.shipment;
		const listing = await listAttached(this.context, this.run, request, list);
		if ('failure' in listing) throw listing.failure;
		this.ledger.historyOf(list).add(listing);
		return listing;
	}

	/** @returns the attachment ID */
	async send(maxTries: number): Promise<string> {
		const { run, ledger, earlier } = this;
		const { key, lane, file } = this.shipment;
		let next: NextStep = earlier ? LOOK_NOW : SEND_NOW;
		let failure = earlier?.failure;
		let firstSentAt = earlier?.sentAt;
		for (let tries = 0; ; ) {
			if (next.step === 'look') {
				await run.rest(next.afterMs);
				const sending = ledger.unresolved.get(key)!;
				const found = await this.look(sending);
				if (found !== undefined) return found;
				if (!sending.underWay) ledger.unresolved.delete(key);
			}
			if (next.step === 'send' && next.everyone) run.pause(next.afterMs);
			else if (next.step === 'send') await run.rest(next.afterMs, () => run.stopped);
			await run.ready();
			const isOver = next.step === 'end' || (next.step === 'look' && !next.sendIfAbsent);
			if (isOver || run.stopped) throw this.notStored(failure, tries, next.step === 'look');

			const tokenRenewed = failure?.status === 401;
			if (!tokenRenewed) tries++;
			firstSentAt ??= Date.now();
			const reply = await sendFile(this.context, this.shipment.request, this.shipment.fields, file);
			if ('answer' in reply && isUuid(reply.answer)) {
				run.heard(true);
				return reply.answer;
			}
			failure = 'failure' in reply ? reply.failure : { status: 200, answer: reply.answer };
			run.heard(outcomeOf(failure) === 'refused');
			const sentAgain = tokenRenewed || isSentWhole(file);
			next = nextStep(failure, { tries, maxTries, tokenRenewed: sentAgain }, Math.random());
			if (next.step === 'look') {
				const underWay = mayBeInProgress(failure) || ledger.unresolved.get(key)?.underWay === true;
				ledger.unresolved.set(key, { sentAt: firstSentAt, failure, underWay, lane });
				rememberDoubt(lane);
			}
			if (next.step === 'end' && isCredentialRefused(failure)) {
				run.halt(inPlainWords(failure, 'stored'));
			}
			if (next.step !== 'end') this.log(next, failure);
		}
	}

	/**
	 * @returns the attachment ID, or nothing when Candid does not have the file
	 * @throws NodeApiError when nobody can tell
	 */
	private async look({ sentAt, failure }: Unresolved): Promise<string | undefined> {
		const { run, ledger } = this;
		const { request, list, lane, key } = this.shipment;
		if (run.cancelled) throw this.unknown(failure);
		const listing = await listAttached(this.context, run, request, list);
		if ('failure' in listing) {
			const { what } = inWords(listing.failure);
			throw this.unknown(failure, `What is attached could not be read either: ${what}.`);
		}
		const history = ledger.historyOf(list);
		const others = storedIn(lane);
		const spokenFor = (id: string) => others.has(id) || ledger.claimed.has(id);
		const sighting = seekFile(listing, history, this.sent, sentAt, spokenFor);
		history.add(listing);
		const twin = [...ledger.unresolved].some(([other, at]) => other !== key && at.lane === lane);
		if ('found' in sighting && !twin) return sighting.found;
		const ids = 'found' in sighting ? [sighting.found] : sighting.candidates;
		if (ids.length > 0) throw this.unknown(failure, mayBe(ids));
		return undefined;
	}

	private refused(words: Omit<PlainWords, 'outcome'>) {
		return this.apiError({ ...words, outcome: 'refused' });
	}

	/** @param details what looking for it has shown */
	private unknown(failure: CandidFailure, details = '') {
		const { outcome, advice } = LOOK_BEFORE_SENDING;
		const aftermath = { outcome, advice: `${details} ${advice}`.trim() };
		return this.apiError(inWords(failure, aftermath), failure.status);
	}

	/** @param absent whether Candid's list did not have it after it was sent the last time */
	private notStored(failure: CandidFailure | undefined, tries: number, absent: boolean) {
		const { halted } = this.run;
		if (!failure) return this.apiError(halted ?? { ...HELD_BACK, outcome: 'refused' });
		const mayBeSlow = this.ledger.unresolved.has(this.shipment.key);
		const aftermath = mayBeSlow ? MAY_BE_SLOW : ABSENT;
		const words = inWords(failure, absent ? aftermath : undefined);
		const sent = tries > 1 ? `It was sent ${tries} times. ` : '';
		if (absent || !mayBeSlow) {
			return this.apiError({ ...words, advice: `${sent}${words.advice}` }, failure.status);
		}
		const { outcome, advice } = aftermath;
		const all = `${sent}${words.advice} An earlier try broke off. ${advice}`;
		return this.apiError({ ...words, outcome, advice: all }, failure.status);
	}

	private apiError(words: PlainWords, status?: number) {
		const intent = { subject: this.shipment.subject, action: 'stored' } as const;
		return candidApiError(this.context, intent, words, status);
	}

	/** Names no file: names may be a patient's, and logs are read by others. */
	private log({ step, afterMs }: Exclude<NextStep, { step: 'end' }>, failure: CandidFailure): void {
		const item = this.context.getItemIndex();
		const then = step === 'look' ? 'looking whether it is stored' : 'sending it again';
		const seconds = (afterMs / 1000).toFixed(1);
		const { what } = inWords(failure);
		this.context.logger.info(`A file of item ${item}: ${what}; ${then} in ${seconds} s`);
	}
}

const SEND_NOW: NextStep = { step: 'send', afterMs: 0, everyone: false };

const LOOK_NOW: NextStep = { step: 'look', afterMs: 0, sendIfAbsent: true };

const inWords = (failure: CandidFailure, aftermath?: Aftermath): PlainWords =>
	failure.status === 200
		? unusableAnswer(failure.answer, 'an attachment ID', 'stored', aftermath)
		: inPlainWords(failure, 'stored', aftermath);

const LOOK_BEFORE_SENDING: Aftermath = {
	outcome: 'uncertain',
	advice: 'Look at the attachments of the charge capture or encounter before you send it again.',
};

/** For a file that is not in the list, of which no try can be under way any more. */
const ABSENT: Aftermath = {
	outcome: 'refused',
	advice: 'Candid did not list it afterwards. Run it again later.',
};

const MAY_BE_SLOW: Aftermath = {
	outcome: 'uncertain',
	advice: `Candid did not list it some seconds later, and may be slow. ${LOOK_BEFORE_SENDING.advice}`,
};

const mayBe = (ids: string[]) =>
	ids.length === 1
		? `Candid lists an attachment that may be it, or an older one: ${ids[0]}.`
		: `Candid lists ${ids.length} attachments that may be it: ${ids.slice(0, 5).join(', ')}.`;

const notReadable = (failure: CandidFailure) => ({
	what: `what is attached already could not be read (${inWords(failure).what})`,
	advice: "It was not sent, because 'If Already Attached' is 'Skip'. Run it again later.",
});

const BEHIND_A_GAP = {
	what: 'a file before it that has the same name was not',
	advice:
		"'Skip' tells files of a charge capture or encounter apart by name and attachment type alone, so that those of one name go one after another. See to the one before it, and run it again.",
};

const HELD_BACK = {
	what: 'it was not sent, because another file of this run was not stored',
	advice: 'See to that one, and run it again.',
};
