import { randomUUID } from 'node:crypto';

import { SupplyDataContext } from 'n8n-core';
import { Workflow, createRunExecutionData } from 'n8n-workflow';
import type {
	IDataObject,
	IExecuteData,
	IExecuteFunctions,
	INode,
	INodeParameters,
	INodeType,
} from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import type { CandidApi } from '../candid-api';
import { scaleWaits } from './faults/scaledWaits';
import {
	ENCOUNTER,
	ID_OF_ITEM,
	attachmentParameters,
	locator,
	startApiForEachTest,
} from './fixtures';
import { additionalData, candidNode, nodeTypesFor } from './harness';
import type { StoredCredential } from './storedCredential';

let api: CandidApi;
let credential: StoredCredential;
let executionId: string;

startApiForEachTest((started) => ({ api, credential } = started));

beforeEach(() => {
	executionId = randomUUID();
});

/**
 * An agent and its tool. The tool gets what n8n gives to a tool of an Agent node of version 2 (2.41.1).
 *
 * @param items how many items the agent works on
 * @param name of the tool
 */
function agentWith(parameters: INodeParameters, items = 1, name = 'Candid Health') {
	const agent: INode = {
		id: 'agent',
		name: 'Agent',
		type: 'test.items',
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
	};
	const tool = candidNode(parameters, {
		type: 'n8n-nodes-candid-health.candidHealthTool',
		name,
	});
	const candid: INodeType = new CandidHealth();
	const workflow = new Workflow({
		id: 'workflow',
		nodes: [agent, tool],
		connections: {},
		active: false,
		nodeTypes: nodeTypesFor(candid, []),
	});
	const agentItems = Array.from({ length: items }, (_, index) => ({ json: { index } }));
	const executeData: IExecuteData = { node: agent, data: { main: [agentItems] }, source: null };
	let runIndex = 0;
	return async (json: IDataObject) => {
		const item = { json };
		const context = new SupplyDataContext(
			workflow,
			tool,
			additionalData(credential, executionId),
			'manual',
			createRunExecutionData({}),
			runIndex++,
			[item],
			{ ai_tool: [[item]] },
			'ai_tool',
			executeData,
			[],
			undefined,
			agent,
		);
		const output = await candid.execute!.call(context as unknown as IExecuteFunctions);
		return (output as Array<Array<{ json: object }>>)[0]!.map((entry) => entry.json);
	};
}

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

	it('is not added by another call, if Candid may still be adding it', async () => {
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

it("does not take another tool's billing note for one that may not have been created", async () => {
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
