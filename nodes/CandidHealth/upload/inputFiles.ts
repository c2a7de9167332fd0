import type {
	IBinaryData,
	IDataObject,
	IExecutePaginationFunctions,
	INodeExecutionData,
} from 'n8n-workflow';

import { fewOf, printable } from '../fileName';
import { textOf } from '../request/text';
import { READ_AGAIN, attachmentFile, selectFields } from './attachmentFile';
import type { AttachmentFile, FileRefusal, Overrides } from './attachmentFile';

/**
 * The files that the user chose of an item, each as it will be sent or with the reason why not.
 *
 * @param selector what Input Binary Field gives for the item: names or a pattern, or a file itself
 */
export async function inputFiles(
	context: IExecutePaginationFunctions,
	selector: unknown,
): Promise<Array<AttachmentFile | FileRefusal>> {
	const { chosen, unmatched, available } = choose(context, selector);
	const overrides = context.getNodeParameter('additionalFields', {}) as Overrides;
	if (overrides.fileName && chosen.length > 1) {
		return [
			{
				fileName: textOf(overrides.fileName),
				why: `File Name under Additional Fields is one name, and the item has ${chosen.length} files`,
				advice: 'Remove it to keep the name of each file, or select one file.',
			},
		];
	}
	const files = chosen.map(async ([field, binary]) => {
		const size = isBinary(binary) ? await sizeOf(context, binary) : NO_FILE;
		if (typeof size === 'number') return attachmentFile(binary, field, size, overrides);
		return { fileName: textOf(overrides.fileName || binary?.fileName) || field, ...size };
	});
	return [...(await Promise.all(files)), ...unmatched.map((name) => missing(name, available))];
}

const NO_FILE = {
	why: 'its binary field does not contain a file',
	advice: 'Check the node that made it.',
};

const NO_CONTENT = { why: 'n8n no longer has its content', advice: READ_AGAIN };

const NO_BASE64 = {
	why: 'its content is not Base64, as n8n keeps it',
	advice: 'Check the node that made it.',
};

interface Choice {
	chosen: Array<[field: string, binary: IBinaryData]>;
	unmatched: string[];
	available: string[];
}

function choose(context: IExecutePaginationFunctions, selector: unknown): Choice {
	if (isBinary(selector)) {
		return { chosen: [['file', selector]], unmatched: [], available: [] };
	}
	const binaries = binariesOf(
		context.getInputData(),
		context.getWorkflowSettings().binaryMode === 'combined',
	);
	const available = Object.keys(binaries);
	const { fields, unmatched } = selectFields(textOf(selector), available);
	return {
		chosen: fields.map((field) => [field, binaries[field]!]),
		unmatched: fields.length + unmatched.length === 0 ? [''] : unmatched,
		available,
	};
}

/** By field name. Workflows of n8n's combined binary mode keep them in the JSON, under `_files` (2.41.1). */
function binariesOf({ binary, json }: INodeExecutionData, combined: boolean) {
	if (!combined) return { ...binary };
	const values = Object.entries({ ...json, ...(json._files as IDataObject | undefined) });
	const inJson = values.filter((entry): entry is [string, IBinaryData] => isBinary(entry[1]));
	return { ...Object.fromEntries(inJson), ...binary };
}

function isBinary(value: unknown): value is IBinaryData {
	return (
		typeof value === 'object' &&
		value !== null &&
		'mimeType' in value &&
		('data' in value || 'id' in value)
	);
}

function missing(name: string, available: string[]): FileRefusal {
	return {
		fileName: name || 'file',
		why:
			name === ''
				? "'Input Binary Field' is empty"
				: `the item has no binary field that matches '${printable(name, 60)}'`,
		advice:
			available.length > 0
				? `The item's binary fields are: ${fewOf(available)}.`
				: 'The item has no binary data. Check that the node before this one outputs a file.',
	};
}

/** Bytes. */
async function sizeOf(
	context: IExecutePaginationFunctions,
	{ id, data }: IBinaryData,
): Promise<number | Pick<FileRefusal, 'why' | 'advice'>> {
	try {
		if (id) return (await context.helpers.getBinaryMetadata(id)).fileSize;
		return bytesInBase64(data) ?? NO_BASE64;
	} catch {
		return NO_CONTENT;
	}
}

/** @returns nothing for what is no Base64 */
function bytesInBase64(data: string): number | undefined {
	const { length } = Buffer.from(data, 'base64');
	// As many as so many characters stand for: none was left out.
	if (length === Buffer.byteLength(data, 'base64') && data.length % 4 !== 1) return length;
	return NO_PART_OF_BASE64.test(data) ? undefined : length;
}

/** Line breaks are: some put them into it. */
const NO_PART_OF_BASE64 = /[^\w+/=\s-]/;
