import type { IncomingHttpHeaders } from 'node:http';

import type { ChargeCapture, ChargeCaptureSeed, Encounter, EncounterSeed } from './lookups';

/** Which of the two listeners: the API's own, or the one that signed links to files point to. */
export type ServerName = 'api' | 'files';

/**
 * What `authed_url` is: a signed link on the files listener, or an address of the API's own that
 * takes the bearer token and redirects to that link.
 */
export type FileLinks = 'signed' | 'redirect';

/**
 * What the vendor's pages leave open. Each member is one question; its values are the answers that
 * a real Candid might give. The questions, with the vendor's words, stand in `assumptions.ts`.
 */
export interface World {
	/**
	 * When a charge capture's list shows a file that came by external ID: 'at once', `lateMs`
	 * milliseconds after it was stored, or once it is tied 'with an encounter' (a delete works
	 * before that). With '404 until known', list and delete of an external ID that no charge capture
	 * has answer 404.
	 */
	chargeCaptureList: 'at once' | { lateMs: number } | 'with an encounter' | '404 until known';
	/** How a page says that there is no previous or next one. */
	pageTokens: 'null' | 'omitted';
	/** What a create makes of an `attachment_type` that is not among the documented ones. */
	unknownAttachmentType: 'accepted' | 'refused';
	/** What lists show: the file name as it was sent, or its unusual characters as underscores. */
	fileNames: 'as sent' | 'cleaned';
	/** What a create answers: the ID as a JSON string, in an object, or as a JSON string with 201. */
	createAnswer: 'string' | 'object' | '201';
	/** Where lists look for `search_term`. */
	searchTerm: 'IDs' | 'IDs and patients';
	/** Whether a request above the rate is counted itself. */
	aboveRate: 'not counted' | 'counted';
	/** What makes an encounter that of a charge capture. */
	encounterTie: 'external ID' | 'claim creation';
}

/** A customer's credentials. Every client has attachments, charge captures and encounters of its own. */
export interface Client {
	clientId: string;
	clientSecret: string;
}

export interface CandidApiSettings {
	/** Of the API; default 0, any free port. The files listener is always on a free one. */
	port?: number;
	/** Default 18,000 (5 hours). */
	tokenLifetimeSeconds?: number;
	/** Beyond it the token path answers 429. */
	tokenRequestsPerMinute?: number;
	/** Default 1,000, all the API's paths together; beyond it 429 with no Retry-After and no rate headers. */
	requestsPer10Seconds?: number;
	/** Default 'local-client'. */
	clientId?: string;
	/** Default 'local-secret'. */
	clientSecret?: string;
	/** More clients, beside the one above. */
	clients?: Client[];
	/** What differs from `DEFAULT_WORLD`. */
	world?: Partial<World>;
	/** Default 'signed'. */
	fileLinks?: FileLinks;
	/** Called when a request is over, answered or not. */
	onRequestEnd?: (request: RecordedRequest) => void;
}

export interface StoredAttachment {
	attachmentId: string;
	/** The client it belongs to. */
	clientId: string;
	/** As sent: UTF-8 decoded, nothing unescaped, no folder taken off. */
	fileName: string;
	/** As sent, parameters included. */
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
	/** Nothing checks that there is such an encounter. */
	encounterId?: string;
	/** Default 'superbill.pdf'. */
	fileName?: string;
	/** Default 'application/pdf'; any other will do. */
	contentType?: string;
	/** Default 'DOCUMENTATION'. */
	attachmentType?: string;
	description?: string;
	/** Default a few. */
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
	/** Undefined while the request is open, and for good when it was cut. */
	status?: number;
	/** Multipart parts in wire order, once the whole body has arrived. */
	fields?: RecordedField[];
	/** What an application/json body says, once it has arrived; never that of the token path. */
	body?: unknown;
	contentLength?: number;
	/** Bytes of the body read so far. */
	bytesReceived: number;
}

export interface Fault {
	/** With neither `method` nor `path`, a fault hits attachment creates only. */
	method?: string;
	/**
	 * A string equals the path without its query; a pattern searches the path as sent. Both listeners
	 * count: of a redirect and the signed link it leads to, /signature=/ hits the link alone.
	 */
	path?: string | RegExp;
	/** How many matching requests it hits; default 1. */
	times?: number;
	/** How many matching requests it lets through first; default 0. */
	skip?: number;
	/**
	 * 'status' refuses a request (default 500, before anything is stored); 'answer' gives an odd
	 * answer to one that was carried out (default 200, after the file is stored).
	 */
	kind: 'status' | 'delay' | 'cut' | 'answer';
	status?: number;
	/** Nothing = no body, a string = as is, anything else = JSON. */
	body?: unknown;
	contentType?: string;
	headers?: Record<string, string>;
	/**
	 * Before or after the file is stored. 'after' replaces no refusal of the server's own.
	 * 'afterwards': the file is stored once the client has its answer or has hung up. A 'status' is
	 * sent out completely, then, `delayMs` later, the request is carried out; a 'delay' answers
	 * nothing until the client hangs up (or until `close`); a 'cut' (of 'before-answer' only)
	 * destroys the socket first. So a file that is stored late is an event, not a race of timers;
	 * `settled` waits for it.
	 */
	when?: 'before' | 'after' | 'afterwards';
	/**
	 * Milliseconds. A 'delay' without it lasts until the client hangs up: with `when` 'after' (the
	 * default) the request is carried out at once and never answered. With `when` 'afterwards' it is
	 * the time between the end of the request and its being carried out; default 0.
	 */
	delayMs?: number;
	/** Where the socket is destroyed; default 'before-answer' (the file is stored). */
	cut?: 'before-body' | 'during-body' | 'before-answer' | 'before-answer-unstored' | 'mid-answer';
}

export interface CandidApi {
	/** `http://localhost:PORT` */
	url: string;
	/** `http://localhost:PORT`, the other listener: where signed links to files point. */
	filesUrl: string;
	/** Everything it holds, in the order in which it came; a copy as of the moment of asking. */
	readonly attachments: StoredAttachment[];
	/**
	 * Everything that arrived at either listener, in order; a copy of the list, while its entries
	 * stay live.
	 */
	readonly requests: RecordedRequest[];
	/** Tokens given out by the token path; those of `issueToken` do not count. */
	readonly tokensIssued: number;
	/** Most create requests in flight at the same time since the start or the last reset. */
	readonly peakUploads: number;
	inject(fault: Fault): void;
	clearFaults(): void;
	/** Every token issued so far answers 401 from now on. */
	expireTokens(): void;
	/** From now on; see `requestsPer10Seconds`. */
	limitRequests(per10Seconds: number): void;
	/** A valid access token that no client asked for; of the first client unless told otherwise. */
	issueToken(clientId?: string): string;
	/** Every signed link given out so far answers 403 from now on; the next list has new ones. */
	expireLinks(): void;
	/** Throws an Error for a seed that belongs to neither a charge capture nor an encounter. */
	addAttachment(seed: AttachmentSeed): StoredAttachment;
	addChargeCapture(seed: ChargeCaptureSeed): ChargeCapture;
	/** Also ties the attachments that wait under the encounter's external ID to it. */
	addEncounter(seed: EncounterSeed): Encounter;
	/**
	 * Forgets attachments, links, requests, faults and counters and cuts requests held by a delay;
	 * keeps tokens, charge captures and encounters.
	 */
	reset(): void;
	/**
	 * Resolves when no request is open and nothing is left to be carried out. It knows only of
	 * requests that have arrived.
	 */
	settled(): Promise<void>;
	/** Closes both listeners. */
	close(): Promise<void>;
}
