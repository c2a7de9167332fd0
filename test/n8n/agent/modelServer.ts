import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { CredentialToImport } from '../realN8n';

/** A tool call that the model requests. */
export interface ToolCall {
	/** the model's value for each `$fromAI` in the tool's parameters */
	args: Record<string, unknown>;
	/** default: the first tool that the agent offers */
	tool?: string;
}

/** A tool as the agent describes it to the model. */
export interface OfferedTool {
	name: string;
	description: string;
	parameters: { properties?: Record<string, { description?: string }> };
}

/** One request of the agent to the model. */
export interface ModelRequest {
	tools: OfferedTool[];
	/** the user's message */
	prompt: string;
	/** the answers of the tools so far, as text and in order */
	toolAnswers: string[];
}

export interface ModelServer {
	/** for n8n's OpenAI model */
	credential: CredentialToImport;
	requests: ModelRequest[];
	/** The tool calls that the model requests, one array per turn. After the last turn it ends. */
	script: (prompt: string) => ToolCall[][];
	close(): Promise<void>;
}

interface Message {
	role: string;
	content: string | Array<{ text?: string }>;
	tool_calls?: unknown[];
}

interface Completion {
	messages: Message[];
	tools?: Array<{ function: OfferedTool }>;
}

/**
 * A chat model with OpenAI's API that follows a script: it requests the scripted tool calls for a prompt,
 * and finally repeats the answers of the tools.
 */
export async function startModelServer(): Promise<ModelServer> {
	let calls = 0;
	const server = createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			const body = JSON.parse(Buffer.concat(chunks).toString()) as Completion;
			response.setHeader('Content-Type', 'application/json');
			response.end(JSON.stringify(completion(answerTo(body))));
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	const model: ModelServer = {
		credential: {
			id: 'scriptedModel',
			name: 'Scripted model',
			type: 'openAiApi',
			data: { apiKey: 'none', url: `http://127.0.0.1:${port}/v1`, header: false },
		},
		requests: [],
		script: () => [],
		close: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};

	function answerTo({ messages, tools = [] }: Completion): object {
		const prompt = textOf(messages.filter(({ role }) => role === 'user').at(-1));
		const toolAnswers = messages.filter(({ role }) => role === 'tool').map(textOf);
		const offered = tools.map((tool) => tool.function);
		model.requests.push({ tools: offered, prompt, toolAnswers });
		const turns = messages.filter(({ tool_calls: asked }) => asked?.length).length;
		// Agent v3 puts each call of a turn into a separate message, so only the answers are counted.
		const script = model.script(prompt);
		const turn = nextTurn(script, toolAnswers.length);
		if (!turn) return { role: 'assistant', content: JSON.stringify(toolAnswers) };
		return {
			role: 'assistant',
			content: null,
			tool_calls: turn.map(({ args, tool }) => ({
				id: `call_${turns}_${calls++}`,
				type: 'function',
				function: { name: tool ?? offered[0]!.name, arguments: JSON.stringify(args) },
			})),
		};
	}

	return model;
}

/** @param answered how many tool calls have been answered */
function nextTurn(script: ToolCall[][], answered: number): ToolCall[] | undefined {
	let before = 0;
	for (const turn of script) {
		if (before === answered) return turn;
		before += turn.length;
	}
	return undefined;
}

function textOf(message?: Message): string {
	const { content = '' } = message ?? {};
	return typeof content === 'string'
		? content
		: content.map((part) => part.text ?? JSON.stringify(part)).join('');
}

const completion = (message: object) => ({
	id: 'chatcmpl-1',
	object: 'chat.completion',
	created: 0,
	model: 'scripted',
	choices: [{ index: 0, message, finish_reason: 'tool_calls' in message ? 'tool_calls' : 'stop' }],
	usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});
