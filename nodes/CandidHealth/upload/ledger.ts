import type { IExecuteData, INodeExecutionData } from 'n8n-workflow';

import type { CandidFailure } from '../errors/candidFailure';
import { ListHistory } from './attachedFiles';
import type { Listing } from './attachedFiles';

/** A file that was sent, and may or may not be stored. */
export interface Unresolved {
	/** when it was first sent, milliseconds since the epoch */
	sentAt: number;
	failure: CandidFailure;
	/** whether Candid may be at work on one of its tries still */
	underWay: boolean;
	lane: string;
}

/**
 * What is known of the files of one run. It outlives n8n's Retry On Fail, which runs the node again
 * with the same execute data: what is stored is then not sent again, and what is unresolved is looked
 * for before it is.
 */
export class Ledger {
	/** output items by file */
	readonly stored = new Map<string, INodeExecutionData[]>();

	readonly unresolved = new Map<string, Unresolved>();

	/** IDs that stand for a file of this run */
	readonly claimed = new Set<string>();

	/** by the address of the list */
	readonly histories = new Map<string, ListHistory>();

	/** the lists that 'Skip' goes by, one for each parent */
	readonly baselines = new Map<string, Promise<Listing>>();

	/** lanes in which a file of this run was not stored, so that those behind it cannot be told from it */
	readonly gaps = new Map<string, string>();

	/** the host and client that the run's credential is for */
	account?: Promise<string>;

	historyOf(list: string): ListHistory {
		const history = this.histories.get(list) ?? new ListHistory();
		this.histories.set(list, history);
		return history;
	}
}

const ledgers = new WeakMap<IExecuteData, Ledger>();

export function ledgerOf(executeData: IExecuteData): Ledger {
	const ledger = ledgers.get(executeData) ?? new Ledger();
	ledgers.set(executeData, ledger);
	return ledger;
}
