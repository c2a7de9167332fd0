import type { IDataObject } from 'n8n-workflow';

import type { Explanation } from '../../errors/explain';
import type { CheckedRequest } from '../../request/checkedRequest';
import { readOnlyMatch } from '../../request/reader';
import type { Reader } from '../../request/reader';
import { isUuid } from '../../request/text';

/** One of Candid's records, with its ID in lower case. */
export type Identified = IDataObject & { id: string };

/**
 * Reads the charge capture that `chargeCaptureIdField` has put into a request.
 *
 * @throws NodeApiError unless there is exactly one
 */
export async function findChargeCapture(
	reader: Reader,
	{ url, qs, ids }: CheckedRequest,
): Promise<Identified> {
	return identified(reader, await readOnlyMatch(reader, { url, qs }), ids.charge_capture_id);
}

/**
 * @param id that the record must have; default any of Candid's
 * @throws NodeApiError for a record without it, such as the JSON of a proxy
 */
export function identified(
	reader: Pick<Reader, 'error'>,
	record: IDataObject,
	id?: string,
): Identified {
	const own = isUuid(record.id) ? record.id.toLowerCase() : undefined;
	if (own === undefined || own !== (id ?? own)) throw reader.error(ID_MISMATCH);
	return { ...record, id: own };
}

/** It does not quote the answer, which may have a patient's data. */
export const ID_MISMATCH: Explanation = {
	reason: "Candid's answer does not have its ID",
	advice: 'Check any proxies between n8n and Candid, and the Environment of the credential.',
	outcome: 'refused',
	tryAgain: true,
};
