import { sleep } from 'n8n-workflow';
import type { IExecuteSingleFunctions } from 'n8n-workflow';

import { answersFailures, scopeOf } from '../agent/toolCall';
import type { Explanation } from '../errors/explain';
import { CheckGate } from './checkGate';
import { Journal } from './journal';
import { outcomesOf } from './outcomes';
import type { Outcomes } from './outcomes';
import { Slots } from './slots';
import { POLL_INTERVAL_MS, waits } from './waits';

/**
 * What all items of one execution of the node share: the slots that bound its requests, the checks
 * that come before the first of them, and the end after the first that did not succeed.
 */
export class Run {
	private readonly slots: Slots;

	/** tasks in slots, and how many of them are waiting for the others */
	private active = 0;

	private waitingForOthers = 0;

	private failed = false;

	/** by account, why nothing further is sent for it */
	private readonly abortedAccounts = new Map<string, Explanation>();

	/** since when Candid has been unavailable, milliseconds since the epoch */
	private unavailableSince?: number;

	private endedItems = 0;

	private resolveEnded = () => {};

	/** Resolves when all items of the run have ended. */
	readonly ended: Promise<void>;

	/** Lets no item send anything before all are checked. */
	readonly gate: CheckGate;

	readonly journal = new Journal();

	/** What is done and what may be, also by earlier tries and other tool calls. */
	readonly outcomes: Outcomes;

	/** Whether the user's batching starts the items one batch after another. */
	readonly batched: boolean;

	/** Whether a failed item leaves the others alone: by n8n's On Error setting, or because a model is given the reason. */
	readonly continues: boolean;

	/**
	 * @param slots how many requests may be in flight, at least 1
	 * @param items how many items the run has
	 */
	constructor(
		private readonly context: IExecuteSingleFunctions,
		slots: number,
		private readonly items: number,
	) {
		this.slots = new Slots(slots);
		this.outcomes = outcomesOf(scopeOf(context));
		const batching = context.getNodeParameter('requestOptions.batching.batch.batchInterval', 0);
		this.batched = Number(batching) > 0;
		this.continues = context.continueOnFail() || answersFailures(context);
		this.gate = new CheckGate({ items, batched: this.batched, continues: this.continues });
		this.ended = new Promise((resolve) => (this.resolveEnded = resolve));
	}

	/** Whether the user has stopped the execution, so that the results of this run are not used any more. */
	get isCancelled(): boolean {
		return this.context.getExecutionCancelSignal()?.aborted === true;
	}

	/** How many parts of the run wait for a slot. */
	get backlog(): number {
		return this.slots.queued;
	}

	/** Whether a part has failed whose error the engine will throw. */
	get hasFailed(): boolean {
		return this.failed;
	}

	/** Whether nothing further is sent. */
	get isAborted(): boolean {
		return this.failed || this.abortReason !== undefined || this.isCancelled;
	}

	/** Why nothing further is sent, not even where the node continues on fail. */
	get abortReason(): Explanation | undefined {
		const since = this.unavailableSince;
		return since !== undefined && Date.now() - since > waits.unreachable ? UNREACHABLE : undefined;
	}

	/** An item has failed. Unless the node continues on fail, the engine will drop what comes from here on. */
	abortUnlessContinuing(): void {
		if (!this.continues) this.failed = true;
	}

	/** No item of the account can succeed any more. The account of a run may differ from item to item. */
	abortAccount(account: string, reason: Explanation): void {
		if (!this.abortedAccounts.has(account)) this.abortedAccounts.set(account, reason);
	}

	/** Why nothing further is sent for an account. */
	abortReasonFor(account: string): Explanation | undefined {
		return this.abortedAccounts.get(account) ?? this.abortReason;
	}

	/** Candid has carried a request out, or has refused it for good. */
	recordAnswered(): void {
		this.unavailableSince = undefined;
	}

	/** Candid has not carried a request out, but may do it later. If that goes on for long, the run ends. */
	recordUnavailable(): void {
		this.unavailableSince ??= Date.now();
	}

	/** Waits, but not much longer once that is not needed any more or the execution is stopped. */
	async wait(ms: number, isNoLongerNeeded = () => false): Promise<void> {
		const until = Date.now() + ms;
		while (!this.isCancelled && !isNoLongerNeeded() && Date.now() < until) {
			await sleep(Math.max(0, Math.min(POLL_INTERVAL_MS, until - Date.now())));
		}
	}

	/** Runs `task` as soon as so many slots are free, first come, first served. */
	async inSlots<T>(wanted: number, task: () => Promise<T>): Promise<T> {
		return await this.slots.in(wanted, async () => {
			this.active++;
			return await task().finally(() => this.active--);
		});
	}

	/**
	 * Waits for what other parts of the run may find out meanwhile. To be called from within a slot.
	 *
	 * @returns whether there were any
	 */
	async waitForOthers(ms: number): Promise<boolean> {
		if (this.active <= this.waitingForOthers + 1) return false;
		this.waitingForOthers++;
		await this.wait(ms);
		this.waitingForOthers--;
		return true;
	}

	/** An item has ended, in whatever way. */
	itemEnded(): void {
		if (++this.endedItems >= this.items) this.resolveEnded();
	}
}

const UNREACHABLE: Explanation = {
	reason: 'nothing has succeeded at Candid for five minutes, so nothing more was sent',
	advice: 'Run the workflow again when Candid can be reached.',
	outcome: 'refused',
	tryAgain: true,
};
