import type { Request } from '../request/sendRequest';
import type { OutgoingFile } from './outgoingFile';
import type { FormFields } from './multipartBody';
import { comparableName } from './reconcile';

/** The charge capture or encounter that a file belongs to. */
export interface Parent {
	kind: 'chargeCapture' | 'encounter';
	/** external ID of the charge capture, or Candid's ID of the encounter */
	id: string;
	/** path of the list of its attachments */
	list: string;
	/** host and client; to be kept in memory only, because a pasted token is a part of it */
	account: string;
	/** tells it from all others of all accounts */
	key: string;
}

/** A file, where it goes, and what goes with it. */
export interface Shipment {
	file: OutgoingFile;
	fields: FormFields;
	request: Request;
	parent: Parent;
	/** which file of the run it is, the same at every try of n8n's */
	key: string;
	/** where all wait that a list could not tell from it */
	lane: string;
	/** the file in messages */
	subject: string;
}

export const parentOf = ({ account, ...parent }: Omit<Parent, 'key'>): Parent => ({
	...parent,
	account,
	key: JSON.stringify([account, parent.list]),
});

export function shipmentOf(
	parts: Omit<Shipment, 'key' | 'lane'>,
	/** node, item and part: where in the run the file is */
	place: Array<string | number>,
	/** what else tells it from others in the same place */
	content: string,
): Shipment {
	const { file, fields, parent } = parts;
	const { attachment_type: type } = fields;
	const { id, fileName, mimeType } = file.binary;
	const identity = id ?? [fileName, mimeType, file.size, content];
	return {
		...parts,
		// Not the description: an expression such as `$now` gives another one at the next try.
		key: JSON.stringify([...place, parent.key, type, identity]),
		lane: JSON.stringify([parent.key, type, comparableName(file.fileName).toLowerCase()]),
	};
}
