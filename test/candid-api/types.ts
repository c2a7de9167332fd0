import type { IncomingHttpHeaders } from 'node:http';

import type { BillingNote, BillingNoteSeed } from './billingNotes';
import type { ClaimCreation, ClaimCreationSeed } from './claimCreations';
import type { CandidEvent, EventSeed } from './events';
import type { ChargeCapture, ChargeCaptureSeed, Encounter, EncounterSeed } from './lookups';
import type { ClaimStatus } from './statuses';
import type { StoredSuperbill } from './superbills';
import type {
	SupplementalInformation,
	SupplementalInformationSeed,
} from './supplementalInformation';
import type { Task, TaskChanges, TaskSeed } from './tasks';

/** The two listeners: the API's own, and the one that signed links to files point to. */
export type ServerName = 'api' | 'files';

/**
 * What `authed_url` is: a signed link on the files listener, or an address of the API itself that
 * requires the bearer token and redirects to the signed link.
 */
export type FileLinks = 'signed' | 'redirect';

/**
 * Behavior that the vendor's pages do not specify. The values of each member are ways in which the
 * real Candid might behave. `assumptions.ts` quotes the vendor's words on each, and has the defaults.
 */
export interface World {
	/**
	 * When a charge capture's list shows a file that was stored by external ID: 'at once', `lateMs`
	 * milliseconds after it was stored, or when it is associated 'with an encounter' (a delete works
	 * before that). With '404 until known', list and delete answer 404 for an external ID that no
	 * charge capture has.
	 */
	chargeCaptureList: 'at once' | { lateMs: number } | 'with an encounter' | '404 until known';
	/** How a page shows that there is no previous or next page. */
	pageTokens: 'null' | 'omitted';
	/** What a create does with an `attachment_type` that is not documented. */
	unknownAttachmentType: 'accepted' | 'refused';
	/** Lists show the file name as it was sent, or with unusual characters replaced by underscores. */
	fileNames: 'as sent' | 'cleaned';
	/** How a create answers: the ID as a JSON string, in an object, or as a JSON string with 201. */
	createAnswer: 'string' | 'object' | '201';
	/** What `search_term` is compared with. */
	searchTerm: 'IDs' | 'IDs and patients';
	/** Whether a request that is refused for the rate counts toward the rate itself. */
	aboveRate: 'not counted' | 'counted';
	/** How an encounter is matched to its charge captures. */
	encounterTie: 'external ID' | 'claim creation';
	/** What the API's own events have as their payload: the encounter's IDs and status, or none. */
	eventPayload: 'encounter' | 'omitted';
	/** Whether an encounter shows its billing notes. */
	billingNotesOnEncounter: 'at once' | 'omitted';
}

/** A customer's credentials. Every client has its own attachments, charge captures and encounters. */
export interface Client {
	clientId: string;
	clientSecret: string;
}

/** A key and its certificate, in PEM. */
export interface Tls {
	key: string;
	cert: string;
}

export interface CandidApiSettings {
	/** Port of the API; default 0, any free port. The files listener always uses a free port. */
	port?: number;
	/** Default 18,000 (5 hours). */
	tokenLifetimeSeconds?: number;
	/** Above this, the token path answers 429. */
	tokenRequestsPerMinute?: number;
	/** Default 1,000, for all paths together. Above it: 429 without Retry-After and rate headers. */
	requestsPer10Seconds?: number;
	/** Default 'local-client'. */
	clientId?: string;
	/** Default 'local-secret'. */
	clientSecret?: string;
	/** More clients beside the one above. */
	clients?: Client[];
	/** Settings that differ from `DEFAULT_WORLD`. */
	world?: Partial<World>;
	/** Default 'signed'. */
	fileLinks?: FileLinks;
	/** Both listeners then speak HTTPS with this certificate; default HTTP. */
	tls?: Tls;
	/**
	 * How far the API's clock is ahead of this machine's; default 0, negative if it is behind. It is the
	 * clock of tasks, events, billing notes and added encounters.
	 */
	clockOffsetMs?: number;
	/** Called when a request has ended, whether it was answered or not. */
	onRequestEnd?: (request: RecordedRequest) => void;
}

export interface StoredAttachment {
	attachmentId: string;
	/** The client it belongs to. */
	clientId: string;
	/** As sent, decoded as UTF-8. Escapes and folders are kept. */
	fileName: string;
	/** As sent, including parameters. */
	contentType: string;
	attachmentType: string;
	description?: string;
	chargeCaptureExternalId?: string;
	encounterId?: string;
	/** Bytes. */
	size: number;
	/** Lower-case hex. */
	sha256: string;
	bytes: Buffer;
	/** ISO 8601, UTC. */
	createdAt: string;
}

/** One of `chargeCaptureExternalId` and `encounterId` is required. */
export interface AttachmentSeed {
	/** A UUID; default a random one. */
	attachmentId?: string;
	chargeCaptureExternalId?: string;
	/** Not checked: the encounter need not exist. */
	encounterId?: string;
	/** Default 'superbill.pdf'. */
	fileName?: string;
	/** Default 'application/pdf'. Any type is accepted. */
	contentType?: string;
	/** Default 'DOCUMENTATION'. */
	attachmentType?: string;
	description?: string;
	/** Default: a few bytes. */
	bytes?: Buffer;
	/** ISO 8601; default now. */
	createdAt?: string;
	/** Default the first client. */
	clientId?: string;
}

export interface RecordedField {
	name: string;
	value?: string;
	fileName?: string;
	contentType?: string;
	/** Bytes of the part's body. */
	size?: number;
}

export interface RecordedRequest {
	server: ServerName;
	method: string;
	/** The request target as sent: percent-encoded, with its query. */
	path: string;
	headers: IncomingHttpHeaders;
	/** undefined while the request is open, and after its connection was cut. */
	status?: number;
	/** Multipart parts in the order in which they were sent; set when the whole body has arrived. */
	fields?: RecordedField[];
	/** The parsed application/json body, set when it has arrived. Never set for the token path. */
	body?: unknown;
	contentLength?: number;
	/** Bytes of the body read so far. */
	bytesReceived: number;
}

export interface Fault {
	/** A fault with neither `method` nor `path` applies to attachment creates only. */
	method?: string;
	/**
	 * A string must equal the path without its query; a regular expression is searched for in the path
	 * and query as sent. Requests to both listeners match. For example, /signature=/ matches a signed
	 * link, but not the API's address that redirects to it.
	 */
	path?: string | RegExp;
	/** How many matching requests it applies to; default 1. */
	times?: number;
	/** How many matching requests pass before it applies; default 0. */
	skip?: number;
	/**
	 * 'status' refuses a request (default 500, before anything is stored). 'answer' processes the
	 * request and replaces its answer (default 200, after the file is stored). 'delay' and 'cut': see
	 * `delayMs` and `cut`.
	 */
	kind: 'status' | 'delay' | 'cut' | 'answer';
	status?: number;
	/** undefined: no body; a string: sent as it is; anything else: sent as JSON. */
	body?: unknown;
	contentType?: string;
	headers?: Record<string, string>;
	/**
	 * Whether the fault acts 'before' or 'after' the request is processed (the file is stored). With
	 * 'after', a refusal by the server itself is not replaced. With 'after-answer', the request is
	 * processed when the client has its answer or has closed the connection:
	 * - a 'status' or 'answer' is sent completely, and the request is processed `delayMs` later
	 * - a 'delay' does not answer until the client closes the connection (or until `close`)
	 * - a 'cut' ('before-answer' only) destroys the socket first
	 *
	 * Tests need no timers to wait for the late file: `settled` waits for it.
	 */
	when?: 'before' | 'after' | 'after-answer';
	/**
	 * Milliseconds. A 'delay' without it lasts until the client closes the connection: with `when`
	 * 'after' (the default), the request is processed immediately and never answered. With `when`
	 * 'after-answer', it is the time from the end of the request until it is processed; default 0.
	 */
	delayMs?: number;
	/** When the socket is destroyed; default 'before-answer' (the file is stored). */
	cut?: 'before-body' | 'during-body' | 'before-answer' | 'before-answer-unstored' | 'mid-answer';
}

export interface CandidApi {
	/** `http://localhost:PORT` */
	url: string;
	/** `http://localhost:PORT` of the other listener, where signed links to files point. */
	filesUrl: string;
	/** A copy of the list of all stored attachments, in the order in which they were stored. */
	readonly attachments: StoredAttachment[];
	/** A copy of the supplemental information of all encounters, in the order in which it was created. */
	readonly supplementalInformation: SupplementalInformation[];
	/** A copy of the list of all superbills, in the order in which they were made. */
	readonly superbills: StoredSuperbill[];
	/** The charge captures of all clients as they are now, in the order in which they were added. */
	readonly chargeCaptures: ChargeCapture[];
	/**
	 * All requests that have arrived at either listener, in order. The list is a copy; its entries are
	 * updated while their requests are open.
	 */
	readonly requests: RecordedRequest[];
	/** How many tokens the token path has issued; those of `issueToken` do not count. */
	readonly tokensIssued: number;
	/** The most create requests in flight at the same time, since the start or the last reset. */
	readonly peakUploads: number;
	inject(fault: Fault): void;
	clearFaults(): void;
	/** Every token issued so far answers 401 from now on. */
	expireTokens(): void;
	/** Changes the limit `requestsPer10Seconds`. */
	limitRequests(per10Seconds: number): void;
	/** Returns a valid access token without a request, by default for the first client. */
	issueToken(clientId?: string): string;
	/** Every signed link issued so far answers 403 from now on; the next list has new ones. */
	expireLinks(): void;
	/** Throws an Error for a seed that belongs to neither a charge capture nor an encounter. */
	addAttachment(seed: AttachmentSeed): StoredAttachment;
	addSupplementalInformation(seed: SupplementalInformationSeed): SupplementalInformation;
	/** What it returns is not changed by an update; `chargeCaptures` has the updated one. */
	addChargeCapture(seed: ChargeCaptureSeed): ChargeCapture;
	/** Adds a claim creation, or replaces one. Charge captures name it by `claimCreationId`. */
	addClaimCreation(seed: ClaimCreationSeed): ClaimCreation;
	/**
	 * Also associates the waiting attachments of its charge captures with it, makes its claim
	 * creation successful, and adds an event.
	 */
	addEncounter(seed: EncounterSeed): Encounter;
	/**
	 * Changes the status of the encounter's claim, which is also an event: at `createdAt` (ISO 8601),
	 * default now by the API's clock. Throws an Error for an unknown encounter.
	 */
	setClaimStatus(
		encounterId: string,
		status: ClaimStatus,
		options?: { createdAt?: string; clientId?: string },
	): CandidEvent;
	/** A copy of the list of the tasks of all clients, each client's in the order of their creation. */
	readonly tasks: Task[];
	/** Throws an Error for an encounter that the client does not have. */
	addTask(seed: TaskSeed): Task;
	/** Throws an Error for an unknown task. Accepts every status, also one that is deprecated. */
	updateTask(taskId: string, changes: TaskChanges, clientId?: string): Task;
	addEvent(seed: EventSeed): CandidEvent;
	/** A copy of the list of the billing notes of all clients, each client's in order of creation. */
	readonly billingNotes: BillingNote[];
	addBillingNote(seed: BillingNoteSeed): BillingNote;
	/** Changes the setting `clockOffsetMs`, until the next reset. */
	offsetClock(offsetMs: number): void;
	/**
	 * Deletes attachments, supplemental information, superbills, links, recorded requests, faults,
	 * counters, events, billing notes and added tasks, undoes updates of charge captures, and cuts
	 * requests that a delay holds. Tasks from the start are as they were then, and so is the clock. Keeps
	 * tokens, and the charge captures, claim creations and encounters that were added, with their claims'
	 * statuses.
	 */
	reset(): void;
	/**
	 * Resolves when no request is open and none is left to be processed. Considers only requests that
	 * have arrived.
	 */
	settled(): Promise<void>;
	/** Closes both listeners. */
	close(): Promise<void>;
}
