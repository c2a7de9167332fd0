export const SIGN_IN_PATH = '/api/auth/v2/token';
export const ATTACHMENTS_PATH = '/api/encounter-attachments/v1';
export const CREATE_BY_CHARGE_CAPTURE_PATH = `${ATTACHMENTS_PATH}/create-from-charge-capture-external-id`;
export const BY_CHARGE_CAPTURE_PATH = `${ATTACHMENTS_PATH}/by-charge-capture-external-id`;
export const CHARGE_CAPTURES_PATH = '/api/charge_captures/v1';
export const ENCOUNTERS_PATH = '/api/encounters/v4';
export const CLAIM_CREATIONS_PATH = '/api/charge_capture_claim_creation/v1';
export const TASKS_PATH = '/api/tasks/v3';
/** With the slash at its end. */
export const EVENTS_PATH = '/api/events/v1/';
export const BILLING_NOTES_PATH = '/api/billing_notes/v2';
export const FILES_PATH = '/files';

/** The request target without its query. */
export const pathOf = (url: string) => url.split('?', 1)[0] ?? url;

/** Whether a request is one of the three attachment creates. */
export function isAttachmentCreate(method: string, url: string): boolean {
	const path = pathOf(url);
	if (method === 'POST') return path === CREATE_BY_CHARGE_CAPTURE_PATH;
	return method === 'PUT' && /^\/api\/encounter-attachments\/v1\/[^/]+(\/v2)?$/.test(path);
}
