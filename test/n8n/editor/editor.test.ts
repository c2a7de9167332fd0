import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

import type { Locator } from 'playwright-core';

import type { CandidApi } from '../../candid-api';
import { pdf, tiff } from '../../files/contents';
import { agentWorkflow, NODES } from '../agent/agentWorkflow';
import { credentialData, localCredential } from '../localCredential';
import { OwnerSession } from '../ownerSession';
import { freePorts } from '../ports';
import type { RealN8n } from '../realN8n';
import { SAMPLES_FOLDER } from '../sampleUploads';
import { PREPARE_MS, prepareTestBed } from '../testBed';
import { template, templateFile, templateNames } from '../templates/template';
import { Editor, type ChosenFile } from './editor';

/** The template that the README shows. */
const SHOWN_TEMPLATE = 'mail-to-charge-capture';

const CREDENTIAL_NAME = 'Candid Health';
/** The name that the editor gives a node that is added with this action. */
const NODE = 'Upload attachment';
const FORM_FIELD = 'Superbill';
const STICKY_NOTE = 'n8n-nodes-base.stickyNote';
const TEST_MS = 120_000;

const OTHER_ENCOUNTER = 'e0000000-0000-4000-8000-000000002002';

const MEDICAL_RECORDS = {
	attachmentId: 'a1b2c3d4-5e6f-4a7b-8c9d-0e1f2a3b4c5d',
	encounterId: 'e0000000-0000-4000-8000-000000002001',
	fileName: 'medical-records.pdf',
	createdAt: '2025-01-22T12:00:00.000Z',
};

const RECORDS_REQUEST = {
	taskId: '7d4b2f5e-6a1c-4e8f-9b3d-5c0a1e2f3b4d',
	encounterId: MEDICAL_RECORDS.encounterId,
	category: 'medical_records_request',
	description: 'The payer asks for the medical records.',
	updatedAt: '2025-01-23T12:00:00.000Z',
} as const;

/** An exported workflow with the trigger, whose last task is pinned. */
const REQUEST = jsonFile('request.json', {
	name: 'Records to payer',
	nodes: [
		{
			id: '6f7a5b0e-3c0a-4a51-9d0b-2f6d4f0c5a02',
			name: 'Documents requested',
			type: 'n8n-nodes-candid-health.candidHealthTrigger',
			typeVersion: 1,
			position: [0, 0],
			parameters: {},
		},
	],
	connections: {},
	settings: { executionOrder: 'v1' },
	pinData: {
		'Documents requested': [
			{
				json: {
					task_id: RECORDS_REQUEST.taskId,
					encounter_id: RECORDS_REQUEST.encounterId,
					external_id: 'ENC-2001',
					patient_external_id: 'PAT-1',
					category: RECORDS_REQUEST.category,
					status: 'open',
					description: RECORDS_REQUEST.description,
				},
			},
		],
	},
});

let api: CandidApi;
let n8n: RealN8n;
let editor: Editor;

beforeAll(async () => {
	// The screenshots show the API's address, so it has its default port if that is free.
	const [port] = await freePorts(5050);
	({ api, n8n } = await prepareTestBed(
		'editor',
		{
			readableFolder: SAMPLES_FOLDER,
			// n8n's assistant needs the servers of n8n's makers, and adds its own buttons to every view.
			env: { N8N_DISABLED_MODULES: 'mcp-registry,instance-ai' },
		},
		{ port },
	));
	await n8n.importCredentials({
		...localCredential(api.url),
		id: 'candidHealthClnc',
		name: CREDENTIAL_NAME,
	});
	await n8n.start();
	await OwnerSession.open(n8n.url);
	editor = await Editor.open(n8n.url);
}, PREPARE_MS);

afterAll(async () => {
	await editor?.close();
	await n8n?.stop();
	await api?.close();
});

beforeEach(() => api.reset());

inEditor(
	'the credential test explains that the client secret is wrong, and accepts the right one',
	async () => {
		const { clientId = '', clientSecret = '' } = credentialData(api.url);
		await editor.openNewCredential('Candid Health API');
		await editor.chooseOption('environment', 'Custom URL');
		await editor.fill('baseUrl', api.url);
		await editor.fill('clientId', clientId);
		await editor.fill('clientSecret', 'wrong');
		await editor.saveCredential();
		const { credential } = editor;
		await credential.getByText('Couldn’t connect with these settings').waitFor();
		await credential.getByText('More details').click();
		const why = `Candid did not accept the client ID and secret at ${api.url}. Check that both are complete`;
		await credential.getByText(why).waitFor();
		expect(api.tokensIssued).toBe(0);

		await editor.fill('clientSecret', clientSecret);
		await editor.saveCredential();
		await credential.getByText('Connection tested successfully').waitFor();
		expect(api.requests.at(-1)).toMatchObject({
			path: '/api/charge_captures/v1?limit=1',
			status: 200,
		});
		await editor.takePicture('credential', credential, editor.field('clientSecret'));
	},
);

inEditor("searching for 'candid' finds the node, and one of its actions adds it", async () => {
	await editor.importWorkflow(formWith([await superbill()]));
	const panel = await editor.searchNodes('candid');
	const names = panel.getByTestId('node-creator-item-name');
	await names.getByText('Candid Health', { exact: true }).waitFor();
	expect(await names.allInnerTexts()).toEqual(['Candid Health']);
	await panel.getByText('Store files in Candid Health, send them with claims').waitFor();
	await editor.takePicture('add-node', panel, panel.getByTestId('item-iterator-item'));

	const found = names.getByText('Candid Health', { exact: true });
	await found.click();
	await found.waitFor({ state: 'detached' });
	expect(await names.allInnerTexts()).toEqual([
		'Upload attachment',
		'Send attachment with claim',
		'Get many attachments',
		'Download attachment',
		'Delete attachment',
		'Create billing note',
		'Get charge capture',
		'Get encounter of charge capture',
		'Get many charge captures',
		'Update charge capture',
		'Get encounter',
		'Get many encounters',
		'Create superbill',
		'Get many tasks',
		'Update task',
	]);
	await panel.getByText('Triggers (5)').click();
	await names.getByText('On task updated', { exact: true }).waitFor();
	expect((await names.allInnerTexts()).slice(15)).toEqual([
		'On charge capture without documentation',
		'On documents requested',
		'On encounter created',
		'On encounter status changed',
		'On task updated',
	]);
	await names.getByText('Upload attachment', { exact: true }).click();
	await editor.view.getByTestId('ndv-close-button').click();
	await editor.node(NODE).getByText('Upload: Attachment', { exact: true }).waitFor();
});

inEditor('the node is found by the words that people search for', async () => {
	await editor.importWorkflow(formWith([await superbill()]));
	const panel = await editor.searchNodes('candid');
	const search = panel.getByTestId('node-creator-search-bar');
	const names = panel.getByTestId('node-creator-item-name');
	const found = names.getByText('Candid Health', { exact: true });
	for (const word of ['attachment', 'document upload', 'healthcare', 'RCM', 'EHR', 'superbill']) {
		await search.fill('zqxzqx');
		await found.waitFor({ state: 'detached' });
		await search.fill(word);
		await found.waitFor();
	}
});

inEditor('a charge capture can be found and selected in the list', async () => {
	await editor.importWorkflow(formWith([await superbill()]));
	await editor.addNode('candid', 'Candid Health', 'Upload attachment');
	await editor.chooseCredential(CREDENTIAL_NAME);
	const { entries, search } = await editor.openList('chargeCaptureExternalId');
	expect(await entries.count()).toBe(5);

	await search.fill('PAT-1');
	await entries.filter({ hasText: 'PAT-2' }).first().waitFor({ state: 'detached' });
	await entries.first().waitFor();
	expect(await entries.allInnerTexts()).toEqual([
		'CC-1003 · PAT-1 · 2025-01-12 · billable',
		'CC-1001 · PAT-1 · 2025-01-10 · planned',
		'CC-1005 · PAT-1 · 2025-01-14 · entered in error',
	]);
	const parameter = editor.parameter('chargeCaptureExternalId');
	await editor.takePicture('choose-charge-capture', editor.parameters, entries.last(), {
		margin: 2,
	});

	await entries.filter({ hasText: 'CC-1003' }).click();
	expect(await parameter.getByTestId('rlc-input').inputValue()).toBe(
		'CC-1003 · PAT-1 · 2025-01-12 · billable',
	);
});

inEditor('a file is stored byte for byte, and its attachment ID is in the output', async () => {
	const file = await superbill();
	await openUploadOf(file);
	expect(await editor.executeStep()).toBe('success');

	const [stored, ...others] = api.attachments;
	expect(others).toEqual([]);
	expect(stored?.bytes.equals(file.bytes)).toBe(true);
	expect(stored).toMatchObject({
		chargeCaptureExternalId: 'CC-1003',
		attachmentType: 'DOCUMENTATION',
		fileName: file.fileName,
		contentType: file.mimeType,
	});
	expect(await editor.outputValues()).toEqual({
		attachment_id: stored?.attachmentId,
		charge_capture_external_id: 'CC-1003',
		attachment_type: 'DOCUMENTATION',
		file_name: file.fileName,
		content_type: file.mimeType,
		file_size: String(file.bytes.length),
	});
	await editor.takePicture('uploaded', editor.view, editor.parameter('binaryPropertyName'));
});

inEditor('a TIFF is refused with the reason and what to do, and nothing is sent', async () => {
	await openUploadOf({ fileName: 'scan.tiff', mimeType: 'image/tiff', bytes: tiff() });
	expect(await editor.executeStep()).toBe('danger');

	const { output } = editor;
	expect(await output.getByTestId('node-error-message').innerText()).toBe(
		"'scan.tiff' [item 0] was not stored: it is a TIFF image, which fax services often send",
	);
	expect(await output.getByTestId('node-error-description').innerText()).toBe(
		"Candid accepts PDF, PNG, JPEG, plain text, CSV, DOCX and XLSX. Convert it to PDF, as the template 'Fax folder → charge capture' does. Nothing was sent.",
	);
	expect(api.attachments).toEqual([]);
	expect(api.requests.filter(({ path }) => path.includes('attachment'))).toEqual([]);
	await editor.takePicture('tiff', output, output.locator('.node-error-view__header'));
});

inEditor(
	'the report of a run that stopped reads as sentences, because the editor shows no line breaks',
	async () => {
		const [first, second] = ['first.pdf', 'second.pdf'].map((fileName) => ({
			fileName,
			mimeType: 'application/pdf',
			bytes: pdf(fileName),
		}));
		await openUploadOf(first!, second!);
		api.inject({ kind: 'status', status: 422, skip: 1, method: 'POST', path: /attachments/ });
		expect(await editor.executeStep()).toBe('danger');

		const [stored] = api.attachments;
		const text = await editor.output.getByTestId('node-error-description').innerText();
		expect(text).toContain(
			`1 file stored before the run stopped: • '${stored?.fileName}' [item ${stored?.fileName === 'first.pdf' ? 0 : 1}] → ${stored?.attachmentId}. `,
		);
		expect(text).not.toMatch(/[\n<>]/);
	},
);

inEditor(
	'a document that was requested is sent with the claim, and again without a change',
	async () => {
		const { attachmentId } = api.addAttachment(MEDICAL_RECORDS);
		api.addAttachment({ encounterId: OTHER_ENCOUNTER, fileName: 'other-visit.pdf' });
		await editor.importWorkflow(REQUEST);
		await editor.addNode('candid', 'Candid Health', 'Send attachment with claim');
		await editor.chooseCredential(CREDENTIAL_NAME);
		const encounters = await editor.openList('encounter');
		await encounters.entries.filter({ hasText: 'ENC-2001' }).click();
		const attachments = await editor.openList('attachmentId');
		expect(await attachments.entries.allInnerTexts()).toEqual([
			'medical-records.pdf · Documentation · 2025-01-22 · a1b2c3d4',
		]);
		await attachments.entries.click();
		const reportTypes = await editor.filterOptions('reportType', 'medical rec');
		expect(await reportTypes.allInnerTexts()).toEqual(['Medical Record Attachment (M1)']);
		await reportTypes.click();

		expect(await editor.executeStep()).toBe('success');
		const [entry, ...others] = api.supplementalInformation;
		expect(others).toEqual([]);
		expect(entry).toMatchObject({ attachmentId, encounterId: MEDICAL_RECORDS.encounterId });
		const output = {
			supplemental_information_id: entry?.supplementalInformationId,
			encounter_id: MEDICAL_RECORDS.encounterId,
			attachment_id: attachmentId,
			attachment_report_type_code: 'M1',
			attachment_transmission_code: 'EL',
			attachment_inclusion: 'included_on_next_submission',
		};
		expect(await editor.outputValues()).toEqual(output);
		await editor.takePicture('send-with-claim', editor.view, editor.parameter('inclusion'));

		await editor.executeStep();
		await editor.output.getByText('already_included', { exact: true }).waitFor();
		expect(await editor.outputValues()).toEqual({ ...output, already_included: 'true' });
		expect(api.supplementalInformation).toEqual([entry]);
	},
);

inEditor('a claim entry without a report type is not sent', async () => {
	await editor.importWorkflow(REQUEST);
	await editor.addNode('candid', 'Candid Health', 'Send attachment with claim');
	await editor.view.getByTestId('node-execute-button').click();
	await editor.page.getByText('Parameter "Report Type" is required').waitFor();
	expect(api.requests).toEqual([]);
});

inEditor('a task can be found and selected in the list, which shows no patient names', async () => {
	await editor.importWorkflow(REQUEST);
	await editor.addNode('candid', 'Candid Health', 'Update task');
	await editor.chooseCredential(CREDENTIAL_NAME);
	const { entries, search } = await editor.openList('taskId');
	expect(await entries.allInnerTexts()).toEqual([
		'ENC-2003 · other · 2025-01-12 · finished',
		'ENC-2002 · documentation addendum request · 2025-01-11 · in progress',
		'ENC-2001 · medical records request · 2025-01-10 · open',
	]);
	await search.fill('enc-2001');
	await entries.filter({ hasText: 'ENC-2003' }).waitFor({ state: 'detached' });
	await entries.click();
	expect(await editor.executeStep()).toBe('success');
	expect(await editor.outputValues()).toMatchObject({
		external_id: 'ENC-2001',
		status: 'finished',
	});
	expect(api.tasks.map(({ status }) => status)).toEqual(['finished', 'in_progress', 'finished']);
});

inEditor('the trigger is added with an event, and its test event is the newest task', async () => {
	const newest = api.addTask(RECORDS_REQUEST);
	await openTrigger('On documents requested');
	expect(await editor.executeStep()).toBe('success');
	const output = await editor.outputValues();
	expect(output).toMatchObject({ task_id: newest.taskId, category: RECORDS_REQUEST.category });
	expect(Object.values(output).join()).not.toContain(newest.patientName);
	const { view, parameters: left } = editor;
	await editor.takePicture('trigger', view, editor.parameter('simplify'), { left });
});

inEditor("the trigger's parameters are those of its event", async () => {
	await openTrigger('On task updated');
	await editor.field('categories').waitFor();
	expect(await editor.field('hours').count()).toBe(0);
	await editor.chooseOption('event', 'Charge Capture Without Documentation');
	await editor.field('hours').waitFor();
	await editor.parameters.getByText('Documentation is an attachment of the type').waitFor();
	expect(await editor.field('categories').count()).toBe(0);
});

inEditor(
	'as the tool of an agent, Upload shows how to name a file, and the description for the model',
	async () => {
		const credential = localCredential(api.url);
		const tool = { resource: 'attachment', operation: 'upload' };
		const workflow = agentWorkflow(
			{ id: 'agent', agentVersion: 3.1, input: 'one item', tool },
			{ folder: SAMPLES_FOLDER, candid: credential, model: credential },
		);
		await editor.importWorkflow(jsonFile('agent.json', workflow));
		await editor.nodes.and(editor.page.locator(`[data-node-name="${NODES.tool}"]`)).dblclick();
		await editor.parameters.getByText('n8n does not pass files to a tool').waitFor();
		const description = editor.parameters.locator('textarea').first();
		expect(await description.inputValue()).toMatch(/^Stores a file in Candid Health/);
	},
);

describe('the workflow templates', () => {
	test("are found in the folder 'workflows'", () => {
		expect(templateNames).not.toEqual([]);
	});

	inEditor(
		'a template opens from the address of its file, and not from that of a web page',
		async () => {
			const server = createServer((request, response) => {
				const isFile = request.url === '/template.json';
				response.setHeader('Content-Type', isFile ? 'text/plain' : 'text/html');
				response.end(isFile ? JSON.stringify(template(SHOWN_TEMPLATE)) : '<!doctype html>');
			});
			await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
			const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
			try {
				await editor.importWorkflowFromUrl(`${url}/template.html`);
				await editor.page.getByText('Problem loading workflow').waitFor();
				// In a new page, because the console of this one has n8n's refusal.
				await editor.openPage();
				await editor.importWorkflowFromUrl(`${url}/template.json`);
				const steps = template(SHOWN_TEMPLATE).nodes.filter(({ type }) => type !== STICKY_NOTE);
				await expectCount(editor.nodes, steps.length);
			} finally {
				server.close();
			}
		},
	);

	for (const name of templateNames) {
		inEditor(
			`${name} opens with all its nodes, connections and notes, and n8n knows every node`,
			async () => {
				const { nodes: all, connections } = template(name);
				const notes = all.filter(({ type }) => type === STICKY_NOTE);
				const nodes = all.filter(({ type }) => type !== STICKY_NOTE);
				await editor.importWorkflow(templateFile(name));

				await expectCount(editor.nodes, nodes.length);
				expect(await editor.nodeTypes()).toEqual(
					Object.fromEntries(nodes.map((node) => [node.name, { type: node.type, known: true }])),
				);
				const outputs = Object.values(connections).flatMap(Object.values).flat();
				await expectCount(editor.connections, outputs.flat().filter(Boolean).length);
				expect(notes).not.toEqual([]);
				await expectCount(editor.notes, notes.length);
				for (const { parameters } of notes) {
					const [title] = plain(String(parameters.content)).split('\n') as [string];
					await editor.notes.getByText(title).first().waitFor();
				}
				if (name === SHOWN_TEMPLATE) await editor.takePictureOfCanvas('template');
			},
		);
	}
});

/** A test with a new page. If it fails, a screenshot of the page is kept. */
function inEditor(name: string, steps: () => Promise<void>): void {
	test(
		name,
		async () => {
			await editor.openPage();
			await editor.withFailureScreenshot(name, async () => {
				await steps();
				expect(editor.errors).toEqual([]);
			});
		},
		TEST_MS,
	);
}

/** Waits until there are at least `count`, and checks that there are no more. */
async function expectCount(locator: Locator, count: number): Promise<void> {
	await locator.nth(count - 1).waitFor({ state: 'attached' });
	expect(await locator.count()).toBe(count);
}

interface InputFile {
	fileName: string;
	mimeType: string;
	bytes: Buffer;
}

async function superbill(): Promise<InputFile> {
	const fileName = 'superbill.pdf';
	const bytes = await readFile(join(SAMPLES_FOLDER, fileName));
	return { fileName, mimeType: 'application/pdf', bytes };
}

/**
 * An exported workflow with a form whose submissions are pinned, including their files. The editor does
 * not pin an output with a file, but n8n keeps and runs such pinned data from an import (2.41.1).
 */
function formWith(files: InputFile[]): ChosenFile {
	const submissions = files.map(({ fileName, mimeType, bytes }) => ({
		json: { [FORM_FIELD]: { filename: fileName, mimetype: mimeType, size: bytes.length } },
		binary: {
			[FORM_FIELD]: {
				data: bytes.toString('base64'),
				mimeType,
				fileName,
				fileExtension: extname(fileName).slice(1),
				fileSize: `${bytes.length} B`,
				bytes: bytes.length,
			},
		},
	}));
	const workflow = {
		name: 'Superbills to Candid',
		nodes: [
			{
				id: '6f7a5b0e-3c0a-4a51-9d0b-2f6d4f0c5a01',
				name: 'On form submission',
				type: 'n8n-nodes-base.formTrigger',
				typeVersion: 2.3,
				position: [0, 0],
				parameters: {
					formTitle: FORM_FIELD,
					formFields: {
						values: [{ fieldLabel: FORM_FIELD, fieldType: 'file', multipleFiles: false }],
					},
				},
			},
		],
		connections: {},
		settings: { executionOrder: 'v1' },
		pinData: { 'On form submission': submissions },
	};
	return jsonFile('form.json', workflow);
}

function jsonFile(name: string, content: object): ChosenFile {
	return { name, mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(content)) };
}

/** Opens a new workflow with the trigger, which the nodes panel offers with its events. */
async function openTrigger(event: string): Promise<void> {
	await editor.newWorkflow();
	await editor.addNode('candid', 'Candid Health', event);
	await editor.chooseCredential(CREDENTIAL_NAME);
}

/** Imports a form with the file, and sets up an Upload node that is ready to run. */
async function openUploadOf(...files: InputFile[]): Promise<void> {
	await editor.importWorkflow(formWith(files));
	await editor.addNode('candid', 'Candid Health', 'Upload attachment');
	await editor.chooseCredential(CREDENTIAL_NAME);
	const { entries } = await editor.openList('chargeCaptureExternalId');
	await entries.filter({ hasText: 'CC-1003' }).click();
	await editor.fill('binaryPropertyName', FORM_FIELD);
}

/** The text of a sticky note without its Markdown. */
function plain(content: string): string {
	return content.replace(/^#+ */gm, '').replace(/[*_`]/g, '').trim();
}
