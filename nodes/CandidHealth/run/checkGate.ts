import { sleep } from 'n8n-workflow';

/**
 * What comes after the checks. 'send'; 'refused': at least one item cannot be sent; 'incomplete': the engine
 * has failed before it started all items (in an expression, say) and ignores the rest of this run, even its
 * errors.
 */
export type CheckResult = 'send' | 'refused' | 'incomplete';

interface Conditions {
	/** how many items the run has */
	items: number;
	/** whether the user's batching starts the items one batch after another */
	batched: boolean;
	/** whether an item that cannot be sent leaves the others alone */
	continues: boolean;
}

/** Lets no item of a run send anything before all are checked. */
export class CheckGate {
	private checks: Array<Promise<boolean>> = [];

	private result?: Promise<CheckResult>;

	constructor(private readonly conditions: Conditions) {}

	/**
	 * Waits until all items that started together with this one are checked.
	 *
	 * @param isValid whether this item can be sent
	 */
	async pass(isValid: Promise<boolean>): Promise<CheckResult> {
		this.checks.push(isValid.catch(() => false));
		this.result ??= this.afterChecks();
		return await this.result;
	}

	private async afterChecks(): Promise<CheckResult> {
		// The engine starts all items, or all of a batch, in one turn of the event loop (2.41.1).
		await sleep(0);
		const results = await Promise.all(this.checks);
		this.checks = [];
		this.result = undefined;
		const { items, batched, continues } = this.conditions;
		if (continues) return 'send';
		if (!batched && results.length < items) return 'incomplete';
		return results.every((isValid) => isValid) ? 'send' : 'refused';
	}
}
