import type { IncomingMessage } from 'node:http';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { Activity } from './activity';
import { Refusal, tooManyRequests, type Answer } from './answers';
import { DEFAULT_WORLD, TOKEN_REQUESTS_PER_MINUTE } from './assumptions';
import { attachmentOf } from './attachment-seed';
import { Exchange } from './exchange';
import { faultAnswer, Faults, momentOf } from './faults';
import { LinkSignatures } from './links';
import { buildListener, listenOnLoopback, refusalOf, type Handling } from './listener';
import type { FormPart } from './multipart';
import { apiEndpoints, filesEndpoints, type Handled, type Parts } from './operations';
import { Organizations } from './organizations';
import { isAttachmentCreate, SIGN_IN_PATH } from './paths';
import { RateWindow } from './rate-window';
import { AttachmentStore } from './store';
import { Tokens } from './tokens';
import type {
	CandidApi,
	CandidApiSettings,
	Fault,
	RecordedRequest,
	ServerName,
	World,
} from './types';
import { Waits, type WaitEnd } from './waits';

export type * from './types';
export type {
	ChargeCapture,
	ChargeCaptureSeed,
	Encounter,
	EncounterSeed,
	Patient,
} from './lookups';
export { DEFAULT_WORLD } from './assumptions';
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

class CandidServer implements CandidApi {
	url = '';
	filesUrl = '';
	private readonly api: FastifyInstance;
	private readonly files: FastifyInstance;
	private readonly settings: CandidApiSettings;
	private readonly world: World;
	private readonly store: AttachmentStore;
	private readonly organizations: Organizations;
	private readonly links = new LinkSignatures();
	private readonly faults = new Faults();
	private readonly tokens: Tokens;
	/** One for all callers: on loopback they share the one IP address. */
	private readonly rate: RateWindow;
	private readonly tokenRate: RateWindow;
	private readonly exchanges = new WeakMap<IncomingMessage, Exchange>();
	private readonly uploads = new Set<Exchange>();
	private recorded: RecordedRequest[] = [];
	private peak = 0;
	private readonly waits = new Waits();
	private readonly activity = new Activity();

	constructor(settings: CandidApiSettings) {
		const {
			tokenLifetimeSeconds = 5 * 60 * 60,
			tokenRequestsPerMinute = TOKEN_REQUESTS_PER_MINUTE,
			requestsPer10Seconds = 1000,
			clientId = 'local-client',
			clientSecret = 'local-secret',
			clients = [],
		} = settings;
		this.settings = settings;
		this.world = { ...DEFAULT_WORLD, ...settings.world };
		this.store = new AttachmentStore(this.world);
		this.organizations = new Organizations({ clientId, clientSecret }, clients, this.world);
		this.tokens = new Tokens(tokenLifetimeSeconds);
		const countsRefused = this.world.aboveRate === 'counted';
		this.rate = new RateWindow(requestsPer10Seconds, 10_000, countsRefused);
		this.tokenRate = new RateWindow(tokenRequestsPerMinute, 60_000);
		const parts = this.parts();
		this.api = buildListener(apiEndpoints(parts), this.handling('api'));
		this.files = buildListener(filesEndpoints(parts), this.handling('files'));
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
	limitRequests = (per10Seconds: number) => (this.rate.limit = per10Seconds);
	issueToken = (clientId?: string) => this.tokens.issue(this.organizations.of(clientId).clientId);
	expireLinks = () => this.links.expireAll();
	settled = async () => await this.activity.settled();

	addAttachment: CandidApi['addAttachment'] = (seed) =>
		this.store.add(attachmentOf(seed, this.organizations.of(seed.clientId).clientId));

	addChargeCapture: CandidApi['addChargeCapture'] = ({ clientId, ...seed }) =>
		this.organizations.of(clientId).lookups.addChargeCapture(seed);

	addEncounter: CandidApi['addEncounter'] = ({ clientId: owner, ...seed }) => {
		const { clientId, lookups } = this.organizations.of(owner);
		const encounter = lookups.addEncounter(seed);
		for (const chargeCaptureExternalId of lookups.chargeCapturesOf(encounter)) {
			this.store.tie({ clientId, chargeCaptureExternalId }, encounter.encounterId);
		}
		return encounter;
	};

	reset = () => {
		this.waits.breakOff('reset');
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
		this.waits.breakOff('closed');
		await Promise.all([this.api.close(), this.files.close()]);
	};

	async listen(port: number): Promise<void> {
		this.url = await listenOnLoopback(this.api, port);
		this.filesUrl = await listenOnLoopback(this.files, 0);
	}

	private parts(): Parts {
		const { fileLinks = 'signed' } = this.settings;
		const { world, store, links, organizations, tokens, tokenRate } = this;
		const parts = { world, store, links, organizations, tokens, tokenRate, fileLinks };
		return { ...parts, apiUrl: () => this.url, filesUrl: () => this.filesUrl };
	}

	private handling(server: ServerName): Handling {
		return {
			arrive: async (request, reply) => await this.arrive(server, request, reply),
			respond: async (request, endpoint) =>
				await this.activity.during(this.respond(request, endpoint)),
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
		void this.activity.during(exchange.ended);
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
		const form = await exchange.receiveForm().catch(refusalOf);
		// By the route: a path is the token path however it is spelled.
		if (request.routeOptions.url !== SIGN_IN_PATH) exchange.recordJson();
		const { fault } = exchange;
		const moment = fault && momentOf(fault);
		const received = { request, form, endpoint };

		if (fault && moment === 'afterwards') {
			void this.activity.during(this.carryOutAfterwards(exchange, fault, received));
			if (fault.kind === 'delay') return exchange.hold();
			return fault.kind === 'cut' ? exchange.cut() : exchange.send(faultAnswer(fault));
		}
		if (fault && moment === 'before') {
			if (fault.kind === 'cut') return exchange.cut();
			if (fault.kind !== 'delay') return exchange.send(faultAnswer(fault));
			if ((await this.delay(exchange, fault)) !== 'over') return exchange.cut();
		}
		const answer = this.carryOut(exchange, received);
		if (fault && moment === 'after') {
			if (fault.kind === 'delay') {
				if ((await this.delay(exchange, fault)) !== 'over') return exchange.cut();
			} else if (answer.status < 400) {
				if (fault.kind !== 'cut') return exchange.send(faultAnswer(fault));
				return fault.cut === 'mid-answer' ? exchange.cutMidAnswer(answer) : exchange.cut();
			}
		}
		return exchange.send(answer);
	}

	/** For the time of a delay; for one without a time, until the client hangs up. */
	private async delay(exchange: Exchange, { delayMs }: Fault): Promise<WaitEnd> {
		return delayMs === undefined
			? await this.waits.forEvent(exchange.ended)
			: await this.waits.forTime(delayMs);
	}

	/** Once the client has its answer or has hung up; at once when the server closes. */
	private async carryOutAfterwards(
		exchange: Exchange,
		{ delayMs }: Fault,
		received: Received,
	): Promise<void> {
		let end = await this.waits.forEvent(exchange.ended);
		if (end === 'over' && delayMs !== undefined) end = await this.waits.forTime(delayMs);
		if (end !== 'reset') this.carryOut(exchange, received);
		if (end !== 'over') exchange.cut();
	}

	private carryOut({ record }: Exchange, { request, form, endpoint }: Received): Answer {
		try {
			if (record.server === 'api' && !this.rate.tryTake()) {
				throw tooManyRequests('Too many requests.');
			}
			if (endpoint.access === 'open') {
				if (form instanceof Refusal) throw form;
				return endpoint.operation({ request, form });
			}
			const clientId = this.tokens.clientOf(request.headers.authorization);
			if (form instanceof Refusal) throw form;
			const organization = this.organizations.of(clientId);
			return endpoint.operation({ request, form, organization });
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
