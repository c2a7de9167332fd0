import type { INodeExecutionData } from 'n8n-workflow';

/** What a run has changed in Candid, by the key of each part. */
export interface Outcomes {
	/** the output items of what is done */
	done: Map<string, INodeExecutionData[]>;
	/** the errors of what may be done */
	uncertain: Map<string, Error>;
}

const outcomesByScope = new WeakMap<object, Outcomes>();

/** What gave an attachment that has been deleted is not done any more. */
export function forgetDone({ done }: Outcomes, attachmentId: string): void {
	for (const [key, items] of done) {
		if (items.some(({ json }) => json.attachment_id === attachmentId)) done.delete(key);
	}
}

/** @param scope see `scopeOf` */
export function outcomesOf(scope: object): Outcomes {
	const known = outcomesByScope.get(scope) ?? { done: new Map(), uncertain: new Map() };
	outcomesByScope.set(scope, known);
	return known;
}
