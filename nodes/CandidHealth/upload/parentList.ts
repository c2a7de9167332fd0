import type {
	IDataObject,
	IExecutePaginationFunctions,
	IHttpRequestMethods,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
} from 'n8n-workflow';

import { explain } from '../errors/explain';
import { isCredentialRefused } from '../errors/candidFailure';
import { isRecord } from '../types/isRecord';
import type { CandidFailure } from '../errors/candidFailure';
import { paceFor } from '../request/account';
import { sendInTurn } from '../request/sendInTurn';
import type { Result } from '../request/sendInTurn';
import type { Run } from '../run/run';
import type { Shipment } from './shipment';

/** An attachment as the list of its charge capture or encounter gives it. */
export interface ListedAttachment {
	id: string;
	fileName: string;
	contentType: string;
	attachmentType: string;
	description: string;
	/** milliseconds since the epoch by Candid's clock; lists of charge captures do not say it */
	createdAt?: number;
}

/** What is attached to a charge capture or encounter, as Candid says at one moment. */
export interface ParentList {
	attachments: ListedAttachment[];
	/** milliseconds since the epoch, by this computer's clock */
	requestedAt: number;
	answeredAt: number;
	/** by how many milliseconds Candid's clock is ahead of this computer's, at least; not below 0 */
	clockAhead: number;
	/** by how many it is behind, at most; not below 0, and infinite where nothing is known */
	clockBehind: number;
}

/** Where a list is read: which one, and with whose credential and network settings. */
export type Place = Pick<Shipment, 'parent' | 'request'>;

/**
 * Reads what is attached to a charge capture or encounter. Tries again where the list cannot be read at
 * first, because reading it changes nothing.
 *
 * A 404 is a failure like any other: a Candid that does not know a charge capture yet may hold files for
 * it all the same.
 */
export async function readParentList(
	context: IExecutePaginationFunctions,
	run: Run,
	place: Place,
): Promise<ParentList | { failure: CandidFailure }> {
	const result = await readBeside(run, place, async () => await readOnce(context, place));
	if ('value' in result) return result.value;
	const { account } = place.parent;
	const { failure } = result;
	if (isCredentialRefused(failure)) run.abortAccount(account, explain(failure, 'read'));
	return result;
}

async function readOnce(
	context: IExecutePaginationFunctions,
	{ parent, request }: Place,
): Promise<Result<ParentList>> {
	const requestedAt = Date.now();
	const { body, headers } = await send(context, request, 'GET', parent.list);
	const attachments = attachmentsIn(body);
	if (!attachments) return { failure: { status: 200, answer: body } };
	const answeredAt = Date.now();
	const value = { attachments, requestedAt, answeredAt, ...clockOf(headers, answeredAt) };
	return { value };
}

/** Reads also where the run has failed, because what may be stored is still looked for. */
export async function readBeside<T>(
	run: Run,
	{ parent: { account } }: Place,
	attempt: () => Promise<Result<T>>,
): Promise<Result<T>> {
	const isAborted = () => run.isCancelled || run.abortReasonFor(account) !== undefined;
	return await sendInTurn(run, paceFor(account), attempt, { isAborted });
}

/**
 * Makes one request beside the upload itself, with the upload's credential and network settings.
 *
 * @throws what n8n's request helper throws
 */
export async function send(
	context: IExecutePaginationFunctions,
	{ options }: Place['request'],
	method: IHttpRequestMethods,
	url: string,
	{ qs = {}, body }: { qs?: IDataObject; body?: IDataObject } = {},
): Promise<IN8nHttpFullResponse> {
	const request: IHttpRequestOptions = {
		...(options as IHttpRequestOptions),
		method,
		url,
		qs,
		body,
		json: true,
		returnFullResponse: true,
	};
	return (await context.helpers.httpRequestWithAuthentication.call(
		context,
		'candidHealthApi',
		request,
	)) as IN8nHttpFullResponse;
}

/** @returns undefined for an answer that is not a list of attachments */
export function attachmentsIn(answer: unknown): ListedAttachment[] | undefined {
	if (!Array.isArray(answer)) return undefined;
	const attachments: ListedAttachment[] = [];
	for (const entry of answer) {
		if (!isRecord(entry) || typeof entry.attachment_id !== 'string') return undefined;
		const text = (name: string) => (typeof entry[name] === 'string' ? entry[name] : '');
		const createdAt = Date.parse(text('created_at'));
		attachments.push({
			id: entry.attachment_id,
			fileName: text('file_name'),
			contentType: text('content_type'),
			attachmentType: text('attachment_type'),
			description: text('description'),
			createdAt: Number.isNaN(createdAt) ? undefined : createdAt,
		});
	}
	return attachments;
}

/** The `Date` of an answer (RFC 9110 section 6.6.1) is in whole seconds, and a little old on arrival. */
function clockOf({ date }: IDataObject, now: number) {
	const ahead = Date.parse(String(date)) - now;
	if (Number.isNaN(ahead)) return { clockAhead: 0, clockBehind: Infinity };
	return { clockAhead: Math.max(0, ahead), clockBehind: Math.max(0, -ahead) };
}
