import type { IExecuteData, INodeExecutionData } from 'n8n-workflow';

/** What a run has changed in Candid, by the key of each part. */
interface Parts {
	/** the output items of what is done */
	done: Map<string, INodeExecutionData[]>;
	/** the errors of what may be done */
	uncertain: Map<string, Error>;
}

const parts = new WeakMap<IExecuteData, Parts>();

/** It outlives n8n's Retry On Fail, which runs the node again with the same execute data (2.41.1). */
export function partsOf(executeData: IExecuteData): Parts {
	const known = parts.get(executeData) ?? { done: new Map(), uncertain: new Map() };
	parts.set(executeData, known);
	return known;
}
