import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import multipart from '@fastify/multipart';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';

import { Refusal, tooManyRequests, type Answer } from './answers';
import {
	NO_SUCH_PATH,
	TOKEN_REQUESTS_PER_MINUTE,
	UNREADABLE_BODY,
	WRONG_BODY_TYPE,
} from './assumptions';
import { Exchange } from './exchange';
import { faultAnswer, Faults, momentOf } from './faults';
import { Lookups } from './lookups';
import type { FormPart } from './multipart';
import { endpoints, type Endpoint } from './operations';
import { isAttachmentCreate } from './paths';
import { RateWindow } from './rate-window';
import { AttachmentStore } from './store';
import { Tokens } from './tokens';
import type { CandidApi, CandidApiSettings, RecordedRequest } from './types';

export type * from './types';
export type {
	ChargeCapture,
	ChargeCaptureSeed,
	ChargeCaptureStatus,
	Encounter,
	EncounterSeed,
} from './lookups';

/** Starts a Candid Health API on this machine's loopback addresses; rejects when it cannot listen. */
export async function startCandidApi(settings: CandidApiSettings = {}): Promise<CandidApi> {
	const server = new CandidServer(settings);
	await server.listen(settings.port ?? 0);
	return server;
}

/** The longest wait that a timer can hold, in milliseconds; a longer one would end at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

class CandidServer implements CandidApi {
	url = '';
	private readonly app: FastifyInstance;
	private readonly settings: CandidApiSettings;
	private readonly store = new AttachmentStore();
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
		this.app = this.build();
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
		await this.app.close();
	};

	async listen(port: number): Promise<void> {
		// For 'localhost' Fastify listens on 127.0.0.1 and ::1, whichever of them a client tries.
		await this.app.listen({ host: 'localhost', port });
		const address = this.app.server.address();
		const actual = typeof address === 'object' && address !== null ? address.port : port;
		this.url = `http://localhost:${actual}`;
	}

	private build(): FastifyInstance {
		// The router's default would refuse IDs of more than 100 characters.
		const app = fastify({
			forceCloseConnections: true,
			routerOptions: { maxParamLength: 16 * 1024 },
			// A URL that cannot be decoded comes here without the hook that records the others.
			frameworkErrors: (error, request, reply) => {
				this.recorded.push(new Exchange(request, reply, undefined).record);
				answerError(error, reply);
			},
		});
		app.removeAllContentTypeParsers();
		app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
			done(null, body);
		});
		app.register(multipart, { preservePath: true, limits: { fileSize: Infinity } });
		app.addHook('onRequest', async (request, reply) => await this.arrive(request, reply));
		app.setErrorHandler((error, _request, reply) => answerError(error, reply));
		app.setNotFoundHandler(async (request) => await this.respond(request, NO_ENDPOINT));
		const { clientId = 'local-client', clientSecret = 'local-secret' } = this.settings;
		const { store, lookups, tokens, tokenRate } = this;
		const world = { store, lookups, tokens, tokenRate, clientId, clientSecret };
		for (const endpoint of endpoints({ ...world, baseUrl: () => this.url })) {
			app.route({
				method: endpoint.method,
				url: endpoint.url,
				handler: async (request) => await this.respond(request, endpoint),
			});
		}
		return app;
	}

	/** With the head of a request here and nothing read of its body. */
	private async arrive(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
		const url = request.raw.url ?? '';
		const fault = this.faults.take(request.method, url);
		const exchange = new Exchange(request, reply, fault);
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
		const { fault } = exchange;
		const moment = fault && momentOf(fault);

		if (fault && moment === 'before') {
			if (fault.kind === 'cut') return exchange.cut();
			if (fault.kind !== 'delay') return exchange.send(faultAnswer(fault));
			if (!(await waited(fault.delayMs, signal))) return exchange.cut();
		}
		const answer = this.carryOut(request, form, endpoint);
		if (fault && moment === 'after') {
			if (fault.kind === 'delay') {
				if (!(await waited(fault.delayMs, signal))) return exchange.cut();
			} else if (answer.status < 300) {
				if (fault.kind !== 'cut') return exchange.send(faultAnswer(fault));
				return fault.cut === 'mid-answer' ? exchange.cutMidAnswer(answer) : exchange.cut();
			}
		}
		return exchange.send(answer);
	}

	private carryOut(
		request: FastifyRequest,
		form: FormPart[] | undefined | Refusal,
		{ access, operation }: Handled,
	): Answer {
		try {
			if (!this.rate.tryTake()) throw tooManyRequests('Too many requests.');
			if (access === 'bearer token') this.tokens.check(request.headers.authorization);
			if (form instanceof Refusal) throw form;
			return operation({ request, form });
		} catch (error) {
			return refusalOf(error).answer;
		}
	}
}

type Handled = Pick<Endpoint, 'access' | 'operation'>;

const NO_ENDPOINT: Handled = {
	access: 'open',
	operation: () => {
		throw new Refusal(NO_SUCH_PATH, { message: 'There is no such path.' });
	},
};

/** Whether the wait went to its end, rather than being broken off by a reset or close. */
async function waited(delayMs: number | undefined, signal: AbortSignal): Promise<boolean> {
	try {
		await sleep(Math.min(delayMs ?? 0, MAX_DELAY_MS), undefined, { signal });
		return true;
	} catch {
		return false;
	}
}

function refusalOf(error: unknown): Refusal {
	if (error instanceof Refusal) return error;
	const message = error instanceof Error ? error.message : String(error);
	return new Refusal({ status: 500, errorName: 'InternalError' }, { message });
}

/** Puts what Fastify itself refuses (a bad URL, a bad content type) into the API's envelope. */
function answerError(error: unknown, reply: FastifyReply): FastifyReply {
	const status = error instanceof Error && 'statusCode' in error ? error.statusCode : 500;
	const refusal =
		status === 415
			? new Refusal(WRONG_BODY_TYPE, { message: 'The content type is not accepted.' })
			: typeof status === 'number' && status < 500
				? new Refusal({ ...UNREADABLE_BODY, status }, { message: 'The request is not readable.' })
				: refusalOf(error);
	return reply.code(refusal.answer.status).send(refusal.answer.body);
}
