import type { INodeProperties } from 'n8n-workflow';

/** How a user names a charge capture, wherever one is asked for. */
export const chargeCaptureLocator: INodeProperties = {
	displayName: 'Charge Capture',
	name: 'chargeCaptureExternalId',
	type: 'resourceLocator',
	required: true,
	default: { mode: 'list', value: '' },
	// n8n calls every mode of the name 'id' just 'By ID' (2.41.1).
	description: 'Its ID is the external ID, which your own system gave to it',
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
