import type { IExecutePaginationFunctions } from 'n8n-workflow';

import { RUN_ENDED_BEFORE_SENDING } from '../errors/explain';
import { candidApiError } from '../errors/candidApiError';
import type { Explanation } from '../errors/explain';
import { isCredentialRefused, mayBeInProgress, outcomeOf } from '../errors/candidFailure';
import { isRecord } from '../types/isRecord';
import type { CandidFailure } from '../errors/candidFailure';
import { paceFor } from '../request/account';
import { isUuid } from '../request/text';
import { backOff } from '../request/sendInTurn';
import { nextStep } from '../request/retryPolicy';
import type { NextStep } from '../request/retryPolicy';
import type { Pace, Sent } from '../run/pace';
import type { Run } from '../run/run';
import { LONGEST_WAIT_MS, waits } from '../run/waits';
import { listLagFor } from './measureListLag';
import { forgetUncertain, othersSettledAt, rememberUncertain } from './lane';
import type { Ledger, UncertainFile } from './ledger';
import { readParentList } from './parentList';
import type { ParentList } from './parentList';
import { reconcile, sameNamed } from './reconcile';
import type { SentFile } from './reconcile';
import { isSentWhole, sendFile } from './sendFile';
import type { Shipment } from './shipment';
import { rollBack } from './rollBack';
import * as words from './uploadWords';
import { consistencyOf } from './listConsistency';
import type { ListConsistency } from './listConsistency';

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
 * Stores a file once, and finds out its attachment ID. It is sent again only when Candid cannot have it:
 * because the request never got there, or because a list that can be relied on does not show it.
 *
 * @throws NodeApiError that says that the file is not stored, or that it is not known whether it is
 */
export async function storeFile(
	context: IExecutePaginationFunctions,
	run: Run,
	ledger: Ledger,
	shipment: Shipment,
	settings: Settings,
): Promise<Stored> {
	const { key, lane } = shipment;
	// Until it is stored, nothing that 'Skip' could not tell from it may be.
	if (!ledger.firstNotStored.has(lane)) ledger.firstNotStored.set(lane, key);
	const stored = await new Upload(context, run, ledger, shipment, settings).store();
	ledger.claimed.add(stored.attachmentId);
	if (ledger.firstNotStored.get(lane) === key) ledger.firstNotStored.delete(lane);
	return stored;
}

/** What became of one attempt to send the file. */
type Attempt = { attachmentId: string } | { failure: CandidFailure };

class Upload {
	private readonly sent: SentFile;

	private readonly consistency: ListConsistency;

	private readonly pace: Pace;

	/** how often the file was sent, not counting 429s and that a 401 made it be sent with a new token */
	private tries = 0;

	/** when it was sent last, in milliseconds since the epoch */
	private startedAt = 0;

	constructor(
		private readonly context: IExecutePaginationFunctions,
		private readonly run: Run,
		private readonly ledger: Ledger,
		private readonly shipment: Shipment,
		private readonly settings: Settings,
	) {
		const { file, fields, parent } = shipment;
		this.consistency = consistencyOf(parent);
		this.pace = paceFor(parent.account);
		this.sent = {
			fileName: file.fileName,
			contentType: file.contentType,
			attachmentType: fields.attachment_type ?? '',
			description: fields.description ?? '',
		};
	}

	async store(): Promise<Stored> {
		const { ledger, shipment, settings } = this;
		const final = ledger.final.get(shipment.key);
		if (final) throw this.toError(final);
		if (!settings.skip) return asNew(await this.send());
		if ((ledger.firstNotStored.get(shipment.lane) ?? shipment.key) !== shipment.key) {
			throw this.toError(words.AFTER_ANOTHER);
		}
		return await this.storeUnlessAttached();
	}

	/** What 'Skip' does. */
	private async storeUnlessAttached(): Promise<Stored> {
		for (;;) {
			const attached = await this.findAttached();
			if (attached === 'not attached') return asNew(await this.send());
			if (attached !== 'not known') return { attachmentId: attached, alreadyAttached: true };
			const probed = await this.consistency.probeAlone(async () => await this.probe());
			if (probed) return probed;
		}
	}

	/**
	 * The attachment that 'Skip' takes the file to be. Each stands for one file of the run; of several
	 * files of one name the first has to be stored before the second is, so that this is always the same
	 * one.
	 */
	private async findAttached(): Promise<string | 'not attached' | 'not known'> {
		const { ledger, consistency: witness } = this;
		const { parent, lane } = this.shipment;
		for (let reliableAt = -Infinity; ; ) {
			this.throwIfAborted();
			const list = await this.attachedListSince(reliableAt);
			const listed = sameNamed(list.attachments, this.sent).map(({ id }) => id);
			const ids = [...listed, ...witness.recentIn(lane, parent, list)];
			const unclaimed = ids.find((id) => !ledger.claimed.has(id));
			if (unclaimed !== undefined) return unclaimed;

			const evidence = await listLagFor(this.context, this.run, this.shipment);
			if (!evidence) return 'not known';
			reliableAt = this.reliableAt(evidence);
			if (list.requestedAt >= reliableAt) return 'not attached';
			if (reliableAt - Date.now() > LONGEST_WAIT_MS) throw this.toError(words.OTHER_UNCERTAIN);
			await this.run.wait(reliableAt - Date.now());
		}
	}

	/**
	 * From when on a list shows what others have stored: a process before this one, and runs of this
	 * process that do not know whether they have stored such a file.
	 */
	private reliableAt({ since, lagMs }: { since: number; lagMs: number }): number {
		const others = othersSettledAt(this.shipment.lane, this.uncertain ?? NO_UPLOAD);
		return Math.max(since, others === undefined ? 0 : others + lagMs);
	}

	/** One list for all files of the run that have the same parent, requested at a time or later. */
	private async attachedListSince(since: number): Promise<ParentList> {
		const { attachedLists: baselines } = this.ledger;
		const { key } = this.shipment.parent;
		const known = baselines.get(key);
		const list = known && (await this.readOrThrow(known));
		if (list && list.requestedAt >= since) return list;
		// Who is the first to find it outdated reads it again, for all.
		if (baselines.get(key) === known) baselines.set(key, this.list());
		return await this.readOrThrow(baselines.get(key)!);
	}

	private async readOrThrow(reading: Promise<ParentList>): Promise<ParentList> {
		const { attachedLists: baselines } = this.ledger;
		const { key } = this.shipment.parent;
		try {
			return await reading;
		} catch (error) {
			if (baselines.get(key) === reading) baselines.delete(key);
			throw this.toError(words.attachedListNotRead(error as CandidFailure));
		}
	}

	/** @throws CandidFailure */
	private async list(): Promise<ParentList> {
		const { parent } = this.shipment;
		const list = await readParentList(this.context, this.run, this.shipment);
		if ('failure' in list) throw list.failure;
		this.consistency.observe(parent, list);
		this.ledger.historyOf(parent.key).add(list);
		return list;
	}

	/**
	 * Stores the file although nobody knows yet whether lists show what is there, and looks for it in the
	 * list. Where it does not show, running again with 'Skip' would store everything twice: then the copy
	 * is deleted again and the run ends.
	 *
	 * @returns undefined when it has become known meanwhile
	 */
	private async probe(): Promise<Stored | undefined> {
		const { consistency: witness, ledger } = this;
		const { parent, key } = this.shipment;
		if (witness.lagFor(parent)) return undefined;
		if (!witness.mayProbe) throw this.toError(words.SKIP_CANNOT_WORK);
		this.throwIfAborted();
		const id = await this.send();
		const list = await this.listShowing(id);
		if (list === 'not read') return asNew(id);
		const older =
			list && sameNamed(list.attachments, this.sent).find((one) => this.isOlder(one, id));
		if (list && !older) return asNew(id);

		if (!list) witness.rememberNotListed();
		const result = await rollBack(this.context, this.run, this.shipment, id);
		if (!list) this.run.abortAccount(parent.account, words.SKIP_CANNOT_WORK);
		if (older && result === 'deleted') return { attachmentId: older.id, alreadyAttached: true };
		const said =
			older && result !== 'deleted'
				? words.explainDuplicate(id, older.id, result)
				: words.explainProbe(id, result);
		if (result !== 'deleted') ledger.final.set(key, said);
		throw this.toError(said);
	}

	private readonly isOlder = ({ id }: { id: string }, own: string) =>
		id !== own && !this.ledger.claimed.has(id);

	/** Waits some seconds for a stored file to come into the list. @returns undefined if it does not */
	private async listShowing(id: string): Promise<ParentList | 'not read' | undefined> {
		for (const wait of [0, ...waits.untilListed]) {
			await this.run.wait(wait);
			if (this.run.isCancelled) return 'not read';
			const list = await this.list().catch(() => undefined);
			if (!list) return 'not read';
			if (!list.attachments.some((one) => one.id === id)) continue;
			this.ledger.attachedLists.set(this.shipment.parent.key, Promise.resolve(list));
			return list;
		}
		return undefined;
	}

	/** Sends the file until it is stored or it is clear that it will not be. @returns the attachment ID */
	private async send(): Promise<string> {
		let failure = this.uncertain?.failure;
		let next: NextStep = failure ? RECONCILE_NOW : SEND_NOW;
		for (;;) {
			if (next.step === 'reconcile') {
				const found = await this.reconcile();
				if (found !== undefined) return found;
			}
			const isEnd = next.step === 'end' || (next.step === 'reconcile' && !next.sendIfAbsent);
			const sent = isEnd ? undefined : await this.attemptInTurn();
			if (!sent) throw this.toError(this.explainEnd(failure, next.step === 'reconcile'));
			const { turnAt, result } = sent;
			if ('attachmentId' in result) return this.acknowledged(result.attachmentId);
			const tokenRenewed = failure?.status === 401;
			failure = result.failure;
			if (!tokenRenewed && failure.status !== 429) this.tries++;
			next = this.afterFailure(failure, tokenRenewed);
			// Before a look it waits there.
			if (next.step === 'send') await this.backOff(failure, turnAt, next.afterMs);
		}
	}

	private async attemptInTurn(): Promise<Sent<Attempt> | undefined> {
		const { backlog } = this.run;
		return await this.pace.inTurn({ isAborted: () => this.isAborted, backlog }, async () => {
			return await this.attempt();
		});
	}

	private async attempt(): Promise<Attempt> {
		this.startedAt = Date.now();
		const { request, fields, file } = this.shipment;
		const reply = await sendFile(this.context, request, fields, file);
		if ('failure' in reply) return reply;
		const attachmentId = attachmentIdIn(reply.answer);
		return attachmentId === undefined
			? { failure: { status: 200, answer: reply.answer } }
			: { attachmentId };
	}

	private acknowledged(id: string): string {
		const { parent, lane } = this.shipment;
		this.run.recordAnswered();
		this.clearUncertain();
		this.consistency.addStored(parent, id, lane, this.startedAt);
		return id;
	}

	/** Records what a failed attempt means, and decides what comes next. */
	private afterFailure(failure: CandidFailure, tokenRenewed: boolean): NextStep {
		const { run, shipment, tries } = this;
		if (outcomeOf(failure) === 'refused') run.recordAnswered();
		else run.recordUnavailable();
		const attempts = {
			tries,
			maxTries: this.settings.maxTries,
			tokenRenewed: tokenRenewed || isSentWhole(shipment.file),
		};
		const next = nextStep(failure, attempts, Math.random());
		if (next.step === 'reconcile') this.rememberUncertain(failure, next.afterMs);
		if (next.step === 'end' && isCredentialRefused(failure)) {
			run.abortAccount(shipment.parent.account, words.explainUpload(failure));
		}
		if (next.step !== 'end') this.log(next, failure);
		return next;
	}

	/** @param settlingMs how long Candid is given to finish what it may have begun */
	private rememberUncertain(failure: CandidFailure, settlingMs: number): void {
		const { key, lane } = this.shipment;
		const earlier = this.uncertain;
		const uncertain = Object.assign(earlier ?? {}, {
			sentAt: earlier?.sentAt ?? this.startedAt,
			failure,
			settledAt: Date.now() + settlingMs,
			inProgress: mayBeInProgress(failure) || earlier?.inProgress === true,
		});
		this.ledger.uncertain.set(key, uncertain);
		rememberUncertain(lane, uncertain, uncertain.settledAt);
	}

	private get uncertain(): UncertainFile | undefined {
		return this.ledger.uncertain.get(this.shipment.key);
	}

	/** It is known again whether the file is stored. */
	private clearUncertain(): void {
		const { key, lane } = this.shipment;
		if (this.uncertain) forgetUncertain(lane, this.uncertain);
		this.ledger.uncertain.delete(key);
	}

	/**
	 * Looks for a file that may be stored, when Candid has had time to finish.
	 *
	 * @returns the attachment ID, or nothing when a list that can be relied on does not show the file
	 * @throws NodeApiError when nobody can tell
	 */
	private async reconcile(): Promise<string | undefined> {
		const uncertain = this.uncertain!;
		const pauses = [...waits.untilListed];
		let waitUntil = uncertain.settledAt;
		for (;;) {
			await this.run.wait(waitUntil - Date.now());
			if (this.run.isCancelled) throw this.uncertainError(uncertain, '');
			const list = await this.listOrThrow(uncertain);
			const id = this.foundIn(list, uncertain);
			if (id !== undefined) {
				this.clearUncertain();
				return id;
			}
			const evidence = await listLagFor(this.context, this.run, this.shipment);
			if (evidence) {
				waitUntil = uncertain.settledAt + evidence.lagMs;
				if (list.requestedAt >= waitUntil) break;
				if (waitUntil - Date.now() <= LONGEST_WAIT_MS) continue;
				throw this.uncertainError(uncertain, words.LIST_TOO_SLOW);
			}
			// Other files of the run that are stored meanwhile may show what lists do.
			const pause = pauses.shift();
			if (pause === undefined || !(await this.run.waitForOthers(pause))) {
				throw this.uncertainError(uncertain, words.NOT_IN_LIST);
			}
		}
		if (!uncertain.inProgress) this.clearUncertain();
		return undefined;
	}

	private async listOrThrow(uncertain: UncertainFile): Promise<ParentList> {
		const { parent } = this.shipment;
		const list = await readParentList(this.context, this.run, this.shipment);
		if ('failure' in list) throw this.uncertainError(uncertain, words.listNotRead(list.failure));
		this.consistency.observe(parent, list);
		return list;
	}

	/** @throws NodeApiError when the list has attachments that may be the file */
	private foundIn(list: ParentList, uncertain: UncertainFile): string | undefined {
		const { parent, lane } = this.shipment;
		const history = this.ledger.historyOf(parent.key);
		const evidence = this.consistency.lagFor(parent);
		const match = reconcile(list, this.sent, {
			history,
			sentAt: uncertain.sentAt,
			isOther: (id) => this.consistency.isKnown(parent, id) || this.ledger.claimed.has(id),
			reliableSince: evidence ? this.reliableAt(evidence) : Infinity,
			otherUncertain: othersSettledAt(lane, uncertain) !== undefined,
		});
		history.add(list);
		if (match.result === 'ambiguous')
			throw this.uncertainError(uncertain, words.candidates(match.ids));
		if (match.result === 'absent') return undefined;
		this.consistency.addStored(parent, match.id, lane, uncertain.sentAt);
		return match.id;
	}

	private async backOff(failure: CandidFailure, turnAt: number, afterMs: number): Promise<void> {
		await backOff(this.run, this.pace, { failure, turnAt, afterMs }, () => this.isAborted);
	}

	private get isAborted(): boolean {
		return this.run.isAborted || this.abortReason !== undefined;
	}

	private get abortReason(): Explanation | undefined {
		return this.run.abortReasonFor(this.shipment.parent.account);
	}

	/** @throws NodeApiError for a file that is not begun with any more */
	private throwIfAborted(): void {
		if (this.isAborted) throw this.toError(this.explainEnd(this.uncertain?.failure, false));
	}

	/** What is said of a file that is not sent again. @param absent whether the last look did not find it */
	private explainEnd(failure: CandidFailure | undefined, absent: boolean): Explanation {
		if (!failure) return { ...(this.abortReason ?? RUN_ENDED_BEFORE_SENDING), outcome: 'not sent' };
		const { tries, settings } = this;
		const about = { tries, inProgress: this.uncertain !== undefined, skip: settings.skip };
		return absent ? words.explainAbsent(failure, about) : words.explainLastAttempt(failure, about);
	}

	private uncertainError({ failure }: UncertainFile, details: string) {
		return this.toError(
			words.explainUncertain(failure, details, this.settings.skip),
			failure.status,
		);
	}

	private toError(said: Explanation, status?: number) {
		const about = { subject: this.shipment.subject, action: 'stored' } as const;
		return candidApiError(this.context, about, said, status);
	}

	/** Names no file: names may be a patient's, and logs are read by others. */
	private log({ step, afterMs }: Exclude<NextStep, { step: 'end' }>, failure: CandidFailure): void {
		const item = this.context.getItemIndex();
		const then = step === 'reconcile' ? 'looking whether it is stored' : 'sending it again';
		const seconds = (afterMs / 1000).toFixed(1);
		const { reason } = words.explainUpload(failure);
		this.context.logger.info(`A file of item ${item}: ${reason}; ${then} in ${seconds} s`);
	}
}

const SEND_NOW: NextStep = { step: 'send', afterMs: 0 };

const RECONCILE_NOW: NextStep = { step: 'reconcile', afterMs: 0, sendIfAbsent: true };

/** In the place of a file of which nothing is uncertain. */
const NO_UPLOAD = {};

const asNew = (attachmentId: string): Stored => ({ attachmentId, alreadyAttached: false });

/** Candid's description promises the ID as a bare string; an object that names it says the same. */
function attachmentIdIn(answer: unknown): string | undefined {
	const id = isRecord(answer) ? answer.attachment_id : answer;
	return isUuid(id) ? id : undefined;
}
