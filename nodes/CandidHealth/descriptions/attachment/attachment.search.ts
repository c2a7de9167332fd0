import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';

import { labelOf } from '../../lookup/listSearch';
import { readList } from '../../lookup/readList';
import type { RoutedRequest } from '../../request/checkedRequest';
import { valueOfLocator } from '../../request/values';
import { attachmentTypes } from './attachmentTypes';
import { listEndpoints } from './listEndpoints';

/** Lists the attachments of the charge capture or encounter that is selected for the operation. */
export async function searchAttachments(
	this: ILoadOptionsFunctions,
	filter = '',
): Promise<INodeListSearchResult> {
	const { entries } = await readList(this, listOfSelected(this));
	const all = entries.map((entry) => ({
		name: labelOf(
			entry.file_name,
			typeLabels.get(entry.attachment_type) ?? entry.attachment_type,
			String(entry.created_at ?? '').slice(0, 10),
			// Tells files with the same name apart.
			String(entry.attachment_id).slice(0, 8),
		),
		value: String(entry.attachment_id),
	}));
	return { results: all.filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase())) };
}

const typeLabels = new Map<unknown, string>(
	attachmentTypes.map(({ value, name }) => [value, name]),
);

function listOfSelected(context: ILoadOptionsFunctions): RoutedRequest {
	const selected = (name: string) => valueOfLocator(context.getCurrentNodeParameter(name));
	const isForClaim = context.getCurrentNodeParameter('operation') === 'sendWithClaim';
	if (isForClaim)
		return { ...listEndpoints.encounter, qs: { encounter_id: selected('encounter') } };
	switch (context.getCurrentNodeParameter('attachTo')) {
		case 'chargeCapture':
			return {
				...listEndpoints.chargeCapture,
				qs: { charge_capture_external_id: selected('chargeCaptureExternalId') },
			};
		case 'encounter':
			return { ...listEndpoints.encounter, qs: { encounter_id: selected('encounterId') } };
		default:
			return {};
	}
}
