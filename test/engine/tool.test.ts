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
import { startCandidApi } from '../candid-api';
import type { CandidApi } from '../candid-api';
import { additionalData, nodeTypesFor } from './harness';
import { pastedCredential } from './storedCredential';

let api: CandidApi;

beforeEach(async () => {
	api = await startCandidApi();
});

afterEach(async () => {
	await api.close();
});

/** An agent that works on three items, and its tool: what n8n hands to a tool that an agent calls (2.41.1). */
function agentWith(parameters: INodeParameters) {
	const agent: INode = {
		id: 'agent',
		name: 'Agent',
		type: 'test.items',
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
	};
	const tool: INode = {
		...agent,
		id: 'tool',
		name: 'Candid Health',
		type: 'n8n-nodes-candid-health.candidHealth',
		parameters,
		credentials: { candidHealthApi: { id: '1', name: 'Candid Health' } },
	};
	const candid: INodeType = new CandidHealth();
	const workflow = new Workflow({
		id: 'workflow',
		nodes: [agent, tool],
		connections: {},
		active: false,
		nodeTypes: nodeTypesFor(candid, []),
	});
	const items = [0, 1, 2].map((index) => ({ json: { index } }));
	const executeData: IExecuteData = { node: agent, data: { main: [items] }, source: null };
	const credential = pastedCredential(api);
	let runIndex = 0;
	return async (json: IDataObject) => {
		const item = { json };
		const context = new SupplyDataContext(
			workflow,
			tool,
			additionalData(credential),
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

it('as the tool of an agent that works on several items, looks a charge capture up', async () => {
	const call = agentWith({
		resource: 'chargeCapture',
		operation: 'get',
		chargeCapture: { __rl: true, mode: 'id', value: '={{ $json.id }}' },
	});
	const answers = await Promise.all([call({ id: 'CC-1001' }), call({ id: 'CC-1003' })]);
	expect(answers.flat()).toEqual([
		expect.objectContaining({ charge_external_id: 'CC-1001' }),
		expect.objectContaining({ charge_external_id: 'CC-1003' }),
	]);
});

it('as the tool of an agent, stores each file once on each charge capture that it is called for', async () => {
	const call = agentWith({
		resource: 'attachment',
		operation: 'upload',
		attachTo: 'chargeCapture',
		chargeCaptureExternalId: { __rl: true, mode: 'id', value: '={{ $json.id }}' },
		attachmentType: 'OTHER',
		binaryPropertyName: '={{ $json.file }}',
	});
	const file = { mimeType: 'text/plain', data: 'aGVsbG8=', fileName: 'note.txt' };
	const first = await call({ id: 'CC-1001', file });
	const second = await call({ id: 'CC-1003', file });
	const again = await call({ id: 'CC-1001', file });
	const other = await call({ id: 'CC-1001', file: { ...file, data: 'SGVsbG8=' } });
	expect(api.attachments.map((held) => held.chargeCaptureExternalId)).toEqual([
		'CC-1001',
		'CC-1003',
		'CC-1001',
	]);
	const ids = api.attachments.map(({ attachmentId }) => attachmentId);
	expect([first, second, again, other].map(([json]) => json)).toEqual(
		[ids[0], ids[1], ids[0], ids[2]].map((id) => expect.objectContaining({ attachment_id: id })),
	);
});
