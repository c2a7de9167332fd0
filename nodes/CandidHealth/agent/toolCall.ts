import type { IExecuteSingleFunctions, INode } from 'n8n-workflow';

import { latestUsed } from '../run/boundedMap';

/** Whether an AI agent calls the node: n8n adds 'Tool' to the type of that variant of a node (2.41.1). */
export const isTool = (context: Pick<IExecuteSingleFunctions, 'getNode'>): boolean =>
	isToolNode(context.getNode());

/** Whether the answer to a failed call tells the model the reason. */
export function modelSeesFailures(context: IExecuteSingleFunctions): boolean {
	const node = context.getNode();
	return isToolNode(node) && node.onError !== 'stopWorkflow';
}

/**
 * The key under which outcomes are remembered (`run/outcomes.ts`). All items of a run and all tries of n8n's
 * Retry On Fail have the same execute data, which is the key. Tool calls may have the agent's execute data
 * (Agent node 2.2) or each its own (Agent node 3.1, n8n 2.41.1), so all tool calls of an execution share
 * another object.
 */
export function scopeOf(context: IExecuteSingleFunctions): object {
	const executionId = context.getExecutionId() as string | undefined;
	if (!isTool(context) || !executionId) return context.getExecuteData();
	return latestUsed(scopes, executionId, () => ({}), MAX_EXECUTIONS);
}

/** The scope of an execution's tool calls, by execution ID. */
const scopes = new Map<string, object>();

const MAX_EXECUTIONS = 200;

const isToolNode = ({ type }: INode) => type.endsWith('Tool');
