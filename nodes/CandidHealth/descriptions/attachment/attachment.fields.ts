import type { IDataObject } from 'n8n-workflow';

import { omit } from '../../request/omit';
import type { PickFields } from '../../request/simplify';
import { isRecord } from '../../types/isRecord';

/**
 * Leaves out the link to the file, because anyone who has this link can open the file. Keeps only the ID and
 * the name of the user who created the attachment.
 */
export const attachmentFields: PickFields = (attachment) => {
	const { created_by: creator, ...fields } = omit(attachment, 'authed_url') as IDataObject;
	if (!isRecord(creator)) return fields;
	return { ...fields, created_by: creator.user_id as string, created_by_name: nameOf(creator) };
};

function nameOf({ user_metadata: metadata }: Record<string, unknown>): string | undefined {
	if (!isRecord(metadata)) return undefined;
	const names = [metadata.name, metadata.first_name, metadata.last_name];
	return names.filter((name) => typeof name === 'string' && name !== '').join(' ') || undefined;
}
