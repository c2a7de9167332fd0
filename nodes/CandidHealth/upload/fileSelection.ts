import { textOf } from '../request/text';
import { isRecord } from '../types/isRecord';
import { filesIn, isBinary } from './binaryFields';
import type { BinaryFields, FieldValue } from './binaryFields';
import { selectFields } from './selectFields';

/** A part of the selector that selects no file, and why. */
export type NotSelected =
	| { because: 'empty' }
	| { because: 'no match'; name: string }
	| { because: 'not a file' };

export const isSelected = (part: FieldValue | NotSelected): part is FieldValue => 'field' in part;

/**
 * The files that 'Input Binary Field' selects, each once, in the order of the selector.
 *
 * @param selector names or a pattern; a file itself, or an object of files such as `$binary`; or an
 * array of these
 */
export function selectFiles(
	selector: unknown,
	fields: BinaryFields,
): Array<FieldValue | NotSelected> {
	if (isBinary(selector)) return [{ field: 'file', value: selector }];
	if (Array.isArray(selector)) {
		if (selector.length === 0) return [{ because: 'empty' }];
		if (selector.every(isBinary)) return withoutRepeats(filesIn('file', selector));
		return withoutRepeats(selector.flatMap((part: unknown) => selectFiles(part, fields)));
	}
	const names = textOf(selector);
	return names === '' && isRecord(selector) ? filesOfObject(selector) : filesByName(names, fields);
}

function filesOfObject(selector: Record<string, unknown>): Array<FieldValue | NotSelected> {
	const files = Object.entries(selector).map(([field, value]) => filesIn(field, value));
	const areAll = files.length > 0 && files.every((each) => each.length > 0);
	return areAll ? files.flat() : [{ because: 'not a file' }];
}

function filesByName(names: string, fields: BinaryFields): Array<FieldValue | NotSelected> {
	const { fields: found, unmatched } = selectFields(names, [...fields.keys()]);
	if (found.length + unmatched.length === 0) return [{ because: 'empty' }];
	const onlyFile = names.trim() === DEFAULT_FIELD && onlyFileIn(fields);
	if (unmatched.length > 0 && onlyFile) return [onlyFile];
	return [
		...found.flatMap((field) => fields.get(field) ?? []),
		...unmatched.map((name) => ({ because: 'no match' as const, name })),
	];
}

/** The default of 'Input Binary Field'. It also selects an item's only file if its field has another name. */
const DEFAULT_FIELD = 'data';

function onlyFileIn(fields: BinaryFields): FieldValue | undefined {
	const [only, another] = [...fields.values()].flat();
	return only && !another && isBinary(only.value) ? only : undefined;
}

const withoutRepeats = (parts: Array<FieldValue | NotSelected>) =>
	parts.filter(
		(part, index) =>
			!isSelected(part) ||
			parts.findIndex((other) => isSelected(other) && other.value === part.value) === index,
	);
