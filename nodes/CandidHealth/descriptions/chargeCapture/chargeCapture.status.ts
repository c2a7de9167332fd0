import type { INodePropertyOptions } from 'n8n-workflow';

/** In the order in which an update offers them: most updates make a charge capture billable. */
const STATUSES = {
	billable: 'Billable',
	planned: 'Planned',
	'not-billable': 'Not Billable',
	aborted: 'Aborted',
	'entered-in-error': 'Entered in Error',
};

export const statusOptions: INodePropertyOptions[] = Object.entries(STATUSES).map(
	([value, name]) => ({ name, value }),
);
