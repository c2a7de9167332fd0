import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { IBinaryData, INodeExecutionData, INodePropertyOptions } from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import { startCandidApi } from '../candid-api';
import type { CandidApi, RecordedRequest } from '../candid-api';
import { binaryContent, runWorkflowFile } from './harness';
import type { WorkflowFile } from './harness';
import { outputSchema } from './outputSchema';
import { pastedCredential } from './storedCredential';
import type { StoredCredential } from './storedCredential';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const ATTACHMENTS = '/api/encounter-attachments/v1';
const OF_CHARGE_CAPTURE = `${ATTACHMENTS}/by-charge-capture-external-id/CC-1001`;
const ENCOUNTER = 'e0000000-0000-4000-8000-000000002001';
const OF_ENCOUNTER = `${ATTACHMENTS}/${ENCOUNTER}`;
const FIRST = 'a7700000-0000-4000-8000-000000000001';
const SECOND = 'a7700000-0000-4000-8000-000000000002';

const FILE_FIELDS = ['attachment_type', 'attachment_file'];
const DESCRIBED_FILE_FIELDS = ['attachment_type', 'description', 'attachment_file'];

/** By workflow file, what has to arrive at Candid. */
const REQUESTS: Record<string, Array<Partial<RecordedRequest> & { names?: string[] }>> = {
	'attachment.upload.chargeCapture': [
		{
			method: 'POST',
			path: `${ATTACHMENTS}/create-from-charge-capture-external-id`,
			names: ['charge_capture_external_id', ...DESCRIBED_FILE_FIELDS],
		},
	],
	'attachment.upload.encounter': [
		{ method: 'PUT', path: `${OF_ENCOUNTER}/v2`, names: DESCRIBED_FILE_FIELDS },
	],
	'attachment.upload.encounterV1': [{ method: 'PUT', path: OF_ENCOUNTER, names: FILE_FIELDS }],
	'attachment.getAll.chargeCapture': [{ method: 'GET', path: OF_CHARGE_CAPTURE }],
	'attachment.getAll.encounter': [{ method: 'GET', path: OF_ENCOUNTER }],
	'attachment.download.chargeCapture': [
		{ method: 'GET', path: OF_CHARGE_CAPTURE },
		{ method: 'GET', server: 'files' },
	],
	'attachment.download.encounter': [
		{ method: 'GET', path: OF_ENCOUNTER },
		{ method: 'GET', server: 'files' },
	],
	'attachment.delete.chargeCapture': [
		{ method: 'DELETE', path: OF_CHARGE_CAPTURE, body: { attachment_id: FIRST } },
	],
	'attachment.delete.encounter': [
		{ method: 'DELETE', path: OF_ENCOUNTER, body: { attachment_id: FIRST } },
	],
	'chargeCapture.get': [
		{ method: 'GET', path: '/api/charge_captures/v1?charge_external_id=CC-1001' },
	],
	'chargeCapture.getAll': [
		{
			method: 'GET',
			path: '/api/charge_captures/v1?limit=2&date_of_service_min=2025-01-10&patient_external_id=PAT-1&sort=date_of_service&sort_direction=asc',
		},
	],
	'encounter.get': [{ method: 'GET', path: `/api/encounters/v4/${ENCOUNTER}` }],
	'encounter.getAll': [
		{
			method: 'GET',
			path: '/api/encounters/v4?date_of_service_max=2025-01-11&search_term=enc-200&sort=date_of_service:desc',
		},
	],
};

let api: CandidApi;
let credential: StoredCredential;

beforeEach(async () => {
	api = await startCandidApi();
	credential = pastedCredential(api);
});

afterEach(async () => await api.close());

const workflow = (name: string) =>
	JSON.parse(
		readFileSync(join(__dirname, 'workflows', `${name}.workflow.json`), 'utf8'),
	) as WorkflowFile;

const BYTES = Buffer.from('%PDF-1.4 superbill');

/** Runs a workflow with two attachments there, unless it brings its own. */
async function run(name: string) {
	api.reset();
	const parent = name.endsWith('chargeCapture')
		? { chargeCaptureExternalId: 'CC-1001' }
		: { encounterId: ENCOUNTER };
	if (!name.includes('upload')) {
		api.addAttachment({
			...parent,
			attachmentId: FIRST,
			description: 'Superbill of the visit',
			bytes: BYTES,
			createdAt: '2025-02-01T12:00:00.000Z',
		});
		api.addAttachment({
			...parent,
			attachmentId: SECOND,
			fileName: 'labs.csv',
			contentType: 'text/csv',
			attachmentType: 'OTHER',
		});
	}
	return await runWorkflowFile(workflow(name), credential);
}

it.each(Object.entries(REQUESTS))('the workflow %s', async (name, requests) => {
	const { output, error } = await run(name);

	expect(error).toBeUndefined();
	expect(output).toEqual(workflow(name).pinData['Candid Health']!.map(expected));
	expect(
		api.requests.map(({ fields, ...request }) => ({
			...request,
			path: decodeURIComponent(request.path),
			names: fields?.map((field) => field.name),
		})),
	).toEqual(requests.map((request) => expect.objectContaining(request)));
	if (name.includes('upload')) expect(api.attachments.map((held) => held.bytes)).toEqual([BYTES]);
	if (name.includes('download'))
		expect(await binaryContent(output[0]!.binary!.data!)).toEqual(BYTES);
	if (name.includes('delete')) expect(api.attachments).toMatchObject([{ attachmentId: SECOND }]);
});

/** Every operation of the node, as `resource.operation`. */
const operations = new CandidHealth().description.properties
	.filter(({ name }) => name === 'operation')
	.flatMap(({ options, displayOptions }) =>
		(options as INodePropertyOptions[]).map(
			({ value }) => `${String(displayOptions!.show!.resource![0])}.${String(value)}`,
		),
	);

const workflowsOf = (operation: string) =>
	readdirSync(join(__dirname, 'workflows'))
		.map((file) => file.split('.workflow')[0]!)
		.filter((name) => `${name}.`.startsWith(`${operation}.`));

it.each(operations)('the preview of %s has the shape of its output', async (operation) => {
	const [resource, name] = operation.split('.');
	const path = join(
		__dirname,
		`../../nodes/CandidHealth/__schema__/v1.0.0/${resource}/${name}.json`,
	);
	const items: INodeExecutionData[] = [];
	for (const file of workflowsOf(operation)) items.push(...(await run(file)).output);
	const schema = outputSchema(items);
	if (process.env.WRITE_SCHEMAS) {
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(path, `${JSON.stringify(schema, undefined, '\t')}\n`);
	}
	expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(schema);
});

it('every workflow is run', () => {
	expect(operations.flatMap(workflowsOf).sort()).toEqual(Object.keys(REQUESTS).sort());
});

/** An item as pinned; new IDs and what only n8n's storage knows of a file are left open. */
function expected({ json, binary, pairedItem }: INodeExecutionData): INodeExecutionData {
	const isNewId = json.attachment_id === '<uuid>';
	const id = isNewId ? { attachment_id: expect.stringMatching(UUID) as string } : {};
	const item = { json: { ...json, ...id }, pairedItem };
	if (!binary) return item;
	const files = Object.entries(binary).map(([field, file]) => [
		field,
		expect.objectContaining(file) as IBinaryData,
	]);
	return { ...item, binary: Object.fromEntries(files) as INodeExecutionData['binary'] };
}
