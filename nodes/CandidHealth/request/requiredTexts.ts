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
		const body = { ...(request.body as IDataObject) };
		for (const [name, label] of Object.entries({ ...labels, ...optional })) {
			const value = body[name] ?? '';
			const text = exactText(label, value);
			if (typeof text !== 'string') return refuse(request, text);
			const mayBeLeftOut = name in optional && value === '';
			if (text.trim() === '' && !mayBeLeftOut) {
				return refuse(request, { reason: `'${label}' is empty`, advice: CHECK_EXPRESSION });
			}
			body[name] = text;
		}
		return { ...request, body };
	};
}
