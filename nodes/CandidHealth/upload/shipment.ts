import type { Request } from '../request/part';
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
	/** SHA-256 in hexadecimal digits, for a tool call */
	contentHash?: string;
}

export const parentOf = ({ account, ...parent }: Omit<Parent, 'key'>): Parent => ({
	...parent,
	account,
	key: JSON.stringify([account, parent.list]),
});

export function shipmentOf(
	parts: Omit<Shipment, 'key' | 'lane'>,
	/** node, item and part: where in the run the file is */
	at: Array<string | number>,
): Shipment {
	const { file, fields, parent, contentHash } = parts;
	const { attachment_type: type } = fields;
	const { id, fileName, mimeType } = file.binary;
	const place = JSON.stringify([...at, type, id ?? [fileName, mimeType, file.size]]);
	return {
		...parts,
		// Not the description: an expression such as `$now` gives another one at the next try.
		key: `${parent.key} ${contentHash === undefined ? place : keyEnd(contentHash)}`,
		lane: JSON.stringify([parent.key, type, comparableName(file.fileName).toLowerCase()]),
	};
}

/** The end of the key of a file that a tool call stores: one that is repeated is about the same content. */
export const keyEnd = (contentHash: string) => `content ${contentHash}`;
