import type { IBinaryData, INodeExecutionData } from 'n8n-workflow';

import { isRecord } from '../types/isRecord';

/** A value that should be a file, and the name of the field it is in. */
export interface FieldValue {
	field: string;
	value: unknown;
}

/** The files of an item by field name, in the order of the item. */
export type BinaryFields = Map<string, FieldValue[]>;

/**
 * @param combined whether the workflow uses n8n's combined binary mode, which keeps files in the JSON,
 * mostly in `_files` (2.41.1)
 */
export function binaryFieldsOf(
	{ binary, json }: INodeExecutionData,
	combined: boolean,
): BinaryFields {
	const { _files, ...others } = combined ? json : {};
	const values = { ...others, ...(isRecord(_files) ? _files : {}) };
	const fields: BinaryFields = new Map();
	for (const [field, value] of Object.entries(values)) {
		const files = filesIn(field, value);
		if (files.length > 0) fields.set(field, files);
	}
	for (const [field, value] of Object.entries(binary ?? {})) fields.set(field, [{ field, value }]);
	return fields;
}

/** The value itself if it is a file, or the files in it if it is an array or an object of files. */
export function filesIn(field: string, value: unknown): FieldValue[] {
	if (isBinary(value)) return [{ field, value }];
	if (!isRecord(value)) return [];
	return Object.entries(value)
		.filter(([, part]) => isBinary(part))
		.map(([key, part]) => ({ field: `${field}_${key}`, value: part }));
}

/** Whether a value outside `binary` is a file: by n8n's own rule (`isBinaryValue`, 2.41.1), or by its content. */
export const isBinary = (value: unknown): boolean =>
	isRecord(value) &&
	('mimeType' in value
		? 'data' in value || 'id' in value
		: bytesIn(value.data) !== undefined ||
			(typeof value.data === 'string' && FILE_PROPERTIES.some((name) => name in value)));

/** Properties of n8n's binary data that show that a text in `data` is a file's content. */
const FILE_PROPERTIES = ['fileName', 'fileExtension', 'fileType'];

/**
 * A field's value as n8n's helpers expect it: a Code node may leave out the type, or use a Buffer instead
 * of Base64. Other properties may have wrong types too, so each one is checked where it is used.
 *
 * @returns undefined for a value that has no content
 */
export function toBinaryData(value: unknown): IBinaryData | undefined {
	if (!isRecord(value) || !('data' in value || 'id' in value)) return undefined;
	const bytes = bytesIn(value.data);
	const content = bytes && { data: Buffer.from(bytes).toString('base64') };
	return { mimeType: '', ...value, ...content } as IBinaryData;
}

/** The bytes of a Buffer, also of one that was converted to JSON. */
function bytesIn(data: unknown): Uint8Array | undefined {
	if (ArrayBuffer.isView(data)) {
		return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
	}
	if (!isRecord(data) || data.type !== 'Buffer' || !Array.isArray(data.data)) return undefined;
	return Uint8Array.from(data.data as number[]);
}
