import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import type {
	IDataObject,
	IHttpRequestOptions,
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
	JsonObject,
} from 'n8n-workflow';

import { baseUrlOf } from '../auth/environment';
import { capitalized } from '../errors/messageText';
import { explain, invalidAnswer } from '../errors/explain';
import { failureOf } from '../errors/candidFailure';
import { isRecord } from '../types/isRecord';
import type { Explanation } from '../errors/explain';
import { listEndpoints } from '../descriptions/attachment/listEndpoints';
import { checkedRequest } from '../request/checkedRequest';
import type { RoutedRequest } from '../request/checkedRequest';
import { claimStatuses } from '../request/simplify';
import { valueOfLocator } from '../request/values';
import { paceOf } from '../run/pace';

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
			inWords(entry.status),
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
			claimStatuses(entry).map(inWords).join(', '),
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
	const { entries } = await list(this, parentsList(this));
	const named = entries.map((entry) => ({
		name: label(
			entry.file_name,
			entry.attachment_type,
			String(entry.created_at ?? '').slice(0, 10),
			// Of two files with the same name, one may have to be deleted.
			String(entry.attachment_id).slice(0, 8),
		),
		value: String(entry.attachment_id),
	}));
	return {
		results: named.filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase())),
	};
}

function parentsList(context: ILoadOptionsFunctions): RoutedRequest {
	const chosen = (name: string) => valueOfLocator(context.getCurrentNodeParameter(name));
	switch (context.getCurrentNodeParameter('attachTo')) {
		case 'chargeCapture':
			return {
				...listEndpoints.chargeCapture,
				qs: { charge_capture_external_id: chosen('chargeCaptureExternalId') },
			};
		case 'encounter':
			return { ...listEndpoints.encounter, qs: { encounter_id: chosen('encounterId') } };
		default:
			return {};
	}
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
	const { entries, nextPageToken } = await list(context, { url, qs });
	return { results: entries.map(asItem), paginationToken: nextPageToken };
}

interface Page {
	entries: IDataObject[];
	nextPageToken?: string;
}

/** @throws an n8n error whose message has the advice too, because the editor shows nothing else */
async function list(context: ILoadOptionsFunctions, request: RoutedRequest): Promise<Page> {
	const checked = checkedRequest(request);
	if ('reason' in checked) {
		throw new NodeOperationError(context.getNode(), inOne(checked.reason, checked.advice));
	}
	let answer: unknown;
	try {
		const { httpRequestWithAuthentication } = context.helpers;
		const read: IHttpRequestOptions = {
			method: 'GET',
			url: checked.url,
			qs: checked.qs,
			headers: { Accept: 'application/json' },
			json: true,
		};
		const baseUrl = baseUrlOf(await context.getCredentials('candidHealthApi'));
		answer = await paceOf(baseUrl).immediately(
			async () => await httpRequestWithAuthentication.call(context, 'candidHealthApi', read),
		);
	} catch (error) {
		throw notListed(context, explain(failureOf(error), 'read'));
	}
	const { items, next_page_token: next } = isRecord(answer) ? answer : {};
	const entries = Array.isArray(answer) ? answer : items;
	if (!Array.isArray(entries)) throw notListed(context, invalidAnswer(answer, 'a list', 'read'));
	return {
		entries: entries.filter(isRecord) as IDataObject[],
		nextPageToken: typeof next === 'string' && next !== '' ? next : undefined,
	};
}

function notListed(context: ILoadOptionsFunctions, { reason, advice }: Explanation): NodeApiError {
	const message = inOne(reason, advice);
	const details: JsonObject = { message };
	return new NodeApiError(context.getNode(), details, { message });
}

const inOne = (reason: string, advice: string) => `${capitalized(reason)}. ${advice}`.trim();

/** A status as Candid has it, 'entered-in-error' or 'finalized_paid', as one reads it. */
const inWords = (status: unknown) => String(status ?? '').replace(/[-_]/g, ' ');

/** What is known of an entry, in one line. */
const label = (...parts: unknown[]) =>
	parts.filter((part) => typeof part === 'string' && part !== '').join(' · ');
