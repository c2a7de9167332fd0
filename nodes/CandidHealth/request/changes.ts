import type { IExecuteSingleFunctions, IHttpRequestOptions } from 'n8n-workflow';

import { refuse } from './choice';
import { CHECK_EXPRESSION, textOf } from './text';
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
 * value is not sent (`checkedRequest`): the update would succeed without changing anything.
 *
 * @param labels of the fields that can be changed, by Candid's names
 */
export function changesOf(labels: Record<string, string>) {
	return async function (
		this: IExecuteSingleFunctions,
		request: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		const changes = Object.entries((request.body ?? {}) as Record<string, unknown>).filter(
			([name]) => name in labels,
		);
		if (changes.length === 0) {
			const advice = "Add at least one field under 'Update Fields'.";
			return refuse(request, { reason: 'there is nothing to update', advice });
		}
		const empty = changes.find(([, value]) => textOf(value).trim() === '');
		if (!empty) return request;
		return refuse(request, {
			reason: `'${labels[empty[0]]}' is empty`,
			advice: `Enter a value, or remove the field: an empty value does not change what Candid has. ${CHECK_EXPRESSION}`,
		});
	};
}
