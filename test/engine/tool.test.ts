import { randomUUID } from 'node:crypto';

import type { IDataObject, INodeParameters } from 'n8n-workflow';

import type { CandidApi } from '../candid-api';
import { agentWithTool } from './agentWithTool';
import { scaleWaits } from './faults/scaledWaits';
import {
	ENCOUNTER,
	ID_OF_ITEM,
	TASK,
	attachmentParameters,
	locator,
	startApiForEachTest,
} from './fixtures';
import type { StoredCredential } from './storedCredential';

let api: CandidApi;
let credential: StoredCredential;
let executionId: string;

startApiForEachTest((started) => ({ api, credential } = started));

beforeEach(() => {
	executionId = randomUUID();
});

/** @param items how many items the agent works on */
const agentWith = (parameters: INodeParameters, items = 1, name?: string) =>
	agentWithTool(credential, parameters, { items, name, executionId });

const GET: INodeParameters = {
	resource: 'chargeCapture',
	operation: 'get',
	chargeCapture: ID_OF_ITEM,
};

it('looks up charge captures for an agent', async () => {
	const call = agentWith(GET);
	const answers = await Promise.all([call({ id: 'CC-1001' }), call({ id: 'CC-1003' })]);
	expect(answers.flat()).toEqual([
		expect.objectContaining({ charge_external_id: 'CC-1001' }),
		expect.objectContaining({ charge_external_id: 'CC-1003' }),
	]);
});

it('refuses $json in a tool of an agent that works on several items', async () => {
	const answers = await agentWith(GET, 3)({ id: 'CC-1001' });
	expect(answers).toEqual([
		{
			error:
				'The charge capture was not read: in a tool of an AI agent, $json is not always the item that the call is about',
			message: expect.stringContaining("$fromAI('visit')") as string,
			details: expect.objectContaining({ try_again: false }) as object,
		},
	]);
	expect(api.requests).toEqual([]);
});

const UPDATE: INodeParameters = {
	resource: 'chargeCapture',
	operation: 'update',
	chargeCapture: ID_OF_ITEM,
	updateFields: { status: '={{ $json.status }}' },
};

const statusOf = (id: string) =>
	api.chargeCaptures.find(({ chargeExternalId }) => chargeExternalId === id)?.status;

it.each([
	['one tool', 'Candid Health'],
	['two tools', 'Candid Health 2'],
])('sets a status and sets it back, and again, by calls of %s', async (_, name) => {
	const call = agentWith(UPDATE);
	const other = agentWith(UPDATE, 1, name);
	const sideBySide = [
		call({ id: 'CC-1001', status: 'billable' }),
		other({ id: 'CC-1001', status: 'planned' }),
		call({ id: 'CC-1001', status: 'billable' }),
	];
	const answers = (await Promise.all(sideBySide)).flat();
	expect(answers.map((answer) => (answer as IDataObject).status)).toEqual([
		'billable',
		'planned',
		'billable',
	]);
	expect(statusOf('CC-1001')).toBe('billable');
	await other({ id: 'CC-1001', status: 'planned' });
	await call({ id: 'CC-1001', status: 'billable' });
	expect(statusOf('CC-1001')).toBe('billable');
	expect(api.requests.filter(({ method }) => method === 'PATCH')).toHaveLength(5);
});

it('reports an unknown outcome while an earlier call may have updated the charge capture', async () => {
	const call = agentWith(UPDATE);
	api.inject({ kind: 'status', status: 422, method: 'PATCH', skip: 4 });
	api.inject({ kind: 'answer', status: 500, method: 'PATCH', times: 4 });
	const answers = [
		await call({ id: 'CC-1001', status: 'billable' }),
		await call({ id: 'CC-1001', status: 'billable' }),
	].flat();
	for (const answer of answers) {
		expect(answer).toMatchObject({
			error: expect.stringContaining('not known whether the charge capture was updated') as string,
		});
	}
	expect(statusOf('CC-1001')).toBe('billable');
	expect(await call({ id: 'CC-1001', status: 'planned' })).toMatchObject([{ status: 'planned' }]);
});

it('finds the encounter of a charge capture for an agent', async () => {
	const claimCreationId = 'b7700000-0000-4000-8000-000000000001';
	api.addChargeCapture({ chargeExternalId: 'CC-7', claimCreationId });
	const { encounterId } = api.addEncounter({ externalId: 'CC-7', claimCreationId });
	const call = agentWith({ ...GET, operation: 'getEncounter' });
	expect(await call({ id: 'CC-7' })).toMatchObject([{ created_encounter_id: encounterId }]);
	expect(await call({ id: 'CC-1001' })).toMatchObject([{ created_encounter_id: null }]);
});

const UPLOAD = attachmentParameters('upload', {
	chargeCaptureExternalId: ID_OF_ITEM,
	attachmentType: 'OTHER',
	binaryPropertyName: '={{ $json.file }}',
});

const NOTE = { mimeType: 'text/plain', data: 'aGVsbG8=', fileName: 'note.txt' };

it('stores the same content once on each charge capture, also under another file name', async () => {
	const call = agentWith(UPLOAD);
	const [first, again] = await Promise.all([
		call({ id: 'CC-1001', file: NOTE }),
		call({ id: 'CC-1001', file: { ...NOTE, fileName: 'the same.txt' } }),
	]);
	const second = await call({ id: 'CC-1003', file: NOTE });
	const other = await call({ id: 'CC-1001', file: { ...NOTE, data: 'SGVsbG8=' } });
	expect(api.attachments.map((held) => held.chargeCaptureExternalId)).toEqual([
		'CC-1001',
		'CC-1003',
		'CC-1001',
	]);
	const ids = api.attachments.map(({ attachmentId }) => attachmentId);
	expect([first, again, second, other].map(([json]) => json)).toEqual(
		[ids[0], ids[0], ids[1], ids[2]].map((id) => expect.objectContaining({ attachment_id: id })),
	);
});

it("checks whether a file was stored before sending it again after an earlier call's answer was lost", async () => {
	const call = agentWith({ ...UPLOAD, options: { ifAlreadyAttached: 'upload', maxTries: 1 } });
	api.inject({ kind: 'cut' });
	const [lost] = await call({ id: 'CC-1001', file: NOTE });
	expect(lost).toMatchObject({ error: expect.stringContaining('not known whether') as string });
	const [found] = await call({ id: 'CC-1001', file: NOTE });
	expect(api.attachments).toHaveLength(1);
	expect(JSON.stringify(found)).toContain(api.attachments[0]!.attachmentId);
});

const DELETE = attachmentParameters('delete', {
	chargeCaptureExternalId: ID_OF_ITEM,
	attachmentId: locator('={{ $json.attachment }}'),
});

it('reports an unknown outcome when an earlier call may have deleted the attachment', async () => {
	const { attachmentId } = api.addAttachment({ chargeCaptureExternalId: 'CC-1001' });
	const call = agentWith(DELETE);
	api.inject({ kind: 'cut', method: 'DELETE', path: /by-charge-capture/ });
	const answers = [
		await call({ id: 'CC-1001', attachment: attachmentId }),
		// The second call has other execute data, as with Agent node 3.
		await agentWith(DELETE)({ id: 'CC-1001', attachment: attachmentId }),
	].flat();
	expect(api.attachments).toEqual([]);
	for (const answer of answers) {
		expect(answer).toMatchObject({ error: expect.stringContaining('not known whether') as string });
	}
});

it('stores a file again after other calls of the execution have stored and deleted it', async () => {
	const upload = agentWith(UPLOAD);
	const [{ attachment_id: id }] = (await upload({ id: 'CC-1001', file: NOTE })) as [
		{ attachment_id: string },
	];
	const remove = agentWith(DELETE);
	expect(await remove({ id: 'CC-1001', attachment: id })).toEqual([{ deleted: true }]);
	await upload({ id: 'CC-1001', file: NOTE });
	expect(api.attachments).toHaveLength(1);
	expect(api.attachments[0]!.attachmentId).not.toBe(id);
});

const SEND_WITH_CLAIM: INodeParameters = {
	resource: 'attachment',
	operation: 'sendWithClaim',
	encounter: locator(ENCOUNTER),
	attachmentId: ID_OF_ITEM,
	reportType: '={{ $json.type }}',
};

describe('a claim entry, by the calls of an agent', () => {
	beforeAll(() => scaleWaits(0.1));
	afterAll(() => scaleWaits(1));

	const entries = () => api.supplementalInformation.map((entry) => entry.reportTypeCode);
	const writes = () => api.requests.filter(({ method }) => ['PUT', 'PATCH'].includes(method));

	it('is one entry with the values of the last call: A, B, A', async () => {
		const { attachmentId: id } = api.addAttachment({ encounterId: ENCOUNTER });
		const call = agentWith(SEND_WITH_CLAIM);
		const answers = [];
		for (const type of ['LA', 'OZ', 'LA', 'LA']) answers.push(...(await call({ id, type })));
		expect(answers).toMatchObject(
			['LA', 'OZ', 'LA', 'LA'].map((type) => ({ attachment_report_type_code: type })),
		);
		expect(entries()).toEqual(['LA']);
		expect(writes().map(({ method }) => method)).toEqual(['PUT', 'PATCH', 'PATCH']);
	});

	it('is not added by another call if Candid may still be adding it', async () => {
		const { attachmentId: id } = api.addAttachment({ encounterId: ENCOUNTER });
		api.inject({
			kind: 'cut',
			method: 'PUT',
			path: /supplemental/,
			when: 'after-answer',
			delayMs: 2000,
		});
		const answers = [
			...(await agentWith(SEND_WITH_CLAIM)({ id, type: 'LA' })),
			// With other execute data, as with Agent node 3, and with another value.
			...(await agentWith(SEND_WITH_CLAIM)({ id, type: 'OZ' })),
		];
		for (const answer of answers) {
			expect(answer).toMatchObject({
				error: expect.stringMatching(/^It is not known whether the claim entry/) as string,
				details: { try_again: false },
			});
		}
		expect(writes()).toHaveLength(1);
		await api.settled();
		expect(entries()).toEqual(['LA']);
		const [known] = await agentWith(SEND_WITH_CLAIM)({ id, type: 'OZ' });
		expect(known).toMatchObject({ attachment_report_type_code: 'OZ' });
		expect(entries()).toEqual(['OZ']);
		// Now it is known again what the claim has.
		const [same] = await agentWith(SEND_WITH_CLAIM, 1, 'Other tool')({ id, type: 'OZ' });
		expect(same).toMatchObject({ already_included: true });
	});
});

const CREATE_NOTE: INodeParameters = {
	resource: 'billingNote',
	operation: 'create',
	encounter: locator(ENCOUNTER),
	text: '={{ $json.text }}',
};

it('creates each billing note once for an agent: A, B, A', async () => {
	const call = agentWith(CREATE_NOTE);
	const answers = [];
	for (const text of ['A', 'B', 'A']) answers.push(...(await call({ text })));
	expect(answers).toMatchObject([{ text: 'A' }, { text: 'B' }, { text: 'A' }]);
	expect(api.billingNotes.map(({ text }) => text)).toEqual(['A', 'B']);
});

it("does not output another tool's billing note in place of one that may not have been created", async () => {
	scaleWaits(0.1);
	api.inject({ kind: 'status', method: 'POST', path: /billing_notes/ });
	const call = agentWith(CREATE_NOTE);
	const [first] = await call({ text: 'A' });
	const [other] = await agentWith(CREATE_NOTE, 1, 'Other tool')({ text: 'A' });
	const [again] = await call({ text: 'A' });
	scaleWaits(1);
	expect(other).toMatchObject({ billing_note_id: api.billingNotes[0]!.billingNoteId });
	for (const answer of [first, again]) {
		expect(answer).toMatchObject({ error: expect.stringMatching(/^It is not known/) as string });
	}
	expect(api.billingNotes).toHaveLength(1);
});

it('lists tasks for an agent', async () => {
	const list: INodeParameters = {
		resource: 'task',
		operation: 'getAll',
		returnAll: true,
		filters: { categories: '={{ $json.categories }}' },
	};
	const call = agentWith(list);
	const found = await call({ categories: 'medical_records_request, other' });
	expect(found).toMatchObject([{ category: 'other' }, { task_id: TASK }]);
	expect(await call({ categories: ['inactive_coverage'] })).toEqual([{ results: 0 }]);
});

describe('a task that an agent updates', () => {
	const UPDATE: INodeParameters = {
		resource: 'task',
		operation: 'update',
		taskId: ID_OF_ITEM,
		taskStatus: '={{ $json.status }}',
	};

	const sent = () => api.requests.map(({ body }) => (body as { status: string }).status);

	it('gets the status of the last call, also if an earlier call gave it the same', async () => {
		const call = agentWith(UPDATE);
		const statuses = ['finished', 'open', 'finished', 'finished'];
		for (const status of statuses) {
			expect(await call({ id: TASK, status })).toMatchObject([{ task_id: TASK, status }]);
		}
		expect(sent()).toEqual(statuses);
		expect(api.tasks[0]?.status).toBe('finished');
	});

	it('gets the status of the last call of any tool', async () => {
		const first = agentWith(UPDATE);
		const second = agentWith(UPDATE, 1, 'Another Candid Health');
		await first({ id: TASK, status: 'finished' });
		await second({ id: TASK, status: 'open' });
		await first({ id: TASK, status: 'finished' });
		expect(sent()).toEqual(['finished', 'open', 'finished']);
		expect(api.tasks[0]?.status).toBe('finished');
	});

	it('gets the status of the last call after one without an answer', async () => {
		scaleWaits(0.01);
		const call = agentWith(UPDATE);
		await call({ id: TASK, status: 'finished' });
		api.inject({ kind: 'cut', method: 'PATCH', times: 4 });
		const [lost] = await call({ id: TASK, status: 'open' });
		expect(lost).toMatchObject({
			error: expect.stringContaining('It is not known whether the task was updated') as string,
			details: { task_id: TASK, try_again: true },
		});
		expect(api.tasks[0]?.status).toBe('open');
		expect(await call({ id: TASK, status: 'finished' })).toMatchObject([{ status: 'finished' }]);
		expect(api.tasks[0]?.status).toBe('finished');
		scaleWaits(1);
	});

	it('gets the statuses of parallel calls in their order', async () => {
		const call = agentWith(UPDATE);
		const statuses = ['finished', 'open', 'finished', 'blocked'];
		const answers = await Promise.all(
			statuses.map(async (status) => await call({ id: TASK, status })),
		);
		expect(answers.flat()).toMatchObject(statuses.map((status) => ({ status })));
		expect(sent()).toEqual(statuses);
		expect(api.tasks[0]?.status).toBe('blocked');
	});
});

it('creates superbills for an agent, each once, and says that the model has not seen the file', async () => {
	const create = {
		resource: 'superbill',
		operation: 'create',
		patientExternalId: '={{ $json.patient }}',
		dateFrom: '2025-01-10',
		dateTo: '2025-01-12',
	};
	const answers = [
		await agentWith(create)({ patient: 'PAT-1' }),
		await agentWith(create)({ patient: 'PAT-2' }),
		// A repeated call gets the superbill of the first one.
		await agentWith(create)({ patient: 'PAT-1' }),
	].flat();
	expect(api.superbills.map((held) => held.patientExternalId)).toEqual(['PAT-1', 'PAT-2']);
	const [first, second] = api.superbills.map(({ superbillId, fileName }) => ({
		superbill_id: superbillId,
		file_name: fileName,
	}));
	expect(answers).toMatchObject([first, second, first]);
	for (const answer of answers) {
		expect(answer).toMatchObject({ note: expect.stringContaining('have not seen it') as string });
		expect(answer).not.toHaveProperty('authed_url');
	}
});

it('says to an agent that a superbill was created when only its file is missing, and downloads it at the next call', async () => {
	const create = {
		resource: 'superbill',
		operation: 'create',
		patientExternalId: 'PAT-1',
		dateFrom: '2025-01-10',
		dateTo: '2025-01-12',
	};
	api.inject({ kind: 'status', status: 403, method: 'GET', path: /signature/ });
	const [missing] = await agentWith(create)({});
	expect(missing).toMatchObject({
		error:
			'The superbill was created, but its file was not downloaded: the link to its file did not work (HTTP 403)',
		details: { try_again: true },
	});
	const [found] = await agentWith(create)({});
	expect(api.superbills).toHaveLength(1);
	expect(found).toMatchObject({ superbill_id: api.superbills[0]!.superbillId });
});
