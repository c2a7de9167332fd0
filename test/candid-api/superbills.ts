import { createHash, randomUUID } from 'node:crypto';

import { DOCX_TYPE, docxWithText, pdfWithText } from '../files/contents';
import { Refusal } from './answers';
import { SUPERBILL_REFUSED } from './assumptions';
import { JsonFields } from './json-fields';
import type { BillingProvider, Encounter } from './lookups';

/** The bill of one patient by one billing provider, for a range of days. */
export interface StoredSuperbill {
	superbillId: string;
	/** The client it belongs to. */
	clientId: string;
	patientExternalId: string;
	/** YYYY-MM-DD, inclusive, as sent. */
	dateRangeMin: string;
	/** YYYY-MM-DD, inclusive, as sent. */
	dateRangeMax: string;
	billingProvider: BillingProvider;
	/** The encounters that it lists. */
	encounterIds: string[];
	fileName: string;
	contentType: string;
	bytes: Buffer;
	/** Lower-case hex. */
	sha256: string;
}

export interface SuperbillRequest {
	patientExternalId: string;
	dateRangeMin: string;
	dateRangeMax: string;
	outputFormat: 'PDF' | 'DOCX';
	/** The lines of `pay_to_address`, if it was sent. */
	payTo?: string[];
}

/** Throws the 422 for a missing field, an empty patient and a value of the wrong kind. */
export function readSuperbillRequest(body: Record<string, unknown>): SuperbillRequest {
	const fields = new JsonFields(body, refused);
	const required = (name: string) => fields.required(name, fields.text(name) || undefined);
	const patientExternalId = required('patient_external_id');
	const dateRangeMin = fields.required('date_range_min', fields.date('date_range_min'));
	const dateRangeMax = fields.required('date_range_max', fields.date('date_range_max'));
	if (dateRangeMin > dateRangeMax) throw refused('date_range_max', 'is before date_range_min');
	const outputFormat = fields.oneOf('output_format', ['PDF', 'DOCX'] as const) ?? 'DOCX';
	fields.flag('include_merged_patient_data');
	const address = fields.object('pay_to_address');
	const payTo = address && addressLines(address);
	return { patientExternalId, dateRangeMin, dateRangeMax, outputFormat, payTo };
}

/** The superbills of all clients, in the order in which they were made. */
export class Superbills {
	private held: StoredSuperbill[] = [];

	get all(): StoredSuperbill[] {
		return [...this.held];
	}

	/** Makes one for each billing provider of the encounters, in their order. */
	make(clientId: string, encounters: Encounter[], request: SuperbillRequest): StoredSuperbill[] {
		const byNpi = new Map<string, { billingProvider: BillingProvider; billed: Encounter[] }>();
		for (const encounter of encounters) {
			const { billingProvider } = encounter;
			const group = byNpi.get(billingProvider.npi) ?? { billingProvider, billed: [] };
			group.billed.push(encounter);
			byNpi.set(billingProvider.npi, group);
		}
		const made = [...byNpi.values()].map(({ billingProvider, billed }) => ({
			superbillId: randomUUID(),
			clientId,
			billingProvider,
			...contentOf(billingProvider, billed, request),
		}));
		this.held.push(...made);
		return made;
	}

	find(superbillId: string): StoredSuperbill | undefined {
		return this.held.find((superbill) => superbill.superbillId === superbillId);
	}

	reset(): void {
		this.held = [];
	}
}

/** As the API returns it. */
export const superbillOnWire = (superbill: StoredSuperbill, link: string): object => ({
	superbill_id: superbill.superbillId,
	patient_external_id: superbill.patientExternalId,
	authed_url: link,
	date_range_min: superbill.dateRangeMin,
	date_range_max: superbill.dateRangeMax,
	file_name: superbill.fileName,
});

function contentOf(
	billingProvider: BillingProvider,
	encounters: Encounter[],
	{ outputFormat, payTo, ...request }: SuperbillRequest,
) {
	const { patientExternalId, dateRangeMin, dateRangeMax } = request;
	const lines = [
		'Superbill',
		`Patient ${patientExternalId}`,
		`${dateRangeMin} to ${dateRangeMax}`,
		`${billingProvider.name}, NPI ${billingProvider.npi}`,
		...(payTo === undefined ? [] : ['Pay to', ...payTo]),
		...encounters.map(({ externalId, dateOfService }) => `${dateOfService} ${externalId}`),
	];
	const isPdf = outputFormat === 'PDF';
	const bytes = isPdf ? pdfWithText(lines) : docxWithText(lines);
	const extension = outputFormat.toLowerCase();
	return {
		...request,
		encounterIds: encounters.map(({ encounterId }) => encounterId),
		fileName: `superbill_${patientExternalId}_${dateRangeMin}_${dateRangeMax}.${extension}`,
		contentType: isPdf ? 'application/pdf' : DOCX_TYPE,
		bytes,
		sha256: createHash('sha256').update(bytes).digest('hex'),
	};
}

function addressLines(address: Record<string, unknown>): string[] {
	const fields = new JsonFields(address, (name, message) =>
		refused(`pay_to_address.${name}`, message),
	);
	const text = (name: string) => fields.required(name, fields.text(name));
	const [street, second] = [text('address1'), fields.text('address2')];
	const extension = fields.text('zip_plus_four_code');
	const zip = [text('zip_code'), ...(extension ? [extension] : [])].join('-');
	return [street, ...(second ? [second] : []), `${text('city')}, ${text('state')} ${zip}`];
}

const refused = (field: string, message: string) =>
	new Refusal(SUPERBILL_REFUSED, { message: `${field}: ${message}` });
