import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

import type { Locator } from 'playwright-core';

import type { CandidApi } from '../../candid-api';
import { tiff } from '../../files/contents';
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
	await editor.importWorkflow(formWith(await superbill()));
	const panel = await editor.searchNodes('candid');
	const names = panel.getByTestId('node-creator-item-name');
	await names.getByText('Candid Health', { exact: true }).waitFor();
	expect(await names.allInnerTexts()).toEqual(['Candid Health']);
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
	await names.getByText('Upload attachment', { exact: true }).click();
	await editor.view.getByTestId('ndv-close-button').click();
	await editor.node(NODE).getByText('Upload: Attachment', { exact: true }).waitFor();
});

inEditor('the node is found by the words that people search for', async () => {
	await editor.importWorkflow(formWith(await superbill()));
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
	await editor.importWorkflow(formWith(await superbill()));
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
	await editor.takePicture('choose-charge-capture', editor.parameters, entries.last(), 2);

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
		'Candid accepts PDF, PNG, JPEG, plain text, CSV, DOCX and XLSX. Convert it to PDF. Nothing was sent.',
	);
	expect(api.attachments).toEqual([]);
	expect(api.requests.filter(({ path }) => path.includes('attachment'))).toEqual([]);
	await editor.takePicture('tiff', output, output.locator('.node-error-view__header'));
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
 * An exported workflow with a form whose last submission is pinned, including its file. The editor does
 * not pin an output with a file, but n8n keeps and runs such pinned data from an import (2.41.1).
 */
function formWith({ fileName, mimeType, bytes }: InputFile): ChosenFile {
	const size = bytes.length;
	const submission = {
		json: { [FORM_FIELD]: { filename: fileName, mimetype: mimeType, size } },
		binary: {
			[FORM_FIELD]: {
				data: bytes.toString('base64'),
				mimeType,
				fileName,
				fileExtension: extname(fileName).slice(1),
				fileSize: `${size} B`,
				bytes: size,
			},
		},
	};
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
		pinData: { 'On form submission': [submission] },
	};
	return jsonFile('form.json', workflow);
}

const jsonFile = (name: string, content: object): ChosenFile => ({
	name,
	mimeType: 'application/json',
	buffer: Buffer.from(JSON.stringify(content)),
});

/** Imports a form with the file, and sets up an Upload node that is ready to run. */
async function openUploadOf(file: InputFile): Promise<void> {
	await editor.importWorkflow(formWith(file));
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
