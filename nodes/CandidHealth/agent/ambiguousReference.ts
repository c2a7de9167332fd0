import type { IExecuteSingleFunctions } from 'n8n-workflow';

import { printable } from '../errors/messageText';
import type { Invalid } from '../request/values';
import { isRecord } from '../types/isRecord';
import { itemReferences } from './itemReferences';
import type { Reference } from './itemReferences';
import { isTool } from './toolCall';

/**
 * Finds out whether a tool call must be refused: if one of the tool's expressions uses an item's data, and
 * that item may not be the one that the call is about.
 *
 * n8n does not say which item a call is about. `$('Node').item` is the first item in all calls, and in a
 * loop nothing after the first round (Agent node 3.1); `$json` is the first item in all calls (Agent node
 * 2.2, n8n 2.41.1, measured by `test/n8n/agent`). Only two kinds of data are reliable: data of which there is
 * only one item, and data that the model chooses.
 *
 * @returns why the call is refused; undefined if it is not
 */
export function ambiguousReference(context: IExecuteSingleFunctions): Invalid | undefined {
	if (!isTool(context)) return undefined;
	for (const reference of expressionsIn(context.getNode().parameters).flatMap(itemReferences)) {
		const invalid = checkReference(context, reference);
		if (invalid) return invalid;
	}
	return undefined;
}

/** All expressions in the parameters, at any depth, except the tool's description, which the agent evaluates. */
function expressionsIn(parameters: unknown): string[] {
	if (typeof parameters === 'string') return parameters.startsWith('=') ? [parameters] : [];
	if (!isRecord(parameters)) return [];
	return Object.entries(parameters).flatMap(([name, value]) =>
		name === 'toolDescription' ? [] : expressionsIn(value),
	);
}

/** @returns why the reference is not reliable; undefined if it is */
function checkReference(
	context: IExecuteSingleFunctions,
	reference: Reference,
): Invalid | undefined {
	const { text, node, accessor } = reference;
	if (accessor === 'chosen') return undefined;
	if (accessor === 'current') return isItemKnown(context) ? undefined : maybeOtherItem(text);
	if (node === undefined) return maybeOtherItem(text);
	const items = countItems(context, { ...reference, node });
	if (items <= 1) return undefined;
	return accessor === 'paired' || items === Infinity
		? maybeOtherItem(text, node)
		: alwaysSameItem(text, node, items);
}

const maybeOtherItem = (text: string, node = 'Node'): Invalid => ({
	reason: `in a tool of an AI agent, ${printable(text)} is not always the item that the call is about`,
	advice: adviceFor(node),
});

const alwaysSameItem = (text: string, node: string, items: number): Invalid => ({
	reason: `with ${printable(text)}, every call of this tool uses the same one of the ${items} items of '${printable(node)}'`,
	advice: adviceFor(node),
});

const adviceFor = (node: string) =>
	`Let the model choose the item, as in {{ $('${printable(node)}').all().find(item => item.json.visit === $fromAI('visit')) }}, or use a node that has only one item. Or let the agent only output the ID, and upload the file with a Candid Health node after the agent.`;

/**
 * Whether `$json` is the item that the call is about. With Agent node 3 it is; with earlier versions it is
 * the agent's first item (2.41.1), so the agent must have only one item.
 */
function isItemKnown(context: IExecuteSingleFunctions): boolean {
	const { node, data } = context.getExecuteData();
	return node.name === context.getNode().name || data.main?.[0]?.length === 1;
}

/** The part of n8n's expression data that is used here. It throws for data that does not exist. */
interface WorkflowData {
	$(node: string): { all(output?: number, run?: number): unknown[] };
	$node: Record<string, { runIndex: number }>;
}

/** How many items a reference may refer to; Infinity if that is not known. */
function countItems(
	context: IExecuteSingleFunctions,
	{ node, accessor, output, run }: Reference & { node: string },
): number {
	const data = context.getWorkflowDataProxy(context.getItemIndex()) as unknown as WorkflowData;
	const itemsOf = (eachOutput?: number, eachRun?: number) =>
		data.$(node).all(eachOutput, eachRun).length;
	const loop = nodesInLoopWithAgent(context);
	try {
		if (accessor === 'paired' && loop.length > 0) return Infinity;
		// The latest output of a node in the loop belongs to the round that the agent is in.
		if (loop.includes(node) || run !== undefined) return itemsOf(output, run);
		let items = 0;
		for (let each = 0; each <= data.$node[node]!.runIndex; each++) {
			items += itemsOf(output ?? 0, each);
			if (accessor === 'paired') items += countOtherOutputs(itemsOf, each);
		}
		return items;
	} catch {
		return Infinity;
	}
}

function countOtherOutputs(itemsOf: (output: number, run: number) => number, run: number): number {
	let items = 0;
	try {
		for (let output = 1; ; output++) items += itemsOf(output, run);
	} catch {
		// There are no more outputs.
		return items;
	}
}

/** Names of the nodes that come both before and after the agent. */
function nodesInLoopWithAgent(context: IExecuteSingleFunctions): string[] {
	const { node: caller, source } = context.getExecuteData();
	const agent =
		caller.name === context.getNode().name ? source?.main?.[0]?.previousNode : caller.name;
	if (agent === undefined) return [];
	const after = new Set(context.getChildNodes(agent).map(({ name }) => name));
	return context.getParentNodes(agent).flatMap(({ name }) => (after.has(name) ? [name] : []));
}
