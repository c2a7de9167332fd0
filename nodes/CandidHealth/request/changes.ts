import type { IDataObject, IExecuteSingleFunctions, IHttpRequestOptions } from 'n8n-workflow';

import { refuse } from './choice';
import { withTexts } from './requiredTexts';
import { CHECK_EXPRESSION } from './text';
import type { WriteIntent } from './writeRequest';

/** What the updates of all resources have in common: they set values, so they can be sent twice. */
export const RECORD_UPDATE = {
	action: 'updated',
	unanswered: {
		outcome: 'uncertain',
		advice: 'Candid may have updated it anyway. You can run it again: it sets the same values.',
		tryAgain: true,
	},
	advice: 'These were updated. You can run the workflow again: it sets the same values.',
	repeatable: true,
	replaceable: true,
} satisfies Partial<WriteIntent>;

/**
 * Makes the `preSend` of an operation that updates a record. It refuses an empty value, because an empty
 * value is not sent (`checkedRequest`): the update would succeed without changing anything. It also
 * refuses values that sending would change. Numbers become text.
 *
 * @param labels of the fields that can be changed, by Candid's names
 */
export function changesOf(labels: Record<string, string>) {
	return async function (
		this: IExecuteSingleFunctions,
		request: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		const body = (request.body ?? {}) as IDataObject;
		const changes = Object.entries(labels).filter(([name]) => name in body);
		if (changes.length === 0) {
			const advice = "Add at least one field under 'Update Fields'.";
			return refuse(request, { reason: 'there is nothing to update', advice });
		}
		return withTexts(request, changes, EMPTY);
	};
}

const EMPTY = `Enter a value, or remove the field: an empty value does not change what Candid has. ${CHECK_EXPRESSION}`;
