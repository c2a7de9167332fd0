import { sleep } from 'n8n-workflow';
import type { IExecuteSingleFunctions } from 'n8n-workflow';

import { modelSeesFailures, scopeOf } from '../agent/toolCall';
import type { Explanation } from '../errors/explain';
import { CheckGate } from './checkGate';
import { Journal } from './journal';
import { outcomesOf } from './outcomes';
import type { Outcomes } from './outcomes';
import { Slots } from './slots';
import { POLL_INTERVAL_MS, waits } from './waits';

/**
 * What all items of one execution of the node share: the slots that limit its requests, the checks
 * before the first request, and the abort after the first one that fails.
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

	/** Makes all items wait until every one of them is checked. */
	readonly gate: CheckGate;

	readonly journal = new Journal();

	/** What was done and what may have been done, also by earlier tries and other tool calls. */
	readonly outcomes: Outcomes;

	/** Whether the user's batching starts the items one batch after another. */
	readonly batched: boolean;

	/** Whether other items go on after one fails: by n8n's On Error setting, or because a model is told why. */
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
		this.continues = context.continueOnFail() || modelSeesFailures(context);
		this.gate = new CheckGate({ items, batched: this.batched, continues: this.continues });
		this.ended = new Promise((resolve) => (this.resolveEnded = resolve));
	}

	/** Whether the user has stopped the execution, so that the results of this run are no longer used. */
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

	/** Why nothing further is sent, even if the node continues on fail. */
	get abortReason(): Explanation | undefined {
		const since = this.unavailableSince;
		return since !== undefined && Date.now() - since > waits.unreachable ? UNREACHABLE : undefined;
	}

	/** To be called when an item has failed. Unless the node continues on fail, the engine drops later results. */
	abortUnlessContinuing(): void {
		if (!this.continues) this.failed = true;
	}

	/** Sends nothing further for an account, because no item of it can succeed. A run may have several accounts. */
	abortAccount(account: string, reason: Explanation): void {
		if (!this.abortedAccounts.has(account)) this.abortedAccounts.set(account, reason);
	}

	/** Why nothing further is sent for an account. */
	abortReasonFor(account: string): Explanation | undefined {
		return this.abortedAccounts.get(account) ?? this.abortReason;
	}

	/** To be called when Candid has carried out a request, or has refused it for good. */
	recordAnswered(): void {
		this.unavailableSince = undefined;
	}

	/** To be called when Candid has not carried out a request, but may later. After five minutes the run aborts. */
	recordUnavailable(): void {
		this.unavailableSince ??= Date.now();
	}

	/** Waits, but ends early when the wait is no longer needed or the execution is stopped. */
	async wait(ms: number, isNoLongerNeeded = () => false): Promise<void> {
		const until = Date.now() + ms;
		while (!this.isCancelled && !isNoLongerNeeded() && Date.now() < until) {
			await sleep(Math.max(0, Math.min(POLL_INTERVAL_MS, until - Date.now())));
		}
	}

	/** Runs `task` as soon as that many slots are free, first come, first served. */
	async inSlots<T>(wanted: number, task: () => Promise<T>): Promise<T> {
		return await this.slots.in(wanted, async () => {
			this.active++;
			return await task().finally(() => this.active--);
		});
	}

	/**
	 * Waits while other parts of the run may find something out. To be called from within a slot.
	 *
	 * @returns whether there were other parts; without them it does not wait
	 */
	async waitForOthers(ms: number): Promise<boolean> {
		if (this.active <= this.waitingForOthers + 1) return false;
		this.waitingForOthers++;
		await this.wait(ms);
		this.waitingForOthers--;
		return true;
	}

	/** To be called when an item has ended, whatever its result. */
	itemEnded(): void {
		if (++this.endedItems >= this.items) this.resolveEnded();
	}
}

const UNREACHABLE: Explanation = {
	reason: 'no request to Candid has succeeded for five minutes, so nothing more was sent',
	advice: 'Run the workflow again when Candid can be reached.',
	outcome: 'refused',
	tryAgain: true,
};
