import type { INodePropertyOptions } from 'n8n-workflow';

/** Candid's types of attachments, in the order of the editor's list. */
export const attachmentTypes: INodePropertyOptions[] = [
	{
		name: 'Documentation',
		value: 'DOCUMENTATION',
		description: 'Superbills, notes, lab results',
	},
	{ name: 'EOB', value: 'EOB', description: 'Explanation of benefits, payer letters' },
	{ name: 'Other', value: 'OTHER' },
];
