import type { CandidFailure } from '../errors/candidFailure';
import type { Explanation } from '../errors/explain';
import { ListHistory } from './listHistory';
import type { ParentList } from './parentList';

/** A file that was sent, and may or may not be stored. */
export interface UncertainFile {
	/** when it was first sent, milliseconds since the epoch */
	sentAt: number;
	/** what became of the last attempt */
	failure: CandidFailure;
	/** by when it is stored, if it is: the last attempt's end and some time for Candid to finish */
	settledAt: number;
	/** whether Candid may have gone on working on an attempt after that had ended for n8n */
	inProgress: boolean;
}

/**
 * What is known of the files of one run, or of one execution's tool calls, by each file's key. It outlives
 * n8n's Retry On Fail: what is uncertain is then looked for before it is sent.
 */
export class Ledger {
	readonly uncertain = new Map<string, UncertainFile>();

	/** files whose outcome stays as it is at every try, with what is said of it */
	readonly final = new Map<string, Explanation>();

	/** IDs that stand for a file of this run */
	readonly claimed = new Set<string>();

	/** the lists that 'Skip' goes by, one for each parent */
	readonly attachedLists = new Map<string, Promise<ParentList>>();

	/** by lane, the first file that is not stored yet: 'Skip' cannot tell those after it from it */
	readonly firstNotStored = new Map<string, string>();

	private readonly histories = new Map<string, ListHistory>();

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
