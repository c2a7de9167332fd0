/**
 * What the vendor's description leaves open, decided here for this server. The real API may differ
 * in each of these, so no test of the node should depend on more than the node's tolerance of them.
 *
 * Beside the values below:
 * - A whole body is received before it is answered, refusals included; a real server may answer 401,
 *   413 or 429 while the client is still sending.
 * - Order of refusals: rate, token, body, encounter, file. What comes first decides the answer.
 * - A file may arrive ahead of its charge capture: the create says that it is tied later, when the
 *   encounter is created. So no external ID is unknown to a create, and the list of one that nobody
 *   has used is empty, not 404.
 * - Only the creation of an encounter ties: a file that comes by external ID when the encounter of
 *   that external ID is there already stays out of the encounter's list.
 * - Charge captures and encounters are told apart by the path alone: an attachment is deleted only
 *   through the charge capture or encounter that it belongs to.
 * - An empty file is stored; an empty `attachment_type` or external ID is a missing one. A field
 *   that comes twice counts once, with its first value.
 * - The deprecated create declares no `description`; one that is sent anyway is ignored.
 * - A request above the rate is not counted itself. Signed links are another host's, an object
 *   store's, and do not count as requests; the address that redirects to one is the API's and does.
 * - A signed link is the same in every list until all of them expire. It does not expire by time.
 * - The API's own address of a file takes the bearer token like any other path, and redirects with
 *   302; it answers 404 for an unknown file, while a signed link tells nothing and answers 403.
 * - An encounter ID in a path, and the attachment ID of a delete, that is no UUID answers 422, where
 *   an unknown one answers 404. Any method of the path does so.
 * - `search_term` is looked for inside IDs and external IDs, in any case.
 * - A page token carries the position alone, so every page's request repeats its filters.
 *   `item_count` is the number of all matches.
 */

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

/** Pages declare their tokens as optional; the first and last page give null for the missing one. */
export const NO_PAGE = null;

/**
 * 100 is given as the default of `limit`, and no maximum. Here it is both, so that a client that
 * takes `limit` for a total is found out: what asks for more gets pages of 100, not a refusal.
 */
export const MAX_PAGE_SIZE = 100;

/** Signed links refuse a second way of authentication, as object stores do. */
export const SIGNED_LINK_WITH_AUTHORIZATION = { status: 400, errorName: 'BadRequestError' };

/** A link with a wrong or expired signature or of a deleted file. */
export const SIGNED_LINK_INVALID = { status: 403, errorName: 'UnauthorizedError' };
