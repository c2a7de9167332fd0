import type { CandidFailure } from '../errors/candidFailure';
import type { Explanation } from '../errors/explain';
import { AttachedLists } from './attachedLists';
import { forgetUncertain, rememberUncertain } from '../run/lane';
import { ListHistory } from './listHistory';
import type { Shipment } from './shipment';

/** A file that was sent, and may or may not be stored. All times are milliseconds since the epoch. */
export interface UncertainFile {
	/** when the first attempt that may have stored it began */
	sentAt: number;
	/** why the last attempt did not succeed */
	failure: CandidFailure;
	/** when Candid is done with it, because the last attempt has ended and Candid has had time to finish */
	settledAt: number;
	/** whether Candid may have gone on working on an attempt after that had ended for n8n */
	inProgress: boolean;
}

/**
 * What is known of the files of one run, or of one execution's tool calls, by each file's key. It is kept
 * over all tries of n8n's Retry On Fail, so that a file that may be stored is not simply sent again.
 */
export class Ledger {
	readonly attachedLists = new AttachedLists();

	private readonly uncertain = new Map<string, UncertainFile>();

	/** outcomes that no further try may change, with their explanations */
	private readonly final = new Map<string, Explanation>();

	/** IDs of the attachments that are files of this run, one for each file */
	private readonly claimed = new Set<string>();

	/** by lane, the first file that is not stored yet */
	private readonly firstNotStored = new Map<string, string>();

	private readonly histories = new Map<string, ListHistory>();

	/** Gives the file its place in its lane: until it is stored, the files that begin later come after it. */
	begin({ key, lane }: Shipment): void {
		if (!this.firstNotStored.has(lane)) this.firstNotStored.set(lane, key);
	}

	/** Whether all files before it in its lane are stored. */
	isNextInLane({ key, lane }: Shipment): boolean {
		return this.firstNotStored.get(lane) === key;
	}

	recordStored({ key, lane }: Shipment, attachmentId: string): void {
		this.claimed.add(attachmentId);
		if (this.firstNotStored.get(lane) === key) this.firstNotStored.delete(lane);
	}

	/** Whether an attachment is already known to be a file of this run. */
	isClaimed(attachmentId: string): boolean {
		return this.claimed.has(attachmentId);
	}

	recordFinal({ key }: Shipment, explanation: Explanation): void {
		this.final.set(key, explanation);
	}

	finalOutcome({ key }: Shipment): Explanation | undefined {
		return this.final.get(key);
	}

	/** Records an attempt after which the file may or may not be stored. */
	recordUncertain({ key, lane }: Shipment, attempt: UncertainFile): void {
		const earlier = this.uncertain.get(key);
		// The lane knows the file by this object, so it stays the same one.
		const file = Object.assign(earlier ?? {}, attempt, {
			sentAt: earlier?.sentAt ?? attempt.sentAt,
			inProgress: attempt.inProgress || earlier?.inProgress === true,
		});
		this.uncertain.set(key, file);
		rememberUncertain(lane, file, file.settledAt);
	}

	/** To be called when it is known whether the file is stored. */
	clearUncertain({ key, lane }: Shipment): void {
		const file = this.uncertain.get(key);
		if (file) forgetUncertain(lane, file);
		this.uncertain.delete(key);
	}

	uncertainFile({ key }: Shipment): UncertainFile | undefined {
		return this.uncertain.get(key);
	}

	/** @param parent key of the charge capture or encounter */
	historyOf(parent: string): ListHistory {
		const history = this.histories.get(parent) ?? new ListHistory();
		this.histories.set(parent, history);
		return history;
	}
}

const ledgers = new WeakMap<object, Ledger>();

/** @param scope see `scopeOf` */
export function ledgerOf(scope: object): Ledger {
	const ledger = ledgers.get(scope) ?? new Ledger();
	ledgers.set(scope, ledger);
	return ledger;
}
