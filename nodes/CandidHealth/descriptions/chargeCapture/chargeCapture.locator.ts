import type { INodeProperties } from 'n8n-workflow';

/** How a user selects a charge capture, in every operation that needs one. */
export const chargeCaptureLocator: INodeProperties = {
	displayName: 'Charge Capture',
	name: 'chargeCaptureExternalId',
	type: 'resourceLocator',
	required: true,
	default: { mode: 'list', value: '' },
	// The editor shows 'By ID' for each mode named 'id', whatever its displayName (2.41.1), so the
	// description says which ID.
	description: 'Identified by its external ID, which is its ID in your own system',
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
			hint: 'The ID of the charge capture in your own system',
		},
	],
};
