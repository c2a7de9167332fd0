import type { IDataObject } from 'n8n-workflow';

import { printable } from '../errors/messageText';
import type { Request } from '../request/part';
import type { FormFields } from './multipartBody';
import type { OutgoingFile } from './outgoingFile';
import { comparableName } from './reconcile';

/** The charge capture or encounter that a file belongs to. */
export interface Parent {
	kind: 'chargeCapture' | 'encounter';
	/** external ID of the charge capture, or Candid's ID of the encounter */
	id: string;
	/** path of the list of its attachments */
	list: string;
	/** host and client; kept in memory only, because a pasted token is part of it */
	account: string;
	/** unique among the parents of all accounts */
	key: string;
}

/** The values that go with a file. They are also in its output item, or in its error item. */
export interface ShipmentDetails {
	/** ID of the charge capture or encounter, and the attachment type, by Candid's names */
	ids: Record<string, string>;
	fields: FormFields;
}

/** A charge capture or encounter, and the request with the credential and network settings to use for it. */
export type Place = Pick<Shipment, 'parent' | 'request'>;

/** A file, where it goes, and what goes with it. */
export interface Shipment extends ShipmentDetails {
	file: OutgoingFile;
	request: Request;
	parent: Parent;
	/** unique among the files of the run, and the same at every try of n8n's Retry On Fail */
	key: string;
	/** key of the lane of files that a list of attachments could not tell apart */
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
	/** node, item, and number of the file among the item's: its place in the run */
	at: readonly [node: string, item: number, file: number],
): Shipment {
	const { file, fields, parent, contentHash } = parts;
	const { attachment_type: type } = fields;
	const { id, fileName, mimeType } = file.binary;
	const place = JSON.stringify([...at, type, id ?? [fileName, mimeType, file.size]]);
	return {
		...parts,
		// Without the description: with an expression such as `$now` it changes with every try.
		key: `${parent.key} ${contentHash === undefined ? place : keyEnd(contentHash)}`,
		lane: JSON.stringify([parent.key, type, comparableName(file.fileName).toLowerCase()]),
	};
}

/** What messages call a file. */
export const subjectOf = (fileName: string) => `'${printable(fileName)}'`;

/** What the error item of a file says besides the reason. */
export const detailsOf = (
	{ fileName }: { fileName: string },
	{ ids, fields }: ShipmentDetails,
): IDataObject => ({ file_name: fileName, ...ids, ...fields });

/**
 * The end of the key of a file that a tool call stores. A model may repeat a call, so the content identifies
 * the file, not its place in the run.
 */
export const keyEnd = (contentHash: string) => `content ${contentHash}`;
