import type { IDataObject, IExecutePaginationFunctions } from 'n8n-workflow';

import { candidApiError } from '../errors/candidApiError';
import { recordsIn, sendWithRetries } from '../request/part';
import type { Part, Request } from '../request/part';
import type { ReadIntent } from '../request/readRequest';
import type { Result } from '../request/sendInTurn';
import type { Run } from '../run/run';

/** An attachment from a list, and the link to its file. */
export interface AttachmentWithLink {
	record: IDataObject;
	/** gives access to the file without a token */
	link: string;
}

/** A list of attachments, or why it could not be read. */
export type AttachmentList = Result<unknown[]>;

/** The lists that the items of a run need, by account and URL. Each is requested once for all items. */
const lists = new WeakMap<Run, Map<string, Promise<AttachmentList>>>();

/** @param outdated a list that must not be used again: a new one is read */
export function sharedList(
	context: IExecutePaginationFunctions,
	run: Run,
	request: Request,
	{ account, url, qs }: Part,
	outdated?: Promise<AttachmentList>,
): Promise<AttachmentList> {
	const known = lists.get(run) ?? new Map<string, Promise<AttachmentList>>();
	lists.set(run, known);
	const key = JSON.stringify([account, url]);
	const list = known.get(key);
	if (list !== undefined && list !== outdated) return list;
	const newList = sendWithRetries(context, run, request, { account, url, qs, body: {} });
	known.set(key, newList);
	return newList;
}

/** @throws NodeApiError when the list could not be read, or does not have the attachment with a link */
export function attachmentIn(
	context: IExecutePaginationFunctions,
	intent: ReadIntent,
	list: AttachmentList,
	attachmentId: string | undefined,
): AttachmentWithLink {
	const record = recordsIn(context, intent, list).find(
		({ attachment_id: id }) => String(id).toLowerCase() === attachmentId,
	);
	const link = record?.authed_url;
	if (record && typeof link === 'string') return { record, link };
	throw candidApiError(context, intent, {
		reason: record
			? 'Candid gave no link to its file'
			: 'Candid does not list it for this charge capture or encounter',
		advice:
			'Check its ID, and the charge capture or encounter. Files that were uploaded to a charge capture are listed with its encounter only after the encounter has been created.',
		outcome: 'refused',
		tryAgain: true,
	});
}
