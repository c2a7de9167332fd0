import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { CredentialToImport } from '../realN8n';

/** A call of a tool that the model asks for. */
export interface ToolCall {
	/** what the model gives for each `$fromAI` of the tool's parameters */
	args: Record<string, unknown>;
	/** default: the first that the agent offers */
	tool?: string;
}

/** A tool as the agent describes it to the model. */
export interface OfferedTool {
	name: string;
	description: string;
	parameters: { properties?: Record<string, { description?: string }> };
}

/** What the agent sent the model for one of its answers. */
export interface ModelRequest {
	tools: OfferedTool[];
	/** the user's message */
	prompt: string;
	/** what the tools have answered so far, as text and in order */
	heard: string[];
}

export interface ModelServer {
	/** for n8n's OpenAI model */
	credential: CredentialToImport;
	requests: ModelRequest[];
	/** The calls that the model asks for, one array for each of its turns; with none left it ends. */
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
 * A chat model behind OpenAI's API that follows a script: it asks for the tool calls that are written
 * for a prompt, and at last repeats what the tools have answered.
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
		const heard = messages.filter(({ role }) => role === 'tool').map(textOf);
		const offered = tools.map((tool) => tool.function);
		model.requests.push({ tools: offered, prompt, heard });
		const turns = messages.filter(({ tool_calls: asked }) => asked?.length).length;
		// Agent v3 repeats each call of a turn in a message of its own.
		const script = model.script(prompt);
		const turn = nextTurn(script, heard.length);
		if (!turn) return { role: 'assistant', content: JSON.stringify(heard) };
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

/** @param answered how many calls have been answered */
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
