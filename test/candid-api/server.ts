import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { Refusal, tooManyRequests, type Answer } from './answers';
import { TOKEN_REQUESTS_PER_MINUTE } from './assumptions';
import { attachmentOf } from './attachment-seed';
import { Exchange } from './exchange';
import { faultAnswer, Faults, momentOf } from './faults';
import { LinkSignatures } from './links';
import {
	buildListener,
	listenOnLoopback,
	refusalOf,
	type Handled,
	type Handling,
} from './listener';
import { Lookups } from './lookups';
import type { FormPart } from './multipart';
import { apiEndpoints, filesEndpoints, type World } from './operations';
import { isAttachmentCreate, SIGN_IN_PATH } from './paths';
import { RateWindow } from './rate-window';
import { AttachmentStore } from './store';
import { Tokens } from './tokens';
import type { CandidApi, CandidApiSettings, RecordedRequest, ServerName } from './types';

export type * from './types';
export type { ChargeCapture, ChargeCaptureSeed, Encounter, EncounterSeed } from './lookups';
export type { ChargeCaptureStatus, ClaimStatus } from './statuses';

/** Starts a Candid Health API on this machine's loopback addresses; rejects when it cannot listen. */
export async function startCandidApi(settings: CandidApiSettings = {}): Promise<CandidApi> {
	const server = new CandidServer(settings);
	try {
		await server.listen(settings.port ?? 0);
	} catch (error) {
		await server.close();
		throw error;
	}
	return server;
}

/** The longest wait that a timer can hold, in milliseconds; a longer one would end at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

class CandidServer implements CandidApi {
	url = '';
	filesUrl = '';
	private readonly api: FastifyInstance;
	private readonly files: FastifyInstance;
	private readonly settings: CandidApiSettings;
	private readonly store = new AttachmentStore();
	private readonly links = new LinkSignatures();
	private readonly lookups = new Lookups();
	private readonly faults = new Faults();
	private readonly tokens: Tokens;
	/** One for all callers: on loopback they share the one IP address. */
	private readonly rate: RateWindow;
	private readonly tokenRate: RateWindow;
	private readonly exchanges = new WeakMap<IncomingMessage, Exchange>();
	private readonly uploads = new Set<Exchange>();
	private recorded: RecordedRequest[] = [];
	private peak = 0;
	private delays = new AbortController();

	constructor(settings: CandidApiSettings) {
		const {
			tokenLifetimeSeconds = 5 * 60 * 60,
			tokenRequestsPerMinute = TOKEN_REQUESTS_PER_MINUTE,
			requestsPer10Seconds = 1000,
		} = settings;
		this.settings = settings;
		this.tokens = new Tokens(tokenLifetimeSeconds);
		this.rate = new RateWindow(requestsPer10Seconds, 10_000);
		this.tokenRate = new RateWindow(tokenRequestsPerMinute, 60_000);
		const world = this.world();
		this.api = buildListener(apiEndpoints(world), this.handling('api'));
		this.files = buildListener(filesEndpoints(world), this.handling('files'));
	}

	get attachments() {
		return this.store.all;
	}

	get requests() {
		return [...this.recorded];
	}

	get tokensIssued() {
		return this.tokens.granted;
	}

	get peakUploads() {
		return this.peak;
	}

	inject: CandidApi['inject'] = (fault) => this.faults.inject(fault);
	clearFaults = () => this.faults.clear();
	expireTokens = () => this.tokens.expireAll();
	issueToken = () => this.tokens.issue();
	expireLinks = () => this.links.expireAll();
	addAttachment: CandidApi['addAttachment'] = (seed) => this.store.add(attachmentOf(seed));
	addChargeCapture: CandidApi['addChargeCapture'] = (seed) => this.lookups.addChargeCapture(seed);

	addEncounter: CandidApi['addEncounter'] = (seed) => {
		const encounter = this.lookups.addEncounter(seed);
		this.store.tie(encounter.externalId, encounter.encounterId);
		return encounter;
	};

	reset = () => {
		this.delays.abort();
		this.delays = new AbortController();
		this.store.reset();
		this.links.expireAll();
		this.faults.clear();
		this.rate.reset();
		this.tokenRate.reset();
		this.tokens.resetCount();
		this.uploads.clear();
		this.recorded = [];
		this.peak = 0;
	};

	close = async () => {
		this.delays.abort();
		await Promise.all([this.api.close(), this.files.close()]);
	};

	async listen(port: number): Promise<void> {
		this.url = await listenOnLoopback(this.api, port);
		this.filesUrl = await listenOnLoopback(this.files, 0);
	}

	private world(): World {
		const {
			clientId = 'local-client',
			clientSecret = 'local-secret',
			fileLinks = 'signed',
		} = this.settings;
		const { store, links, lookups, tokens, tokenRate } = this;
		const parts = { store, links, lookups, tokens, tokenRate, clientId, clientSecret, fileLinks };
		return { ...parts, apiUrl: () => this.url, filesUrl: () => this.filesUrl };
	}

	private handling(server: ServerName): Handling {
		return {
			arrive: async (request, reply) => await this.arrive(server, request, reply),
			respond: async (request, endpoint) => await this.respond(request, endpoint),
			unroutable: (request, reply) => {
				this.recorded.push(new Exchange(request, reply, { server }).record);
			},
		};
	}

	/** With the head of a request here and nothing read of its body. */
	private async arrive(
		server: ServerName,
		request: FastifyRequest,
		reply: FastifyReply,
	): Promise<unknown> {
		const url = request.raw.url ?? '';
		const fault = this.faults.take(request.method, url);
		const exchange = new Exchange(request, reply, { server, fault });
		this.exchanges.set(request.raw, exchange);
		this.recorded.push(exchange.record);
		if (isAttachmentCreate(request.method, url)) this.uploads.add(exchange);
		this.peak = Math.max(this.peak, this.uploads.size);
		reply.raw.once('close', () => {
			this.uploads.delete(exchange);
			this.settings.onRequestEnd?.(exchange.record);
		});
		if (fault === undefined || momentOf(fault) !== 'arrival') return undefined;
		if (fault.cut === 'during-body') await exchange.readHalf();
		return exchange.cut();
	}

	/** Receives the whole body, carries the request out, answers; a fault steps in at its moment. */
	private async respond(request: FastifyRequest, endpoint: Handled): Promise<FastifyReply> {
		const exchange = this.exchanges.get(request.raw);
		if (exchange === undefined) throw new Error('A request came past its arrival.');
		const { signal } = this.delays;
		const form = await exchange.receiveForm().catch(refusalOf);
		// By the route: a path is the token path however it is spelled.
		if (request.routeOptions.url !== SIGN_IN_PATH) exchange.recordJson();
		const { fault } = exchange;
		const moment = fault && momentOf(fault);

		if (fault && moment === 'before') {
			if (fault.kind === 'cut') return exchange.cut();
			if (fault.kind !== 'delay') return exchange.send(faultAnswer(fault));
			if (!(await waited(fault.delayMs, signal))) return exchange.cut();
		}
		const answer = this.carryOut(exchange, { request, form, endpoint });
		if (fault && moment === 'after') {
			if (fault.kind === 'delay') {
				if (!(await waited(fault.delayMs, signal))) return exchange.cut();
			} else if (answer.status < 400) {
				if (fault.kind !== 'cut') return exchange.send(faultAnswer(fault));
				return fault.cut === 'mid-answer' ? exchange.cutMidAnswer(answer) : exchange.cut();
			}
		}
		return exchange.send(answer);
	}

	private carryOut({ record }: Exchange, { request, form, endpoint }: Received): Answer {
		try {
			if (record.server === 'api' && !this.rate.tryTake()) {
				throw tooManyRequests('Too many requests.');
			}
			if (endpoint.access === 'bearer token') this.tokens.check(request.headers.authorization);
			if (form instanceof Refusal) throw form;
			return endpoint.operation({ request, form });
		} catch (error) {
			return refusalOf(error).answer;
		}
	}
}

interface Received {
	request: FastifyRequest;
	form: FormPart[] | undefined | Refusal;
	endpoint: Handled;
}

/** Whether the wait went to its end, rather than being broken off by a reset or close. */
async function waited(delayMs: number | undefined, signal: AbortSignal): Promise<boolean> {
	try {
		await sleep(Math.min(delayMs ?? 0, MAX_DELAY_MS), undefined, { signal });
		return true;
	} catch {
		return false;
	}
}
