import { randomUUID } from 'node:crypto';

import { notFound } from './answers';
import type { JsonFields } from './json-fields';
import {
	ATTACHMENT_INCLUSIONS,
	REPORT_TRANSMISSION_CODES,
	REPORT_TYPE_CODES,
	type AttachmentInclusion,
	type ReportTransmissionCode,
	type ReportTypeCode,
} from './statuses';

/** What a claim says about one attachment of its encounter, or about a document elsewhere. */
export interface SupplementalInformation {
	supplementalInformationId: string;
	encounterId: string;
	/** The client it belongs to. */
	clientId: string;
	attachmentId?: string;
	reportTypeCode: ReportTypeCode;
	transmissionCode: ReportTransmissionCode;
	controlNumber?: string;
	inclusion: AttachmentInclusion;
}

export interface SupplementalInformationSeed {
	/** Not checked: neither the encounter nor the attachment need exist. */
	encounterId: string;
	attachmentId?: string;
	/** A UUID; default a random one. */
	supplementalInformationId?: string;
	/** Default 'OZ' (support data for claim). */
	reportTypeCode?: ReportTypeCode;
	/** Default 'EL' (electronically only). */
	transmissionCode?: ReportTransmissionCode;
	controlNumber?: string;
	/** Default 'included_on_next_submission'. */
	inclusion?: AttachmentInclusion;
	/** Default the first client. */
	clientId?: string;
}

type Content = Omit<
	SupplementalInformation,
	'supplementalInformationId' | 'encounterId' | 'clientId'
>;
type Encounter = Pick<SupplementalInformation, 'encounterId' | 'clientId'>;

/** The fields of a create. Throws the 422 for a missing one and for an unknown code. */
export function readSupplementalInformation(fields: JsonFields): Content {
	const { reportTypeCode, transmissionCode, inclusion, ...optional } =
		readSupplementalChanges(fields);
	return {
		...optional,
		reportTypeCode: fields.required('attachment_report_type_code', reportTypeCode),
		transmissionCode: fields.required('attachment_transmission_code', transmissionCode),
		inclusion: fields.required('attachment_inclusion', inclusion),
	};
}

/** The fields of an update that were sent. Throws the 422 for an unknown code. */
export function readSupplementalChanges(fields: JsonFields): Partial<Content> {
	return {
		attachmentId: fields.uuid('attachment_id'),
		reportTypeCode: fields.oneOf('attachment_report_type_code', REPORT_TYPE_CODES),
		transmissionCode: fields.oneOf('attachment_transmission_code', REPORT_TRANSMISSION_CODES),
		controlNumber: fields.text('attachment_control_number'),
		inclusion: fields.oneOf('attachment_inclusion', ATTACHMENT_INCLUSIONS),
	};
}

/** The entries of all encounters, in the order in which they were created. */
export class SupplementalInformationStore {
	private held: SupplementalInformation[] = [];

	get all(): SupplementalInformation[] {
		return this.held.map((entry) => ({ ...entry }));
	}

	addSeed({ clientId, ...seed }: SupplementalInformationSeed & Encounter) {
		return this.add(
			{ clientId, encounterId: seed.encounterId },
			{
				reportTypeCode: 'OZ',
				transmissionCode: 'EL',
				inclusion: 'included_on_next_submission',
				...seed,
			},
		);
	}

	add(encounter: Encounter, content: Content): SupplementalInformation {
		const entry = { supplementalInformationId: randomUUID(), ...content, ...encounter };
		this.held.push(entry);
		return { ...entry };
	}

	list({ encounterId, clientId }: Encounter): SupplementalInformation[] {
		return this.all.filter(
			(entry) => entry.encounterId === encounterId && entry.clientId === clientId,
		);
	}

	/** Changes the fields that have a value. Throws the 404 for an entry of another encounter, too. */
	update(encounter: Encounter, id: string, changes: Partial<Content>): SupplementalInformation {
		const entry = this.held[this.indexOf(encounter, id)];
		if (entry === undefined) throw notFound(id);
		const sent = Object.entries(changes).filter(([, value]) => value !== undefined);
		return { ...Object.assign(entry, Object.fromEntries(sent)) };
	}

	/** Throws the 404 for an entry that does not exist or belongs to another encounter. */
	remove(encounter: Encounter, id: string): void {
		this.held.splice(this.indexOf(encounter, id), 1);
	}

	reset(): void {
		this.held = [];
	}

	private indexOf({ encounterId, clientId }: Encounter, id: string): number {
		const index = this.held.findIndex(
			(entry) =>
				entry.supplementalInformationId === id &&
				entry.encounterId === encounterId &&
				entry.clientId === clientId,
		);
		if (index === -1) throw notFound(id);
		return index;
	}
}

/** As the API returns it. */
export const supplementalInformationOnWire = (entry: SupplementalInformation): object => ({
	supplemental_information_id: entry.supplementalInformationId,
	encounter_id: entry.encounterId,
	attachment_id: entry.attachmentId,
	attachment_report_type_code: entry.reportTypeCode,
	attachment_transmission_code: entry.transmissionCode,
	attachment_control_number: entry.controlNumber,
	attachment_inclusion: entry.inclusion,
});
