import { setTimeout as sleep } from 'node:timers/promises';

import { CREDENTIAL_TYPE } from './localCredential';
import type { RunResult } from './realN8n';

const NODE_TYPE = 'n8n-nodes-candid-health.candidHealth';

/** The owner of a local n8n. The password need not be secret, because that n8n holds only samples. */
export const OWNER = {
	email: 'owner@example.com',
	firstName: 'Sample',
	lastName: 'Owner',
	password: 'Local-demo-1',
};

const POLL_MS = 100;

/**
 * How long `publish` retries while some triggers do not start. For example, Dovecot 2.3.19 stops
 * answering for up to three minutes after the system clock has been set back.
 */
const PUBLISH_MS = 5 * 60_000;
const PUBLISH_AGAIN_MS = 1000;

/** How a credential test ended, and what the editor shows about it. */
export interface CredentialTestResult {
	status: 'OK' | 'Error';
	message: string;
}

export interface ListSearch {
	methodName: string;
	/** as in a node's `credentials` */
	credential: { id: string; name: string };
	filter?: string;
	paginationToken?: string;
	currentNodeParameters?: object;
}

export interface ListResults {
	results: Array<{ name: string; value: string; url?: string }>;
	paginationToken?: string;
}

export interface WorkflowNode {
	name: string;
	parameters: Record<string, unknown>;
	/** n8n's own settings of a node, such as Retry On Fail, are stored beside its parameters. */
	[setting: string]: unknown;
}

/** A finished execution as n8n has saved it. */
export interface SavedExecution {
	status: string;
	result: RunResult;
	/** Everything that n8n returns about it, as text. */
	text: string;
}

/** Does what the editor does for a user, through the same REST API. */
export class OwnerSession {
	private constructor(
		private readonly url: string,
		private readonly cookie: string,
	) {}

	/** Logs in to a running n8n as its owner. Sets up the owner the first time. */
	static async open(url: string): Promise<OwnerSession> {
		const { email, password } = OWNER;
		let answer = await send(url, 'POST', '/rest/login', { emailOrLdapLoginId: email, password });
		if (!answer.ok) answer = await send(url, 'POST', '/rest/owner/setup', OWNER);
		await dataOf(answer);
		const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0]);
		return new OwnerSession(url, cookies.join('; '));
	}

	/**
	 * Publishes the current version of the workflow and waits until all its triggers have started.
	 *
	 * n8n 2.41.1 tries to start a trigger five times, with pauses of 1, 2, 4 and 8 seconds, for at
	 * most 84 seconds in total. After that it does not try again until the workflow is published again
	 * or n8n is restarted, so this method publishes the workflow again.
	 *
	 * @throws Error with n8n's reasons if triggers still fail after five minutes
	 */
	async publish(workflowId: string): Promise<void> {
		const path = `/rest/workflows/${workflowId}`;
		const deadline = Date.now() + PUBLISH_MS;
		for (;;) {
			const { versionId } = (await this.call('GET', path)) as { versionId: string };
			await this.call('POST', `${path}/activate`, { versionId });
			const publication = await this.settledPublication(workflowId);
			if (publication.status === 'published') return;
			if (Date.now() > deadline) throw new Error(failureOf(publication));
			await sleep(PUBLISH_AGAIN_MS);
		}
	}

	/** Unpublishes a workflow and waits until its triggers have stopped. Running executions continue. */
	async unpublish(workflowId: string): Promise<void> {
		await this.call('POST', `/rest/workflows/${workflowId}/deactivate`);
		const publication = await this.settledPublication(workflowId);
		if (publication.status !== 'not_published') throw new Error(failureOf(publication));
	}

	/** Saves changes of a workflow, such as its settings or its pinned data. */
	async changeWorkflow(workflowId: string, changes: object): Promise<void> {
		await this.call('PATCH', `/rest/workflows/${workflowId}`, changes);
	}

	/** Changes one node of a workflow and saves it. */
	async changeNode(
		workflowId: string,
		name: string,
		change: (node: WorkflowNode) => Partial<WorkflowNode>,
	): Promise<void> {
		const path = `/rest/workflows/${workflowId}`;
		const { nodes } = (await this.call('GET', path)) as { nodes: WorkflowNode[] };
		await this.changeWorkflow(workflowId, {
			nodes: nodes.map((node) => (node.name === name ? { ...node, ...change(node) } : node)),
		});
	}

	/**
	 * Starts a run as 'Execute workflow' does, and does not wait for its end.
	 *
	 * @returns the execution's ID
	 */
	async startRun(workflowId: string, trigger: string): Promise<string> {
		const path = `/rest/workflows/${workflowId}/run`;
		const answer = await this.call('POST', path, { triggerToStartFrom: { name: trigger } });
		return (answer as { executionId: string }).executionId;
	}

	/** Stops a run as 'Stop execution' does. */
	async stopRun(executionId: string): Promise<void> {
		await this.call('POST', `/rest/executions/${executionId}/stop`);
	}

	/** IDs of a workflow's executions, newest first, at most 100. */
	async runsOf(workflowId: string): Promise<string[]> {
		return (await this.listExecutions({ workflowId })).results.map(({ id }) => id);
	}

	/** How many of a workflow's executions have finished, and the IDs of up to 100 that are running. */
	async executions(workflowId: string): Promise<{ finished: number; running: string[] }> {
		const [all, running] = await Promise.all([
			this.listExecutions({ workflowId }),
			this.listExecutions({ workflowId, status: ['running'] }),
		]);
		return { finished: all.count, running: running.results.map(({ id }) => id) };
	}

	/**
	 * Retries an execution with the currently saved workflow. n8n 2.41.1 answers when the new run has
	 * finished.
	 *
	 * @returns the new execution's ID
	 */
	async retry(executionId: string): Promise<string> {
		const path = `/rest/executions/${executionId}/retry`;
		return ((await this.call('POST', path, { loadWorkflow: true })) as { id: string }).id;
	}

	/** Waits until a run has finished. */
	async finishedRun(executionId: string): Promise<SavedExecution> {
		const path = `/rest/executions/${executionId}`;
		for (;;) {
			const execution = (await this.call('GET', path)) as { status: string; data: string };
			const { status, data } = execution;
			if (status !== 'new' && status !== 'running') {
				const { resultData } = unflattened(data) as { resultData: RunResult };
				return { status, result: resultData, text: JSON.stringify(execution) };
			}
			await sleep(POLL_MS);
		}
	}

	/** What n8n shows of an execution that has finished, as text; undefined if n8n no longer shows it. */
	async shownRun(executionId: string, query = ''): Promise<string | undefined> {
		const answer = await this.call('GET', `/rest/executions/${executionId}${query}`);
		return answer === undefined ? undefined : JSON.stringify(answer);
	}

	/** Tests a credential as the editor does after it has been filled in. */
	async testCredential(type: string, data: Record<string, string>): Promise<CredentialTestResult> {
		const credentials = { id: '', name: 'Candid Health', type, data };
		return (await this.call('POST', '/rest/credentials/test', {
			credentials,
		})) as CredentialTestResult;
	}

	/** The entries that the editor gets when a user opens a 'From List', searches it or scrolls to its end. */
	async searchList(search: ListSearch): Promise<ListResults> {
		const { credential, ...rest } = search;
		return (await this.call('POST', '/rest/dynamic-node-parameters/resource-locator-results', {
			path: 'parameters',
			nodeTypeAndVersion: { name: NODE_TYPE, version: 1 },
			currentNodeParameters: {},
			credentials: { [CREDENTIAL_TYPE]: credential },
			...rest,
		})) as ListResults;
	}

	/** The preview of an operation's output, as the editor loads it. */
	async outputPreview(resource: string, operation: string): Promise<unknown> {
		const path = `/schemas/${NODE_TYPE}/1.0.0/${resource}/${operation}.json`;
		const answer = await send(this.url, 'GET', path, undefined, this.cookie);
		return await answer.json();
	}

	/** The description of a node type, as the editor loads it. */
	async nodeType(name: string): Promise<Record<string, unknown> | undefined> {
		const answer = await send(this.url, 'GET', '/types/nodes.json', undefined, this.cookie);
		const types = (await answer.json()) as Array<Record<string, unknown>>;
		return types.find((type) => type.name === name);
	}

	/** n8n 2.41.1 answers a request to publish or unpublish when it is queued, so this waits for the end. */
	private async settledPublication(workflowId: string): Promise<Publication> {
		for (;;) {
			await sleep(POLL_MS);
			const path = `/rest/workflows/${workflowId}/publication-status`;
			const publication = (await this.call('GET', path)) as Publication;
			if (publication.status !== 'in_progress') return publication;
		}
	}

	/**
	 * The first page of the list. Further pages of n8n 2.41.1 leave out executions: it sorts them by their
	 * start time but continues by ID.
	 */
	private async listExecutions(filter: object): Promise<ExecutionList> {
		const query = new URLSearchParams({ filter: JSON.stringify(filter), limit: '100' });
		return (await this.call('GET', `/rest/executions?${query}`)) as ExecutionList;
	}

	private async call(method: string, path: string, body?: object): Promise<unknown> {
		return await dataOf(await send(this.url, method, path, body, this.cookie));
	}
}

interface Publication {
	/** 'partial' if some triggers have failed, 'failed' if all have. */
	status: 'in_progress' | 'published' | 'partial' | 'failed' | 'not_published';
	triggers: Array<{ errorMessage: string | null }>;
}

function failureOf({ status, triggers }: Publication): string {
	const reasons = triggers.flatMap(({ errorMessage }) => errorMessage ?? []);
	return [`The workflow's publication is '${status}'.`, ...reasons].join('\n');
}

interface ExecutionList {
	/** Number of finished executions, on all pages. */
	count: number;
	results: Array<{ id: string }>;
}

async function send(
	url: string,
	method: string,
	path: string,
	body?: object,
	cookie = '',
): Promise<Response> {
	return await fetch(url + path, {
		method,
		headers: { 'Content-Type': 'application/json', cookie },
		body: body && JSON.stringify(body),
	});
}

async function dataOf(answer: Response): Promise<unknown> {
	const text = await answer.text();
	if (!answer.ok) throw new Error(`n8n answered ${answer.status}: ${text}`);
	return (JSON.parse(text) as { data: unknown }).data;
}

/** Parses the format of the `flatted` package, in which n8n saves runs: values refer to each other by index. */
function unflattened(text: string): unknown {
	const values = JSON.parse(text) as unknown[];
	for (const value of values) {
		if (typeof value !== 'object' || value === null) continue;
		const container = value as Record<string, unknown>;
		for (const [key, inner] of Object.entries(container)) {
			if (typeof inner === 'string') container[key] = values[Number(inner)];
		}
	}
	return values[0];
}
