import type { IExecutePaginationFunctions, NodeApiError } from 'n8n-workflow';

import { candidApiError } from '../errors/candidApiError';
import { RUN_ENDED_BEFORE_SENDING } from '../errors/explain';
import type { Explanation } from '../errors/explain';
import type { Run } from '../run/run';
import { othersSettledAt } from '../run/lane';
import type { Ledger, UncertainFile } from './ledger';
import { consistencyOf } from './listConsistency';
import type { ListConsistency, ObservedLag } from './listConsistency';
import type { SentFile } from './reconcile';
import type { Shipment } from './shipment';
import * as words from './uploadWords';

export interface Settings {
	/** how often a file is sent, at most; at least 1 */
	maxTries: number;
	/** whether a file that is attached already is not sent */
	skip: boolean;
}

export interface Stored {
	attachmentId: string;
	alreadyAttached: boolean;
}

export const newlyStored = (attachmentId: string): Stored => ({
	attachmentId,
	alreadyAttached: false,
});

/**
 * What all steps of one file's upload share. What happens to the file is recorded in the ledger and the
 * list consistency; an upload itself has no state.
 */
export class Upload {
	/** the file as lists show it */
	readonly sent: SentFile;

	readonly consistency: ListConsistency;

	constructor(
		readonly context: IExecutePaginationFunctions,
		readonly run: Run,
		readonly ledger: Ledger,
		readonly shipment: Shipment,
		readonly settings: Settings,
	) {
		const { file, fields, parent } = shipment;
		this.consistency = consistencyOf(parent);
		this.sent = {
			fileName: file.fileName,
			contentType: file.contentType,
			attachmentType: fields.attachment_type ?? '',
			description: fields.description ?? '',
		};
	}

	/** What is known of earlier attempts; undefined if the file is certainly not stored by one of them. */
	get uncertain(): UncertainFile | undefined {
		return this.ledger.uncertainFile(this.shipment);
	}

	get isAborted(): boolean {
		return this.run.isAborted || this.abortReason !== undefined;
	}

	private get abortReason(): Explanation | undefined {
		return this.run.abortReasonFor(this.shipment.parent.account);
	}

	/** Why a file was not sent at all. */
	get notSentReason(): Explanation {
		return { ...(this.abortReason ?? RUN_ENDED_BEFORE_SENDING), outcome: 'not sent' };
	}

	/** To be called before the file is sent for the first time. @throws NodeApiError */
	throwIfAborted(): void {
		if (!this.isAborted) return;
		const { uncertain, settings } = this;
		if (!uncertain) throw this.error(this.notSentReason);
		const { failure } = uncertain;
		throw this.error(words.explainUncertain(failure, words.NOT_CHECKED, settings.skip));
	}

	/**
	 * A list requested at this time or later shows what others have stored: processes before this one, and
	 * runs of this process that do not know whether they have stored such a file. Milliseconds since the epoch.
	 */
	reliableSince({ since, lagMs }: ObservedLag): number {
		const others = othersSettledAt(this.shipment.lane, this.uncertain);
		return Math.max(since, others === undefined ? 0 : others + lagMs);
	}

	error(explanation: Explanation, status?: number): NodeApiError {
		const about = { subject: this.shipment.subject, action: 'stored' } as const;
		return candidApiError(this.context, about, explanation, status);
	}

	/** @param details what was done to find out whether the file is stored */
	uncertainError({ failure }: UncertainFile, details: string): NodeApiError {
		const explanation = words.explainUncertain(failure, details, this.settings.skip);
		return this.error(explanation, failure.status);
	}
}
