import type { IDataObject, IExecuteSingleFunctions, IHttpRequestOptions } from 'n8n-workflow';

import { inexact } from './checkedRequest';
import { refuse } from './choice';
import { CHECK_EXPRESSION, textOf } from './text';

/**
 * Makes a `preSend` that refuses fields of the body that are not text or are blank, because an empty field
 * is left out of the request (`checkedRequest`). Numbers become text; those that are not exact are refused.
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
			const text = textOf(value);
			const mayBeLeftOut = name in optional && value === '';
			const changed = inexact(value);
			if (changed) return refuse(request, changed);
			if (text.trim() === '' && !mayBeLeftOut) {
				return refuse(request, { reason: `'${label}' is empty`, advice: CHECK_EXPRESSION });
			}
			body[name] = text;
		}
		return { ...request, body };
	};
}
