import type { CredentialToImport, WorkflowToImport } from '../realN8n';

export const AGENT_VERSIONS = [2.2, 3.1] as const;

/**
 * The agent's input:
 * - 'one item': the file of one visit
 * - 'three items': the files of all three visits, as three items
 * - 'a loop': the same files, one by one in a loop
 * - 'three calls': one item, for which the model calls the tool for each visit
 * - 'after a loop': three items that have passed through a loop before
 */
export type Input = 'one item' | 'three items' | 'a loop' | 'three calls' | 'after a loop';

export interface AgentCase {
	id: string;
	agentVersion: number;
	input: Input;
	/** parameters of the Candid Health tool */
	tool: Record<string, unknown>;
	/** n8n's own settings of the tool */
	settings?: Record<string, unknown>;
}

export interface AgentSetup {
	/** the folder with one file for each visit, and a subfolder 'letter' with one file for all */
	folder: string;
	candid: CredentialToImport;
	model: CredentialToImport;
}

/** Names of the nodes that the tests refer to. */
export const NODES = { trigger: 'Run by hand', agent: 'AI Agent', tool: 'Candid Health' } as const;

/**
 * A workflow with an agent that has Candid Health as its tool and works on files from a folder. The node
 * 'Letter' reads one file, and 'Files' reads the visits' files.
 */
export function agentWorkflow(
	{ id, agentVersion, input, tool, settings }: AgentCase,
	{ folder, candid, model }: AgentSetup,
): WorkflowToImport {
	const only = input === 'one item' ? 'VISIT-1' : '*';
	const agent = node(NODES.agent, '@n8n/n8n-nodes-langchain.agent', agentVersion, {
		promptType: 'define',
		text: '={{ $json.fileName }}',
	});
	const loop = node('Loop', 'n8n-nodes-base.splitInBatches', 3, {});
	const start = [
		node(NODES.trigger, 'n8n-nodes-base.manualTrigger', 1, {}),
		node('Letter', 'n8n-nodes-base.readWriteFile', 1.1, { fileSelector: `${folder}/letter/*` }),
		node('Files', 'n8n-nodes-base.readWriteFile', 1.1, { fileSelector: `${folder}/${only}.pdf` }),
	];
	const paths: Record<Input, Node[]> = {
		'one item': [...start, agent],
		'three items': [...start, agent],
		'three calls': [...start, node('Limit', 'n8n-nodes-base.limit', 1, {}), agent],
		'a loop': [...start, loop, agent, loop],
		'after a loop': [...start, loop, node('Step', 'n8n-nodes-base.noOp', 1, {}), loop],
	};
	const path = paths[input];
	const main: Record<string, { main: object[][] }> = {};
	path.slice(0, -1).forEach(({ name }, index) => {
		const next = to(path[index + 1]!.name, 'main');
		main[name] = {
			main:
				name === loop.name
					? [input === 'a loop' ? [] : [to(agent.name, 'main')], [next]]
					: [[next]],
		};
	});
	return {
		id,
		name: id,
		active: false,
		nodes: [
			...new Set([...path, agent]),
			{
				...node('Model', '@n8n/n8n-nodes-langchain.lmChatOpenAi', 1.2, {
					model: { __rl: true, mode: 'id', value: 'scripted' },
					options: { maxRetries: 0 },
				}),
				...using(model),
			},
			{
				...node(NODES.tool, 'n8n-nodes-candid-health.candidHealthTool', 1, tool),
				...using(candid),
				...settings,
			},
		].map((each, index) => ({ ...each, position: [220 * index, 0] })),
		connections: {
			...main,
			Model: { ai_languageModel: [[to(agent.name, 'ai_languageModel')]] },
			[NODES.tool]: { ai_tool: [[to(agent.name, 'ai_tool')]] },
		},
		settings: { executionOrder: 'v1' },
	};
}

type Node = ReturnType<typeof node>;

const node = (name: string, type: string, typeVersion: number, parameters: object) => ({
	id: name,
	name,
	type,
	typeVersion,
	parameters,
});

const to = (name: string, type: string) => ({ node: name, type, index: 0 });

const using = ({ type, id, name }: CredentialToImport) => ({
	credentials: { [type]: { id, name } },
});
