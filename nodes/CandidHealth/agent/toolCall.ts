import type { IExecuteSingleFunctions, INode } from 'n8n-workflow';

import { latestUsed } from '../run/boundedMap';

/** Whether an AI agent calls the node: n8n gives that variant of a node this name (2.41.1). */
export const isTool = (context: Pick<IExecuteSingleFunctions, 'getNode'>): boolean =>
	isToolNode(context.getNode());

/** Whether the model is given the reason as the answer to a call that did not succeed. */
export function answersFailures(context: IExecuteSingleFunctions): boolean {
	const node = context.getNode();
	return isToolNode(node) && node.onError !== 'stopWorkflow';
}

/**
 * The object by which outcomes are remembered (`run/outcomes.ts`): the same for all items of a run and all
 * tries of n8n's Retry On Fail, which come with the same execute data, and the same for all tool calls of
 * an execution. A tool call comes with the agent's execute data (Agent node 2.2) or with its own (Agent
 * node 3.1, n8n 2.41.1), so that another object has to stand for them.
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
