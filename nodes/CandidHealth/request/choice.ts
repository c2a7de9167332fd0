import type { IDataObject, IExecuteSingleFunctions, IHttpRequestOptions } from 'n8n-workflow';

import { isRecord } from '../types/isRecord';
import { CHECK_EXPRESSION } from './text';
import { InvalidValue } from './values';
import type { Invalid } from './values';

/** The values of an options parameter, each with its label. */
type Options<T extends string> = Record<T, string>;

type PreSend = (
	this: IExecuteSingleFunctions,
	options: IHttpRequestOptions,
) => Promise<IHttpRequestOptions>;

/**
 * Makes the `preSend` of an options parameter whose value the code reads. It refuses a value that is not
 * one of the options, which an expression or edited workflow JSON may contain.
 *
 * @param path of the parameter: 'options.ifAlreadyAttached'
 */
export function choice(path: string, label: string, options: Options<string>): PreSend {
	return async function (request) {
		const chosen = choiceOf(label, this.getNodeParameter(path) ?? null, options);
		return typeof chosen === 'string' ? request : refuse(request, chosen);
	};
}

/**
 * The same for a parameter whose options have `routing`. The engine compares the options with the saved
 * value (2.41.1), so none of them applies if that is an expression, whatever its result.
 */
export function fixedChoice(path: string, label: string, options: Options<string>): PreSend {
	return async function (request) {
		const saved = path
			.split('.')
			.reduce<unknown>(
				(at, name) => (isRecord(at) ? at[name] : undefined),
				this.getNode().parameters,
			);
		const advice = 'An expression cannot be used here.';
		const chosen = choiceOf(label, saved ?? null, options, advice);
		return typeof chosen === 'string' ? request : refuse(request, chosen);
	};
}

/**
 * @param value undefined if the parameter is not set: then the first option is chosen
 * @returns the value, or why it is invalid
 */
export function choiceOf<T extends string>(
	label: string,
	value: unknown,
	options: Options<T>,
	advice = CHECK_EXPRESSION,
): T | Invalid {
	const values = Object.keys(options) as T[];
	const chosen = value === undefined ? values[0] : values.find((one) => one === value);
	if (chosen !== undefined) return chosen;
	const allowed = values.map((one) => `'${options[one]}' (${one})`).join(' or ');
	return {
		reason: `'${label}' has a value that does not exist`,
		advice: `Choose ${allowed}. ${advice}`,
	};
}

/** A request that is not sent, for the reason given. */
export function refuse(request: IHttpRequestOptions, reason: Invalid): IHttpRequestOptions {
	const qs = { ...request.qs, refused: new InvalidValue(reason) } as unknown as IDataObject;
	return { ...request, qs };
}
