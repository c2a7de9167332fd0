import type { NewAttachment } from './store';
import type { AttachmentSeed } from './types';

/** What a seed stands for; throws an Error for one that belongs to nothing. */
export function attachmentOf(seed: AttachmentSeed, clientId: string): NewAttachment {
	const { chargeCaptureExternalId, encounterId } = seed;
	if (chargeCaptureExternalId === undefined && encounterId === undefined) {
		throw new Error('An attachment needs a chargeCaptureExternalId or an encounterId.');
	}
	const {
		fileName = 'superbill.pdf',
		contentType = 'application/pdf',
		attachmentType = 'DOCUMENTATION',
		bytes = Buffer.from('%PDF-1.7 invented superbill'),
	} = seed;
	return { ...seed, clientId, fileName, contentType, attachmentType, bytes };
}
