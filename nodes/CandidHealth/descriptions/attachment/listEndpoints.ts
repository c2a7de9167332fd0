/** Where the attachments of each parent are listed and deleted; `checkedRequest` fills in the IDs. */
export const listEndpoints = {
	chargeCapture: {
		url: '/api/encounter-attachments/v1/by-charge-capture-external-id/{charge_capture_external_id}',
	},
	encounter: { url: '/api/encounter-attachments/v1/{encounter_id}' },
};
