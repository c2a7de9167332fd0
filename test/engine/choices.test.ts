import type { INodeParameters } from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import { choiceOf } from '../../nodes/CandidHealth/request/choice';
import { startCandidApi } from '../candid-api';
import type { CandidApi } from '../candid-api';
import { runNode } from './harness';
import type { InputItem, RunSettings } from './harness';
import { pastedCredential } from './storedCredential';
import type { StoredCredential } from './storedCredential';

const ENCOUNTER = 'e0000000-0000-4000-8000-000000002001';
const CREATE = '/api/encounter-attachments/v1/create-from-charge-capture-external-id';
const ON_ENCOUNTER = `/api/encounter-attachments/v1/${ENCOUNTER}`;

let api: CandidApi;
let credential: StoredCredential;

beforeEach(async () => {
	api = await startCandidApi();
	credential = pastedCredential(api);
	api.addAttachment({ chargeCaptureExternalId: 'CC-1001', attachmentId: ENCOUNTER });
});

afterEach(async () => await api.close());

const id = (value: string, mode = 'id') => ({ __rl: true, mode, value });

const attachment = (operation: string, more: INodeParameters = {}): INodeParameters => ({
	resource: 'attachment',
	operation,
	attachTo: 'chargeCapture',
	chargeCaptureExternalId: id('CC-1001'),
	encounterId: id(ENCOUNTER),
	attachmentId: id(ENCOUNTER),
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
	files: {
		data: { bytes: Buffer.from('%PDF-1.7'), fileName: 'a.pdf', mimeType: 'application/pdf' },
	},
});

const run = async (parameters: INodeParameters, settings: Partial<RunSettings> = {}) =>
	await runNode(new CandidHealth(), { credential, parameters, items: [item()], ...settings });

const PARENTS = "Choose 'Charge Capture' (chargeCapture) or 'Encounter' (encounter).";

/** The subject and the action of a message, by operation. */
const OPERATIONS: Array<[operation: string, label: string, message: string]> = [
	['upload', 'Attach To', "'a.pdf' [item 0] was not stored"],
	['getAll', 'Attached To', 'The list of attachments [item 0] was not read'],
	['download', 'Attached To', 'The attachment [item 0] was not downloaded'],
	['delete', 'Attached To', 'The attachment [item 0] was not deleted'],
];

/** Values of a workflow's JSON; n8n's editor offers none of them. */
const NO_PARENTS = [
	'claim',
	'chargecapture',
	'Encounter',
	' encounter',
	"={{ 'encounter' }}",
	'={{ $json.nothing }}',
];

describe.each(OPERATIONS)('%s', (operation, label, message) => {
	it.each(NO_PARENTS)(`refuses %j in '${label}', and sends nothing`, async (attachTo) => {
		const { error, output } = await run(attachment(operation, { attachTo }));
		expect(error).toMatchObject({
			message: `${message}: '${label}' has a value that does not exist`,
			description: `${PARENTS} An expression cannot be used here. Nothing was sent.`,
		});
		expect(output).toEqual([]);
		expect(api.requests).toEqual([]);
	});

	it(`gives an error item for it where the node continues on fail`, async () => {
		const { output } = await run(attachment(operation, { attachTo: 'claim' }), {
			items: [item(), item()],
			node: { onError: 'continueRegularOutput' },
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

describe("'Endpoint Version'", () => {
	it.each(['v3', 'V1', ' v1', "={{ 'v1' }}", '={{ $json.nothing }}', ''])(
		'of %j is refused, and nothing is sent',
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
		['v2', `${ON_ENCOUNTER}/v2`],
		['v1', ON_ENCOUNTER],
	])('%s is sent to its own address', async (endpointVersion, path) => {
		const { error } = await run(upload({ endpointVersion }));
		expect(error).toBeUndefined();
		expect(api.requests.map((request) => request.path)).toEqual([path]);
	});

	it('does not matter for a charge capture, which has one endpoint', async () => {
		const { error } = await run(upload({ endpointVersion: 'v3' }, 'chargeCapture'));
		expect(error).toBeUndefined();
		expect(api.requests.map(({ path }) => path)).toEqual([CREATE]);
	});
});

describe("'If Already Attached'", () => {
	it.each(['Skip', 'skp', ' skip', '', 7, "={{ 'SKIP' }}", '={{ $json.nothing }}', '={{ null }}'])(
		'of %j is refused, and nothing is sent',
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
	])('of %j is followed', async (ifAlreadyAttached, first) => {
		const { error } = await run(upload({ ifAlreadyAttached }, 'chargeCapture'), {
			items: [item({ how: 'skip' })],
		});
		expect(error).toBeUndefined();
		expect(api.requests.map(({ method }) => method)).toEqual(
			expect.arrayContaining([...first, 'POST']),
		);
		expect(api.requests[0]?.method).toBe(first[0] ?? 'POST');
	});

	it('is not needed', async () => {
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
	])('%j reaches Candid, and is output, as %j', async (attachmentType, sent) => {
		const parameters = attachment('upload', { attachmentType: `={{ '${attachmentType}' }}` });
		const { output } = await run(parameters);
		expect(output[0]?.json.attachment_type).toBe(sent);
		expect(api.attachments.at(-1)?.attachmentType).toBe(sent);
	});
});

describe('an external ID with a space at its end', () => {
	const LISTED = 'CC-7 ';

	const BY_EXTERNAL_ID: Array<[string, (mode: string) => INodeParameters]> = [
		...['upload', 'getAll', 'download', 'delete'].map(
			(operation): [string, (mode: string) => INodeParameters] => [
				`attachment ${operation}`,
				(mode) => attachment(operation, { chargeCaptureExternalId: id(LISTED, mode) }),
			],
		),
		[
			'charge capture get',
			(mode) => ({
				resource: 'chargeCapture',
				operation: 'get',
				chargeCapture: id(LISTED, mode),
			}),
		],
	];

	beforeEach(() => {
		api.addChargeCapture({ chargeExternalId: LISTED });
		api.reset();
		api.addAttachment({ chargeCaptureExternalId: LISTED, attachmentId: ENCOUNTER });
	});

	it.each(BY_EXTERNAL_ID)(
		'is sent as it is when it was chosen from the list: %s',
		async (_, of) => {
			const { error, output } = await run(of('list'));
			expect(error).toBeUndefined();
			expect(output).toHaveLength(1);
			expect(api.requests.length).toBeGreaterThan(0);
		},
	);

	it.each(BY_EXTERNAL_ID)('is refused when it was typed: %s', async (_, of) => {
		const { error } = await run(of('id'));
		expect(error?.message).toMatch(/: the external ID begins or ends with a space$/);
		expect(api.requests).toEqual([]);
	});
});

describe('a value among options', () => {
	const OPTIONS = { one: 'First', two: 'Second' };

	it.each([
		['one', 'one'],
		['two', 'two'],
		[undefined, 'one'],
	])('%p is %s', (value, chosen) => {
		expect(choiceOf('Label', value, OPTIONS)).toBe(chosen);
	});

	it.each([null, '', 'One', 1, {}, [], 'toString', '__proto__'])('%p is not one', (value) => {
		expect(choiceOf('Label', value, OPTIONS)).toEqual({
			reason: "'Label' has a value that does not exist",
			advice:
				"Choose 'First' (one) or 'Second' (two). If it is an expression, check what that gives for this item.",
		});
	});
});
