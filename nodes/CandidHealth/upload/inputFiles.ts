import type {
	IBinaryData,
	IDataObject,
	IExecutePaginationFunctions,
	INodeExecutionData,
} from 'n8n-workflow';

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
				fileName: overrides.fileName,
				why: `File Name under Additional Fields is one name, and the item has ${chosen.length} files`,
				advice: 'Remove it to keep the name of each file, or select one file.',
			},
		];
	}
	const files = chosen.map(async ([field, binary]): Promise<AttachmentFile | FileRefusal> => {
		try {
			return attachmentFile(binary, field, await sizeOf(context, binary), overrides);
		} catch {
			return {
				fileName: overrides.fileName || binary.fileName || field,
				why: 'n8n no longer has its content',
				advice: READ_AGAIN,
			};
		}
	});
	return [...(await Promise.all(files)), ...unmatched.map((name) => missing(name, available))];
}

interface Choice {
	chosen: Array<[field: string, binary: IBinaryData]>;
	unmatched: string[];
	available: string[];
}

function choose(context: IExecutePaginationFunctions, selector: unknown): Choice {
	if (isBinary(selector)) {
		return { chosen: [[selector.fileName ?? 'file', selector]], unmatched: [], available: [] };
	}
	const binaries = binariesOf(
		context.getInputData(),
		context.getWorkflowSettings().binaryMode === 'combined',
	);
	const available = Object.keys(binaries);
	const names = typeof selector === 'string' ? selector : '';
	const { fields, unmatched } = selectFields(names, available);
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
	const names = available.map((field) => `'${field}'`).join(', ');
	return {
		fileName: name || 'file',
		why:
			name === ''
				? "'Input Binary Field' is empty"
				: `the item has no binary field that matches '${name}'`,
		advice: names
			? `The item's binary fields are: ${names}.`
			: 'The item has no binary data. Check that the node before this one outputs a file.',
	};
}

/** Bytes. */
async function sizeOf(context: IExecutePaginationFunctions, binary: IBinaryData): Promise<number> {
	if (binary.id) return (await context.helpers.getBinaryMetadata(binary.id)).fileSize;
	return Buffer.byteLength(binary.data, 'base64');
}
