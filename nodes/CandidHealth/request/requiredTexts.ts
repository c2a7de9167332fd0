import type { IDataObject, IExecuteSingleFunctions, IHttpRequestOptions } from 'n8n-workflow';

import { refuse } from './choice';
import { CHECK_EXPRESSION } from './text';
import { exactText } from './values';

/**
 * Makes a `preSend` that refuses fields of the body that are not text or are blank, because an empty field
 * is left out of the request (`checkedRequest`), and fields that sending would change. Numbers become text.
 *
 * @param labels of the fields that must be there, by Candid's names
 * @param optional labels of the fields that may be empty
 */
export function requiredTexts(
	labels: Record<string, string>,
	optional: Record<string, string> = {},
) {
	return async function (
		this: IExecuteSingleFunctions,
		request: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		const body = (request.body ?? {}) as IDataObject;
		const given = Object.entries(optional).filter(([name]) => (body[name] ?? '') !== '');
		return withTexts(request, [...Object.entries(labels), ...given], CHECK_EXPRESSION);
	};
}

/**
 * A request whose fields are text, or that is not sent because one of them is empty or would be changed.
 *
 * @param fields names and labels
 * @param adviceIfEmpty what to do about an empty field
 */
export function withTexts(
	request: IHttpRequestOptions,
	fields: Array<[name: string, label: string]>,
	adviceIfEmpty: string,
): IHttpRequestOptions {
	const body = { ...(request.body as IDataObject) };
	for (const [name, label] of fields) {
		const text = exactText(label, body[name]);
		if (typeof text !== 'string') return refuse(request, text);
		if (text.trim() === '') {
			return refuse(request, { reason: `'${label}' is empty`, advice: adviceIfEmpty });
		}
		body[name] = text;
	}
	return { ...request, body };
}
