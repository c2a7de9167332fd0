import type { INodeExecutionData } from 'n8n-workflow';

/** What a run has changed in Candid, by the key of each part (`Write.key`). */
export interface Outcomes {
	/** the output items of what is done */
	done: Map<string, INodeExecutionData[]>;
	/** the errors of what may be done */
	uncertain: Map<string, Error>;
}

/** After an attachment was deleted, the part that stored it may be done again. */
export function forgetDone({ done }: Outcomes, attachmentId: string): void {
	for (const [key, items] of done) {
		if (items.some(({ json }) => json.attachment_id === attachmentId)) done.delete(key);
	}
}

/** The outcomes of a scope (see `scopeOf`). The map is weak, so they are freed with their scope. */
export function outcomesOf(scope: object): Outcomes {
	const known = outcomesByScope.get(scope) ?? { done: new Map(), uncertain: new Map() };
	outcomesByScope.set(scope, known);
	return known;
}

const outcomesByScope = new WeakMap<object, Outcomes>();
