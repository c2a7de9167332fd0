import * as schemas from 'candidhealth/serialization';

import { UNKNOWN_ID } from '../engine/fixtures';
import { startCandidApi, type CandidApi, type World } from './index';
import {
	ATTACHMENTS_PATH,
	BILLING_NOTES_PATH,
	BY_CHARGE_CAPTURE_PATH,
	CHARGE_CAPTURES_PATH,
	CLAIM_CREATIONS_PATH,
	CREATE_BY_CHARGE_CAPTURE_PATH,
	ENCOUNTERS_PATH,
	EVENTS_PATH,
	SIGN_IN_PATH,
	TASKS_PATH,
} from './paths';

/**
 * Every answer of the local API must match the schema of the vendor's SDK: no unknown field, no missing
 * required field. The SDK itself parses leniently; here its schemas are applied strictly.
 */
interface Schema {
	parse(raw: unknown, options: object): { ok: true } | { ok: false; errors: unknown[] };
}

const STRICT = {
	unrecognizedObjectKeys: 'fail',
	allowUnrecognizedUnionMembers: false,
	allowUnrecognizedEnumValues: false,
} as const;

const { v1: attachments } = schemas.encounterAttachments;
const { v1: chargeCaptures } = schemas.chargeCapture;
const { v4: encounters } = schemas.encounters;
const { v3: tasks } = schemas.tasks;
const { v1: events } = schemas.events;
const { v2: billingNotes } = schemas.billingNotes;

const BILLABLE_ID = 'c0000000-0000-4000-8000-000000001003';
const ENCOUNTER_ID = 'e0000000-0000-4000-8000-00000000abcd';
const ATTACHMENT_ID = 'f0000000-0000-4000-8000-00000000abcd';
const TASK_ID = '10000000-0000-4000-8000-00000000abcd';
const CLAIM_CREATION_ID = 'b0000000-0000-4000-8000-00000000abcd';

const WORLDS: Array<Partial<World>> = [
	{},
	{ chargeCaptureList: { lateMs: 60_000 } },
	{ chargeCaptureList: 'with an encounter' },
	{ chargeCaptureList: '404 until known' },
	{ pageTokens: 'null' },
	{ unknownAttachmentType: 'refused' },
	{ fileNames: 'cleaned' },
	{ createAnswer: 'object' },
	{ createAnswer: '201' },
	{ searchTerm: 'IDs and patients' },
	{ encounterTie: 'claim creation' },
	{ eventPayload: 'omitted' },
	{ billingNotesOnEncounter: 'omitted' },
];

const json = (body: object): RequestInit => ({
	headers: { 'content-type': 'application/json' },
	body: JSON.stringify(body),
});

function file(type = 'application/pdf'): RequestInit {
	const body = new FormData();
	body.append('charge_capture_external_id', 'CC-SDK');
	body.append('attachment_file', new File(['%PDF-1.7 invented'], 'note 1.pdf', { type }));
	body.append('attachment_type', 'EOB');
	return { body };
}

const NOTE = { encounter_id: ENCOUNTER_ID, text: 'Records sent.' };

const SIGNED_IN = { client_id: 'local-client', client_secret: 'local-secret' };

// Every row has all values: jest would pass its `done` callback for a missing last value.
const answers: Array<[target: string, schema: Schema, init: RequestInit]> = [
	[`POST ${SIGN_IN_PATH}`, schemas.auth.default_.AuthGetTokenResponse, json(SIGNED_IN)],
	[`POST ${CREATE_BY_CHARGE_CAPTURE_PATH}`, attachments.AttachmentId, file()],
	[`PUT ${ATTACHMENTS_PATH}/${ENCOUNTER_ID}`, attachments.AttachmentId, file()],
	[`PUT ${ATTACHMENTS_PATH}/${ENCOUNTER_ID}/v2`, attachments.AttachmentId, file()],
	[`GET ${ATTACHMENTS_PATH}/${ENCOUNTER_ID}`, attachments.get.Response, {}],
	[`GET ${BY_CHARGE_CAPTURE_PATH}/CC-SDK`, attachments.getByChargeCaptureExternalId.Response, {}],
	[`GET ${CHARGE_CAPTURES_PATH}`, chargeCaptures.ChargeCapturePage, {}],
	[`GET ${CHARGE_CAPTURES_PATH}?limit=2`, chargeCaptures.ChargeCapturePage, {}],
	[`GET ${CHARGE_CAPTURES_PATH}/${BILLABLE_ID}`, chargeCaptures.ChargeCapture, {}],
	[`GET ${ENCOUNTERS_PATH}`, encounters.EncounterPage, {}],
	[`GET ${ENCOUNTERS_PATH}?limit=2`, encounters.EncounterPage, {}],
	[`GET ${ENCOUNTERS_PATH}/${ENCOUNTER_ID}`, encounters.Encounter, {}],
	[
		`GET ${CLAIM_CREATIONS_PATH}/${CLAIM_CREATION_ID}`,
		schemas.chargeCaptureBundles.v1.ChargeCaptureClaimCreation,
		{},
	],
	[
		`GET ${CLAIM_CREATIONS_PATH}/b0000000-0000-4000-8000-000000001003`,
		schemas.chargeCaptureBundles.v1.ChargeCaptureClaimCreation,
		{},
	],
	[`GET ${TASKS_PATH}`, tasks.TaskPage, {}],
	[`GET ${TASKS_PATH}?limit=1`, tasks.TaskPage, {}],
	[`GET ${TASKS_PATH}/${TASK_ID}`, tasks.Task, {}],
	[`PATCH ${TASKS_PATH}/${TASK_ID}`, tasks.Task, json({ assignee_user_id: UNKNOWN_ID })],
	[`GET ${EVENTS_PATH}`, events.EventScanPage, {}],
	[`GET ${EVENTS_PATH}?limit=1`, events.EventScanPage, {}],
	[`POST ${BILLING_NOTES_PATH}`, billingNotes.BillingNote, json(NOTE)],
];

const refusals: Array<[target: string, errorName: string, content: Schema, init: RequestInit]> = [
	[
		`GET ${ENCOUNTERS_PATH}/${UNKNOWN_ID}`,
		'EntityNotFoundError',
		schemas.EntityNotFoundErrorMessage,
		{},
	],
	[
		`GET ${CHARGE_CAPTURES_PATH}/${UNKNOWN_ID}`,
		'EntityNotFoundError',
		schemas.EntityNotFoundErrorMessage,
		{},
	],
	[
		`GET ${CLAIM_CREATIONS_PATH}/${UNKNOWN_ID}`,
		'EntityNotFoundError',
		schemas.EntityNotFoundErrorMessage,
		{},
	],
	[
		`PATCH ${TASKS_PATH}/${UNKNOWN_ID}`,
		'EntityNotFoundError',
		schemas.EntityNotFoundErrorMessage,
		json({ status: 'finished' }),
	],
	[
		`PATCH ${TASKS_PATH}/${TASK_ID}`,
		'TaskUpdatedToDeprecatedStatusError',
		tasks.TaskUpdatedToDeprecatedStatusErrorType,
		json({ status: 'sent_to_provider_group' }),
	],
	[
		`GET ${TASKS_PATH}?limit=1000`,
		'UnprocessableEntityError',
		schemas.UnprocessableEntityErrorMessage,
		{},
	],
	[`GET ${EVENTS_PATH}?limit=101`, 'BadRequestError', schemas.BadRequestErrorMessage, {}],
	[
		`POST ${BILLING_NOTES_PATH}`,
		'HttpRequestValidationsError',
		schemas.HttpRequestValidationsError,
		json({ ...NOTE, text: '' }),
	],
	[
		`DELETE ${BY_CHARGE_CAPTURE_PATH}/CC-SDK`,
		'EntityNotFoundError',
		schemas.EntityNotFoundErrorMessage,
		json({ attachment_id: UNKNOWN_ID }),
	],
	[
		`GET ${ENCOUNTERS_PATH}?limit=0`,
		'HttpRequestValidationsError',
		schemas.HttpRequestValidationsError,
		{},
	],
	[
		`POST ${CREATE_BY_CHARGE_CAPTURE_PATH}`,
		'UnprocessableEntityError',
		schemas.UnprocessableEntityErrorMessage,
		file('x/y'),
	],
	[
		`GET ${CHARGE_CAPTURES_PATH}`,
		'UnauthorizedError',
		schemas.UnauthorizedErrorMessage,
		{ headers: { authorization: 'Bearer a.b.c' } },
	],
	[
		`POST ${SIGN_IN_PATH}`,
		'InvalidContentTypeError',
		schemas.auth.default_.InvalidContentTypeErrorType,
		{ body: 'x' },
	],
];

describe.each(WORLDS.map((world) => [JSON.stringify(world), world] as const))(
	'with the settings %s',
	(_name, world) => {
		let api: CandidApi;

		beforeAll(async () => {
			api = await startCandidApi({ world });
			const patient = { firstName: 'Ada', lastName: 'Sample', dateOfBirth: '1990-02-03' };
			const shared = { claimCreationId: CLAIM_CREATION_ID, patient };
			api.addChargeCapture({ chargeExternalId: 'CC-SDK', ...shared });
			api.addAttachment({
				attachmentId: ATTACHMENT_ID,
				chargeCaptureExternalId: 'CC-SDK',
				createdAt: '2025-02-01T08:00:00.000Z',
			});
			api.addEncounter({ externalId: 'CC-SDK', encounterId: ENCOUNTER_ID, ...shared });
			api.setClaimStatus(ENCOUNTER_ID, 'submitted_to_payer');
			api.addBillingNote({ encounterId: ENCOUNTER_ID, text: 'Records were asked for.' });
			api.addTask({ taskId: TASK_ID, encounterId: ENCOUNTER_ID });
			api.updateTask(TASK_ID, { note: 'Called the payer.' });
		});

		afterAll(async () => await api.close());

		async function send(target: string, init: RequestInit = {}) {
			const [method, path = ''] = target.split(' ');
			const headers = { authorization: `Bearer ${api.issueToken()}`, ...init.headers };
			return await fetch(api.url + path, { ...init, method, headers });
		}

		it.each(answers)('%s answers what the SDK declares', async (target, schema, init) => {
			const answer = await send(target, init);
			const text = await answer.text();
			const body: unknown = JSON.parse(text);

			expect([200, 201]).toContain(answer.status);
			expect(violations(schema, unwrapped(body, target, world))).toEqual([]);
			// An empty list would satisfy any schema.
			expect(text).not.toMatch(/^\[\]$|"items":\[\]/);
			// The schemas accept null for an optional field, so this checks that there is none.
			if (world.pageTokens !== 'null') expect(text).not.toContain(':null');
		});

		it.each(refusals)('%s answers %s as the SDK declares', async (target, name, schema, init) => {
			const answer = await send(target, init);
			const body = (await answer.json()) as Record<string, unknown>;

			expect(answer.status).toBeGreaterThanOrEqual(400);
			expect(body).toEqual({ errorName: name, content: expect.anything() });
			expect(violations(schema, body.content)).toEqual([]);
		});

		it('a delete answers 200 without a body', async () => {
			const init = json({ attachment_id: ATTACHMENT_ID });
			const answer = await send(`DELETE ${BY_CHARGE_CAPTURE_PATH}/CC-SDK`, init);

			expect([answer.status, await answer.text()]).toEqual([200, '']);
		});
	},
);

it('the token path answers TooManyRequestsError as the SDK declares', async () => {
	const api = await startCandidApi({ tokenRequestsPerMinute: 0 });
	try {
		const answer = await fetch(api.url + SIGN_IN_PATH, { method: 'POST', ...json(SIGNED_IN) });
		expect(answer.status).toBe(429);
		expect(violations(schemas.auth.default_.getToken.Error, await answer.json())).toEqual([]);
	} finally {
		await api.close();
	}
});

it.each<[string, Schema, unknown]>([
	['an unknown field', schemas.EntityNotFoundErrorMessage, { id: '1', other: 1 }],
	['a missing field', schemas.EntityNotFoundErrorMessage, {}],
	['an unknown member of an enum', attachments.EncounterAttachmentType, 'NEW_TYPE'],
])('the strict schemas report %s', (_name, schema, body) => {
	expect(violations(schema, body)).toHaveLength(1);
});

function violations(schema: Schema, body: unknown): unknown[] {
	const parsed = schema.parse(body, STRICT);
	return parsed.ok ? [] : parsed.errors;
}

/** The ID in a create's answer, also where the settings put it into an object. */
function unwrapped(body: unknown, target: string, { createAnswer }: Partial<World>): unknown {
	const isCreate = target.startsWith('PUT') || target.endsWith(CREATE_BY_CHARGE_CAPTURE_PATH);
	if (!isCreate || createAnswer !== 'object') return body;
	expect(body).toEqual({ attachment_id: expect.any(String) });
	return (body as { attachment_id: string }).attachment_id;
}
