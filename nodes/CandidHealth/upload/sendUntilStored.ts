import { isCredentialRefused, mayBeInProgress, outcomeOf } from '../errors/candidFailure';
import type { CandidFailure } from '../errors/candidFailure';
import type { Explanation } from '../errors/explain';
import { paceFor } from '../request/account';
import { nextStep } from '../request/retryPolicy';
import type { NextStep } from '../request/retryPolicy';
import { backOff } from '../request/sendInTurn';
import { isUuid } from '../request/text';
import type { Pace, Sent } from '../run/pace';
import { isRecord } from '../types/isRecord';
import { reconcileUpload } from './reconcileUpload';
import { isSentWhole, sendFile } from './sendFile';
import type { Upload } from './upload';
import * as words from './uploadWords';

/**
 * Sends a file until it is stored, or it is clear that it will not be. If it may be stored already, also by
 * an earlier try of n8n's Retry On Fail, that is checked before it is sent again.
 *
 * @returns the attachment ID
 * @throws NodeApiError
 */
export async function sendUntilStored(upload: Upload): Promise<string> {
	const pace = paceFor(upload.shipment.parent.account);
	let failure = upload.uncertain?.failure;
	let next: NextStep = failure ? RECONCILE_NOW : SEND_NOW;
	// Neither a 429 nor sending the file with a new token after a 401 counts as a try.
	for (let tries = 0; ; ) {
		if (next.step === 'reconcile') {
			const found = await reconcileUpload(upload);
			if (found !== undefined) return found;
		}
		const isEnd = next.step === 'end' || (next.step === 'reconcile' && !next.sendIfAbsent);
		const sent = isEnd ? undefined : await attemptInTurn(upload, pace);
		if (!sent) {
			const isAbsent = next.step === 'reconcile';
			throw upload.error(explainEnd(upload, failure, { tries, isAbsent }));
		}
		const { turnAt, result } = sent;
		if ('attachmentId' in result) return acknowledged(upload, result);
		const tokenRenewed = failure?.status === 401;
		({ failure } = result);
		if (!tokenRenewed && failure.status !== 429) tries++;
		next = afterFailure(upload, result, { tries, tokenRenewed });
		// `reconcileUpload` does its own waiting.
		if (next.step === 'send') {
			const { afterMs } = next;
			await backOff(upload.run, pace, { failure, turnAt, afterMs }, () => upload.isAborted);
		}
	}
}

const SEND_NOW: NextStep = { step: 'send', afterMs: 0 };

const RECONCILE_NOW: NextStep = { step: 'reconcile', afterMs: 0, sendIfAbsent: true };

/** `startedAt` is when the attempt began, milliseconds since the epoch. */
type AcknowledgedAttempt = { startedAt: number; attachmentId: string };

type FailedAttempt = { startedAt: number; failure: CandidFailure };

type Attempt = AcknowledgedAttempt | FailedAttempt;

async function attemptInTurn(upload: Upload, pace: Pace): Promise<Sent<Attempt> | undefined> {
	const sender = { isAborted: () => upload.isAborted, backlog: upload.run.backlog };
	return await pace.inTurn(sender, async () => await attempt(upload));
}

async function attempt({ context, shipment }: Upload): Promise<Attempt> {
	const startedAt = Date.now();
	const { request, fields, file } = shipment;
	const reply = await sendFile(context, request, fields, file);
	if ('failure' in reply) return { startedAt, ...reply };
	const { answer } = reply;
	const attachmentId = attachmentIdIn(answer);
	return attachmentId === undefined
		? { startedAt, failure: { status: 200, answer } }
		: { startedAt, attachmentId };
}

/** Candid's API description promises the ID as a bare string. An object that names it is accepted too. */
function attachmentIdIn(answer: unknown): string | undefined {
	const id = isRecord(answer) ? answer.attachment_id : answer;
	return isUuid(id) ? id : undefined;
}

function acknowledged(upload: Upload, { attachmentId, startedAt }: AcknowledgedAttempt): string {
	const { run, ledger, consistency, shipment } = upload;
	const { parent, lane } = shipment;
	run.recordAnswered();
	ledger.clearUncertain(shipment);
	consistency.stored.add(parent, attachmentId, { lane, sentAt: startedAt });
	return attachmentId;
}

/** Records what a failed attempt means, and decides what comes next. */
function afterFailure(
	upload: Upload,
	{ failure, startedAt }: FailedAttempt,
	{ tries, tokenRenewed }: { tries: number; tokenRenewed: boolean },
): NextStep {
	const { run, ledger, shipment, settings } = upload;
	if (outcomeOf(failure) === 'refused') run.recordAnswered();
	else run.recordUnavailable();
	const attempts = {
		tries,
		maxTries: settings.maxTries,
		tokenRenewed: tokenRenewed || isSentWhole(shipment.file),
	};
	const next = nextStep(failure, attempts, Math.random());
	if (next.step === 'reconcile') {
		ledger.recordUncertain(shipment, {
			sentAt: startedAt,
			failure,
			settledAt: Date.now() + next.afterMs,
			inProgress: mayBeInProgress(failure),
		});
	}
	if (next.step === 'end' && isCredentialRefused(failure)) {
		run.abortAccount(shipment.parent.account, words.explainUpload(failure));
	}
	if (next.step !== 'end') log(upload, next, failure);
	return next;
}

/** Why a file is not sent again. @param failure of the last attempt, if there was one */
function explainEnd(
	{ uncertain, settings, notSentReason }: Upload,
	failure: CandidFailure | undefined,
	{ tries, isAbsent }: { tries: number; isAbsent: boolean },
): Explanation {
	if (!failure) return notSentReason;
	const attempts = { tries, inProgress: uncertain !== undefined, skip: settings.skip };
	return isAbsent
		? words.explainAbsent(failure, attempts)
		: words.explainLastAttempt(failure, attempts);
}

/** Does not name the file: its name may contain a patient's name, and other people read the logs. */
function log(
	{ context }: Upload,
	{ step, afterMs }: Exclude<NextStep, { step: 'end' }>,
	failure: CandidFailure,
): void {
	const item = context.getItemIndex();
	const action = step === 'reconcile' ? 'checking whether it was stored' : 'sending it again';
	const seconds = (afterMs / 1000).toFixed(1);
	const { reason } = words.explainUpload(failure);
	context.logger.info(`A file of item ${item}: ${reason}; ${action} in ${seconds} s`);
}
