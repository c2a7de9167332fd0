import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { CandidApi } from '../../candid-api';
import { pdf } from '../../files/contents';
import { localCredential } from '../localCredential';
import { OwnerSession, type SavedExecution } from '../ownerSession';
import type { RealN8n } from '../realN8n';
import { PREPARE_MS, prepareTestBed } from '../testBed';
import { uploadsTo } from '../uploads';
import { AGENT_VERSIONS, agentWorkflow, NODES, type AgentCase, type Input } from './agentWorkflow';
import { startModelServer, type ModelServer, type ToolCall } from './modelServer';

const FOLDER = join(__dirname, '..', '.cache', 'agent');
const DOCS = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'ai-agents.md'), 'utf8');

const VISITS = ['VISIT-1', 'VISIT-2', 'VISIT-3'];
const LETTER = 'letter.pdf';

/**
 * The outcome of a tool's expression: each file is stored on its own visit; one file for all is stored on
 * each visit; or nothing is stored and the model receives the reason.
 */
type Outcome = 'own' | 'letter' | 'refused';

const INPUTS = ['one item', 'three items', 'a loop', 'three calls'] as const;

type Outcomes = Record<(typeof INPUTS)[number], Outcome>;

const all = (outcome: Outcome): Outcomes => ({
	'one item': outcome,
	'three items': outcome,
	'a loop': outcome,
	'three calls': outcome,
});

const ONE_ITEM_ONLY: Outcomes = { ...all('refused'), 'one item': 'own' };

/** Values of 'Input Binary Field', with their outcomes when the model names the visit. */
const FILES: Array<[field: string, outcomes: Outcomes]> = [
	['data', all('refused')],
	[
		"{{ $('Files').all().find(item => item.json.fileName === $fromAI('visit') + '.pdf').binary.data }}",
		all('own'),
	],
	["{{ $('Files').all()[$fromAI('index', '', 'number')].binary.data }}", all('own')],
	["{{ $('Files').item.binary.data }}", ONE_ITEM_ONLY],
	["{{ $('Files').first().binary.data }}", ONE_ITEM_ONLY],
	["{{ $('Files').all()[0].binary.data }}", ONE_ITEM_ONLY],
	[
		"{{ $('Files').all().find(item => item.json.fileName === $json.fileName).binary.data }}",
		ONE_ITEM_ONLY,
	],
	["{{ $('Files').all()[$itemIndex].binary.data }}", all('refused')],
	['{{ $binary.data }}', all('refused')],
	['{{ $input.item.binary.data }}', all('refused')],
	["{{ $('Letter').first().binary.data }}", all('letter')],
	["{{ $('Letter').item.binary.data }}", { ...all('letter'), 'a loop': 'refused' }],
];

const BY_VISIT = FILES[1]![0];

type Row = Pick<AgentCase, 'agentVersion' | 'input'> & {
	file: string;
	visit: string;
	outcome: Outcome;
};

const MODELS_VISIT = "{{ $fromAI('visit') }}";

const ROWS: Row[] = AGENT_VERSIONS.flatMap((agentVersion) => {
	const row = (input: Input, file: string, outcome: Outcome, visit = MODELS_VISIT): Row => ({
		agentVersion,
		input,
		file,
		visit,
		outcome,
	});
	const visitOf = (item: string) => `{{ ${item}.json.fileName.replace('.pdf', '') }}`;
	return [
		...FILES.flatMap(([file, outcomes]) =>
			INPUTS.map((input) => row(input, file, outcomes[input])),
		),
		row('a loop', "{{ $('Loop').first(1).binary.data }}", 'own'),
		row('a loop', "{{ $('Loop').item.binary.data }}", 'refused'),
		row('after a loop', "{{ $('Step').first().binary.data }}", 'refused'),
		row('after a loop', BY_VISIT, 'own'),
		// An expression names the visit, and the model names the file.
		row('one item', BY_VISIT, 'own', visitOf("$('Files').item")),
		row('three items', BY_VISIT, 'refused', visitOf("$('Files').item")),
		row('a loop', BY_VISIT, 'refused', visitOf("$('Files').item")),
		row('three items', BY_VISIT, 'refused', visitOf("$('Files').first()")),
		row('a loop', BY_VISIT, 'own', visitOf("$('Loop').first(1)")),
		row('three items', BY_VISIT, 'refused', visitOf('$input.item')),
		// In Agent node 2.2, $json is always its first item.
		row('one item', BY_VISIT, 'own', "{{ $json.fileName.replace('.pdf', '') }}"),
		row('a loop', BY_VISIT, 'own', "{{ $json.fileName.replace('.pdf', '') }}"),
		row(
			'three items',
			BY_VISIT,
			agentVersion < 3 ? 'refused' : 'own',
			"{{ $json.fileName.replace('.pdf', '') }}",
		),
	];
});

const UPLOAD = {
	resource: 'attachment',
	operation: 'upload',
	attachTo: 'chargeCapture',
	chargeCaptureExternalId: { __rl: true, mode: 'id', value: `=${MODELS_VISIT}` },
	attachmentType: 'DOCUMENTATION',
	binaryPropertyName: `=${BY_VISIT}`,
	additionalFields: {},
	options: {},
};

let api: CandidApi;
let n8n: RealN8n;
let owner: OwnerSession;
let model: ModelServer;

/** Workflows for the tests that are not rows of the table, by name. */
const others: Record<string, Omit<AgentCase, 'id' | 'agentVersion'>> = {
	upload: { input: 'three calls', tool: UPLOAD },
	'as documented': {
		input: 'three calls',
		tool: {
			...UPLOAD,
			chargeCaptureExternalId: {
				__rl: true,
				mode: 'id',
				value: toCopy('Charge Capture, By ID'),
			},
			attachmentType: toCopy('Attachment Type'),
			binaryPropertyName: toCopy('Input Binary Field'),
		},
	},
	letter: {
		input: 'one item',
		tool: { ...UPLOAD, binaryPropertyName: "={{ $('Letter').first().binary.data }}" },
	},
	stops: { input: 'one item', tool: UPLOAD, settings: { onError: 'stopWorkflow' } },
	list: { input: 'one item', tool: onVisit('getAll', { returnAll: true, simplify: true }) },
	download: {
		input: 'one item',
		tool: onVisit('download', {
			attachmentId: fromModel('attachment'),
			binaryPropertyName: 'data',
		}),
	},
	delete: { input: 'one item', tool: onVisit('delete', { attachmentId: fromModel('attachment') }) },
	'delete by item': {
		input: 'three items',
		tool: onVisit('delete', {
			attachmentId: { __rl: true, mode: 'id', value: "={{ $('Files').item.json.fileName }}" },
		}),
	},
	'charge capture': { input: 'one item', tool: chargeCapture() },
	'charge captures': { input: 'three items', tool: chargeCapture() },
	'charge captures in a loop': { input: 'a loop', tool: chargeCapture() },
};

/** The expression that the documentation gives for a parameter. */
function toCopy(parameter: string): string {
	const line = DOCS.split('\n').find(
		(each) => each.startsWith(`| ${parameter} | `) && each.includes(", 'string')"),
	);
	return `=${line!.split('`')[1]}`;
}

function chargeCapture() {
	const parameters = { chargeCapture: fromModel('visit'), simplify: true };
	return { resource: 'chargeCapture', operation: 'get', ...parameters };
}

function onVisit(operation: string, parameters: object) {
	return {
		resource: 'attachment',
		operation,
		attachTo: 'chargeCapture',
		chargeCaptureExternalId: fromModel('visit'),
		...parameters,
	};
}

function fromModel(key: string) {
	return { __rl: true, mode: 'id', value: `={{ $fromAI('${key}') }}` };
}

const idOf = (...parts: Array<string | number>) => parts.join(' ').replaceAll('.', '-');

beforeAll(async () => {
	await rm(FOLDER, { recursive: true, force: true });
	await mkdir(join(FOLDER, 'letter'), { recursive: true });
	for (const visit of VISITS) await writeFile(join(FOLDER, `${visit}.pdf`), pdf(visit));
	await writeFile(join(FOLDER, 'letter', LETTER), pdf('letter'));
	model = await startModelServer();
	({ api, n8n } = await prepareTestBed('agent', { readableFolder: FOLDER }));
	await n8n.importCredentials(model.credential);
	const rows = ROWS.map(({ file, visit, ...rest }, index) => ({
		...rest,
		id: idOf('row', index),
		tool: {
			...UPLOAD,
			binaryPropertyName: file.startsWith('{{') ? `=${file}` : file,
			chargeCaptureExternalId: { __rl: true, mode: 'id', value: `=${visit}` },
		},
	}));
	const rest = AGENT_VERSIONS.flatMap((agentVersion) =>
		Object.entries(others).map(([name, each]) => ({
			...each,
			agentVersion,
			id: idOf(name, agentVersion),
		})),
	);
	const setup = {
		folder: FOLDER,
		candid: localCredential(api.url),
		model: model.credential,
	};
	await n8n.importWorkflows(...[...rows, ...rest].map((each) => agentWorkflow(each, setup)));
	await n8n.start();
	owner = await OwnerSession.open(n8n.url);
}, PREPARE_MS);

afterAll(async () => {
	await n8n?.stop();
	await Promise.all([api?.close(), model?.close()]);
});

beforeEach(() => {
	api.reset();
	model.requests.length = 0;
});

/** The answers of the tools that the model has received in all its requests, each once. */
function receivedAnswers(): Array<Record<string, unknown>> {
	const conversations = model.requests.filter(({ toolAnswers: answers }, index) => {
		const next = model.requests[index + 1];
		return answers.length > 0 && (next === undefined || next.toolAnswers.length <= answers.length);
	});
	return conversations.flatMap(({ toolAnswers: answers }) => answers.flatMap(parsed));
}

function parsed(answer: string): Array<Record<string, unknown>> {
	const items = JSON.parse(answer) as Array<Record<string, unknown>>;
	return items.map((item) => ('response' in item ? (item.response as typeof item) : item));
}

async function run(id: string, script: ModelServer['script']): Promise<SavedExecution> {
	model.script = script;
	return await owner.finishedRun(await owner.startRun(id, NODES.trigger));
}

const visitCall = (visit: string): ToolCall => ({
	args: { visit, index: VISITS.indexOf(visit) },
});

describe('a file is never stored on the wrong visit', () => {
	test.each(
		ROWS.map(
			(row, index) =>
				[row.agentVersion, row.input, row.file, row.visit, row.outcome, index] as const,
		),
	)(
		'with Agent %s, input: %s, file: %s, visit: %s, outcome: %s',
		async (_, input, __, ___, outcome, index) => {
			const { status } = await run(idOf('row', index), (prompt) =>
				input === 'three calls'
					? [VISITS.map(visitCall)]
					: [[visitCall(prompt.replace('.pdf', ''))]],
			);

			expect(status).toBe('success');
			const visits = input === 'one item' ? VISITS.slice(0, 1) : VISITS;
			const stored = api.attachments.map(
				({ chargeCaptureExternalId: visit, fileName }) => `${fileName} on ${visit}`,
			);
			const nameOn = (visit: string) => (outcome === 'letter' ? LETTER : `${visit}.pdf`);
			expect(stored.sort()).toEqual(
				outcome === 'refused' ? [] : visits.map((visit) => `${nameOn(visit)} on ${visit}`),
			);
			const answers = receivedAnswers();
			expect(answers).toHaveLength(visits.length);
			if (outcome !== 'refused') return;
			expect(uploadsTo(api)).toEqual([]);
			for (const { error, message, details } of answers) {
				// In this row, n8n itself reports that it cannot find the item.
				if (String(error).startsWith("Paired item data for item from node 'Loop'")) continue;
				expect(error).toMatch(/was not stored: .*(in a tool|of this tool|to a tool|for this call)/);
				expect(message).toContain('$fromAI(');
				expect(details).toMatchObject({ try_again: false });
			}
		},
	);

	test('the documentation has the same table', () => {
		const cell = (outcome: Outcome) => (outcome === 'refused' ? 'refused' : 'stored');
		for (const [field, outcomes] of FILES) {
			const cells = INPUTS.map((input) => cell(outcomes[input]));
			expect(DOCS).toContain(`| \`${field}\` | ${cells.join(' | ')} |`);
		}
	});
});

describe.each(AGENT_VERSIONS)('with Agent %s', (agentVersion) => {
	const id = (name: string) => idOf(name, agentVersion);

	test('a file is stored only once, even if the model asks for it several times', async () => {
		const twice = [visitCall('VISIT-1'), visitCall('VISIT-1'), visitCall('VISIT-2')];
		await run(id('upload'), () => [twice, twice]);

		const stored = api.attachments.map(({ fileName }) => fileName).sort();
		expect(stored).toEqual(['VISIT-1.pdf', 'VISIT-2.pdf']);
		const ids = Object.fromEntries(
			api.attachments.map(({ fileName, attachmentId }) => [fileName, attachmentId]),
		);
		const answers = receivedAnswers();
		expect(answers).toHaveLength(6);
		for (const { file_name: name, attachment_id: given, error } of answers) {
			expect([given, error]).toEqual([ids[name as string], undefined]);
		}
	});

	test('a file that an earlier execution stored is not stored again', async () => {
		await run(id('upload'), () => [[visitCall('VISIT-1')]]);
		model.requests.length = 0;
		await run(id('upload'), () => [[visitCall('VISIT-1')]]);
		expect(api.attachments).toHaveLength(1);
		const [held] = api.attachments;
		expect(receivedAnswers()).toMatchObject([
			{ attachment_id: held!.attachmentId, already_attached: true },
		]);
	});

	test('when a file is stored on a second visit, the answer names the first visit', async () => {
		await run(id('letter'), () => [[visitCall('VISIT-1')], [visitCall('VISIT-2')]]);
		expect(receivedAnswers()).toMatchObject([{}, { also_attached_to: ['VISIT-1'] }]);
		expect(receivedAnswers()[0]).not.toHaveProperty('also_attached_to');
	});

	test('the model learns why a file was not stored, what to do, and whether to try again', async () => {
		api.inject({
			kind: 'status',
			status: 422,
			body: { errorName: 'HttpRequestValidationError', content: { fieldName: 'attachment_type' } },
		});
		const { status } = await run(id('upload'), () => [[visitCall('VISIT-1')]]);
		expect(status).toBe('success');
		expect(receivedAnswers()).toEqual([
			{
				error: "'VISIT-1.pdf' was not stored: Candid did not accept its data",
				message: expect.stringContaining('Correct the fields that Candid names') as string,
				details: expect.objectContaining({ file_name: 'VISIT-1.pdf', try_again: false }) as object,
			},
		]);
	});

	test('the model learns that a charge capture does not exist, and that a list is empty', async () => {
		await run(id('charge capture'), () => [[{ args: { visit: 'nowhere' } }]]);
		expect(receivedAnswers()).toMatchObject([
			{
				error: 'The charge capture was not read: Candid has none with this ID',
				message: expect.stringContaining('Check the ID') as string,
			},
		]);
		model.requests.length = 0;
		await run(id('list'), () => [[{ args: { visit: 'VISIT-1' } }]]);
		expect(receivedAnswers()).toEqual([{ results: 0 }]);
	});

	test('after a download, the model receives a note that it has not seen the content of the file', async () => {
		const held = api.addAttachment({ chargeCaptureExternalId: 'VISIT-1' });
		const { result } = await run(id('download'), () => [
			[{ args: { visit: 'VISIT-1', attachment: held.attachmentId } }],
		]);
		// Neither the agent nor the tool passes the file to the nodes after them.
		expect(result.runData[NODES.tool]![0]!.data).not.toHaveProperty('main');
		expect(result.runData[NODES.agent]!.at(-1)!.data!.main[0][0]).not.toHaveProperty('binary');
		const [answer] = receivedAnswers();
		expect(answer).toMatchObject({ attachment_id: held.attachmentId, file_name: 'superbill.pdf' });
		expect(answer!.note).toContain('you have not seen it');
		expect(JSON.stringify(answer)).not.toMatch(/signature=|"data":/);
	});

	test('a file that has been deleted is stored again', async () => {
		// The workflow with Delete deletes a file that another execution has stored.
		await run(id('upload'), () => [[visitCall('VISIT-1')]]);
		const attachment = api.attachments[0]!.attachmentId;
		await run(id('delete'), () => [[{ args: { visit: 'VISIT-1', attachment } }]]);
		expect(api.attachments).toEqual([]);
		await run(id('upload'), () => [[visitCall('VISIT-1')]]);
		expect(api.attachments).toHaveLength(1);
	});

	test("nothing is deleted when the attachment ID comes from 'the current item'", async () => {
		api.addAttachment({ chargeCaptureExternalId: 'VISIT-1' });
		await run(id('delete by item'), (prompt) => [[visitCall(prompt.replace('.pdf', ''))]]);
		expect(api.attachments).toHaveLength(1);
		expect(api.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
		for (const { error } of receivedAnswers())
			expect(error).toContain('was not deleted: in a tool');
	});

	test('the expressions in the documentation work when copied, and describe each value to the model', async () => {
		await run(id('as documented'), () => [
			[{ args: { visit: 'VISIT-2', attachment_type: 'EOB' } }],
		]);
		expect(api.attachments).toMatchObject([
			{ fileName: 'VISIT-2.pdf', chargeCaptureExternalId: 'VISIT-2', attachmentType: 'EOB' },
		]);
		const { visit, attachment_type: type } = model.requests[0]!.tools[0]!.parameters.properties!;
		expect(visit!.description).toBe("External ID of the visit's charge capture, such as CC-1001");
		expect(type!.description).toContain('EOB for payer letters');
	});

	test('the tool description says what the tool does and which ID it needs', async () => {
		const descriptions: Record<string, string> = {};
		for (const name of ['upload', 'list', 'download', 'delete', 'charge capture']) {
			model.requests.length = 0;
			await run(id(name), () => []);
			descriptions[name] = model.requests[0]!.tools[0]!.description;
		}
		expect(descriptions.upload).toMatch(/^Stores a file in Candid Health.*external ID.*try_again/);
		expect(descriptions.list).toMatch(/^Lists the files .*results: 0/);
		expect(descriptions.download).toMatch(/attachment_id \(a UUID, from an upload/);
		expect(descriptions.delete).toMatch(/permanently\. Use it only if the user/);
		expect(descriptions['charge capture']).toMatch(/the clinic's own ID of the visit/);
	});
});

describe('the answers for another item that n8n shows the model in several rounds of tool calls', () => {
	/** Whether the model has received the ID of a visit that is not that of its own item. */
	async function isMixed(workflow: string): Promise<boolean> {
		const isOf = (prompt: string) => visitCall(prompt.replace('.pdf', ''));
		await run(workflow, (prompt) => [[isOf(prompt)], [isOf(prompt)]]);
		expect(model.requests.length).toBeGreaterThanOrEqual(9);
		return model.requests.some(({ prompt, toolAnswers: answers }) =>
			VISITS.some(
				(visit) => !prompt.startsWith(visit) && answers.some((answer) => answer.includes(visit)),
			),
		);
	}

	test('are none with Agent 2.2, and those for the first item with Agent 3.1', async () => {
		expect(await isMixed(idOf('charge captures', 2.2))).toBe(false);
		expect(await isMixed(idOf('charge captures', 3.1))).toBe(true);
	});

	test.each(AGENT_VERSIONS)('are none in a loop (Agent %s)', async (agentVersion) => {
		expect(await isMixed(idOf('charge captures in a loop', agentVersion))).toBe(false);
	});
});

test("with On Error 'Stop Workflow', a failed tool call ends the execution (Agent 3.1)", async () => {
	api.inject({ kind: 'status', status: 422, body: { errorName: 'AnyError', content: {} } });
	const { status, result } = await run(idOf('stops', 3.1), () => [[visitCall('VISIT-1')]]);
	expect(status).toBe('error');
	expect(result.error?.message).toContain('Candid did not accept its data');
});
