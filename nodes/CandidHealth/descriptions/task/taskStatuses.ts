import type { INodePropertyOptions } from 'n8n-workflow';

const options = (labels: Record<string, string>): INodePropertyOptions[] =>
	Object.entries(labels).map(([value, name]) => ({ name, value }));

/** The statuses that a task can be given (`TaskStatus` of Candid's SDK 1.33.0), the usual ones first. */
export const newStatuses = options({
	finished: 'Finished',
	waiting_for_review: 'Waiting for Review',
	in_progress: 'In Progress',
	blocked: 'Blocked',
	open: 'Open',
});

/** The statuses that a task can have. Candid no longer accepts the ones that are not in `newStatuses`. */
export const taskStatuses = [
	...newStatuses,
	...options({
		addressed_by_provider_group: 'Addressed by Provider Group',
		sent_to_provider_group: 'Sent to Provider Group',
	}),
].sort((a, b) => a.name.localeCompare(b.name));
