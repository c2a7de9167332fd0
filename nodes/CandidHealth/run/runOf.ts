import type { IExecuteData, IExecuteSingleFunctions } from 'n8n-workflow';

import { isTool } from '../agent/toolCall';
import { Run } from './run';

/**
 * The run that an item belongs to.
 *
 * n8n runs a declarative node's functions once for each item, each with a context of its own, and tells
 * them nothing about each other. All items of a run have one object in common: their execute data.
 */
export function runOf(context: IExecuteSingleFunctions, slots: number): Run {
	const key = context.getExecuteData();
	const known = runs.get(key);
	// n8n's Retry On Fail, and an agent's next call, come with the same data and begin with item 0.
	if (known && context.getItemIndex() > 0) return known;
	const run = new Run(context, slots, expectedItems(context));
	runs.set(key, run);
	return run;
}

/** Weak, so that a run is freed with its execution. */
const runs = new WeakMap<IExecuteData, Run>();

function expectedItems(context: IExecuteSingleFunctions): number {
	// A tool is called for one item at a time; with Agent node 2.2 it has the agent's execute data (2.41.1).
	if (isTool(context) || context.getNode().executeOnce) return 1;
	return context.getExecuteData().data.main?.[0]?.length ?? 1;
}
