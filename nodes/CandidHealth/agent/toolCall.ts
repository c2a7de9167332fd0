import type { IExecuteSingleFunctions, INode } from 'n8n-workflow';

import { isRecord } from '../errors/candidFailure';
import { printable } from '../errors/messageText';
import type { Unusable } from '../request/checkedRequest';
import { dropOldest } from '../run/dropOldest';
import { itemReferences } from './itemReferences';
import type { Reference } from './itemReferences';

/** Whether an AI agent calls the node: so n8n names the variant of a node that agents can use (2.41.1). */
export const isTool = (context: Pick<IExecuteSingleFunctions, 'getNode'>): boolean =>
	isToolNode(context.getNode());

const isToolNode = ({ type }: INode) => type.endsWith('Tool');

/** Whether a call that did not succeed is answered with the reason, for the model to hear it. */
export function answersFailures(context: IExecuteSingleFunctions): boolean {
	const node = context.getNode();
	return isToolNode(node) && node.onError !== 'stopWorkflow';
}

/** By execution ID, what stands for all tool calls of the execution. */
const executions = new Map<string, object>();

const MAX_EXECUTIONS = 200;

/**
 * What stands for all items whose outcomes are remembered together: those of one run with all tries of
 * n8n's Retry On Fail, which come with the same execute data, or all tool calls of an execution. A tool
 * call comes with the agent's execute data (Agent node 2.2) or with its own (Agent node 3.1, n8n 2.41.1).
 */
export function scopeOf(context: IExecuteSingleFunctions): object {
	const executionId = context.getExecutionId() as string | undefined;
	if (!isTool(context) || !executionId) return context.getExecuteData();
	const scope = executions.get(executionId) ?? {};
	executions.delete(executionId);
	executions.set(executionId, scope);
	dropOldest(executions, MAX_EXECUTIONS);
	return scope;
}

/**
 * Why a tool call is not carried out: an expression of the tool takes data of an item, and it cannot be
 * told whether that is the item that the call is about.
 *
 * n8n does not say which item a call is about. `$('Node').item` is the first item in all calls, and in a
 * loop nothing after the first round (Agent node 3.1); `$json` is the first item in all calls (Agent node
 * 2.2, n8n 2.41.1, measured by `test/n8n/agent`). What can be relied on is data that there is only once, and
 * data that the model chooses.
 */
export function unclearReference(context: IExecuteSingleFunctions): Unusable | undefined {
	const node = context.getNode();
	if (!isToolNode(node)) return undefined;
	for (const reference of expressionsIn(node.parameters).flatMap(itemReferences)) {
		const unclear = whyUnclear(context, reference);
		if (unclear) return unclear;
	}
	return undefined;
}

/** All values that are expressions, in whatever they stand. What describes the tool is evaluated by the agent. */
function expressionsIn(parameters: unknown): string[] {
	if (typeof parameters === 'string') return parameters.startsWith('=') ? [parameters] : [];
	if (!isRecord(parameters)) return [];
	return Object.entries(parameters).flatMap(([name, value]) =>
		name === 'toolDescription' ? [] : expressionsIn(value),
	);
}

function whyUnclear(context: IExecuteSingleFunctions, reference: Reference): Unusable | undefined {
	const { text, node, accessor } = reference;
	if (accessor === 'chosen') return undefined;
	if (accessor === 'current') return isItemKnown(context) ? undefined : otherItem(text);
	if (node === undefined) return otherItem(text);
	const items = itemsToTakeFrom(context, { ...reference, node });
	if (items <= 1) return undefined;
	return accessor === 'paired' || items === Infinity
		? otherItem(text, node)
		: sameItem(text, node, items);
}

const otherItem = (text: string, node = 'Node'): Unusable => ({
	reason: `in a tool of an AI agent, ${printable(text)} is not always the item that the call is about`,
	advice: instead(node),
});

const sameItem = (text: string, node: string, items: number): Unusable => ({
	reason: `with ${printable(text)}, every call of this tool takes the same one of the ${items} items of '${printable(node)}'`,
	advice: instead(node),
});

const instead = (node: string) =>
	`Let the model name the item, as in {{ $('${printable(node)}').all().find(item => item.json.visit === $fromAI('visit')) }}, or use a node that has only one item. Or let the agent only output the ID, and upload the file with a Candid Health node after the agent.`;

/** Agent node 3 gives a call the JSON of its item; before that it is the agent's first item (2.41.1). */
function isItemKnown(context: IExecuteSingleFunctions): boolean {
	const { node, data } = context.getExecuteData();
	return node.name === context.getNode().name || data.main?.[0]?.length === 1;
}

/** What expressions see of the workflow's data; reading what is not there throws. */
interface WorkflowData {
	$(node: string): { all(output?: number, run?: number): unknown[] };
	$node: Record<string, { runIndex: number }>;
}

/** How many items there are that a reference may stand for; infinitely many where that cannot be told. */
function itemsToTakeFrom(
	context: IExecuteSingleFunctions,
	{ node, accessor, output, run }: Reference & { node: string },
): number {
	const data = context.getWorkflowDataProxy(context.getItemIndex()) as unknown as WorkflowData;
	const itemsOf = (eachOutput?: number, eachRun?: number) =>
		data.$(node).all(eachOutput, eachRun).length;
	const loop = nodesInLoopWithAgent(context);
	try {
		if (accessor === 'paired' && loop.length > 0) return Infinity;
		// What a node has put out last belongs to the round that the agent is in.
		if (loop.includes(node) || run !== undefined) return itemsOf(output, run);
		let items = 0;
		for (let each = 0; each <= data.$node[node]!.runIndex; each++) {
			items += itemsOf(output ?? 0, each);
			if (accessor === 'paired') items += itemsOfOtherOutputs(itemsOf, each);
		}
		return items;
	} catch {
		return Infinity;
	}
}

function itemsOfOtherOutputs(
	itemsOf: (output: number, run: number) => number,
	run: number,
): number {
	let items = 0;
	try {
		for (let output = 1; ; output++) items += itemsOf(output, run);
	} catch {
		// There are no more outputs.
		return items;
	}
}

function nodesInLoopWithAgent(context: IExecuteSingleFunctions): string[] {
	const { node: caller, source } = context.getExecuteData();
	const agent =
		caller.name === context.getNode().name ? source?.main?.[0]?.previousNode : caller.name;
	if (agent === undefined) return [];
	const after = new Set(context.getChildNodes(agent).map(({ name }) => name));
	return context.getParentNodes(agent).flatMap(({ name }) => (after.has(name) ? [name] : []));
}
