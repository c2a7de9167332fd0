import type {
	IBinaryData,
	IDataObject,
	IExecutePaginationFunctions,
	INodeExecutionData,
	NodeTypeAndVersion,
} from 'n8n-workflow';

import { isTool } from '../agent/toolCall';
import { isRecord } from '../types/isRecord';
import { fewOf, printable } from '../errors/messageText';
import { CHECK_EXPRESSION, textOf } from '../request/text';
import { contentOf } from './fileContent';
import { outgoingFile } from './outgoingFile';
import type { FileRefusal, OutgoingFile, Overrides } from './outgoingFile';
import { selectFields } from './selectFields';

/**
 * The files that the user chose of an item, each as it will be sent or with the reason why not.
 *
 * @param selector what Input Binary Field gives for the item: names or a pattern; a file itself, or
 * several by field; or an array of these
 */
export async function inputFiles(
	context: IExecutePaginationFunctions,
	selector: unknown,
): Promise<Array<OutgoingFile | FileRefusal>> {
	const fields = fieldsOf(
		context.getInputData(),
		context.getWorkflowSettings().binaryMode === 'combined',
	);
	const choice = chosenBy(selector, fields);
	const chosen = choice.filter(isChosen);
	const overrides = {
		...(context.getNodeParameter('additionalFields', {}) as Overrides),
		trustMimeType: context.getNodeParameter('options.trustMimeType', false),
	};
	if (overrides.fileName && chosen.length > 1) {
		return [
			{
				fileName: textOf(overrides.fileName),
				reason: `File Name under Additional Fields is one name, and the item has ${chosen.length} files`,
				advice: 'Remove it to keep the name of each file, or select one file.',
			},
		];
	}
	const files = chosen.map(async (each) => await fileOf(context, each, overrides));
	const refusals = choice.flatMap((part) =>
		isChosen(part) ? [] : [refusalOf(part, [...fields.keys()], context)],
	);
	return [...(await Promise.all(files)), ...refusals];
}

async function fileOf(
	context: IExecutePaginationFunctions,
	{ field, value }: Chosen,
	overrides: Overrides,
): Promise<OutgoingFile | FileRefusal> {
	const binary = binaryIn(value);
	const fileName = textOf(overrides.fileName || binary?.fileName) || field;
	if (!binary) return { fileName, ...NO_FILE };
	const content = await contentOf(context, binary);
	if ('reason' in content) return { fileName, ...content };
	return outgoingFile(binary, field, content, overrides);
}

const NO_FILE = {
	reason: 'its binary field does not contain a file',
	advice: 'Check the node that made it.',
};

/** A value that should be a file, and the field it is in. */
interface Chosen {
	field: string;
	value: unknown;
}

/** A part of the selector that stands for no file. */
type NotFound = { name: string } | { notFile: unknown };

const isChosen = (part: Chosen | NotFound): part is Chosen => 'field' in part;

/** By field name. Workflows of n8n's combined binary mode keep files in the JSON, mostly in `_files` (2.41.1). */
function fieldsOf({ binary, json }: INodeExecutionData, combined: boolean): Map<string, Chosen[]> {
	const { _files, ...others } = combined ? json : {};
	const values = { ...others, ...(_files as IDataObject | undefined) };
	const inJson = Object.entries(values).map(
		([field, value]) => [field, filesIn(field, value)] as const,
	);
	const fields = new Map(inJson.filter(([, files]) => files.length > 0));
	for (const [field, value] of Object.entries(binary ?? {})) fields.set(field, [{ field, value }]);
	return fields;
}

/** A value may be a file, or hold several, in an array or an object. */
function filesIn(field: string, value: unknown): Chosen[] {
	if (isBinary(value)) return [{ field, value }];
	if (!isRecord(value)) return [];
	return Object.entries(value)
		.filter(([, part]) => isBinary(part))
		.map(([key, part]) => ({ field: `${field}_${key}`, value: part }));
}

/** Each file once, in the order of the selector. */
function chosenBy(selector: unknown, fields: Map<string, Chosen[]>): Array<Chosen | NotFound> {
	if (isBinary(selector)) return [{ field: 'file', value: selector }];
	if (Array.isArray(selector)) {
		if (selector.length === 0) return [{ name: '' }];
		if (selector.every(isBinary)) return unique(filesIn('file', selector));
		return unique(selector.flatMap((part: unknown) => chosenBy(part, fields)));
	}
	const name = textOf(selector);
	return name === '' && isRecord(selector) ? chosenByField(selector) : chosenByName(name, fields);
}

/** Of an object with files, such as `$binary`. */
function chosenByField(selector: Record<string, unknown>): Array<Chosen | NotFound> {
	const files = Object.entries(selector).map(([field, value]) => filesIn(field, value));
	const areAll = files.length > 0 && files.every((each) => each.length > 0);
	return areAll ? files.flat() : [{ notFile: selector }];
}

function chosenByName(name: string, fields: Map<string, Chosen[]>): Array<Chosen | NotFound> {
	const { fields: found, unmatched } = selectFields(name, [...fields.keys()]);
	if (found.length + unmatched.length === 0) return [{ name: '' }];
	const only = name.trim() === DEFAULT_FIELD && onlyFile(fields);
	if (unmatched.length > 0 && only) return [only];
	return [
		...found.flatMap((field) => fields.get(field)!),
		...unmatched.map((missing) => ({ name: missing })),
	];
}

const unique = (parts: Array<Chosen | NotFound>) =>
	parts.filter(
		(part, index) =>
			!isChosen(part) ||
			parts.findIndex((other) => isChosen(other) && other.value === part.value) === index,
	);

/** What Input Binary Field is unless the user changes it. */
const DEFAULT_FIELD = 'data';

function onlyFile(fields: Map<string, Chosen[]>): Chosen | undefined {
	const [only, another] = [...fields.values()].flat();
	return only && !another && isBinary(only.value) ? only : undefined;
}

/** What is a file wherever it stands, as n8n tells it (`isBinaryValue`, 2.41.1), or holds content. */
const isBinary = (value: unknown): boolean =>
	isRecord(value) &&
	('mimeType' in value
		? 'data' in value || 'id' in value
		: bytesIn(value.data) !== undefined ||
			(typeof value.data === 'string' && HAS_FILE_FACTS.some((name) => name in value)));

const HAS_FILE_FACTS = ['fileName', 'fileExtension', 'fileType'];

/** A binary value as n8n means it: a Code node may leave out the type, or give bytes for Base64. */
function binaryIn(value: unknown): IBinaryData | undefined {
	if (!isRecord(value) || !('data' in value || 'id' in value)) return undefined;
	const bytes = bytesIn(value.data);
	const content = bytes && { data: Buffer.from(bytes).toString('base64') };
	return { mimeType: '', ...value, ...content } as IBinaryData;
}

/** The bytes of a Buffer, also after its way through JSON. */
function bytesIn(data: unknown): Uint8Array | undefined {
	if (ArrayBuffer.isView(data))
		return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
	if (!isRecord(data) || data.type !== 'Buffer' || !Array.isArray(data.data)) return undefined;
	return Uint8Array.from(data.data as number[]);
}

function refusalOf(
	part: NotFound,
	available: string[],
	context: IExecutePaginationFunctions,
): FileRefusal {
	if ('notFile' in part) {
		return {
			fileName: 'file',
			reason: "'Input Binary Field' gives an object that is not a file",
			advice: CHECK_EXPRESSION,
		};
	}
	const { name } = part;
	if (isTool(context)) return notHandedToTool(name);
	return {
		fileName: name || 'file',
		reason:
			name === ''
				? "'Input Binary Field' is empty"
				: `the item has no binary field that matches '${printable(name, 60)}'`,
		advice: available.length > 0 ? otherFields(available) : noBinary(context),
	};
}

const notHandedToTool = (name: string): FileRefusal => ({
	fileName: name || 'file',
	reason:
		name === ''
			? "'Input Binary Field' gives no file for this call"
			: `n8n hands no files to a tool of an AI agent, so that there is no binary field '${printable(name, 60)}'`,
	advice:
		"Enter an expression in 'Input Binary Field' that gives the file, such as {{ $('Node').first().binary.data }}, with the name of the node that read the file. Where that has several items, let the model name one: {{ $('Node').all().find(item => item.json.visit === $fromAI('visit')).binary.data }}.",
});

const otherFields = (available: string[]) =>
	`The item's binary fields are: ${fewOf(available)}. Set 'Input Binary Field' to the one with the file, or to * for all.`;

function noBinary(context: IExecutePaginationFunctions): string {
	const before = context.getParentNodes(context.getNode().name, { depth: 1 });
	const editFields = before.find(isEditFields);
	if (!editFields) {
		return 'The item has no binary data. Check that the node before this one outputs a file.';
	}
	return `The item has no binary data. '${printable(editFields.name, 60)}' leaves files out unless you turn on 'Include Other Input Fields' there and turn off 'Strip Binary Data' under its Options. Or enter {{ $('Node').item.binary.data }} in 'Input Binary Field', with the name of the node that read the file.`;
}

/** Earlier versions of it keep files (n8n-nodes-base 2.41.1). */
const isEditFields = ({ type, typeVersion }: NodeTypeAndVersion) =>
	type === 'n8n-nodes-base.set' && typeVersion >= 3.4;
