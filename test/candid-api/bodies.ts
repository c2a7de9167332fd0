import { invalidFields, Refusal } from './answers';
import {
	FILE_TOO_LARGE,
	FILE_TYPE_NOT_ALLOWED,
	MAX_FILE_BYTES,
	UNREADABLE_BODY,
	WRONG_BODY_TYPE,
} from './assumptions';
import type { FormPart } from './multipart';
import type { World } from './types';

/** From the vendor's description. */
const ATTACHMENT_TYPES = ['DOCUMENTATION', 'EOB', 'OTHER'];

/** From the vendor's description of `attachment_file`. */
const FILE_TYPES = [
	'application/pdf',
	'image/png',
	'image/jpeg',
	'text/plain',
	'text/csv',
	'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
	'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
];

export interface Upload {
	fileName: string;
	contentType: string;
	bytes: Buffer;
	attachmentType: string;
	description?: string;
	chargeCaptureExternalId?: string;
}

/**
 * The fields of a create. Throws the refusal when a required one is missing; a create by charge
 * capture requires the external ID as a field.
 */
export function readUpload(
	parts: FormPart[] | undefined,
	target: 'charge capture' | 'encounter',
): Upload {
	if (parts === undefined) {
		throw new Refusal(WRONG_BODY_TYPE, { message: 'Expected multipart/form-data.' });
	}
	const text = (name: string) => parts.find((part) => part.name === name)?.value;
	const file = parts.find((part) => part.name === 'attachment_file')?.file;
	const attachmentType = text('attachment_type');
	const chargeCaptureExternalId = text('charge_capture_external_id');
	const missing: string[] = [];
	if (target === 'charge capture' && !chargeCaptureExternalId) {
		missing.push('charge_capture_external_id');
	}
	if (file === undefined) missing.push('attachment_file');
	if (!attachmentType) missing.push('attachment_type');
	if (file === undefined || !attachmentType || missing.length > 0) {
		throw invalidFields(missing.map((field) => ({ field, message: 'Field required' })));
	}
	return { ...file, attachmentType, chargeCaptureExternalId, description: text('description') };
}

/** Throws the 422 for an attachment type that is not documented, if the settings refuse those. */
export function checkAttachmentType({ attachmentType }: Upload, world: World): void {
	if (world.unknownAttachmentType === 'accepted') return;
	if (!ATTACHMENT_TYPES.includes(attachmentType)) {
		const message = `must be one of ${ATTACHMENT_TYPES.join(', ')}`;
		throw invalidFields([{ field: 'attachment_type', message }]);
	}
}

/** Refuses a file that is too large or whose type is not allowed. */
export function checkFile({ contentType, bytes }: Upload): void {
	if (bytes.length > MAX_FILE_BYTES) {
		throw new Refusal(FILE_TOO_LARGE, { message: 'The file is larger than 25 MB.' });
	}
	const type = mediaTypeOf(contentType);
	if (!FILE_TYPES.includes(type)) {
		throw new Refusal(FILE_TYPE_NOT_ALLOWED, { message: `The type '${type}' is not allowed.` });
	}
}

/**
 * The named string fields of a JSON or form-urlencoded body. Throws 415 for any other content type,
 * 400 for unreadable JSON and 422 for a missing field.
 */
export function readTextFields(
	body: unknown,
	contentType: string | undefined,
	names: string[],
): Record<string, string> {
	const text = Buffer.isBuffer(body) ? body.toString('utf8') : '';
	const type = mediaTypeOf(contentType);
	let fields: Record<string, unknown>;
	if (type === 'application/json') {
		fields = parseObject(text);
	} else if (type === 'application/x-www-form-urlencoded') {
		fields = Object.fromEntries(new URLSearchParams(text));
	} else {
		throw new Refusal(WRONG_BODY_TYPE, {
			message: `Content type '${type}' is not accepted.`,
		});
	}
	const found: Record<string, string> = {};
	for (const name of names) {
		const value = fields[name];
		if (typeof value === 'string' && value !== '') found[name] = value;
	}
	const missing = names.filter((name) => found[name] === undefined);
	if (missing.length > 0) {
		throw invalidFields(missing.map((field) => ({ field, message: 'Field required' })));
	}
	return found;
}

/** The members of a JSON body. Throws 415 for any other content type and 400 for unreadable JSON. */
export function readJsonObject(
	body: unknown,
	contentType: string | undefined,
): Record<string, unknown> {
	const type = mediaTypeOf(contentType);
	if (type !== 'application/json') {
		throw new Refusal(WRONG_BODY_TYPE, { message: `Content type '${type}' is not accepted.` });
	}
	return parseObject(Buffer.isBuffer(body) ? body.toString('utf8') : '');
}

/** The parsed JSON body; undefined for another content type and for invalid JSON. */
export function readJson(body: unknown, contentType: string | undefined): unknown {
	if (!Buffer.isBuffer(body) || mediaTypeOf(contentType) !== 'application/json') return undefined;
	try {
		const value: unknown = JSON.parse(body.toString('utf8'));
		return value;
	} catch {
		return undefined;
	}
}

/** The content type without its parameters, in lower case. */
function mediaTypeOf(contentType = ''): string {
	return contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

function parseObject(text: string): Record<string, unknown> {
	try {
		const value: unknown = JSON.parse(text);
		if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
	} catch {
		// Refused below, together with JSON that is not an object.
	}
	throw new Refusal(UNREADABLE_BODY, { message: 'The body is not a JSON object.' });
}
