import type { IncomingMessage } from 'node:http';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { Activity } from './activity';
import { Refusal, tooManyRequests, type Answer } from './answers';
import { DEFAULT_WORLD, TOKEN_REQUESTS_PER_MINUTE } from './assumptions';
import { Clock } from './clock';
import { Exchange } from './exchange';
import { faultAnswer, Faults, stageOf } from './faults';
import { LinkSignatures } from './link-signatures';
import { buildListener, listenOnLoopback, refusalOf, type ListenerHooks } from './listener';
import type { FormPart } from './multipart';
import { apiEndpoints, filesEndpoints, type Handler, type OperationContext } from './operations';
import { Organizations } from './organizations';
import { isAttachmentCreate, SIGN_IN_PATH } from './paths';
import { RateWindow } from './rate-window';
import { AttachmentStore, fromSeed } from './store';
import { Superbills } from './superbills';
import { SupplementalInformationStore } from './supplementalInformation';
import { Tokens } from './tokens';
import type {
	CandidApi,
	CandidApiSettings,
	Fault,
	RecordedRequest,
	ServerName,
	World,
} from './types';
import { PendingWaits, type WaitEnd } from './pending-waits';

export type * from './types';
export type {
	BillingProvider,
	ChargeCapture,
	ChargeCaptureSeed,
	Encounter,
	EncounterSeed,
	Patient,
} from './lookups';
export type { ClaimCreation, ClaimCreationError, ClaimCreationSeed } from './claimCreations';
export { DEFAULT_WORLD } from './assumptions';
export type { BillingNote, BillingNoteSeed } from './billingNotes';
export type { CandidEvent, EventSeed, EventType } from './events';
export type {
	AttachmentInclusion,
	ChargeCaptureStatus,
	ClaimCreationStatus,
	ClaimStatus,
	ReportTransmissionCode,
	ReportTypeCode,
	TaskCategory,
	TaskStatus,
	TaskType,
} from './statuses';
export type { StoredSuperbill } from './superbills';
export type {
	SupplementalInformation,
	SupplementalInformationSeed,
} from './supplementalInformation';
export type { Task, TaskChanges, TaskSeed } from './tasks';

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
	private readonly supplemental = new SupplementalInformationStore();
	private readonly superbillStore = new Superbills();
	private readonly links = new LinkSignatures();
	private readonly faults = new Faults();
	private readonly clock: Clock;
	private readonly tokens: Tokens;
	/** One window for all callers, because on the loopback address they share one IP address. */
	private readonly rate: RateWindow;
	private readonly tokenRate: RateWindow;
	private readonly exchanges = new WeakMap<IncomingMessage, Exchange>();
	private readonly uploads = new Set<Exchange>();
	private recorded: RecordedRequest[] = [];
	private peak = 0;
	private readonly waits = new PendingWaits();
	private readonly activity = new Activity();

	constructor(settings: CandidApiSettings) {
		const {
			tokenLifetimeSeconds = 5 * 60 * 60,
			tokenRequestsPerMinute = TOKEN_REQUESTS_PER_MINUTE,
			requestsPer10Seconds = 1000,
			clientId = 'local-client',
			clientSecret = 'local-secret',
			clients = [],
			clockOffsetMs = 0,
		} = settings;
		this.settings = settings;
		this.world = { ...DEFAULT_WORLD, ...settings.world };
		this.store = new AttachmentStore(this.world);
		this.clock = new Clock(clockOffsetMs);
		const { world, clock } = this;
		this.organizations = new Organizations({ clientId, clientSecret }, clients, { world, clock });
		this.tokens = new Tokens(tokenLifetimeSeconds);
		const countsRefused = this.world.aboveRate === 'counted';
		this.rate = new RateWindow(requestsPer10Seconds, 10_000, countsRefused);
		this.tokenRate = new RateWindow(tokenRequestsPerMinute, 60_000);
		const context = this.operationContext();
		this.api = buildListener(apiEndpoints(context), this.hooks('api'), settings.tls);
		this.files = buildListener(filesEndpoints(context), this.hooks('files'), settings.tls);
	}

	get attachments() {
		return this.store.all;
	}

	get tasks() {
		return this.organizations.all.flatMap(({ tasks }) => tasks.all);
	}

	get billingNotes() {
		return this.organizations.all.flatMap(({ billingNotes }) => billingNotes.all);
	}

	get supplementalInformation() {
		return this.supplemental.all;
	}

	get superbills() {
		return this.superbillStore.all;
	}

	get chargeCaptures() {
		return this.organizations.all.flatMap(({ lookups }) => lookups.allChargeCaptures);
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
		this.store.add(fromSeed(seed, this.organizations.of(seed.clientId).clientId));

	addSupplementalInformation: CandidApi['addSupplementalInformation'] = (seed) =>
		this.supplemental.addSeed({
			...seed,
			clientId: this.organizations.of(seed.clientId).clientId,
		});

	addChargeCapture: CandidApi['addChargeCapture'] = ({ clientId, ...seed }) =>
		this.organizations.of(clientId).lookups.addChargeCapture(seed);

	addClaimCreation: CandidApi['addClaimCreation'] = ({ clientId, ...seed }) =>
		this.organizations.of(clientId).lookups.addClaimCreation(seed);

	addEncounter: CandidApi['addEncounter'] = ({ clientId: owner, ...seed }) => {
		const { clientId, lookups, events } = this.organizations.of(owner);
		const encounter = lookups.addEncounter({ createdAt: this.clock.timestamp(), ...seed });
		events.addEncounterCreated(encounter);
		for (const chargeCaptureExternalId of lookups.chargeCapturesOf(encounter)) {
			this.store.tie({ clientId, chargeCaptureExternalId }, encounter.encounterId);
		}
		this.store.tieByIds(clientId, lookups.documentIdsOf(encounter), encounter.encounterId);
		return encounter;
	};

	setClaimStatus: CandidApi['setClaimStatus'] = (encounterId, status, options = {}) => {
		const { lookups, events } = this.organizations.of(options.clientId);
		const encounter = lookups.findEncounter(encounterId);
		const previous = encounter.claimStatus;
		encounter.claimStatus = status;
		return events.addStatusUpdated(encounter, { previous, createdAt: options.createdAt });
	};

	addTask: CandidApi['addTask'] = ({ clientId, ...seed }) =>
		this.organizations.of(clientId).tasks.add(seed);

	updateTask: CandidApi['updateTask'] = (taskId, changes, clientId) =>
		this.organizations.of(clientId).tasks.change(taskId, changes);

	addEvent: CandidApi['addEvent'] = (seed) => this.organizations.of(seed.clientId).events.add(seed);

	addBillingNote: CandidApi['addBillingNote'] = (seed) =>
		this.organizations.of(seed.clientId).billingNotes.add(seed);

	offsetClock = (offsetMs: number) => this.clock.setOffset(offsetMs);

	reset = () => {
		this.waits.endAll('reset');
		this.store.reset();
		this.supplemental.reset();
		this.superbillStore.reset();
		this.clock.reset();
		for (const { lookups, tasks, events, billingNotes } of this.organizations.all) {
			lookups.undoUpdates();
			tasks.reset();
			events.reset();
			billingNotes.reset();
		}
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
		this.waits.endAll('closed');
		await Promise.all([this.api.close(), this.files.close()]);
	};

	async listen(port: number): Promise<void> {
		const protocol = this.settings.tls ? 'https' : 'http';
		this.url = await listenOnLoopback(this.api, port, protocol);
		this.filesUrl = await listenOnLoopback(this.files, 0, protocol);
	}

	private operationContext(): OperationContext {
		const { fileLinks = 'signed' } = this.settings;
		const { world, store, links, organizations, tokens, tokenRate } = this;
		const context = { world, store, links, organizations, tokens, tokenRate, fileLinks };
		return {
			...context,
			supplementalInformation: this.supplemental,
			superbills: this.superbillStore,
			apiUrl: () => this.url,
			filesUrl: () => this.filesUrl,
		};
	}

	private hooks(server: ServerName): ListenerHooks {
		return {
			arrive: async (request, reply) => await this.arrive(server, request, reply),
			respond: async (request, endpoint) =>
				await this.activity.during(this.respond(request, endpoint)),
			unroutable: (request, reply) => {
				this.recorded.push(new Exchange(request, reply, { server }).record);
			},
		};
	}

	/** Called when the head of a request has arrived, before any of its body is read. */
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
		if (fault === undefined || stageOf(fault) !== 'arrival') return undefined;
		if (fault.cut === 'during-body') await exchange.readHalf();
		return exchange.cut();
	}

	/** Receives the whole body, processes the request and answers. A fault acts at its stage. */
	private async respond(request: FastifyRequest, endpoint: Handler): Promise<FastifyReply> {
		const exchange = this.exchanges.get(request.raw);
		if (exchange === undefined) throw new Error('A request was not registered on arrival.');
		const form = await exchange.receiveForm().catch(refusalOf);
		// Compares the route, because the same path can be percent-encoded in several ways.
		if (request.routeOptions.url !== SIGN_IN_PATH) exchange.recordJson();
		const { fault } = exchange;
		const stage = fault && stageOf(fault);
		const received = { request, form, endpoint };

		if (fault && stage === 'after-answer') {
			void this.activity.during(this.processAfterAnswer(exchange, fault, received));
			if (fault.kind === 'delay') return exchange.hold();
			return fault.kind === 'cut' ? exchange.cut() : exchange.send(faultAnswer(fault));
		}
		if (fault && stage === 'before') {
			if (fault.kind === 'cut') return exchange.cut();
			if (fault.kind !== 'delay') return exchange.send(faultAnswer(fault));
			if ((await this.delay(exchange, fault)) !== 'done') return exchange.cut();
		}
		const answer = this.process(exchange, received);
		if (fault && stage === 'after') {
			if (fault.kind === 'delay') {
				if ((await this.delay(exchange, fault)) !== 'done') return exchange.cut();
			} else if (answer.status < 400) {
				if (fault.kind !== 'cut') return exchange.send(faultAnswer(fault));
				return fault.cut === 'mid-answer' ? exchange.cutMidAnswer(answer) : exchange.cut();
			}
		}
		return exchange.send(answer);
	}

	/** Waits for `delayMs`; without it, until the client closes the connection. */
	private async delay(exchange: Exchange, { delayMs }: Fault): Promise<WaitEnd> {
		return delayMs === undefined
			? await this.waits.forEvent(exchange.ended)
			: await this.waits.forTime(delayMs);
	}

	/**
	 * Processes the request after the client has its answer or has closed the connection; immediately if
	 * the server closes.
	 */
	private async processAfterAnswer(
		exchange: Exchange,
		{ delayMs }: Fault,
		received: Received,
	): Promise<void> {
		let end = await this.waits.forEvent(exchange.ended);
		if (end === 'done' && delayMs !== undefined) end = await this.waits.forTime(delayMs);
		if (end !== 'reset') this.process(exchange, received);
		if (end !== 'done') exchange.cut();
	}

	private process({ record }: Exchange, { request, form, endpoint }: Received): Answer {
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
	endpoint: Handler;
}
