import type { INodeParameterResourceLocator, INodeParameters } from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import type { CandidApi } from '../candid-api';
import { pdf } from '../files/contents';
import {
	CONTINUE_ON_FAIL,
	ID_OF_ITEM,
	SAMPLE_UUID,
	attachmentParameters,
	locator,
	pdfFile,
	startApiForEachTest,
} from './fixtures';
import { runNode } from './harness';
import type { RunSettings } from './harness';
import type { StoredCredential } from './storedCredential';

let api: CandidApi;
let credential: StoredCredential;

startApiForEachTest((started) => ({ api, credential } = started));

/** Parameters of any operation on attachments, whose charge capture or encounter each item names. */
const attachment = (operation: string, attachTo: string): INodeParameters =>
	attachmentParameters(operation, {
		attachTo,
		attachmentType: 'OTHER',
		binaryPropertyName: 'data',
		additionalFields: {},
		options: {},
		returnAll: true,
		reportType: 'LA',
		attachmentId: locator(SAMPLE_UUID),
		chargeCaptureExternalId: ID_OF_ITEM,
		encounterId: ID_OF_ITEM,
	});

const ofChargeCapture = (
	operation: string,
	chargeCapture: INodeParameterResourceLocator,
): INodeParameters => ({
	resource: 'chargeCapture',
	operation,
	chargeCapture,
	updateFields: { status: 'billable' },
});

/** Every operation that names a charge capture, an encounter or an attachment, by what it names. */
const BY_EXTERNAL_ID: Array<[string, INodeParameters]> = [
	...['upload', 'getAll', 'download', 'delete'].map((operation): [string, INodeParameters] => [
		`attachment ${operation}`,
		attachment(operation, 'chargeCapture'),
	]),
	...['get', 'getEncounter', 'update'].map((operation): [string, INodeParameters] => [
		`charge capture ${operation}`,
		ofChargeCapture(operation, ID_OF_ITEM),
	]),
	[
		'charge capture getAll',
		{ resource: 'chargeCapture', operation: 'getAll', filters: { externalId: '={{ $json.id }}' } },
	],
];

const BY_CHARGE_CAPTURE_ID = ['get', 'getEncounter', 'update'].map(
	(operation): [string, INodeParameters] => [
		`charge capture ${operation}`,
		ofChargeCapture(operation, locator('={{ $json.id }}', 'candidId')),
	],
);

const BY_ENCOUNTER_ID: Array<[string, INodeParameters]> = [
	...['upload', 'getAll', 'download', 'delete'].map((operation): [string, INodeParameters] => [
		`attachment ${operation}`,
		attachment(operation, 'encounter'),
	]),
	['attachment sendWithClaim', { ...attachment('sendWithClaim', ''), encounter: ID_OF_ITEM }],
	[
		'billing note create',
		{ resource: 'billingNote', operation: 'create', encounter: ID_OF_ITEM, text: 'Sent.' },
	],
	['encounter get', { resource: 'encounter', operation: 'get', encounter: ID_OF_ITEM }],
	[
		'task getAll',
		{ resource: 'task', operation: 'getAll', filters: { encounterId: '={{ $json.id }}' } },
	],
];

const BY_TASK_ID: Array<[string, INodeParameters]> = [
	['task update', { resource: 'task', operation: 'update', taskId: ID_OF_ITEM }],
];

const BY_ATTACHMENT_ID: Array<[string, INodeParameters]> = [
	...['download', 'delete'].flatMap((operation) =>
		['chargeCapture', 'encounter'].map((attachTo): [string, INodeParameters] => [
			`attachment ${operation} of ${attachTo}`,
			{
				...attachment(operation, attachTo),
				attachmentId: ID_OF_ITEM,
				chargeCaptureExternalId: locator('CC-1001'),
				encounterId: locator(SAMPLE_UUID),
			},
		]),
	),
	[
		'attachment sendWithClaim',
		{
			...attachment('sendWithClaim', ''),
			attachmentId: ID_OF_ITEM,
			encounter: locator(SAMPLE_UUID),
		},
	],
];

const BY_PATIENT_ID: Array<[string, INodeParameters]> = [
	[
		'superbill create',
		{
			resource: 'superbill',
			operation: 'create',
			patientExternalId: '={{ $json.id }}',
			dateFrom: '2025-01-10',
			dateTo: '2025-01-10',
		},
	],
];

const INVALID_EXTERNAL_IDS = [
	'.',
	'..',
	' .. ',
	'',
	'   ',
	'\ud800',
	'CC-1 ',
	' CC-1',
	'CC\n1',
	'\0',
];

const INVALID_UUIDS = [
	...INVALID_EXTERNAL_IDS,
	'CC-1001',
	'../charge_captures/v1',
	'by-charge-capture-external-id/CC-1001',
	`${SAMPLE_UUID}/v2`.replace('d5', 'x5'),
	`${SAMPLE_UUID}${SAMPLE_UUID}`,
	'%2e%2e',
	"' OR 1=1",
];

/** Runs a bad item between two good ones. None of the three may be sent. */
const run = async (parameters: INodeParameters, bad: string, settings: Partial<RunSettings> = {}) =>
	await runNode(new CandidHealth(), {
		credential,
		parameters,
		items: [SAMPLE_UUID, bad, SAMPLE_UUID].map((value) => ({
			json: { id: value },
			files: { data: pdfFile('a.pdf', pdf()) },
		})),
		...settings,
	});

describe.each([
	['an external ID', BY_EXTERNAL_ID, INVALID_EXTERNAL_IDS],
	["a charge capture's Candid ID", BY_CHARGE_CAPTURE_ID, INVALID_UUIDS],
	['an encounter ID', BY_ENCOUNTER_ID, INVALID_UUIDS],
	['an attachment ID', BY_ATTACHMENT_ID, INVALID_UUIDS],
	['the ID of a patient', BY_PATIENT_ID, ['', '   ', '\ud800']],
	['a task ID', BY_TASK_ID, INVALID_UUIDS],
] as const)('a value that is not %s', (_, operations, values) => {
	it.each(operations)('sends nothing for any item: %s', async (_name, parameters) => {
		for (const value of values) {
			const { error, output } = await run(parameters, value);
			expect(error?.message).toMatch(
				/\[item 1\] was not (stored|read|downloaded|deleted|created|updated|saved): /,
			);
			expect(error?.description).toContain('Nothing was sent.');
			expect(output).toEqual([]);
		}
		expect(api.requests).toEqual([]);
	});
});

it('an invalid ID gives an error item where the node continues on fail, and the others are executed', async () => {
	const [first, second] = [1, 2].map(() =>
		api.addAttachment({ chargeCaptureExternalId: 'CC-1001' }),
	);
	const { output } = await runNode(new CandidHealth(), {
		credential,
		items: [first!.attachmentId, '..', second!.attachmentId].map((value) => ({
			json: { id: value },
		})),
		parameters: {
			...attachment('delete', 'chargeCapture'),
			chargeCaptureExternalId: locator('CC-1001'),
			attachmentId: ID_OF_ITEM,
		},
		node: CONTINUE_ON_FAIL,
	});
	expect(output).toMatchObject([
		{ json: { deleted: true }, pairedItem: { item: 0 } },
		{
			json: { error: expect.stringContaining("'..' is not the ID") as string },
			pairedItem: { item: 1 },
		},
		{ json: { deleted: true }, pairedItem: { item: 2 } },
	]);
	expect(api.attachments).toEqual([]);
});

it.each([
	'a/b',
	'%2e%2e',
	'a?b=c',
	'a#b',
	'a b',
	'ü',
	'\\..\\..',
	'//host',
	'CC-1;x=1',
	'+&=',
	'😀',
])('the external ID %j is sent as one segment of the path', async (externalId) => {
	const kept = api.addAttachment({ chargeCaptureExternalId: 'CC-1001', attachmentId: SAMPLE_UUID });
	const own = api.addAttachment({ chargeCaptureExternalId: externalId });
	const { output, error } = await runNode(new CandidHealth(), {
		credential,
		items: [{ json: { id: externalId } }],
		parameters: {
			...attachment('delete', 'chargeCapture'),
			attachmentId: locator(own.attachmentId),
		},
	});
	expect(error).toBeUndefined();
	expect(output.map(({ json }) => json)).toEqual([{ deleted: true }]);
	expect(api.attachments).toEqual([kept]);
});

describe('a delete whose outcome is unknown', () => {
	it.each([
		[{ kind: 'status', status: 503 }],
		[{ kind: 'cut', cut: 'before-answer' }],
		[{ kind: 'status', status: 200, body: '<h1>Log in</h1>' }],
	] as const)('(%j) is reported, and not sent again', async (fault) => {
		const { attachmentId } = api.addAttachment({ chargeCaptureExternalId: 'CC-1001' });
		api.inject({ method: 'DELETE', ...fault });
		const { error } = await runNode(new CandidHealth(), {
			credential,
			items: [{ json: { id: 'CC-1001' } }],
			parameters: { ...attachment('delete', 'chargeCapture'), attachmentId: locator(attachmentId) },
		});
		expect(error?.message).toMatch(
			/^It is not known whether the attachment \[item 0\] was deleted: /,
		);
		expect(error?.description).toContain('may have deleted it');
		expect(api.requests).toHaveLength(1);
	});
});
