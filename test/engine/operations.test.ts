import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { IBinaryData, INodeExecutionData, INodePropertyOptions } from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import type { AttachmentInclusion, CandidApi, RecordedRequest } from '../candid-api';
import {
	ATTACHMENTS_PATH,
	BILLING_NOTES_PATH,
	BY_CHARGE_CAPTURE_PATH,
	CHARGE_CAPTURES_PATH,
	CLAIM_CREATIONS_PATH,
	CREATE_BY_CHARGE_CAPTURE_PATH,
	ENCOUNTERS_PATH,
	SUPERBILLS_PATH,
	SUPPLEMENTAL_INFORMATION_PATH,
	TASKS_PATH,
} from '../candid-api/paths';
import {
	ENCOUNTER,
	FIRST_ATTACHMENT,
	SAMPLE_UUID,
	SECOND_ATTACHMENT,
	TASK,
	UUID,
	startApiForEachTest,
} from './fixtures';
import { binaryContent, runWorkflowFile } from './harness';
import type { WorkflowFile } from './harness';
import { outputSchema } from './outputSchema';
import type { StoredCredential } from './storedCredential';

const OF_CHARGE_CAPTURE = `${BY_CHARGE_CAPTURE_PATH}/CC-1001`;
const OF_ENCOUNTER = `${ATTACHMENTS_PATH}/${ENCOUNTER}`;
const OF_CLAIM = `${SUPPLEMENTAL_INFORMATION_PATH}/${ENCOUNTER}`;
const CLAIM_ENTRY = 'a5500000-0000-4000-8000-000000000001';

/** What a claim entry is sent with. */
const SENT_WITH_CLAIM = {
	attachment_id: FIRST_ATTACHMENT,
	attachment_report_type_code: 'LA',
	attachment_transmission_code: 'EL',
};

/** What the claim says of the first attachment before a workflow, by workflow file. */
const CLAIM_BEFORE: Record<string, AttachmentInclusion> = {
	'attachment.sendWithClaim.again': 'included_on_next_submission',
	'attachment.sendWithClaim.change': 'included_on_next_submission',
	'attachment.sendWithClaim.excludedAgain': 'not_included',
};

/** The claim creation of the charge capture CC-1003. */
const CLAIM_CREATION = 'b0000000-0000-4000-8000-000000001003';

/** The folder of the workflows that are run here, one or more for each operation. */
const FOLDER = join(__dirname, 'operations');

const FILE_FIELDS = ['attachment_type', 'attachment_file'];
const DESCRIBED_FILE_FIELDS = ['attachment_type', 'description', 'attachment_file'];

/** The requests that Candid must receive, by workflow file. */
const REQUESTS: Record<string, Array<Partial<RecordedRequest> & { names?: string[] }>> = {
	'attachment.upload.chargeCapture': [
		{
			method: 'POST',
			path: CREATE_BY_CHARGE_CAPTURE_PATH,
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
		{ method: 'DELETE', path: OF_CHARGE_CAPTURE, body: { attachment_id: FIRST_ATTACHMENT } },
	],
	'attachment.delete.encounter': [
		{ method: 'DELETE', path: OF_ENCOUNTER, body: { attachment_id: FIRST_ATTACHMENT } },
	],
	'attachment.sendWithClaim': [
		{ method: 'GET', path: OF_CLAIM },
		{
			method: 'PUT',
			path: OF_CLAIM,
			body: {
				...SENT_WITH_CLAIM,
				attachment_control_number: 'DOC-2025-0142',
				attachment_inclusion: 'included_on_next_submission',
			},
		},
	],
	'attachment.sendWithClaim.again': [{ method: 'GET', path: OF_CLAIM }],
	'attachment.sendWithClaim.change': [
		{ method: 'GET', path: OF_CLAIM },
		{
			method: 'PATCH',
			path: `${OF_CLAIM}/${CLAIM_ENTRY}`,
			body: { ...SENT_WITH_CLAIM, attachment_inclusion: 'included_on_all_submissions' },
		},
	],
	'attachment.sendWithClaim.excludedAgain': [{ method: 'GET', path: OF_CLAIM }],
	'billingNote.create': [
		{ method: 'GET', path: `${ENCOUNTERS_PATH}/${ENCOUNTER}` },
		{
			method: 'POST',
			path: BILLING_NOTES_PATH,
			body: { encounter_id: ENCOUNTER, text: 'Lab results sent with the claim.' },
		},
	],
	'chargeCapture.get': [
		{ method: 'GET', path: `${CHARGE_CAPTURES_PATH}?charge_external_id=CC-1001` },
	],
	'chargeCapture.getAll': [
		{
			method: 'GET',
			path: `${CHARGE_CAPTURES_PATH}?limit=2&date_of_service_min=2025-01-10&patient_external_id=PAT-1&sort=date_of_service&sort_direction=asc`,
		},
	],
	'chargeCapture.getEncounter': [
		{ method: 'GET', path: `${CHARGE_CAPTURES_PATH}?charge_external_id=CC-1003` },
		{ method: 'GET', path: `${CLAIM_CREATIONS_PATH}/${CLAIM_CREATION}` },
	],
	'chargeCapture.update': [
		{ method: 'GET', path: `${CHARGE_CAPTURES_PATH}?charge_external_id=CC-1001` },
		{
			method: 'PATCH',
			path: `${CHARGE_CAPTURES_PATH}/c0000000-0000-4000-8000-000000001001`,
			body: {
				status: 'billable',
				claim_creation_category: 'Office visit',
				ehr_source_url: 'https://ehr.example.invalid/visits/7',
				originating_system: 'Clinic EHR',
			},
		},
	],
	'encounter.get': [{ method: 'GET', path: `${ENCOUNTERS_PATH}/${ENCOUNTER}` }],
	'encounter.getAll': [
		{
			method: 'GET',
			path: `${ENCOUNTERS_PATH}?date_of_service_max=2025-01-11&search_term=enc-200&sort=date_of_service:desc`,
		},
	],
	'superbill.create': [
		{
			method: 'POST',
			path: SUPERBILLS_PATH,
			body: {
				patient_external_id: 'PAT-1',
				date_range_min: '2025-01-10',
				date_range_max: '2025-01-11',
				output_format: 'PDF',
				include_merged_patient_data: false,
			},
		},
		{ method: 'GET', server: 'files' },
	],
	'task.getAll': [
		{
			method: 'GET',
			path: `${TASKS_PATH}?limit=10&categories=medical_records_request,documentation_addendum_request&statuses=open,in_progress&updated_since=2025-01-21T12:00:00.000Z&sort=updated_at:asc`,
		},
	],
	'task.update': [{ method: 'PATCH', path: `${TASKS_PATH}/${TASK}`, body: { status: 'finished' } }],
};

let api: CandidApi;
let credential: StoredCredential;

startApiForEachTest((started) => ({ api, credential } = started));

const workflow = (name: string) =>
	JSON.parse(readFileSync(join(FOLDER, `${name}.workflow.json`), 'utf8')) as WorkflowFile;

const BYTES = Buffer.from('%PDF-1.4 superbill');

/** Runs a workflow on two existing attachments, or on none if it uploads. */
async function run(name: string) {
	api.reset();
	const parent = name.endsWith('chargeCapture')
		? { chargeCaptureExternalId: 'CC-1001' }
		: { encounterId: ENCOUNTER };
	if (!name.includes('upload')) {
		api.addAttachment({
			...parent,
			attachmentId: FIRST_ATTACHMENT,
			description: 'Superbill of the visit',
			bytes: BYTES,
			createdAt: '2025-02-01T12:00:00.000Z',
		});
		api.addAttachment({
			...parent,
			attachmentId: SECOND_ATTACHMENT,
			fileName: 'labs.csv',
			contentType: 'text/csv',
			attachmentType: 'OTHER',
		});
	}
	if (name in CLAIM_BEFORE) {
		api.addSupplementalInformation({
			supplementalInformationId: CLAIM_ENTRY,
			encounterId: ENCOUNTER,
			attachmentId: FIRST_ATTACHMENT,
			reportTypeCode: 'LA',
			controlNumber: 'DOC-2025-0142',
			inclusion: CLAIM_BEFORE[name],
		});
	}
	if (name === 'chargeCapture.getEncounter') addCreatedEncounter();
	return await runWorkflowFile(workflow(name), credential);
}

/** The encounter that was created from CC-1003 after its provider's NPI was added. */
function addCreatedEncounter() {
	api.addClaimCreation({
		id: CLAIM_CREATION,
		errors: [
			{
				message: 'The provider has no NPI',
				fieldInError: 'npi',
				resolved: true,
				chargeCaptureId: 'c0000000-0000-4000-8000-000000001003',
			},
		],
	});
	api.addEncounter({
		externalId: 'CC-1003',
		encounterId: SAMPLE_UUID,
		claimCreationId: CLAIM_CREATION,
	});
}

it.each(Object.entries(REQUESTS))(
	'the workflow %s sends the expected requests and outputs its pinned items',
	async (name, requests) => {
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
		if (name.includes('superbill'))
			expect(await binaryContent(output[0]!.binary!.data!)).toEqual(api.superbills[0]!.bytes);
		if (name.includes('delete'))
			expect(api.attachments).toMatchObject([{ attachmentId: SECOND_ATTACHMENT }]);
	},
);

/** Every operation of the node, as `resource.operation`. */
const operations = new CandidHealth().description.properties
	.filter(({ name }) => name === 'operation')
	.flatMap(({ options, displayOptions }) =>
		(options as INodePropertyOptions[]).map(
			({ value }) => `${String(displayOptions!.show!.resource![0])}.${String(value)}`,
		),
	);

const workflowFilesOf = (operation: string) =>
	readdirSync(FOLDER)
		.map((file) => file.split('.workflow')[0]!)
		.filter((name) => `${name}.`.startsWith(`${operation}.`));

it.each(operations)('the output preview of %s has the fields of its output', async (operation) => {
	const [resource, name] = operation.split('.');
	const path = join(
		__dirname,
		`../../nodes/CandidHealth/__schema__/v1.0.0/${resource}/${name}.json`,
	);
	const items: INodeExecutionData[] = [];
	for (const file of workflowFilesOf(operation)) items.push(...(await run(file)).output);
	const schema = outputSchema(items);
	if (process.env.WRITE_SCHEMAS) {
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(path, `${JSON.stringify(schema, undefined, '\t')}\n`);
	}
	expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(schema);
});

it('every operation has workflows, and every workflow is run', () => {
	expect(operations.flatMap(workflowFilesOf).sort()).toEqual(Object.keys(REQUESTS).sort());
});

/** What stands for a value that is new in every run, in the pinned items. */
const NEW_VALUES: Record<string, RegExp> = { '<uuid>': UUID, '<time>': /^20\d\d-.*Z$/ };

/** A pinned item, in which new IDs, new times and what n8n's storage adds to a file can have any value. */
function expected({ json, binary, pairedItem }: INodeExecutionData): INodeExecutionData {
	const fields = Object.entries(json).map(([name, value]) => [
		name,
		NEW_VALUES[String(value)] ? expect.stringMatching(NEW_VALUES[String(value)]!) : value,
	]);
	const item = { json: Object.fromEntries(fields) as INodeExecutionData['json'], pairedItem };
	if (!binary) return item;
	const files = Object.entries(binary).map(([field, file]) => [
		field,
		expect.objectContaining(file) as IBinaryData,
	]);
	return { ...item, binary: Object.fromEntries(files) as INodeExecutionData['binary'] };
}
