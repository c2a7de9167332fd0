import type { INodeParameters } from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import { choiceOf } from '../../nodes/CandidHealth/request/choice';
import type { CandidApi } from '../candid-api';
import { ATTACHMENTS_PATH, CREATE_BY_CHARGE_CAPTURE_PATH } from '../candid-api/paths';
import { pdf } from '../files/contents';
import {
	CONTINUE_ON_FAIL,
	ENCOUNTER,
	attachmentParameters,
	locator,
	pdfFile,
	startApiForEachTest,
} from './fixtures';
import { runNode } from './harness';
import type { InputItem, RunSettings } from './harness';
import type { StoredCredential } from './storedCredential';

const ENCOUNTER_PATH = `${ATTACHMENTS_PATH}/${ENCOUNTER}`;

let api: CandidApi;
let credential: StoredCredential;

startApiForEachTest((started) => ({ api, credential } = started));

beforeEach(() => {
	api.addAttachment({ chargeCaptureExternalId: 'CC-1001', attachmentId: ENCOUNTER });
});

/** Parameters of any operation on attachments. The attachment has the encounter's ID. */
const attachment = (operation: string, more: INodeParameters = {}): INodeParameters =>
	attachmentParameters(operation, {
		encounterId: locator(ENCOUNTER),
		attachmentId: locator(ENCOUNTER),
		attachmentType: 'OTHER',
		binaryPropertyName: 'data',
		additionalFields: {},
		options: {},
		returnAll: true,
		...more,
	});

const upload = (options: INodeParameters, attachTo = 'encounter') =>
	attachment('upload', { attachTo, options });

const item = (json: InputItem['json'] = {}): InputItem => ({
	json,
	files: { data: pdfFile('a.pdf', pdf()) },
});

const run = async (parameters: INodeParameters, settings: Partial<RunSettings> = {}) =>
	await runNode(new CandidHealth(), { credential, parameters, items: [item()], ...settings });

const PARENT_CHOICES = "Choose 'Charge Capture' (chargeCapture) or 'Encounter' (encounter).";

/** Each operation, the label of its parameter `attachTo`, and how its messages begin. */
const OPERATIONS: Array<[operation: string, label: string, message: string]> = [
	['upload', 'Attach To', "'a.pdf' [item 0] was not stored"],
	['getAll', 'Attached To', 'The list of attachments [item 0] was not read'],
	['download', 'Attached To', 'The attachment [item 0] was not downloaded'],
	['delete', 'Attached To', 'The attachment [item 0] was not deleted'],
];

/** Values that a workflow's JSON can have, but that n8n's editor does not offer. */
const INVALID_PARENTS = [
	'claim',
	'chargecapture',
	'Encounter',
	' encounter',
	"={{ 'encounter' }}",
	'={{ $json.nothing }}',
];

describe.each(OPERATIONS)('the operation %s', (operation, label, message) => {
	it.each(INVALID_PARENTS)(`refuses %j in '${label}', and sends nothing`, async (attachTo) => {
		const { error, output } = await run(attachment(operation, { attachTo }));
		expect(error).toMatchObject({
			message: `${message}: '${label}' has a value that does not exist`,
			description: `${PARENT_CHOICES} An expression cannot be used here. Nothing was sent.`,
		});
		expect(output).toEqual([]);
		expect(api.requests).toEqual([]);
	});

	it(`gives an error item for an invalid '${label}' where the node continues on fail`, async () => {
		const { output } = await run(attachment(operation, { attachTo: 'claim' }), {
			items: [item(), item()],
			node: CONTINUE_ON_FAIL,
		});
		expect(output).toMatchObject(
			[0, 1].map((index) => ({
				json: {
					error: `${message.replace('0', String(index))}: '${label}' has a value that does not exist`,
					details: { try_again: false },
				},
				pairedItem: { item: index },
			})),
		);
		expect(api.requests).toEqual([]);
	});
});

describe("the option 'Endpoint Version'", () => {
	it.each(['v3', 'V1', ' v1', "={{ 'v1' }}", '={{ $json.nothing }}', ''])(
		'with the value %j is refused, and nothing is sent',
		async (endpointVersion) => {
			const { error } = await run(upload({ endpointVersion }));
			expect(error).toMatchObject({
				message:
					"'a.pdf' [item 0] was not stored: 'Endpoint Version' has a value that does not exist",
				description:
					"Choose 'V2' (v2) or 'V1' (v1). An expression cannot be used here. Nothing was sent.",
			});
			expect(api.requests).toEqual([]);
		},
	);

	it.each([
		['v2', `${ENCOUNTER_PATH}/v2`],
		['v1', ENCOUNTER_PATH],
	])('with the value %s selects the address', async (endpointVersion, path) => {
		const { error } = await run(upload({ endpointVersion }));
		expect(error).toBeUndefined();
		expect(api.requests.map((request) => request.path)).toEqual([path]);
	});

	it('is ignored for a charge capture, which has one endpoint', async () => {
		const { error } = await run(upload({ endpointVersion: 'v3' }, 'chargeCapture'));
		expect(error).toBeUndefined();
		expect(api.requests.map(({ path }) => path)).toEqual([CREATE_BY_CHARGE_CAPTURE_PATH]);
	});
});

describe("the option 'If Already Attached'", () => {
	it.each(['Skip', 'skp', ' skip', '', 7, "={{ 'SKIP' }}", '={{ $json.nothing }}', '={{ null }}'])(
		'with the value %j is refused, and nothing is sent',
		async (ifAlreadyAttached) => {
			const { error } = await run(upload({ ifAlreadyAttached } as INodeParameters));
			expect(error).toMatchObject({
				message:
					"'a.pdf' [item 0] was not stored: 'If Already Attached' has a value that does not exist",
				description: expect.stringMatching(
					/^Choose 'Skip' \(skip\) or 'Upload Anyway' \(upload\)\. If it is an expression/,
				) as string,
			});
			expect(api.requests).toEqual([]);
		},
	);

	it.each([
		['skip', ['GET']],
		['={{ $json.how }}', ['GET']],
		['upload', []],
	])('with the value %j is applied', async (ifAlreadyAttached, first) => {
		const { error } = await run(upload({ ifAlreadyAttached }, 'chargeCapture'), {
			items: [item({ how: 'skip' })],
		});
		expect(error).toBeUndefined();
		expect(api.requests.map(({ method }) => method)).toEqual(
			expect.arrayContaining([...first, 'POST']),
		);
		expect(api.requests[0]?.method).toBe(first[0] ?? 'POST');
	});

	it('may be left out', async () => {
		const { error } = await run(upload({}, 'chargeCapture'));
		expect(error).toBeUndefined();
		expect(api.requests.map(({ method }) => method)).toEqual(['POST']);
	});
});

describe('an attachment type', () => {
	it.each([
		['documentation', 'DOCUMENTATION'],
		['Eob', 'EOB'],
		['NEW_TYPE', 'NEW_TYPE'],
	])('%j is sent to Candid, and output, as %j', async (attachmentType, sent) => {
		const parameters = attachment('upload', { attachmentType: `={{ '${attachmentType}' }}` });
		const { output } = await run(parameters);
		expect(output[0]?.json.attachment_type).toBe(sent);
		expect(api.attachments.at(-1)?.attachmentType).toBe(sent);
	});
});

describe('an external ID with a space at its end', () => {
	const EXTERNAL_ID = 'CC-7 ';

	const BY_EXTERNAL_ID: Array<[string, (mode: string) => INodeParameters]> = [
		...['upload', 'getAll', 'download', 'delete'].map(
			(operation): [string, (mode: string) => INodeParameters] => [
				`attachment ${operation}`,
				(mode) => attachment(operation, { chargeCaptureExternalId: locator(EXTERNAL_ID, mode) }),
			],
		),
		[
			'charge capture get',
			(mode) => ({
				resource: 'chargeCapture',
				operation: 'get',
				chargeCapture: locator(EXTERNAL_ID, mode),
			}),
		],
	];

	beforeEach(() => {
		api.addChargeCapture({ chargeExternalId: EXTERNAL_ID });
		api.reset();
		api.addAttachment({ chargeCaptureExternalId: EXTERNAL_ID, attachmentId: ENCOUNTER });
	});

	it.each(BY_EXTERNAL_ID)(
		'is sent as it is when it was chosen from the list: %s',
		async (_, parametersOf) => {
			const { error, output } = await run(parametersOf('list'));
			expect(error).toBeUndefined();
			expect(output).toHaveLength(1);
			expect(api.requests.length).toBeGreaterThan(0);
		},
	);

	it.each(BY_EXTERNAL_ID)('is refused when it was typed: %s', async (_, parametersOf) => {
		const { error } = await run(parametersOf('id'));
		expect(error?.message).toMatch(/: the external ID begins or ends with a space$/);
		expect(api.requests).toEqual([]);
	});
});

describe('choiceOf', () => {
	const CHOICES = { one: 'First', two: 'Second' };

	it.each([
		['one', 'one'],
		['two', 'two'],
		[undefined, 'one'],
	])('returns for %p the choice %s', (value, chosen) => {
		expect(choiceOf('Label', value, CHOICES)).toBe(chosen);
	});

	it.each([null, '', 'One', 1, {}, [], 'toString', '__proto__'])(
		'explains that %p is not one of the choices',
		(value) => {
			expect(choiceOf('Label', value, CHOICES)).toEqual({
				reason: "'Label' has a value that does not exist",
				advice:
					"Choose 'First' (one) or 'Second' (two). If it is an expression, check its result for this item.",
			});
		},
	);
});
