import { CandidApi as Candid } from 'candidhealth';

import { UNKNOWN_ID } from '../engine/fixtures';
import { SUPPLEMENTAL_INFORMATION_PATH } from './paths';
import { ATTACHMENT_INCLUSIONS, REPORT_TRANSMISSION_CODES, REPORT_TYPE_CODES } from './statuses';
import { TestServer } from './test-server';

const ENCOUNTER_ID = 'e0000000-0000-4000-8000-000000002001';
const OTHER_ENCOUNTER_ID = 'e0000000-0000-4000-8000-000000002002';
const PATH = `${SUPPLEMENTAL_INFORMATION_PATH}/${ENCOUNTER_ID}`;
const CODES = {
	attachment_report_type_code: 'RB',
	attachment_transmission_code: 'EL',
	attachment_inclusion: 'included_on_next_submission',
};

const local = new TestServer();

const attach = (encounterId = ENCOUNTER_ID) =>
	local.api.addAttachment({ encounterId }).attachmentId;
const addEntry = (seed: object = {}) =>
	local.api.addSupplementalInformation({ encounterId: ENCOUNTER_ID, ...seed });

describe('the codes', () => {
	it.each([
		[REPORT_TYPE_CODES, Candid.ReportTypeCode],
		[REPORT_TRANSMISSION_CODES, Candid.ReportTransmissionCode],
		[ATTACHMENT_INCLUSIONS, Candid.encounterSupplementalInformation.v1.AttachmentInclusion],
	])('%j are those of the vendor’s SDK', (codes, known) => {
		expect([...codes].sort()).toEqual(Object.values(known).sort());
	});
});

describe('creating supplemental information', () => {
	it('answers the new entry, and the list shows it', async () => {
		const attachmentId = attach();
		const sent = { ...CODES, attachment_id: attachmentId, attachment_control_number: 'ACN-1' };
		const [status, entry] = await local.sendJson('PUT', PATH, sent);

		expect([status, entry]).toEqual([
			200,
			{ ...sent, encounter_id: ENCOUNTER_ID, supplemental_information_id: expect.any(String) },
		]);
		expect(await local.listOf(PATH)).toEqual([entry]);
	});

	it('twice for one attachment makes two entries', async () => {
		const sent = { ...CODES, attachment_id: attach() };
		await local.sendJson('PUT', PATH, sent);
		await local.sendJson('PUT', PATH, sent);

		const ids = local.api.supplementalInformation.map((entry) => entry.supplementalInformationId);
		expect(new Set(ids).size).toBe(2);
	});

	it.each<[string, object]>([
		['without an attachment', {}],
		['with null for an attachment', { attachment_id: null }],
	])('%s is accepted', async (_name, extra) => {
		expect(await local.sendJson('PUT', PATH, { ...CODES, ...extra })).toMatchObject([200, CODES]);
		expect(local.api.supplementalInformation[0]?.attachmentId).toBeUndefined();
	});

	it.each<[field: string, value: unknown]>([
		['attachment_report_type_code', undefined],
		['attachment_report_type_code', 'ZZ'],
		['attachment_report_type_code', 3],
		['attachment_transmission_code', undefined],
		['attachment_transmission_code', 'el'],
		['attachment_inclusion', undefined],
		['attachment_inclusion', 'always'],
		['attachment_id', 'not-a-uuid'],
		['attachment_control_number', 1],
	])('is refused with 422 if %s is %j, and stores nothing', async (field, value) => {
		const [status, body] = await local.sendJson('PUT', PATH, { ...CODES, [field]: value });

		expect(status).toBe(422);
		expect(body).toMatchObject({
			errorName: 'HttpRequestValidationsError',
			content: [{ fieldName: field }],
		});
		expect(local.api.supplementalInformation).toEqual([]);
	});

	it.each<[string, () => string]>([
		['is unknown', () => UNKNOWN_ID],
		['belongs to another encounter', () => attach(OTHER_ENCOUNTER_ID)],
		[
			'is not associated with the encounter yet',
			() => local.api.addAttachment({ chargeCaptureExternalId: 'CC-1001' }).attachmentId,
		],
	])('is refused with 404 if the attachment %s', async (_name, idOf) => {
		const id = idOf();
		const answer = await local.sendJson('PUT', PATH, { ...CODES, attachment_id: id });

		expect(answer).toEqual([404, { errorName: 'EntityNotFoundError', content: { id } }]);
		expect(local.api.supplementalInformation).toEqual([]);
	});

	it.each([
		['text/plain', '{}', 415],
		['application/json', '[]', 400],
	])('is refused for a body of type %s: %s', async (type, body, status) => {
		const headers = { ...local.bearer, 'content-type': type };
		const answer = await fetch(local.api.url + PATH, { method: 'PUT', headers, body });

		expect(answer.status).toBe(status);
	});
});

describe('updating supplemental information', () => {
	it('changes the fields that are sent and leaves the others as they are', async () => {
		const entry = addEntry({ attachmentId: attach(), controlNumber: 'ACN-1' });
		const path = `${PATH}/${entry.supplementalInformationId}`;
		const changed = { ...entry, inclusion: 'not_included' };
		const [status, body] = await local.sendJson('PATCH', path, {
			attachment_inclusion: 'not_included',
			attachment_id: null,
		});

		expect([status, body]).toMatchObject([
			200,
			{ attachment_inclusion: 'not_included', attachment_control_number: 'ACN-1' },
		]);
		expect(local.api.supplementalInformation).toEqual([changed]);
		expect((await local.sendJson('PATCH', path, {}))[0]).toBe(200);
		expect(local.api.supplementalInformation).toEqual([changed]);
	});

	it('with an empty control number blanks it', async () => {
		const { supplementalInformationId: id } = addEntry({ controlNumber: 'ACN-1' });
		await local.sendJson('PATCH', `${PATH}/${id}`, { attachment_control_number: '' });

		expect(local.api.supplementalInformation).toMatchObject([{ controlNumber: '' }]);
	});

	it.each<[number, object]>([
		[422, { attachment_transmission_code: 'XX' }],
		[404, { attachment_id: UNKNOWN_ID }],
	])('is refused with %d for %j and changes nothing', async (status, changes) => {
		const entry = addEntry();
		const path = `${PATH}/${entry.supplementalInformationId}`;
		const sent = { ...changes, attachment_inclusion: 'not_included' };

		expect((await local.sendJson('PATCH', path, sent))[0]).toBe(status);
		expect(local.api.supplementalInformation).toEqual([entry]);
	});
});

describe('deleting supplemental information', () => {
	it('deletes only the entry that is named', async () => {
		const [kept, deleted] = [addEntry(), addEntry()];
		const path = `${PATH}/${deleted.supplementalInformationId}`;

		expect(await local.sendJson('DELETE', path)).toEqual([200, undefined]);
		expect(local.api.supplementalInformation).toEqual([kept]);
		expect((await local.sendJson('DELETE', path))[0]).toBe(404);
	});
});

it.each<[number, string, string]>([
	[404, 'GET', `${SUPPLEMENTAL_INFORMATION_PATH}/${UNKNOWN_ID}`],
	[404, 'PUT', `${SUPPLEMENTAL_INFORMATION_PATH}/${UNKNOWN_ID}`],
	[404, 'PATCH', `${PATH}/${UNKNOWN_ID}`],
	[404, 'DELETE', `${PATH}/${UNKNOWN_ID}`],
	[422, 'GET', `${SUPPLEMENTAL_INFORMATION_PATH}/ENC-2001`],
	[422, 'PATCH', `${PATH}/SI-1`],
	[422, 'DELETE', `${PATH}/SI-1`],
])('answers %d to %s %s', async (status, method, path) => {
	const sent = method === 'GET' ? undefined : CODES;

	expect((await local.sendJson(method, path, sent))[0]).toBe(status);
});

it.each(['PATCH', 'DELETE'])('%s does not reach an entry of another encounter', async (method) => {
	const entry = addEntry({ encounterId: OTHER_ENCOUNTER_ID });
	const path = `${PATH}/${entry.supplementalInformationId}`;

	expect((await local.sendJson(method, path, CODES))[0]).toBe(404);
	expect(local.api.supplementalInformation).toEqual([entry]);
});

it('an entry keeps the ID of an attachment that is deleted', async () => {
	const attachmentId = attach();
	const entry = addEntry({ attachmentId });
	await local.deleteFrom(`/api/encounter-attachments/v1/${ENCOUNTER_ID}`, attachmentId);

	expect(local.api.attachments).toEqual([]);
	expect(local.api.supplementalInformation).toEqual([entry]);
});

it('another client’s encounter is unknown', async () => {
	const other = await local.startOther({ clients: [{ clientId: 'b', clientSecret: 'b' }] });
	const headers = { authorization: `Bearer ${other.issueToken('b')}` };

	expect((await fetch(other.url + PATH, { headers })).status).toBe(404);
});

it.each<[cut: 'before-answer' | 'before-answer-unstored', stored: number]>([
	['before-answer', 1],
	['before-answer-unstored', 0],
])('a create that is cut %s stores %d entries', async (cut, stored) => {
	local.api.inject({ method: 'PUT', path: PATH, kind: 'cut', cut });

	await expect(local.sendJson('PUT', PATH, CODES)).rejects.toThrow();
	expect(local.api.supplementalInformation).toHaveLength(stored);
});

it('reset deletes all entries', () => {
	addEntry();
	local.api.reset();

	expect(local.api.supplementalInformation).toEqual([]);
});
