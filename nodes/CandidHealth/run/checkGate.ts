import { sleep } from 'n8n-workflow';

/**
 * What comes after the checks. 'send'; 'refused': at least one item cannot be sent; 'incomplete': the engine
 * has failed before it started all items (for example in an expression) and ignores the rest of this run,
 * even its errors.
 */
export type CheckResult = 'send' | 'refused' | 'incomplete';

interface Conditions {
	/** how many items the run has */
	items: number;
	/** whether the user's batching starts the items one batch after another */
	batched: boolean;
	/** whether the other items are sent although one cannot be */
	continues: boolean;
}

/** Makes all items of a run wait until every one of them is checked. */
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
