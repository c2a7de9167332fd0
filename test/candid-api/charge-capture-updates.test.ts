import { UNKNOWN_ID } from '../engine/fixtures';
import { CHARGE_CAPTURES_PATH, CLAIM_CREATIONS_PATH } from './paths';
import { TestServer } from './test-server';

const PLANNED_ID = 'c0000000-0000-4000-8000-000000001001';
const PATH = `${CHARGE_CAPTURES_PATH}/${PLANNED_ID}`;
const CLAIM_CREATION_ID = 'b0000000-0000-4000-8000-000000001001';

const local = new TestServer();

const read = async () => (await local.sendJson('GET', PATH))[1] as Record<string, unknown>;

describe('updating a charge capture', () => {
	it('changes the fields that are sent, answers the whole record and leaves the rest', async () => {
		const before = await read();
		const changes = {
			charge_external_id: 'CC-1001-B',
			ehr_source_url: 'https://ehr.example.invalid/new',
			originating_system: 'Another EHR',
			claim_creation_category: 'Another category',
			patient_external_id: 'PAT-9',
			metadata: [{ schema_id: UNKNOWN_ID, schema_name: 'a', content: { b: 1 } }],
		};
		const [status, answer] = await local.sendJson('PATCH', PATH, changes);

		expect([status, answer]).toEqual([200, { ...before, ...changes }]);
		expect(await read()).toEqual(answer);
	});

	it('without any field, or with null for one, changes nothing', async () => {
		const before = await read();

		expect(await local.sendJson('PATCH', PATH, {})).toEqual([200, before]);
		expect(await local.sendJson('PATCH', PATH, { ehr_source_url: null, status: null })).toEqual([
			200,
			before,
		]);
	});

	it.each([
		'charge_external_id',
		'ehr_source_url',
		'originating_system',
		'claim_creation_category',
		'patient_external_id',
	])('with an empty text for %s blanks it', async (field) => {
		await local.sendJson('PATCH', PATH, { [field]: '' });

		expect((await read())[field]).toBe('');
	});

	it('replaces the members of its data one by one', async () => {
		await local.sendJson('PATCH', PATH, {
			data: { additional_information: 'a', do_not_bill: true },
		});
		await local.sendJson('PATCH', PATH, { data: { additional_information: 'b' } });

		expect((await read()).charge_capture_data).toEqual({
			additional_information: 'b',
			do_not_bill: true,
		});
	});

	it('is visible to the filters of the list', async () => {
		await local.sendJson('PATCH', PATH, { status: 'aborted', patient_external_id: 'PAT-9' });
		const query = { status: 'aborted', patient_external_id: 'PAT-9' };

		const { items } = await local.pageOf(CHARGE_CAPTURES_PATH, query);
		expect(items.map((item) => item.id)).toEqual([PLANNED_ID]);
	});

	it('gives a planned one a claim creation when it becomes billable', async () => {
		const claimCreation = `${CLAIM_CREATIONS_PATH}/${CLAIM_CREATION_ID}`;
		expect((await read()).claim_creation_id).toBeUndefined();
		expect((await local.sendJson('GET', claimCreation))[0]).toBe(404);
		await local.sendJson('PATCH', PATH, { status: 'billable' });

		expect(await read()).toMatchObject({
			status: 'billable',
			claim_creation_id: CLAIM_CREATION_ID,
		});
		expect(await local.sendJson('GET', claimCreation)).toMatchObject([
			200,
			{ status: 'not-started' },
		]);
		await local.sendJson('PATCH', PATH, { status: 'planned' });
		expect((await read()).claim_creation_id).toBe(CLAIM_CREATION_ID);
	});

	it('keeps the claim creation of one that has it already', async () => {
		const claimCreationId = 'b0000000-0000-4000-8000-00000000000d';
		const { id } = local.api.addChargeCapture({ chargeExternalId: 'CC-HELD', claimCreationId });
		const path = `${CHARGE_CAPTURES_PATH}/${id}`;

		expect(await local.sendJson('PATCH', path, { status: 'billable' })).toMatchObject([
			200,
			{ status: 'billable', claim_creation_id: claimCreationId },
		]);
	});

	it('names attachments that are associated with the encounter when it is created', async () => {
		const { id } = local.api.addChargeCapture({ chargeExternalId: 'CC-DOCS' });
		const named = local.api.addAttachment({ chargeCaptureExternalId: 'CC-DOCS-OLD' });
		const other = local.api.addAttachment({ chargeCaptureExternalId: 'CC-DOCS-OLD' });
		const ids = [UNKNOWN_ID, named.attachmentId];
		await local.sendJson('PATCH', `${CHARGE_CAPTURES_PATH}/${id}`, {
			attachment_external_document_ids: ids,
		});

		expect(local.api.chargeCaptures.find((entry) => entry.id === id)).toMatchObject({
			attachmentExternalDocumentIds: ids,
		});
		const { encounterId } = local.api.addEncounter({ externalId: 'CC-DOCS' });
		expect([named.encounterId, other.encounterId]).toEqual([encounterId, undefined]);
	});

	it.each<[field: string, value: unknown]>([
		['status', 'Billable'],
		['status', ''],
		['charge_external_id', 1],
		['attachment_external_document_ids', 'a'],
		['attachment_external_document_ids', [1]],
		['data', []],
		['metadata', ['a']],
	])('is refused with 422 if %s is %j, and changes nothing', async (field, value) => {
		const before = await read();
		const changes = { originating_system: 'Another EHR', [field]: value };
		const [status, body] = await local.sendJson('PATCH', PATH, changes);

		expect(status).toBe(422);
		expect(body).toMatchObject({
			errorName: 'HttpRequestValidationsError',
			content: [{ fieldName: field }],
		});
		expect(await read()).toEqual(before);
	});

	it('is refused with the external ID of another one, and accepted with its own', async () => {
		const refused = await local.sendJson('PATCH', PATH, { charge_external_id: 'CC-1002' });

		expect(refused).toMatchObject([422, { errorName: 'UnprocessableEntityError' }]);
		expect((await read()).charge_external_id).toBe('CC-1001');
		const accepted = await local.sendJson('PATCH', PATH, { charge_external_id: 'CC-1001' });
		expect(accepted[0]).toBe(200);
	});

	it.each([UNKNOWN_ID, 'CC-1001'])('answers 404 for the ID %s', async (id) => {
		const answer = await local.sendJson('PATCH', `${CHARGE_CAPTURES_PATH}/${id}`, {});

		expect(answer).toEqual([404, { errorName: 'EntityNotFoundError', content: { id } }]);
	});

	it.each<[cut: 'before-answer' | 'before-answer-unstored', status: string]>([
		['before-answer', 'aborted'],
		['before-answer-unstored', 'planned'],
	])('that is cut %s leaves it %s', async (cut, status) => {
		local.api.inject({ method: 'PATCH', path: PATH, kind: 'cut', cut });

		await expect(local.sendJson('PATCH', PATH, { status: 'aborted' })).rejects.toThrow();
		expect((await read()).status).toBe(status);
	});

	it('is undone by reset, however often it was updated', async () => {
		const before = await read();
		const all = local.api.chargeCaptures;
		await local.sendJson('PATCH', PATH, { status: 'billable', ehr_source_url: '' });
		await local.sendJson('PATCH', PATH, { status: 'aborted' });
		local.api.reset();

		expect(await read()).toEqual(before);
		expect(local.api.chargeCaptures).toEqual(all);
	});
});
