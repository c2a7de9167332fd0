import type { Unusable } from './checkedRequest';
import { CHECK_EXPRESSION } from './text';

/**
 * The value of an options parameter that is read by code. An expression, or a workflow's JSON, may give
 * one that does not exist.
 *
 * @param value undefined where the parameter is not set: then the first option counts
 * @param options their values, with their labels
 */
export function choiceOf<T extends string>(
	label: string,
	value: unknown,
	options: Record<T, string>,
): T | Unusable {
	const values = Object.keys(options) as T[];
	const chosen = values.find((one) => one === (value ?? values[0]));
	if (chosen !== undefined) return chosen;
	const allowed = values.map((one) => `'${options[one]}' (${one})`).join(' or ');
	return {
		why: `'${label}' has a value that does not exist`,
		advice: `Choose ${allowed}. ${CHECK_EXPRESSION}`,
	};
}
