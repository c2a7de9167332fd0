import type { IExecuteData, INodeExecutionData } from 'n8n-workflow';

const done = new WeakMap<IExecuteData, Map<string, INodeExecutionData[]>>();

/**
 * What a run has done of what changes something in Candid: the output items of each part, by its key. It
 * outlives n8n's Retry On Fail, which runs the node again with the same execute data (2.41.1).
 */
export function donePartsOf(executeData: IExecuteData): Map<string, INodeExecutionData[]> {
	const parts = done.get(executeData) ?? new Map<string, INodeExecutionData[]>();
	done.set(executeData, parts);
	return parts;
}
