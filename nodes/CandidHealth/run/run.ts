import { sleep } from 'n8n-workflow';
import type { IExecuteData, IExecuteSingleFunctions } from 'n8n-workflow';

import { answersFailures, isTool, scopeOf } from '../agent/toolCall';
import type { Explanation } from '../errors/candidApiError';
import { Journal } from './journal';
import { outcomesOf } from './outcomes';
import type { Outcomes } from './outcomes';
import { Slots } from './slots';
import { waits } from './waits';

/**
 * After all checks: send; refused, for at least one item cannot be sent; or abandoned, for the engine
 * gave up in the middle of starting the items (an expression that throws, say) and hears no more of
 * this run, not even an error.
 */
export type CheckResult = 'send' | 'refused' | 'abandoned';

/** How often a waiting item looks whether it still has to, in milliseconds. */
const GLANCE_MS = 200;

/**
 * What all items of one execution of the node share: the slots that bound its requests, the check
 * that comes before the first of them, and the stop after the first that did not succeed.
 *
 * The engine starts every item in one turn of the event loop, each with a context of its own; the
 * object it hands to all of them as their execute data is what tells one run from another.
 */
export class Run {
	private readonly slots: Slots;

	/** tasks in slots, and how many of them wait for what the others bring */
	private active = 0;

	private waitingForOthers = 0;

	private checks: Array<Promise<boolean>> = [];

	private checkResult?: Promise<CheckResult>;

	private failed = false;

	/** by account, why none of its items can succeed any more */
	private readonly abortedAccounts = new Map<string, Explanation>();

	private failingSince?: number;

	private readonly items: number;

	private endedItems = 0;

	private resolveEnded = () => {};

	/** Resolves when every item of the run has come to its end. */
	readonly ended: Promise<void>;

	readonly journal = new Journal();

	/** What is done and what may be, also by earlier tries and other tool calls. */
	readonly outcomes: Outcomes;

	/** Whether the user's batching starts the items one batch after another. */
	readonly batched: boolean;

	/** Whether a failed item leaves the others alone: by n8n's On Error setting, and where an agent is answered. */
	readonly continues: boolean;

	/** @param slots how many requests may be in flight, at least 1 */
	constructor(
		private readonly context: IExecuteSingleFunctions,
		slots: number,
	) {
		this.slots = new Slots(slots);
		this.outcomes = outcomesOf(scopeOf(context));
		const batching = context.getNodeParameter('requestOptions.batching.batch.batchInterval', 0);
		this.batched = Number(batching) > 0;
		this.continues = context.continueOnFail() || answersFailures(context);
		this.items = expectedItems(context);
		this.ended = new Promise((resolve) => (this.resolveEnded = resolve));
	}

	/** The user stopped the execution: nobody hears of what comes from here on. */
	get isCancelled(): boolean {
		return this.context.getExecutionCancelSignal()?.aborted === true;
	}

	/** How many parts of the run wait for a slot. */
	get backlog(): number {
		return this.slots.queued;
	}

	/** A part has failed, and its error is what the engine will throw. */
	get hasFailed(): boolean {
		return this.failed;
	}

	/** Nothing further is sent. */
	get isAborted(): boolean {
		return this.failed || this.abortReason !== undefined || this.isCancelled;
	}

	/** Why nothing further is sent, not even where the node continues on fail. */
	get abortReason(): Explanation | undefined {
		const outOfReach =
			this.failingSince !== undefined && Date.now() - this.failingSince > waits.unreachable;
		return outOfReach ? UNREACHABLE : undefined;
	}

	/** Unless the node continues on fail, the engine will throw away what comes from here on. */
	recordItemFailure(): void {
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

	/** Candid has done what it was asked for, or has refused it for good. */
	recordSuccess(): void {
		this.failingSince = undefined;
	}

	/** Candid has done nothing: when that goes on for long, the run ends. */
	recordFailure(): void {
		this.failingSince ??= Date.now();
	}

	/** Waits; not for long once `enough`, or when the execution is stopped. */
	async wait(ms: number, isNoLongerNeeded = () => false): Promise<void> {
		const until = Date.now() + ms;
		while (!this.isCancelled && !isNoLongerNeeded() && Date.now() < until) await poll(until);
	}

	/** Runs `task` as soon as so many slots are free, first come, first served. */
	async inSlots<T>(wanted: number, task: () => Promise<T>): Promise<T> {
		return await this.slots.in(wanted, async () => {
			this.active++;
			return await task().finally(() => this.active--);
		});
	}

	/**
	 * Waits for what other parts of the run bring meanwhile. To be called from within a slot.
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

	/**
	 * Hands in whether an item was found good, and waits until all that started with it are checked.
	 * Where the node continues on fail, a bad item concerns no other.
	 */
	async afterAllChecks(good: Promise<boolean>): Promise<CheckResult> {
		this.checks.push(good.catch(() => false));
		this.checkResult ??= this.resultOfChecks();
		return await this.checkResult;
	}

	private async resultOfChecks(): Promise<CheckResult> {
		// One turn later every item has handed in its check.
		await sleep(0);
		const results = await Promise.all(this.checks);
		this.checks = [];
		this.checkResult = undefined;
		if (this.continues) return 'send';
		if (!this.batched && results.length < this.items) return 'abandoned';
		return results.every((good) => good) ? 'send' : 'refused';
	}

	/** An item has come to its end. */
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

const poll = async (until: number) =>
	await sleep(Math.max(0, Math.min(GLANCE_MS, until - Date.now())));

function expectedItems(context: IExecuteSingleFunctions): number {
	// A tool is called for one item at a time; with Agent node 2.2 the execute data are the agent's (2.41.1).
	if (isTool(context) || context.getNode().executeOnce) return 1;
	return context.getExecuteData().data.main?.[0]?.length ?? 1;
}

const runs = new WeakMap<IExecuteData, Run>();

/** The run that an item belongs to. */
export function runOf(context: IExecuteSingleFunctions, slots: number): Run {
	const key = context.getExecuteData();
	const known = runs.get(key);
	// n8n's Retry On Fail, and an agent's next call, come with the same data and begin with item 0.
	if (known && context.getItemIndex() > 0) return known;
	const run = new Run(context, slots);
	runs.set(key, run);
	return run;
}
