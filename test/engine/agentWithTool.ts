import { SupplyDataContext } from 'n8n-core';
import { Workflow, createRunExecutionData } from 'n8n-workflow';
import type {
	IDataObject,
	IExecuteData,
	IExecuteFunctions,
	INode,
	INodeParameters,
	INodeType,
} from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import { additionalData, candidNode, nodeTypesFor } from './harness';
import type { StoredCredential } from './storedCredential';

interface AgentSettings {
	/** how many items the agent works on; default 1 */
	items?: number;
	/** of the tool; default 'Candid Health' */
	name?: string;
	/** default: a new one */
	executionId?: string;
}

/**
 * An agent and its tool. The tool gets what n8n gives to a tool of an Agent node of version 2 (2.41.1).
 *
 * @returns calls the tool with what the model has filled in
 */
export function agentWithTool(
	credential: StoredCredential,
	parameters: INodeParameters,
	{ items = 1, name = 'Candid Health', executionId }: AgentSettings = {},
) {
	const agent: INode = {
		id: 'agent',
		name: 'Agent',
		type: 'test.items',
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
	};
	const tool = candidNode(parameters, { name, type: 'n8n-nodes-candid-health.candidHealthTool' });
	const candid: INodeType = new CandidHealth();
	const workflow = new Workflow({
		id: 'workflow',
		nodes: [agent, tool],
		connections: {},
		active: false,
		nodeTypes: nodeTypesFor(candid, []),
	});
	const agentItems = Array.from({ length: items }, (_, index) => ({ json: { index } }));
	const executeData: IExecuteData = { node: agent, data: { main: [agentItems] }, source: null };
	let runIndex = 0;
	return async (json: IDataObject) => {
		const item = { json };
		const context = new SupplyDataContext(
			workflow,
			tool,
			additionalData(credential, executionId),
			'manual',
			createRunExecutionData({}),
			runIndex++,
			[item],
			{ ai_tool: [[item]] },
			'ai_tool',
			executeData,
			[],
			undefined,
			agent,
		);
		const output = await candid.execute!.call(context as unknown as IExecuteFunctions);
		return (output as Array<Array<{ json: object }>>)[0]!.map((entry) => entry.json);
	};
}
