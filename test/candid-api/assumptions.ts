import type { World } from './types';

/**
 * What the vendor's pages leave open.
 *
 * What a test may want either way is a setting, `World` in `types.ts`; below, each of its members
 * has the vendor's words that leave it open, and its default. All else is decided here for this
 * server. The real API may differ in each of these, so no test of the node should depend on more
 * than the node's tolerance of them.
 *
 * Beside the values below:
 * - A whole body is received before it is answered, refusals included; a real server may answer 401,
 *   413 or 429 while the client is still sending.
 * - Order of refusals: rate, token, body, encounter, file. What comes first decides the answer.
 * - A file may arrive ahead of its charge capture: the create says that it is tied later, when the
 *   encounter is created. So no external ID is unknown to a create, in any world.
 * - Only the creation of an encounter ties: a file that comes by external ID when its encounter is
 *   there already stays out of the encounter's list.
 * - Charge captures and encounters are told apart by the path alone: an attachment is deleted only
 *   through the charge capture or encounter that it belongs to.
 * - An empty file is stored; an empty `attachment_type` or external ID is a missing one. A field
 *   that comes twice counts once, with its first value.
 * - The deprecated create declares no `description`; one that is sent anyway is ignored.
 * - Signed links are another host's, an object
 *   store's, and do not count as requests; the address that redirects to one is the API's and does.
 * - A signed link is the same in every list until all of them expire. It does not expire by time.
 * - The API's own address of a file takes the bearer token like any other path, and redirects with
 *   302; it answers 404 for an unknown file, while a signed link tells nothing and answers 403.
 * - An encounter ID in a path, and the attachment ID of a delete, that is no UUID answers 422, where
 *   an unknown one answers 404. Any method of the path does so.
 * - `search_term` is looked for inside of what it is compared with, in any case.
 * - A page token carries the position alone, so every page's request repeats its filters.
 *   `item_count` of charge captures is the number of all matches; pages of encounters have none.
 * - A claim creation exists as soon as a charge capture or an encounter names it. It is 'successful'
 *   once an encounter does, and 'not-started' before.
 * - Every client is an organization of its own: another client's ID is an unknown one.
 */

/** What the server does unless `CandidApiSettings.world` says otherwise. */
export const DEFAULT_WORLD: World = {
	/**
	 * Of creates by external ID: attachments 'are not searchable via the get endpoint until they are
	 * associated with an encounter'. There are two lists, and which of them 'the get endpoint' is, is
	 * not said. The charge capture's own 'returns all attachments associated with the given charge
	 * capture external ID'; nothing is said of how soon, nor of an ID that Candid does not know yet.
	 */
	chargeCaptureList: 'at once',
	/** `prev_page_token` and `next_page_token` are optional and not nullable; null is not excluded. */
	pageTokens: 'omitted',
	/** `attachment_type` is an enum of three, and new members may come; no refusal is declared. */
	unknownAttachmentType: 'accepted',
	/** `file_name` of a list is a string; no page says that it is the name that was sent. */
	fileNames: 'as sent',
	/** 'Response with status 200', a string that is the attachment's ID; the endpoint is in beta. */
	createAnswer: 'string',
	/**
	 * 'Filter by any of the following fields: charge_id, claim_id, patient external_id, patient date
	 * of birth, patient first name, patient last name, or charge external id'. Whether inside of them
	 * or as a whole is not said.
	 */
	searchTerm: 'IDs',
	/**
	 * 'For Charge Capture, the file will be associated with the Encounter at Encounter creation time':
	 * by what the encounter is found is not said. Both carry a `claim_creation_id`.
	 */
	encounterTie: 'external ID',
	/** '1,000 requests in 10 seconds': whether a refused one is among the next ones' 1,000 is not said. */
	aboveRate: 'not counted',
};

/** 401 is documented without a body; its envelope borrows the name that the 403 declares. */
export const UNAUTHENTICATED = { status: 401, errorName: 'UnauthorizedError' };

/** No status is given for a wrong client; RFC 6749 section 5.2 answers `invalid_client` with 401. */
export const WRONG_CLIENT = { status: 401, errorName: 'UnauthorizedError' };

/** "Too often" has no number; this one lets a test suite pass and stops a client that never reuses. */
export const TOKEN_REQUESTS_PER_MINUTE = 30;

/** "25MB" is taken as binary, the larger reading: a file of exactly this many bytes is accepted. */
export const MAX_FILE_BYTES = 25 * 1024 * 1024;

/** No error is declared for an oversized file; 413 is what servers and proxies use. */
export const FILE_TOO_LARGE = { status: 413, errorName: 'RequestEntityTooLargeError' };

/** No error is declared for other file types; the request is well-formed, so 422 and not 415. */
export const FILE_TYPE_NOT_ALLOWED = { status: 422, errorName: 'UnprocessableEntityError' };

/** Only the token path declares an answer to a wrong content type; creates use the same one. */
export const WRONG_BODY_TYPE = { status: 415, errorName: 'InvalidContentTypeError' };

/** Nothing is said of a body that cannot be read as what it claims to be. */
export const UNREADABLE_BODY = { status: 400, errorName: 'BadRequestError' };

/** Nothing is said of a path that does not exist. */
export const NO_SUCH_PATH = { status: 404, errorName: 'NotFoundError' };

/** The list declares `description` as required, so an attachment without one has an empty one. */
export const NO_DESCRIPTION = '';

/**
 * 100 is given as the default of `limit`, and no maximum. Here it is both, so that a client that
 * takes `limit` for a total is found out: what asks for more gets pages of 100, not a refusal.
 */
export const MAX_PAGE_SIZE = 100;

/** Signed links refuse a second way of authentication, as object stores do. */
export const SIGNED_LINK_WITH_AUTHORIZATION = { status: 400, errorName: 'BadRequestError' };

/** A link with a wrong or expired signature or of a deleted file. */
export const SIGNED_LINK_INVALID = { status: 403, errorName: 'UnauthorizedError' };
