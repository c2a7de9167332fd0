import type { IDataObject, INodeExecutionData, NodeApiError } from 'n8n-workflow';

import {
	contentNote,
	downloadFile,
	isRefused,
	linkNotAnswered,
	outputField,
} from '../../download/downloadFile';
import type { LinkedFile } from '../../download/downloadFile';
import { candidApiError } from '../../errors/candidApiError';
import { invalidAnswer } from '../../errors/explain';
import type { Explanation, Unanswered } from '../../errors/explain';
import type { WriteIntent } from '../../request/writeRequest';
import type { Writer } from '../../request/writer';
import type { Outcomes } from '../../run/outcomes';
import { isRecord } from '../../types/isRecord';
import { typeOf } from '../../upload/fileKinds';

const UNANSWERED: Unanswered = {
	outcome: 'uncertain',
	advice:
		'Candid may have created it anyway. Run it again: that makes another document and changes no claim.',
	tryAgain: true,
};

export const CREATE: WriteIntent = {
	subject: 'the superbill',
	action: 'created',
	unanswered: UNANSWERED,
	nouns: ['set of superbills', 'sets of superbills'],
	named: (_, items) => items.map(({ json }) => String(json.superbill_id)).join(', '),
	advice:
		'Their files are not in the output, because the run stopped. Run the workflow again: that makes new documents and changes no claim.',
	send: createSuperbills,
};

/** Superbills whose files were not downloaded, as Candid has answered, by the key of the part. */
const withoutFiles = new WeakMap<Outcomes, Map<string, IDataObject[]>>();

/**
 * Creates the superbills of one item, one for each billing provider, and downloads their files. If an
 * earlier try of n8n's Retry On Fail has created them, it downloads their files, and creates new ones only
 * if Candid refuses the links, which expire.
 *
 * @returns an item for each superbill, with its file
 * @throws NodeApiError; its outcome is 'done' if they were created, but a file was not downloaded
 */
async function createSuperbills(writer: Writer): Promise<INodeExecutionData[]> {
	const { outcomes } = writer.run;
	const { key } = writer.part;
	const known = withoutFiles.get(outcomes) ?? new Map<string, IDataObject[]>();
	withoutFiles.set(outcomes, known);

	const earlier = known.get(key);
	let result = earlier && (await downloadFiles(writer, earlier));
	if (!Array.isArray(result)) {
		const superbills = await (earlier ? requestAgain(writer) : request(writer));
		known.set(key, superbills);
		result = await downloadFiles(writer, superbills);
	}
	if (!Array.isArray(result)) throw notDownloaded(writer, result);
	known.delete(key);
	return result;
}

/** @throws NodeApiError if Candid refuses, does not answer, or creates none */
async function request(writer: Writer): Promise<IDataObject[]> {
	const [item] = await writer.write();
	const superbills = item?.json.superbills;
	if (!Array.isArray(superbills) || !superbills.every(isRecord)) {
		throw writer.error(invalidAnswer(item?.json ?? [], 'what was asked for', UNANSWERED));
	}
	if (superbills.length === 0) throw writer.error(NONE);
	return superbills as IDataObject[];
}

const NONE: Explanation = {
	reason: 'Candid made none for this patient and these dates',
	advice:
		"Check 'Patient External ID' and the dates: there may be no visits of this patient between them.",
	outcome: 'refused',
	tryAgain: false,
};

/** For links that no longer work. If there is no new superbill, the earlier ones still exist. */
async function requestAgain(writer: Writer): Promise<IDataObject[]> {
	return await request(writer).catch(({ description }: NodeApiError) => {
		const reason = 'its link does not work, and the request for a new one did not succeed';
		throw notDownloaded(writer, { reason, advice: description ?? '' });
	});
}

/** @returns the output items; or why a link did not work, if new superbills have others */
async function downloadFiles(
	writer: Writer,
	superbills: IDataObject[],
): Promise<INodeExecutionData[] | Pick<Explanation, 'reason' | 'advice'>> {
	const { context, part, run, request: routed } = writer;
	const failed = (why: Explanation) => notDownloaded(writer, why);
	const items: INodeExecutionData[] = [];
	for (const superbill of superbills) {
		const linked = superbillFile(superbill, part.body.output_format);
		if (!linked) return NO_LINK;
		const file = await downloadFile({ context, run, request: routed, failed }, linked);
		if ('status' in file) {
			if (isRefused(file)) return linkNotAnswered(file.status);
			throw failed(linkNotAnswered(file.status));
		}
		const json = { ...fieldsOf(superbill), ...contentNote(context) };
		items.push({ json, binary: { [outputField(context)]: file.binary } });
	}
	return items;
}

const NO_LINK = { reason: 'Candid gave no link to it', advice: '' };

function superbillFile(
	{ authed_url: link, file_name: name, superbill_id: id }: IDataObject,
	format: unknown,
): LinkedFile | undefined {
	if (typeof link !== 'string') return undefined;
	const type = typeOf(format === 'DOCX' ? 'docx' : 'pdf');
	return { link, name: String(name ?? ''), id: String(id), type };
}

/** Without the link, because anyone who has it can open the file. */
const fieldsOf = (superbill: IDataObject): IDataObject => ({
	superbill_id: superbill.superbill_id,
	patient_external_id: superbill.patient_external_id,
	date_range_min: superbill.date_range_min,
	date_range_max: superbill.date_range_max,
	file_name: superbill.file_name,
});

const notDownloaded = (
	{ context }: Writer,
	{ reason, advice }: Pick<Explanation, 'reason' | 'advice'>,
): NodeApiError =>
	candidApiError(context, CREATE, {
		reason: `its file was not downloaded: ${reason}`,
		advice: `${advice} ${AGAIN}`.trim(),
		outcome: 'done',
		tryAgain: true,
	});

const AGAIN = 'Running it again may make another document, which changes no claim.';
