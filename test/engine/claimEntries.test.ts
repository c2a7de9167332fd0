/** What Send with Claim does with the entries that a claim has already. */
import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import type { CandidApi, Fault, SupplementalInformationSeed } from '../candid-api';
import { SUPPLEMENTAL_INFORMATION_PATH } from '../candid-api/paths';
import { givingUpAfter, scaleWaits } from './faults/scaledWaits';
import {
	CONTINUE_ON_FAIL,
	ENCOUNTER,
	FIRST_ATTACHMENT,
	SECOND_ATTACHMENT,
	locator,
	retryOnFail,
	startApiForEachTest,
} from './fixtures';
import { runNode } from './harness';
import type { StoredCredential } from './storedCredential';

let api: CandidApi;
let credential: StoredCredential;

beforeAll(() => scaleWaits(0.02));

startApiForEachTest((started) => ({ api, credential } = started));

beforeEach(() => {
	for (const attachmentId of [FIRST_ATTACHMENT, SECOND_ATTACHMENT]) {
		api.addAttachment({ encounterId: ENCOUNTER, attachmentId });
	}
});

const ENTRY = 'a5500000-0000-4000-8000-000000000001';

/** An entry of the first attachment: laboratory results, electronically, with the next submission. */
const has = (seed: Partial<SupplementalInformationSeed> = {}) =>
	api.addSupplementalInformation({
		encounterId: ENCOUNTER,
		attachmentId: FIRST_ATTACHMENT,
		reportTypeCode: 'LA',
		...seed,
	});

/** Sends the first attachment for each item, with the item's values. */
const run = async (
	items: Array<{ type?: string; when?: string; attachment?: string }>,
	parameters: INodeParameters = {},
	node: Partial<INode> = {},
) =>
	await runNode(new CandidHealth(), {
		credential,
		items: items.map(({ attachment = FIRST_ATTACHMENT, ...json }) => ({
			json: { type: 'LA', when: 'included_on_next_submission', attachment, ...json },
		})),
		parameters: {
			resource: 'attachment',
			operation: 'sendWithClaim',
			encounter: locator(ENCOUNTER),
			attachmentId: locator('={{ $json.attachment }}'),
			reportType: '={{ $json.type }}',
			inclusion: '={{ $json.when }}',
			...parameters,
		},
		node,
	});

const writes = () => api.requests.filter(({ method }) => method !== 'GET');

/** The report types of the claim's entries. */
const types = () => api.supplementalInformation.map((entry) => entry.reportTypeCode);

const inject = (fault: Partial<Fault>) =>
	api.inject({ kind: 'status', path: new RegExp(SUPPLEMENTAL_INFORMATION_PATH), ...fault });

describe('an attachment that has an entry with the same values', () => {
	it('is output as already included, and nothing is sent', async () => {
		has({ supplementalInformationId: ENTRY });
		const { output } = await run([{}]);
		expect(output[0]!.json).toMatchObject({
			supplemental_information_id: ENTRY,
			already_included: true,
		});
		expect(writes()).toEqual([]);
	});

	it('is output as already excluded if it is not included', async () => {
		has({ inclusion: 'not_included' });
		const { output } = await run([{ when: 'not_included' }]);
		expect(output[0]!.json).toMatchObject({ already_excluded: true });
		expect(output[0]!.json).not.toHaveProperty('already_included');
		expect(writes()).toEqual([]);
	});

	it('is found regardless of the case of its ID', async () => {
		const entry = has();
		inject({
			method: 'GET',
			status: 200,
			body: [
				{
					supplemental_information_id: entry.supplementalInformationId,
					attachment_id: FIRST_ATTACHMENT.toUpperCase(),
					attachment_report_type_code: 'LA',
					attachment_transmission_code: 'EL',
					attachment_inclusion: 'included_on_next_submission',
				},
			],
		});
		const { output } = await run([{}]);
		expect(output[0]!.json).toMatchObject({ already_included: true });
		expect(writes()).toEqual([]);
	});

	it('keeps its control number if the node has none', async () => {
		has({ controlNumber: 'DOC-1' });
		const { output } = await run([{}], { claimFields: { controlNumber: '' } });
		expect(output[0]!.json).toMatchObject({
			attachment_control_number: 'DOC-1',
			already_included: true,
		});
	});

	it('counts as an answer, so that a long run of such attachments goes on', async () => {
		has();
		inject({ method: 'GET', status: 503 });
		const requestOptions = { batching: { batch: { batchSize: 1, batchInterval: 400 } } };
		const { error, output } = await givingUpAfter(
			300,
			async () => await run([{}, {}, {}], { requestOptions }),
		);
		expect(error).toBeUndefined();
		expect(output).toHaveLength(3);
	});

	it('is counted as unchanged in the report of a run that did not do everything', async () => {
		has();
		inject({ method: 'PUT', status: 422, body: { errorName: 'UnprocessableEntityError' } });
		const { error } = await run([{}, { attachment: SECOND_ATTACHMENT }], {
			requestOptions: { batching: { batch: { batchSize: 1, batchInterval: 1 } } },
		});
		expect(error?.message).toContain('[item 1] was not saved: ');
		expect(error?.description?.split('\n').at(-1)).toBe('Already up to date: 1 claim entry.');
	});
});

describe('an attachment that has an entry with other values', () => {
	it.each<[string, Partial<SupplementalInformationSeed>, INodeParameters]>([
		['report type', { reportTypeCode: 'OZ' }, {}],
		['transmission', { transmissionCode: 'FX' }, {}],
		['time', { inclusion: 'not_included' }, {}],
		['control number', { controlNumber: 'DOC-1' }, { claimFields: { controlNumber: 2 } }],
		['no control number', {}, { claimFields: { controlNumber: '2' } }],
	])('gets those of the node: %s', async (_, seed, parameters) => {
		has({ supplementalInformationId: ENTRY, ...seed });
		const { output, error } = await run([{}], parameters);
		expect(error).toBeUndefined();
		expect(api.supplementalInformation).toMatchObject([
			{
				supplementalInformationId: ENTRY,
				reportTypeCode: 'LA',
				transmissionCode: 'EL',
				inclusion: 'included_on_next_submission',
				...('claimFields' in parameters ? { controlNumber: '2' } : {}),
			},
		]);
		expect(output[0]!.json).not.toHaveProperty('already_included');
		expect(writes().map(({ method }) => method)).toEqual(['PATCH']);
	});

	const PAGE = { body: '<h1>Log in</h1>', contentType: 'text/html' };
	const ALWAYS = { times: Infinity };

	it.each<[string, Partial<Fault>, 'LA' | 'OZ', RegExp | undefined]>([
		['a 500 before', { status: 500 }, 'LA', undefined],
		['a 500 after', { when: 'after' }, 'LA', undefined],
		['a cut before', { kind: 'cut', cut: 'before-answer-unstored' }, 'LA', undefined],
		['a cut after', { kind: 'cut' }, 'LA', undefined],
		['a timeout', { kind: 'delay' }, 'LA', undefined],
		['500s before', { status: 500, ...ALWAYS }, 'OZ', /^It is not known whether/],
		['500s after', { when: 'after', ...ALWAYS }, 'LA', /^It is not known whether/],
		['timeouts', { kind: 'delay', ...ALWAYS }, 'LA', /^It is not known whether/],
		["a proxy's pages", { status: 200, ...PAGE, ...ALWAYS }, 'OZ', /^It is not known whether/],
		["a proxy's JSON", { status: 200, body: {}, ...ALWAYS }, 'OZ', /^It is not known whether/],
		['three 429s', { status: 429, times: 3, body: { errorName: 'X' } }, 'LA', undefined],
		['a 401', { status: 401, ...ALWAYS, body: { errorName: 'X' } }, 'OZ', /was not saved/],
		['a 403', { status: 403, body: { errorName: 'X' } }, 'OZ', /was not saved/],
		['a 404', { status: 404, body: { errorName: 'EntityNotFoundError' } }, 'OZ', /was not saved/],
		['a 422', { status: 422, body: { errorName: 'X' } }, 'OZ', /was not saved/],
		["a proxy's 403", { status: 403, ...PAGE }, 'OZ', /was not saved/],
	])('after %s of the change', async (_, fault, type, message) => {
		has({ reportTypeCode: 'OZ' });
		inject({ method: 'PATCH', ...fault });
		const { error } = await givingUpAfter(
			1500,
			async () => await run([{}], { requestOptions: { timeout: 300 } }),
		);
		expect(types()).toEqual([type]);
		if (message) expect(error?.message).toMatch(message);
		else expect(error).toBeUndefined();
	});

	it('gets those of the node by Retry On Fail after changes that were not answered', async () => {
		has({ reportTypeCode: 'OZ' });
		inject({ method: 'PATCH', status: 500, times: 4 });
		const { error, output } = await run([{}], {}, retryOnFail(2));
		expect(error).toBeUndefined();
		expect(types()).toEqual(['LA']);
		expect(output[0]!.json).toMatchObject({ attachment_report_type_code: 'LA' });
	});
});

describe('an attachment that has several entries', () => {
	it('is already included if all of them have the values of the node', async () => {
		has();
		has();
		const { output } = await run([{}]);
		expect(output).toHaveLength(1);
		expect(output[0]!.json).toMatchObject({ already_included: true });
		expect(writes()).toEqual([]);
	});

	it('is left as it is if one of them has other values', async () => {
		has();
		has({ inclusion: 'not_included' });
		const { output } = await run([{ when: 'not_included' }], {}, CONTINUE_ON_FAIL);
		expect(output[0]!.json).toMatchObject({
			error:
				'The claim entry of the attachment [item 0] was not saved: the claim has 2 entries for it, and they differ',
			message: 'Nothing was changed. Remove all but one of them in Candid, then run it again.',
			details: { try_again: false },
		});
		expect(writes()).toEqual([]);
	});
});

it('entries of other attachments, and of no attachment, are left as they are', async () => {
	has({ attachmentId: SECOND_ATTACHMENT });
	has({ attachmentId: undefined });
	await run([{ type: 'OZ' }]);
	expect(types()).toEqual(['LA', 'LA', 'OZ']);
});

it.each([
	['JSON that is not a list', { status: 'ok' }],
	['a list of something else', [{ id: 'x' }]],
])('nothing is sent, if the list of entries is %s', async (_, body) => {
	inject({ method: 'GET', status: 200, body });
	const { error } = await run([{}]);
	expect(error?.message).toBe(
		"The claim entry of the attachment [item 0] was not saved: Candid's answer is not a list of claim entries",
	);
	expect(writes()).toEqual([]);
});

describe('items for the same attachment', () => {
	const ITEMS = [{ type: 'LA' }, { type: 'OZ' }, { type: 'LA' }, { type: 'M1' }];

	it('are sent in their order, to one entry', async () => {
		const { output } = await run(ITEMS);
		expect(output.map(({ json }) => json.attachment_report_type_code)).toEqual(
			ITEMS.map(({ type }) => type),
		);
		expect(types()).toEqual(['M1']);
		expect(writes().map(({ method }) => method)).toEqual(['PUT', 'PATCH', 'PATCH', 'PATCH']);
	});

	it('never get a second entry if Candid is still working on a request without an answer', async () => {
		inject({ method: 'PUT', kind: 'cut', when: 'after-answer', delayMs: 1000 });
		const { output } = await run(ITEMS.slice(0, 2), {}, CONTINUE_ON_FAIL);
		await api.settled();
		expect(types()).toEqual(['LA']);
		for (const { json } of output) expect(json.error).toMatch(/^It is not known whether/);
	});

	it('are continued by Retry On Fail where the first try has stopped', async () => {
		inject({ method: 'PATCH', skip: 1, status: 403, body: { errorName: 'X' } });
		const { error, output } = await run(ITEMS, {}, retryOnFail(2));
		expect(error).toBeUndefined();
		expect(output).toHaveLength(4);
		// The first item is not sent again; otherwise the third would find what it has to write.
		for (const { json } of output) expect(json).not.toHaveProperty('already_included');
		expect(types()).toEqual(['M1']);
		const sent = writes().map(({ body }) => (body as IDataObject).attachment_report_type_code);
		expect(sent).toEqual(['LA', 'OZ', 'LA', 'LA', 'M1']);
	});
});

describe('a value that is missing or cannot be sent as it is', () => {
	it.each([
		['Report Type', { reportType: '={{ undefined }}' }],
		['Transmission', { transmission: '={{ null }}' }],
		['When', { inclusion: '={{ {} }}' }],
		['Control Number', { claimFields: { controlNumber: ' ' } }],
	])("is refused before anything is sent: '%s' (%j)", async (label, parameters) => {
		const { error } = await run([{}], parameters);
		expect(error?.message).toBe(
			`The claim entry of the attachment [item 0] was not saved: '${label}' is empty`,
		);
		expect(error?.description).toBe(
			'If it is an expression, check its result for this item. Nothing was sent.',
		);
		expect(api.requests).toEqual([]);
	});

	it.each([
		['={{ 12345678901234567890 }}', 'the number is too long to be exact'],
		['={{ "DOC-" + String.fromCharCode(55357) }}', 'a character is cut in half'],
	])('is refused if sending would change it: %s', async (controlNumber, reason) => {
		const { error } = await run([{}], { claimFields: { controlNumber } });
		expect(error?.message).toContain(`was not saved: in 'Control Number', ${reason}`);
		expect(api.requests).toEqual([]);
	});

	it('is refused by n8n if no report type is selected', async () => {
		await expect(run([{}], { reportType: '' })).rejects.toThrow(/issues/);
		expect(api.requests).toEqual([]);
	});

	it('is not the control number, which is optional', async () => {
		const { error } = await run([{}], { claimFields: { controlNumber: '={{ $json.none }}' } });
		expect(error).toBeUndefined();
		expect(api.supplementalInformation).toMatchObject([{ controlNumber: undefined }]);
	});
});

it('values that are left from another operation are not used', async () => {
	const { error } = await run([{}], {
		attachTo: 'chargeCapture',
		chargeCaptureExternalId: locator(''),
		encounterId: locator(''),
		additionalFields: { description: 'x' },
	});
	expect(error).toBeUndefined();
	expect(types()).toEqual(['LA']);
	expect(writes()[0]!.body).not.toHaveProperty('description');
});

it('a value that Candid does not have is refused by Candid, and named', async () => {
	const { error } = await run([{ type: 'lab' }]);
	expect(error?.message).toContain('was not saved: Candid did not accept its data');
	expect(error?.description).toContain('attachment_report_type_code');
	expect(api.supplementalInformation).toEqual([]);
});

it("an attachment of another encounter is not sent with this encounter's claim", async () => {
	const { attachmentId } = api.addAttachment({ chargeCaptureExternalId: 'CC-1004' });
	const { error } = await run([{ attachment: attachmentId }]);
	expect(error?.message).toContain('was not saved: Candid does not know this ID');
	expect(api.supplementalInformation).toEqual([]);
});
