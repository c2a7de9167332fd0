import { sleep } from 'n8n-workflow';
import type { IExecuteData, IExecuteSingleFunctions } from 'n8n-workflow';

/**
 * After all checks: send; refused, for at least one item cannot be sent; or abandoned, for the engine
 * gave up in the middle of starting the items (an expression that throws, say) and hears no more of
 * this run, not even an error.
 */
export type Verdict = 'send' | 'refused' | 'abandoned';

/**
 * What all items of one execution of the node share: the slots that bound its requests, the check
 * that comes before the first of them, and the stop after the first that did not succeed.
 *
 * The engine starts every item in one turn of the event loop, each with a context of its own; the
 * object it hands to all of them as their execute data is what tells one run from another.
 */
export class Run {
	private freeSlots: number;

	private readonly waiting: Array<() => void> = [];

	private started = 0;

	private checks: Array<Promise<boolean>> = [];

	private judgement?: Promise<Verdict>;

	private failed = false;

	/** Whether the user's batching starts the items one batch after another. */
	readonly batched: boolean;

	/** Whether a failed item leaves the others alone (n8n's On Error setting). */
	readonly continues: boolean;

	/** @param slots how many requests may be in flight, at least 1 */
	constructor(
		private readonly context: IExecuteSingleFunctions,
		slots: number,
	) {
		this.freeSlots = slots;
		const batching = context.getNodeParameter('requestOptions.batching.batch.batchInterval', 0);
		this.batched = Number(batching) > 0;
		this.continues = context.continueOnFail();
	}

	/** Nothing further is sent: something was refused, or the user stopped the execution. */
	get stopped(): boolean {
		return this.failed || this.context.getExecutionCancelSignal()?.aborted === true;
	}

	/** Unless the node continues on fail, the engine will throw away what comes from here on. */
	stop(): void {
		if (!this.continues) this.failed = true;
	}

	/** Runs `task` as soon as a slot is free, first come, first served. */
	async inSlot<T>(task: () => Promise<T>): Promise<T> {
		if (this.freeSlots > 0) this.freeSlots--;
		else await new Promise<void>((resolve) => this.waiting.push(resolve));
		try {
			return await task();
		} finally {
			const next = this.waiting.shift();
			if (next) next();
			else this.freeSlots++;
		}
	}

	/**
	 * Hands in whether an item was found good, and waits until all that started with it are checked.
	 * Where the node continues on fail, a bad item concerns no other.
	 */
	async verdict(good: Promise<boolean>): Promise<Verdict> {
		this.checks.push(good.catch(() => false));
		this.judgement ??= this.judge();
		return await this.judgement;
	}

	private async judge(): Promise<Verdict> {
		// One turn later every item has handed in its check.
		await sleep(0);
		const results = await Promise.all(this.checks);
		this.checks = [];
		this.judgement = undefined;
		if (this.continues) return 'send';
		if (!this.batched && results.length < this.expectedItems()) return 'abandoned';
		return results.every((good) => good) ? 'send' : 'refused';
	}

	private expectedItems(): number {
		if (this.context.getNode().executeOnce) return 1;
		return this.context.getExecuteData().data.main?.[0]?.length ?? 0;
	}

	enter(): void {
		this.started++;
	}

	/** @returns whether this was the last item under way */
	leave(): boolean {
		return --this.started === 0;
	}
}

const runs = new WeakMap<IExecuteData, Run>();

/** Runs `task` as part of the run that the item belongs to. The run ends with its last item. */
export async function withinRun<T>(
	context: IExecuteSingleFunctions,
	slots: number,
	task: (run: Run) => Promise<T>,
): Promise<T> {
	const key = context.getExecuteData();
	const run = runs.get(key) ?? new Run(context, slots);
	runs.set(key, run);
	run.enter();
	try {
		return await task(run);
	} finally {
		// n8n's Retry On Fail comes back with the same execute data and must find no old verdict.
		if (run.leave()) runs.delete(key);
	}
}
