import { setTimeout as sleep } from 'node:timers/promises';

import { CREDENTIAL_TYPE } from './localCredential';

const NODE_TYPE = 'n8n-nodes-candid-health.candidHealth';

/** The owner of a local n8n that holds nothing but samples, hence the password in the open. */
export const OWNER = {
	email: 'owner@example.com',
	firstName: 'Sample',
	lastName: 'Owner',
	password: 'Local-demo-1',
};

const PUBLICATION_POLL_MS = 100;

/** How a credential test ended, and what the editor shows about it. */
export interface CredentialTestResult {
	status: 'OK' | 'Error';
	message: string;
}

export interface ListSearch {
	methodName: string;
	/** as a node refers to it */
	credential: { id: string; name: string };
	filter?: string;
	paginationToken?: string;
	currentNodeParameters?: object;
}

export interface ListResults {
	results: Array<{ name: string; value: string; url?: string }>;
	paginationToken?: string;
}

/** What the editor does on the user's behalf, through the same addresses. */
export class OwnerSession {
	private constructor(
		private readonly url: string,
		private readonly cookie: string,
	) {}

	/** Logs in to a running n8n as its owner, who is set up the first time. */
	static async open(url: string): Promise<OwnerSession> {
		const { email, password } = OWNER;
		let answer = await send(url, 'POST', '/rest/login', { emailOrLdapLoginId: email, password });
		if (!answer.ok) answer = await send(url, 'POST', '/rest/owner/setup', OWNER);
		await dataOf(answer);
		const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0]);
		return new OwnerSession(url, cookies.join('; '));
	}

	/**
	 * Publishes the workflow as it is now and waits until its webhooks listen: n8n 2.41.1 answers
	 * the request when the publication is queued.
	 */
	async publish(workflowId: string): Promise<void> {
		const path = `/rest/workflows/${workflowId}`;
		const { versionId } = (await this.call('GET', path)) as { versionId: string };
		await this.call('POST', `${path}/activate`, { versionId });
		let status = 'in_progress';
		while (status === 'in_progress') {
			await sleep(PUBLICATION_POLL_MS);
			({ status } = (await this.call('GET', `${path}/publication-status`)) as { status: string });
		}
		if (status !== 'published') throw new Error(`The workflow's publication is '${status}'.`);
	}

	/** Tests a credential as if it had just been filled in. */
	async testCredential(type: string, data: Record<string, string>): Promise<CredentialTestResult> {
		const credentials = { id: '', name: 'Candid Health', type, data };
		return (await this.call('POST', '/rest/credentials/test', {
			credentials,
		})) as CredentialTestResult;
	}

	/** What the editor gets when a user opens a 'From List', types in it or scrolls to its end. */
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

	private async call(method: string, path: string, body?: object): Promise<unknown> {
		return await dataOf(await send(this.url, method, path, body, this.cookie));
	}
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
