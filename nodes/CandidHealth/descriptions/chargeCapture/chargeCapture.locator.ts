import type { INodeProperties } from 'n8n-workflow';

/** How a user names a charge capture, wherever one is asked for. */
export const chargeCaptureLocator: INodeProperties = {
	displayName: 'Charge Capture',
	name: 'chargeCaptureExternalId',
	type: 'resourceLocator',
	required: true,
	default: { mode: 'list', value: '' },
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			placeholder: 'Select a charge capture...',
			typeOptions: { searchListMethod: 'searchChargeCaptures', searchable: true },
		},
		{
			displayName: 'By External ID',
			name: 'id',
			type: 'string',
			placeholder: 'e.g. CC-1001',
			hint: 'The ID that your own system gave to the charge capture',
		},
	],
};
