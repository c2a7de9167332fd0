import { createHash, randomBytes } from 'node:crypto';

import { CandidApi as Candid, CandidApiClient } from 'candidhealth';

import { startCandidApi, type CandidApi } from './index';
import { body } from './sdkAnswer';

const { AttachmentId } = Candid.encounterAttachments.v1;
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const pdf = (bytes: Buffer, name = 'Befund – Übersicht.pdf') =>
	new File([bytes], name, { type: 'application/pdf' });

let api: CandidApi;
let client: CandidApiClient;

beforeAll(async () => {
	api = await startCandidApi();
	client = new CandidApiClient({
		clientId: 'local-client',
		clientSecret: 'local-secret',
		environment: { candidApi: api.url, preEncounter: api.url },
		maxRetries: 0,
	});
});

beforeEach(() => api.reset());

afterAll(async () => await api.close());

function encounterId() {
	return Candid.EncounterId(api.addEncounter({ externalId: 'ENC-SDK' }).encounterId);
}

describe('the vendor’s SDK against the local API', () => {
	it('gets a token with its client credentials and reuses it', async () => {
		const fresh = new CandidApiClient({
			clientId: 'local-client',
			clientSecret: 'local-secret',
			environment: { candidApi: api.url, preEncounter: api.url },
		});
		await body(fresh.chargeCapture.v1.getAll());
		await body(fresh.chargeCapture.v1.getAll());

		expect(api.tokensIssued).toBe(1);
		const token = await body(
			fresh.auth.default.getToken({ clientId: 'local-client', clientSecret: 'local-secret' }),
		);
		expect(token).toMatchObject({ expiresIn: 18_000, tokenType: 'Bearer' });
	});

	it('creates, lists and deletes an attachment by charge capture external ID', async () => {
		const bytes = randomBytes(300_000);
		const externalId = 'CC / 2025 ü%1';
		const { encounterAttachments } = client;
		const id = await body(
			encounterAttachments.v1.createWithChargeCaptureExternalId(pdf(bytes), {
				chargeCaptureExternalId: externalId,
				attachmentType: 'DOCUMENTATION',
				description: 'Visit notes',
			}),
		);

		expect(api.attachments).toMatchObject([
			{
				attachmentId: id,
				fileName: 'Befund – Übersicht.pdf',
				contentType: 'application/pdf',
				attachmentType: 'DOCUMENTATION',
				description: 'Visit notes',
				chargeCaptureExternalId: externalId,
				size: bytes.length,
				sha256: sha256(bytes),
			},
		]);
		const listed = await body(encounterAttachments.v1.getByChargeCaptureExternalId(externalId));
		expect(listed).toMatchObject([{ attachmentId: id, description: 'Visit notes' }]);
		const link = await fetch(listed[0]?.authedUrl ?? '');
		expect(sha256(Buffer.from(await link.arrayBuffer()))).toBe(sha256(bytes));

		await body(
			encounterAttachments.v1.deleteByChargeCaptureExternalId(externalId, {
				attachmentId: AttachmentId(id),
			}),
		);
		expect(api.attachments).toEqual([]);
	});

	it('creates, lists and deletes attachments of an encounter', async () => {
		const encounter = encounterId();
		const first = randomBytes(10);
		const second = randomBytes(100_000);
		const { v1 } = client.encounterAttachments;
		const oldId = await body(v1.create(pdf(first), encounter, { attachmentType: 'EOB' }));
		const newId = await body(
			v1.createWithDescription(pdf(second), encounter, {
				attachmentType: 'OTHER',
				description: 'Second',
			}),
		);

		expect(api.attachments.map((held) => held.sha256)).toEqual([sha256(first), sha256(second)]);
		expect(await body(v1.get(encounter))).toMatchObject([
			{ attachmentId: oldId, attachmentType: 'EOB', description: '', encounterId: encounter },
			{ attachmentId: newId, attachmentType: 'OTHER', description: 'Second' },
		]);

		await body(v1.delete(encounter, { attachmentId: AttachmentId(oldId) }));
		expect(api.attachments.map((held) => held.attachmentId)).toEqual([newId]);
	});

	it('reads charge captures by page, by filter and by ID', async () => {
		const { v1 } = client.chargeCapture;
		const seen: string[] = [];
		let pageToken: Candid.PageToken | undefined;
		do {
			const page = await body(v1.getAll({ limit: 2, pageToken, sortDirection: 'asc' }));
			expect(page.items.length).toBeLessThanOrEqual(2);
			expect(page.itemCount).toBe(5);
			seen.push(...page.items.map((item) => item.chargeExternalId));
			pageToken = page.nextPageToken;
		} while (pageToken);

		expect(seen).toEqual(['CC-1001', 'CC-1002', 'CC-1003', 'CC-1004', 'CC-1005']);
		const { items } = await body(v1.getAll({ chargeExternalId: 'CC-1003' }));
		expect(items).toMatchObject([{ chargeExternalId: 'CC-1003', status: 'billable' }]);
		const id = items[0]?.id ?? Candid.ChargeCaptureId('');
		expect(await body(v1.get(id))).toEqual(items[0]);
	});

	it('reads encounters by page, by filter and by ID', async () => {
		const { v4 } = client.encounters;
		const seeded = { searchTerm: 'enc-200', limit: 2, sort: 'date_of_service:asc' } as const;
		const firstPage = await body(v4.getAll(seeded));
		const secondPage = await body(v4.getAll({ ...seeded, pageToken: firstPage.nextPageToken }));

		const seen = [...firstPage.items, ...secondPage.items].map((item) => item.externalId);
		expect(seen).toEqual(['ENC-2001', 'ENC-2002', 'ENC-2003']);
		expect(secondPage.nextPageToken).toBeUndefined();
		const { items } = await body(v4.getAll({ externalId: Candid.EncounterExternalId('ENC-2002') }));
		expect(items).toHaveLength(1);
		const id = items[0]?.encounterId ?? Candid.EncounterId('');
		expect(await body(v4.get(id))).toEqual(items[0]);
	});

	it('finds encounters by claim status and reads their claims', async () => {
		const { v4 } = client.encounters;
		const query = { searchTerm: 'ENC-200', claimStatus: 'submitted_to_payer' } as const;
		const { items } = await body(v4.getAll(query));

		expect(items).toMatchObject([
			{
				externalId: 'ENC-2002',
				claims: [
					{
						claimId: 'a0000000-0000-4000-8000-000000002002',
						status: 'submitted_to_payer',
						serviceLines: [],
						eras: [],
					},
				],
			},
		]);
	});

	it('reads seeded charge captures and encounters by their constant IDs', async () => {
		const chargeCapture = Candid.ChargeCaptureId('c0000000-0000-4000-8000-000000001003');
		const encounter = Candid.EncounterId('e0000000-0000-4000-8000-000000002003');

		expect(await body(client.chargeCapture.v1.get(chargeCapture))).toMatchObject({
			chargeExternalId: 'CC-1003',
			ehrSourceUrl: 'https://ehr.example.invalid/visits/CC-1003',
			originatingSystem: 'Example EHR',
			claimCreationCategory: 'Example category',
			claimCreationId: 'b0000000-0000-4000-8000-000000001003',
		});
		expect(await body(client.encounters.v4.get(encounter))).toMatchObject({
			externalId: 'ENC-2003',
			claims: [{ status: 'finalized_paid' }],
		});
	});

	it('lists and deletes attachments that were added with addAttachment', async () => {
		const { v1 } = client.encounterAttachments;
		const encounter = encounterId();
		const created = new Date('2025-02-01T08:00:00.000Z');
		const { attachmentId } = api.addAttachment({
			encounterId: encounter,
			createdAt: created.toISOString(),
		});

		expect(await body(v1.get(encounter))).toMatchObject([
			{ attachmentId, fileName: 'superbill.pdf', createdAt: created },
		]);
		await body(v1.delete(encounter, { attachmentId: AttachmentId(attachmentId) }));
		expect(api.requests.at(-1)?.body).toEqual({ attachment_id: attachmentId });
		expect(await body(v1.get(encounter))).toEqual([]);
	});

	it('finds the encounter of a charge capture through their claim creation', async () => {
		const { id } = api.addChargeCapture({ chargeExternalId: 'CC-BILLED', status: 'billable' });
		const { claimCreationId } = await body(client.chargeCapture.v1.get(Candid.ChargeCaptureId(id)));
		const { encounterId: encounter } = api.addEncounter({
			externalId: 'ENC-BILLED',
			claimCreationId,
		});
		const creationId = claimCreationId ?? Candid.ChargeCaptureClaimCreationId('');

		expect(await body(client.chargeCaptureBundles.v1.get(creationId))).toMatchObject({
			status: 'successful',
			createdEncounterId: encounter,
			errors: [],
		});
	});

	it('reads tasks by page, by filter and by ID, and updates one', async () => {
		const { v3 } = client.tasks;
		const query = { sort: 'updated_at:asc', limit: 2 } as const;
		const first = await body(v3.getMulti(query));
		const second = await body(v3.getMulti({ ...query, pageToken: first.nextPageToken }));
		const seen = [...first.items, ...second.items];
		expect(seen.map((task) => task.externalId)).toEqual(['ENC-2001', 'ENC-2002', 'ENC-2003']);

		const updated = new Date('2025-01-21T12:00:00.000Z');
		const { items } = await body(
			v3.getMulti({
				categories: 'medical_records_request,documentation_addendum_request',
				statuses: 'open,blocked',
				updatedSince: updated,
				encounterId: Candid.EncounterId('e0000000-0000-4000-8000-000000002001'),
			}),
		);
		expect(items).toMatchObject([{ patientName: 'Ada Sample', updatedAt: updated }]);
		const taskId = items[0]?.taskId ?? Candid.TaskId('');
		expect(await body(v3.get(taskId))).toEqual(items[0]);

		const changed = await body(v3.update(taskId, { status: 'finished' }));
		expect(changed).toMatchObject({ taskId, status: 'finished' });
		expect(changed.updatedAt > updated).toBe(true);
	});

	it('gets the declared errors of tasks and events', async () => {
		const taskId = Candid.TaskId('10000000-0000-4000-8000-000000003001');
		const status = 'sent_to_provider_group';

		expect(await client.tasks.v3.update(taskId, { status })).toMatchObject({
			ok: false,
			error: {
				errorName: 'TaskUpdatedToDeprecatedStatusError',
				content: { deprecatedStatus: status },
			},
		});
		expect(await client.tasks.v3.getMulti({ limit: 1000 })).toMatchObject({
			ok: false,
			error: { errorName: 'UnprocessableEntityError' },
		});
		expect(await client.events.v1.scan({ limit: 101 })).toMatchObject({
			ok: false,
			error: { errorName: 'BadRequestError' },
		});
	});

	it('scans events by page, type and time', async () => {
		const { encounterId: id } = api.addEncounter({ externalId: 'ENC-EVENTS' });
		const changed = api.setClaimStatus(id, 'denied');
		api.addEvent({ eventType: 'PreEncounter.Tag.Created' });
		const query = {
			eventTypes: ['CandidApi.Encounter.Created', 'CandidApi.Encounter.StatusUpdated'],
			limit: 1,
			createdAfter: new Date(Date.now() - 60_000),
			createdBefore: new Date(changed.createdAt),
		};
		const { v1 } = client.events;
		const first = await body(v1.scan(query));
		const second = await body(v1.scan({ ...query, pageToken: first.nextPageToken }));

		expect([...first.items, ...second.items]).toMatchObject([
			{
				id: changed.id,
				eventType: 'CandidApi.Encounter.StatusUpdated',
				createdAt: new Date(changed.createdAt),
				payload: { encounter_id: id, previous_status: 'biller_received', status: 'denied' },
			},
			{ eventType: 'CandidApi.Encounter.Created', payload: { encounter_id: id } },
		]);
		expect(second.nextPageToken).toBeUndefined();
	});

	it('creates a billing note, which the encounter has', async () => {
		const encounter = encounterId();
		const text = 'Records sent with the claim.';
		const note = await body(client.billingNotes.v2.create({ encounterId: encounter, text }));

		expect(note).toMatchObject({ encounterId: encounter, text, billingNoteType: 'manual' });
		expect((await body(client.encounters.v4.get(encounter))).billingNotes).toEqual([note]);
	});

	it('gets an error for an encounter ID that is not a UUID', async () => {
		const answer = await client.encounters.v4.get(Candid.EncounterId('ENC-2001'));

		expect(answer.ok).toBe(false);
		expect(JSON.stringify(answer)).toContain('HttpRequestValidationsError');
	});
});
