import type { INodeExecutionData } from 'n8n-workflow';

/** What a run has changed in Candid, by the key of each part. */
export interface Parts {
	/** the output items of what is done */
	done: Map<string, INodeExecutionData[]>;
	/** the errors of what may be done */
	uncertain: Map<string, Error>;
}

const parts = new WeakMap<object, Parts>();

/** What gave an attachment that has been deleted is not done any more. */
export function forgetDone({ done }: Parts, attachmentId: string): void {
	for (const [key, items] of done) {
		if (items.some(({ json }) => json.attachment_id === attachmentId)) done.delete(key);
	}
}

/** @param scope see `scopeOf` */
export function partsOf(scope: object): Parts {
	const known = parts.get(scope) ?? { done: new Map(), uncertain: new Map() };
	parts.set(scope, known);
	return known;
}
