import type { IExecutePaginationFunctions, NodeTypeAndVersion } from 'n8n-workflow';

import { isTool } from '../agent/toolCall';
import { fewOf, printable } from '../errors/messageText';
import { CHECK_EXPRESSION, textOf } from '../request/text';
import { isRecord } from '../types/isRecord';
import { binaryFieldsOf, toBinaryData } from './binaryFields';
import type { FieldValue } from './binaryFields';
import { contentOf } from './fileContent';
import { isSelected, selectFiles } from './fileSelection';
import type { NotSelected } from './fileSelection';
import { outgoingFile } from './outgoingFile';
import type { FileRefusal, OutgoingFile, Overrides } from './outgoingFile';

/**
 * The files of an item that the user selected, each as it will be sent or with the reason why not.
 *
 * @param selector the value of 'Input Binary Field' for the item; see `selectFiles`
 */
export async function inputFiles(
	context: IExecutePaginationFunctions,
	selector: unknown,
): Promise<Array<OutgoingFile | FileRefusal>> {
	const isCombined = context.getWorkflowSettings().binaryMode === 'combined';
	const fields = binaryFieldsOf(context.getInputData(), isCombined);
	const parts = selectFiles(selector, fields);
	const selected = parts.filter(isSelected);
	const overrides = overridesOf(context);
	if (overrides.fileName && selected.length > 1) {
		return [oneNameForSeveral(overrides.fileName, selected.length)];
	}
	const files = selected.map(async (each) => await fileOf(context, each, overrides));
	const refusals = parts.flatMap((part) =>
		isSelected(part) ? [] : [whyNotSelected(context, part, [...fields.keys()])],
	);
	return [...(await Promise.all(files)), ...refusals];
}

function overridesOf(context: IExecutePaginationFunctions): Overrides {
	const additional: unknown = context.getNodeParameter('additionalFields', {});
	return {
		...(isRecord(additional) ? additional : {}),
		trustMimeType: context.getNodeParameter('options.trustMimeType', false),
	};
}

async function fileOf(
	context: IExecutePaginationFunctions,
	{ field, value }: FieldValue,
	overrides: Overrides,
): Promise<OutgoingFile | FileRefusal> {
	const binary = toBinaryData(value);
	const fileName = textOf(overrides.fileName || binary?.fileName) || field;
	if (!binary) return { fileName, ...NO_FILE };
	const content = await contentOf(context, binary);
	if ('reason' in content) return { fileName, ...content };
	return outgoingFile(binary, field, content, overrides);
}

const NO_FILE = {
	reason: 'its binary field does not contain a file',
	advice: 'Check the node that created it.',
};

const oneNameForSeveral = (fileName: unknown, files: number): FileRefusal => ({
	fileName: textOf(fileName),
	reason: `'File Name' under Additional Fields is one name, but the item has ${files} files`,
	advice: 'Remove it to keep the name of each file, or select one file.',
});

function whyNotSelected(
	context: IExecutePaginationFunctions,
	part: NotSelected,
	available: string[],
): FileRefusal {
	if (part.because === 'not a file') {
		return {
			fileName: 'file',
			reason: "the expression in 'Input Binary Field' returns an object that is not a file",
			advice: CHECK_EXPRESSION,
		};
	}
	if (isTool(context)) return notPassedToTool(part);
	const advice = available.length > 0 ? otherFields(available) : noBinary(context);
	if (part.because === 'empty') {
		return { fileName: 'file', reason: "'Input Binary Field' is empty", advice };
	}
	return {
		fileName: part.name,
		reason: `the item has no binary field that matches '${printable(part.name, 60)}'`,
		advice,
	};
}

const TOOL_ADVICE =
	"Enter an expression in 'Input Binary Field' that returns the file, such as {{ $('Node').first().binary.data }}, with the name of the node that read the file. If that node has several items, let the model name one: {{ $('Node').all().find(item => item.json.visit === $fromAI('visit')).binary.data }}.";

function notPassedToTool(part: Exclude<NotSelected, { because: 'not a file' }>): FileRefusal {
	if (part.because === 'empty') {
		return {
			fileName: 'file',
			reason: "'Input Binary Field' returns no file for this call",
			advice: TOOL_ADVICE,
		};
	}
	return {
		fileName: part.name,
		reason: `n8n does not pass files to a tool of an AI agent, so there is no binary field '${printable(part.name, 60)}'`,
		advice: TOOL_ADVICE,
	};
}

const otherFields = (available: string[]) =>
	`The item's binary fields are: ${fewOf(available)}. Set 'Input Binary Field' to the one with the file, or to * for all.`;

function noBinary(context: IExecutePaginationFunctions): string {
	const before = context.getParentNodes(context.getNode().name, { depth: 1 });
	const editFields = before.find(dropsFiles);
	if (!editFields) {
		return 'The item has no binary data. Check that the node before this one outputs a file.';
	}
	return `The item has no binary data. '${printable(editFields.name, 60)}' leaves files out unless you turn on 'Include Other Input Fields' there and turn off 'Strip Binary Data' under its Options. Or enter {{ $('Node').item.binary.data }} in 'Input Binary Field', with the name of the node that read the file.`;
}

/** Whether a node is Edit Fields, which drops files from version 3.4 on (n8n-nodes-base 2.41.1). */
const dropsFiles = ({ type, typeVersion }: NodeTypeAndVersion) =>
	type === 'n8n-nodes-base.set' && typeVersion >= 3.4;
