import { request as httpRequest } from 'node:http';

import { startCandidApi, type CandidApi, type CandidApiSettings } from './index';
import { CREATE_BY_CHARGE_CAPTURE_PATH, SIGN_IN_PATH } from './paths';

export interface Page {
	items: Array<Record<string, unknown>>;
	item_count?: number;
	prev_page_token?: string | null;
	next_page_token?: string | null;
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** A local API for the tests of one file, and the requests that they send to it. */
export class TestServer {
	/** Reset before each test. */
	api!: CandidApi;
	/** Headers with a valid token, a new one for each test. */
	bearer: Record<string, string> = {};
	private others: CandidApi[] = [];

	/** Registers the hooks that start, reset and close the servers. */
	constructor() {
		beforeAll(async () => {
			this.api = await startCandidApi();
		});
		beforeEach(() => {
			this.api.reset();
			this.bearer = { authorization: `Bearer ${this.api.issueToken()}` };
		});
		afterEach(async () => {
			for (const other of this.others.splice(0)) await other.close();
		});
		afterAll(async () => await this.api.close());
	}

	/** Starts a second server, which is closed after the test. */
	async startOther(settings: CandidApiSettings): Promise<CandidApi> {
		const other = await startCandidApi(settings);
		this.others.push(other);
		return other;
	}

	async create(form = upload(), init: RequestInit = {}): Promise<Response> {
		const { api, bearer } = this;
		return await fetch(api.url + CREATE_BY_CHARGE_CAPTURE_PATH, {
			method: 'POST',
			headers: bearer,
			body: form,
			...init,
		});
	}

	/** Sends the bytes as they are. Resolves with the status; rejects when the socket is cut. */
	async sendRaw(path: string, headers: Record<string, string>, body: Buffer): Promise<number> {
		return await new Promise((resolve, reject) => {
			const options = {
				method: 'POST',
				agent: false as const,
				headers: { ...this.bearer, ...headers },
			};
			const request = httpRequest(this.api.url + path, options, (response) => {
				response.on('error', reject);
				response.on('end', () => resolve(response.statusCode ?? 0));
				response.resume();
			});
			request.on('error', reject);
			request.end(body);
		});
	}

	async deleteFrom(path: string, attachmentId: string): Promise<Response> {
		return await fetch(this.api.url + path, {
			method: 'DELETE',
			headers: { ...this.bearer, ...JSON_TYPE },
			body: JSON.stringify({ attachment_id: attachmentId }),
		});
	}

	/** Resolves with the status and the parsed body of the answer, undefined for an empty one. */
	async sendJson(method: string, path: string, body?: object): Promise<[number, unknown]> {
		const answer = await fetch(this.api.url + path, {
			method,
			headers: body === undefined ? this.bearer : { ...this.bearer, ...JSON_TYPE },
			body: body === undefined ? undefined : JSON.stringify(body),
		});
		const text = await answer.text();
		return [answer.status, text === '' ? undefined : (JSON.parse(text) as unknown)];
	}

	async pageOf(path: string, query: Record<string, string> = {}): Promise<Page> {
		const url = `${this.api.url}${path}?${new URLSearchParams(query).toString()}`;
		const answer = await fetch(url, { headers: this.bearer });
		expect(answer.status).toBe(200);
		return (await answer.json()) as Page;
	}

	async listOf(path: string): Promise<Array<Record<string, string>>> {
		const answer = await fetch(this.api.url + path, { headers: this.bearer });
		expect(answer.status).toBe(200);
		return (await answer.json()) as Array<Record<string, string>>;
	}

	/** The refusal of a GET: its status, error name and content. */
	async refusalOf(path: string): Promise<{ status: number; errorName: string; content: unknown }> {
		const answer = await fetch(this.api.url + path, { headers: this.bearer });
		const body = (await answer.json()) as { errorName: string; content: unknown };
		return { status: answer.status, ...body };
	}
}

export function upload(
	options: { bytes?: Buffer; type?: string; without?: string; extra?: object } = {},
): FormData {
	const { bytes = Buffer.from('%PDF-1.7 invented'), type = 'application/pdf' } = options;
	const form = new FormData();
	const fields = {
		charge_capture_external_id: 'CC-1001',
		attachment_file: new File([bytes], 'note.pdf', { type }),
		attachment_type: 'DOCUMENTATION',
		...options.extra,
	};
	for (const [name, value] of Object.entries(fields)) {
		if (name !== options.without) form.append(name, value);
	}
	return form;
}

export async function getToken(server: CandidApi, init: RequestInit = {}): Promise<Response> {
	return await fetch(server.url + SIGN_IN_PATH, {
		method: 'POST',
		headers: JSON_TYPE,
		body: JSON.stringify({ client_id: 'local-client', client_secret: 'local-secret' }),
		...init,
	});
}
