import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import type {
	IDataObject,
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
	JsonObject,
} from 'n8n-workflow';

import { failureOf, inPlainWords, isRecord } from '../candidApiError';
import { checkedRequest } from '../request/checkedRequest';
import type { RoutedRequest } from '../request/checkedRequest';
import { claimStatuses } from '../request/simplify';

/** How many entries the editor gets at a time; it asks for more as the user scrolls. */
const PAGE_SIZE = 50;

/** Charge captures by Candid's `search_term`, told apart without their patients' names. */
export async function searchChargeCaptures(
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	return await page(this, '/api/charge_captures/v1', filter, paginationToken, (entry) => ({
		name: label(
			entry.charge_external_id,
			entry.patient_external_id,
			entry.date_of_service,
			entry.status,
		),
		value: String(entry.charge_external_id),
	}));
}

/** Encounters by Candid's `search_term`, told apart without their patients' names. */
export async function searchEncounters(
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	return await page(this, '/api/encounters/v4', filter, paginationToken, (entry) => ({
		name: label(
			entry.external_id,
			isRecord(entry.patient) ? entry.patient.external_id : undefined,
			entry.date_of_service,
			claimStatuses(entry).join(', '),
		),
		value: String(entry.encounter_id),
		url: typeof entry.url === 'string' ? entry.url : undefined,
	}));
}

/** The attachments of the charge capture or encounter that is chosen in the node, by file name. */
export async function searchAttachments(
	this: ILoadOptionsFunctions,
	filter = '',
): Promise<INodeListSearchResult> {
	const answer = await get(this, parentsList(this));
	const entries = Array.isArray(answer) ? answer.filter(isRecord) : [];
	const named = entries.map((entry) => ({
		name: label(
			entry.file_name,
			entry.attachment_type,
			String(entry.created_at ?? '').slice(0, 10),
		),
		value: String(entry.attachment_id),
	}));
	return {
		results: named.filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase())),
	};
}

function parentsList(context: ILoadOptionsFunctions): RoutedRequest {
	const chosen = (name: string) =>
		context.getCurrentNodeParameter(name, { extractValue: true }) as string | undefined;
	return context.getCurrentNodeParameter('attachTo') === 'encounter'
		? {
				url: '/api/encounter-attachments/v1/{encounter_id}',
				qs: { encounter_id: chosen('encounterId') },
			}
		: {
				url: '/api/encounter-attachments/v1/by-charge-capture-external-id/{charge_capture_external_id}',
				qs: { charge_capture_external_id: chosen('chargeCaptureExternalId') },
			};
}

async function page(
	context: ILoadOptionsFunctions,
	url: string,
	filter: string | undefined,
	paginationToken: string | undefined,
	asItem: (entry: IDataObject) => INodeListSearchItems,
): Promise<INodeListSearchResult> {
	const qs: IDataObject = { limit: PAGE_SIZE };
	if (filter) qs.search_term = filter;
	if (paginationToken) qs.page_token = paginationToken;
	const answer = await get(context, { url, qs });
	const { items, next_page_token: next } = isRecord(answer) ? answer : {};
	return {
		results: Array.isArray(items) ? (items.filter(isRecord) as IDataObject[]).map(asItem) : [],
		paginationToken: typeof next === 'string' && next !== '' ? next : undefined,
	};
}

/** @throws an n8n error whose message is all that the editor shows of it */
async function get(context: ILoadOptionsFunctions, request: RoutedRequest): Promise<unknown> {
	const checked = checkedRequest(request);
	if ('why' in checked) {
		throw new NodeOperationError(
			context.getNode(),
			`${capitalized(checked.why)}. ${checked.advice}`,
		);
	}
	try {
		return (await context.helpers.httpRequestWithAuthentication.call(context, 'candidHealthApi', {
			method: 'GET',
			url: checked.url,
			qs: checked.qs,
			headers: { Accept: 'application/json' },
			json: true,
		})) as unknown;
	} catch (error) {
		const { what, advice } = inPlainWords(failureOf(error), 'read');
		const message = `${capitalized(what)}. ${advice}`.trim();
		const details: JsonObject = { message };
		throw new NodeApiError(context.getNode(), details, { message, description: advice });
	}
}

/** What is known of an entry, in one line. */
const label = (...parts: unknown[]) =>
	parts.filter((part) => typeof part === 'string' && part !== '').join(' · ');

const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
