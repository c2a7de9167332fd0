import type { TaskStatus } from './statuses';
import type { World } from './types';

/**
 * Assumptions about what the vendor's pages do not specify.
 *
 * Behavior that a test may want either way is a setting: `World` in `types.ts`. Below, each setting
 * has its default and the vendor's words that leave it open. Everything else is decided here for
 * this server. The real API may differ in any of these points, so a test of the node may rely on
 * them only to check that the node tolerates them.
 *
 * Beside the values below:
 * - The whole body is received before the request is answered or refused. A real server may answer
 *   401, 413 or 429 while the client is still sending.
 * - Checks run in this order: rate, token, body, encounter, file. The first that fails decides the
 *   answer.
 * - A file may arrive before its charge capture exists: the page of the create says that the file is
 *   associated later, when the encounter is created. So a create accepts any external ID, whatever
 *   the settings are.
 * - Files are associated with an encounter only when the encounter is created. A file that arrives by
 *   external ID after that does not appear in the encounter's list.
 * - The path alone decides whether a charge capture or an encounter is meant: an attachment can be
 *   deleted only through the charge capture or encounter that it belongs to.
 * - An empty file is stored. An empty `attachment_type` or external ID counts as missing. If a field
 *   is sent twice, its first value is used.
 * - The deprecated create declares no `description`; one that is sent anyway is ignored.
 * - Signed links point to another host (an object store), so they do not count toward the request
 *   limit. The API's own address that redirects to a signed link does count.
 * - A signed link is the same in every list until all links are expired by a call. It does not expire
 *   with time.
 * - The API's own address of a file requires the bearer token like any other path, and redirects with
 *   302. It answers 404 for an unknown file; a signed link answers 403 and does not reveal whether
 *   the file exists.
 * - An encounter ID in a path, or the attachment ID of a delete, answers 422 if it is not a UUID and
 *   404 if it is unknown, with every method of the path.
 * - `search_term` matches anywhere inside a value, ignoring case.
 * - A page token contains only the position, so the request for each page repeats the filters.
 *   `item_count` of charge captures is the number of all matches; pages of encounters have none.
 * - A claim creation exists as soon as a charge capture or an encounter names it. Its status is
 *   'successful' once an encounter names it, and 'not-started' before.
 * - Every client is an organization of its own: another client's IDs are unknown to it.
 * - Pages of tasks and events are positions in a list that goes on changing, as the other lists are:
 *   what is added or updated while a client pages moves the rest, so that it can get a task twice or
 *   not at all. A real page token may be a fixed cursor.
 * - Filters of tasks are combined with 'and'. An unknown member of a comma-separated list answers 422.
 *   `updated_since` is compared with `updated_at`, not with `agg_updated_at`. The filter by billing
 *   provider is ignored, because all have the same one. Tasks that are equal by `sort` stay in the
 *   order in which they were created.
 * - A task's `external_id` is the external ID of its encounter.
 * - An update of a task changes `updated_at` also if the values are the ones that it has already; one
 *   without any value changes nothing. A value that is null counts as missing.
 * - The event types are the strings that the vendor's description of `event_types` lists. Their first
 *   part is no namespace that an SDK's generator has added: the C# SDK, whose namespace is `Candid.Net`,
 *   has the same ones, and patients' events begin with 'PreEncounter'. An unknown type answers 400.
 * - Events with the same `created_at` come with the last one first. `timestamp` is `created_at`.
 * - A claim's status can change without anybody's request; every change is an event.
 * - There is no list of billing notes: 'billing_notes' of an encounter is all that shows them.
 */

/** The server's behavior where `CandidApiSettings.world` does not override it. */
export const DEFAULT_WORLD: World = {
	/**
	 * The page of the create by external ID says that attachments 'are not searchable via the get
	 * endpoint until they are associated with an encounter'. There are two list endpoints, and the
	 * page does not say which one it means. The charge capture's own list 'returns all attachments
	 * associated with the given charge capture external ID'; the pages do not say how soon, nor what
	 * happens with an ID that Candid does not know yet.
	 */
	chargeCaptureList: 'at once',
	/** `prev_page_token` and `next_page_token` are declared optional; null is not ruled out. */
	pageTokens: 'omitted',
	/** `attachment_type` is an enum of three; members may be added. No error is declared for others. */
	unknownAttachmentType: 'accepted',
	/** `file_name` in a list is a string; no page says that it equals the name that was sent. */
	fileNames: 'as sent',
	/** 'Response with status 200', a string that is the attachment's ID; the endpoint is in beta. */
	createAnswer: 'string',
	/**
	 * 'Filter by any of the following fields: charge_id, claim_id, patient external_id, patient date
	 * of birth, patient first name, patient last name, or charge external id'. The page does not say
	 * whether the term must match a whole value or a part of it.
	 */
	searchTerm: 'IDs',
	/**
	 * 'For Charge Capture, the file will be associated with the Encounter at Encounter creation time'.
	 * The page does not say how the encounter is found. Both have a `claim_creation_id`.
	 */
	encounterTie: 'external ID',
	/** '1,000 requests in 10 seconds'. The page does not say whether refused requests count as well. */
	aboveRate: 'not counted',
	/**
	 * 'payload' is declared optional and of any type, and no page of the vendor describes it. By
	 * default it has the members that another vendor's API in Candid's format documents (docs of
	 * withbranches.com, 'Events'): encounter_id, external_id, claim_id, status and previous_status.
	 */
	eventPayload: 'encounter',
	/**
	 * `billing_notes` is an optional member of an encounter. No page says when a note appears there
	 * that was created by its own endpoint.
	 */
	billingNotesOnEncounter: 'at once',
};

/** 401 is documented without a body; its `errorName` is the one that is declared for 403. */
export const UNAUTHENTICATED = { status: 401, errorName: 'UnauthorizedError' };

/** No status is documented for a wrong client; RFC 6749 section 5.2 uses 401 for `invalid_client`. */
export const WRONG_CLIENT = { status: 401, errorName: 'UnauthorizedError' };

/**
 * The pages say "too often" without a number. This one is enough for a test suite and too few for a
 * client that never reuses a token.
 */
export const TOKEN_REQUESTS_PER_MINUTE = 30;

/** "25MB" is read as 25 MiB, the larger reading: a file of exactly this many bytes is accepted. */
export const MAX_FILE_BYTES = 25 * 1024 * 1024;

/** No error is declared for an oversized file; 413 is what servers and proxies use. */
export const FILE_TOO_LARGE = { status: 413, errorName: 'RequestEntityTooLargeError' };

/** No error is declared for other file types; the request is well-formed, so 422 and not 415. */
export const FILE_TYPE_NOT_ALLOWED = { status: 422, errorName: 'UnprocessableEntityError' };

/** Only the token path declares an answer to a wrong content type; creates use the same one. */
export const WRONG_BODY_TYPE = { status: 415, errorName: 'InvalidContentTypeError' };

/** No error is declared for a body that does not match its content type. */
export const UNREADABLE_BODY = { status: 400, errorName: 'BadRequestError' };

/** No error is declared for a path that does not exist. */
export const NO_SUCH_PATH = { status: 404, errorName: 'NotFoundError' };

/** The list declares `description` as required, so an attachment without one has an empty one. */
export const NO_DESCRIPTION = '';

/**
 * The pages give 100 as the default of `limit`, and no maximum. Here 100 is the maximum, too: a larger
 * `limit` is not refused but gets pages of 100, so that tests detect a client that takes `limit` for
 * a total.
 */
export const MAX_PAGE_SIZE = 100;

/** Signed links refuse requests that also have an Authorization header, as object stores do. */
export const SIGNED_LINK_WITH_AUTHORIZATION = { status: 400, errorName: 'BadRequestError' };

/** For a link whose signature is wrong or expired, or whose file is deleted. */
export const SIGNED_LINK_INVALID = { status: 403, errorName: 'UnauthorizedError' };

/** The error of the list declares: 'greater than 0 and less than 1000'. */
export const MAX_TASKS_PER_PAGE = 999;
export const WRONG_TASK_LIMIT = { status: 422, errorName: 'UnprocessableEntityError' };

/**
 * A status that answers TaskUpdatedToDeprecatedStatusError. No page and no SDK says which ones are
 * deprecated. These two name a party ('provider group') that nothing else in the API knows by that name,
 * and describe whose turn it is, which tasks have assignments for.
 */
export const DEPRECATED_TASK_STATUSES: TaskStatus[] = [
	'addressed_by_provider_group',
	'sent_to_provider_group',
];

/** The vendor's SDK for C# has the number. */
export const TASK_STATUS_DEPRECATED = {
	status: 422,
	errorName: 'TaskUpdatedToDeprecatedStatusError',
};

/** Events are kept for 30 days; older ones are not listed, whatever `created_after` is. */
export const EVENTS_KEPT_DAYS = 30;

/** The only refusal that is declared for the list of events. */
export const WRONG_EVENT_QUERY = { status: 400, errorName: 'BadRequestError' };

/** `schema_version` is declared as a string; no page has a value. */
export const EVENT_SCHEMA_VERSION = '1.0';
