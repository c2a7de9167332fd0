/** Which files Candid accepts; the one place that says so. */

/** Candid's limit, 25 MB, counted as the larger 25 MiB so that Candid has the last word on the difference. */
export const MAX_FILE_BYTES = 25 * 1024 * 1024;

/** The types Candid accepts, by the extensions their files go by. Source: the vendor's API description. */
export const TYPE_BY_EXTENSION: Record<string, string> = {
	pdf: 'application/pdf',
	png: 'image/png',
	jpg: 'image/jpeg',
	jpeg: 'image/jpeg',
	txt: 'text/plain',
	csv: 'text/csv',
	docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
	xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

export const TYPE_ADVICE = 'Candid takes PDF, PNG, JPEG, plain text, CSV, DOCX and XLSX.';

export const SIZE_ADVICE = 'Candid takes files of at most 25 MB. Split or compress it.';
