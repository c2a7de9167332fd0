import type { IDataObject, IExecutePaginationFunctions } from 'n8n-workflow';

import { isCredentialRefused } from '../errors/candidFailure';
import type { CandidFailure } from '../errors/candidFailure';
import { explain } from '../errors/explain';
import type { Result } from '../request/sendInTurn';
import type { Run } from '../run/run';
import { isRecord } from '../types/isRecord';
import { consistencyOf } from './listConsistency';
import { readInTurn, sendSideRequest } from '../request/sideRequest';
import type { Place } from './shipment';

/** An attachment in the list of its charge capture or encounter. */
export interface ListedAttachment {
	id: string;
	fileName: string;
	contentType: string;
	attachmentType: string;
	description: string;
	/** milliseconds since the epoch by Candid's clock; missing in lists of charge captures */
	createdAt?: number;
}

/** What is attached to a charge capture or encounter, as Candid answered once. */
export interface ParentList {
	attachments: ListedAttachment[];
	/** milliseconds since the epoch, by this computer's clock */
	requestedAt: number;
	answeredAt: number;
	/** by how many milliseconds at least Candid's clock is ahead of this computer's; 0 or more */
	clockAhead: number;
	/** by how many milliseconds at most it is behind; 0 or more, Infinity if that is not known */
	clockBehind: number;
}

/**
 * Reads what is attached to a charge capture or encounter, with retries. `ListConsistency` observes what the
 * list shows.
 *
 * A 404 does not mean that nothing is attached: Candid may store files for a charge capture that it does
 * not know yet.
 */
export async function readParentList(
	context: IExecutePaginationFunctions,
	run: Run,
	place: Place,
): Promise<ParentList | { failure: CandidFailure }> {
	const { parent } = place;
	const result = await readInTurn(run, parent.account, async () => await readOnce(context, place));
	if ('value' in result) {
		consistencyOf(parent).observe(parent, result.value);
		return result.value;
	}
	const { failure } = result;
	if (isCredentialRefused(failure)) run.abortAccount(parent.account, explain(failure));
	return result;
}

async function readOnce(
	context: IExecutePaginationFunctions,
	{ parent, request }: Place,
): Promise<Result<ParentList>> {
	const requestedAt = Date.now();
	const { body, headers } = await sendSideRequest(context, request, 'GET', parent.list);
	const attachments = attachmentsIn(body);
	if (!attachments) return { failure: { status: 200, answer: body } };
	const answeredAt = Date.now();
	const value = { attachments, requestedAt, answeredAt, ...clockOf(headers, answeredAt) };
	return { value };
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

/**
 * Compares the clocks by the `Date` of an answer (RFC 9110 section 6.6.1). It is in whole seconds and a
 * little old on arrival, so Candid's clock is never more behind, and maybe more ahead, than it says.
 */
function clockOf({ date }: IDataObject, now: number) {
	const ahead = Date.parse(String(date)) - now;
	if (Number.isNaN(ahead)) return { clockAhead: 0, clockBehind: Infinity };
	return { clockAhead: Math.max(0, ahead), clockBehind: Math.max(0, -ahead) };
}
