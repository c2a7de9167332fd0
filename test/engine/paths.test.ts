import type { INodeParameters } from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import { startCandidApi } from '../candid-api';
import type { CandidApi } from '../candid-api';
import { runNode } from './harness';
import type { RunSettings } from './harness';
import { pastedCredential } from './storedCredential';
import type { StoredCredential } from './storedCredential';

const GOOD_ID = 'd5e9c84f-c2b2-4bf4-b4b0-7ffd7a9ffc32';

let api: CandidApi;
let credential: StoredCredential;

beforeEach(async () => {
	api = await startCandidApi();
	credential = pastedCredential(api);
});

afterEach(async () => await api.close());

const id = (value: string, mode = 'id') => ({ __rl: true, mode, value });
const ofItem = id('={{ $json.id }}');
const attachment = (operation: string, attachTo: string): INodeParameters => ({
	resource: 'attachment',
	operation,
	attachTo,
	attachmentType: 'OTHER',
	binaryPropertyName: 'data',
	additionalFields: {},
	options: {},
	returnAll: true,
	attachmentId: id(GOOD_ID),
	chargeCaptureExternalId: ofItem,
	encounterId: ofItem,
});

/** Every operation that names a charge capture, an encounter or an attachment, by what it names. */
const BY_EXTERNAL_ID: Array<[string, INodeParameters]> = [
	...['upload', 'getAll', 'download', 'delete'].map((operation): [string, INodeParameters] => [
		`attachment ${operation}`,
		attachment(operation, 'chargeCapture'),
	]),
	['charge capture get', { resource: 'chargeCapture', operation: 'get', chargeCapture: ofItem }],
	[
		'charge capture getAll',
		{ resource: 'chargeCapture', operation: 'getAll', filters: { externalId: '={{ $json.id }}' } },
	],
];

const BY_ENCOUNTER_ID: Array<[string, INodeParameters]> = [
	...['upload', 'getAll', 'download', 'delete'].map((operation): [string, INodeParameters] => [
		`attachment ${operation}`,
		attachment(operation, 'encounter'),
	]),
	['encounter get', { resource: 'encounter', operation: 'get', encounter: ofItem }],
];

const BY_ATTACHMENT_ID: Array<[string, INodeParameters]> = ['download', 'delete'].flatMap(
	(operation) =>
		['chargeCapture', 'encounter'].map((attachTo): [string, INodeParameters] => [
			`attachment ${operation} of ${attachTo}`,
			{
				...attachment(operation, attachTo),
				attachmentId: ofItem,
				chargeCaptureExternalId: id('CC-1001'),
				encounterId: id(GOOD_ID),
			},
		]),
);

const NO_EXTERNAL_IDS = ['.', '..', ' .. ', '', '   ', '\ud800', 'CC-1 ', ' CC-1', 'CC\n1', '\0'];

const NO_UUIDS = [
	...NO_EXTERNAL_IDS,
	'CC-1001',
	'../charge_captures/v1',
	'by-charge-capture-external-id/CC-1001',
	`${GOOD_ID}/v2`.replace('d5', 'x5'),
	`${GOOD_ID}${GOOD_ID}`,
	'%2e%2e',
	"' OR 1=1",
];

/** The bad item stands between two good ones: none of the three may be sent. */
const run = async (parameters: INodeParameters, bad: string, settings: Partial<RunSettings> = {}) =>
	await runNode(new CandidHealth(), {
		credential,
		parameters,
		items: [GOOD_ID, bad, GOOD_ID].map((value) => ({
			json: { id: value },
			files: {
				data: { bytes: Buffer.from('%PDF-1.7'), fileName: 'a.pdf', mimeType: 'application/pdf' },
			},
		})),
		...settings,
	});

describe.each([
	['an external ID', BY_EXTERNAL_ID, NO_EXTERNAL_IDS],
	['an encounter ID', BY_ENCOUNTER_ID, NO_UUIDS],
	['an attachment ID', BY_ATTACHMENT_ID, NO_UUIDS],
] as const)('what is not %s', (_, operations, values) => {
	it.each(operations)(
		'reaches nothing by %s, nor do the items beside it',
		async (_name, parameters) => {
			for (const value of values) {
				const { error, output } = await run(parameters, value);
				expect(error?.message).toMatch(/\[item 1\] was not (stored|read|downloaded|deleted): /);
				expect(error?.description).toContain('Nothing was sent.');
				expect(output).toEqual([]);
			}
			expect(api.requests).toEqual([]);
		},
	);
});

it('is an item of its own where the node continues on fail, and the others are carried out', async () => {
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
			chargeCaptureExternalId: id('CC-1001'),
			attachmentId: ofItem,
		},
		node: { onError: 'continueRegularOutput' },
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
])('the external ID %j stays one segment of the path', async (externalId) => {
	const kept = api.addAttachment({ chargeCaptureExternalId: 'CC-1001', attachmentId: GOOD_ID });
	const own = api.addAttachment({ chargeCaptureExternalId: externalId });
	const { output, error } = await runNode(new CandidHealth(), {
		credential,
		items: [{ json: { id: externalId } }],
		parameters: { ...attachment('delete', 'chargeCapture'), attachmentId: id(own.attachmentId) },
	});
	expect(error).toBeUndefined();
	expect(output.map(({ json }) => json)).toEqual([{ deleted: true }]);
	expect(api.attachments).toEqual([kept]);
});

describe('a delete whose outcome is not known', () => {
	it.each([
		[{ kind: 'status', status: 503 }],
		[{ kind: 'cut', cut: 'before-answer' }],
		[{ kind: 'status', status: 200, body: '<h1>Log in</h1>' }],
	] as const)('(%j) says so, and is not sent again', async (fault) => {
		const { attachmentId } = api.addAttachment({ chargeCaptureExternalId: 'CC-1001' });
		api.inject({ method: 'DELETE', ...fault });
		const { error } = await runNode(new CandidHealth(), {
			credential,
			items: [{ json: { id: 'CC-1001' } }],
			parameters: { ...attachment('delete', 'chargeCapture'), attachmentId: id(attachmentId) },
		});
		expect(error?.message).toMatch(
			/^It is not known whether the attachment \[item 0\] was deleted: /,
		);
		expect(error?.description).toContain('may have deleted it');
		expect(api.requests).toHaveLength(1);
	});
});
