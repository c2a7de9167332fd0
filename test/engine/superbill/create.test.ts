import { html } from '../../files/contents';
import type { Fault } from '../../candid-api';
import { api } from '../download/setUp';
import { givingUpAfter } from '../faults/scaledWaits';
import { CONTINUE_ON_FAIL, UUID, retryOnFail } from '../fixtures';
import { isN8n1 } from '../loadedN8n';
import { MAY_BE_CREATED, create, creates, held, inject } from './setUp';

const REFUSED = 'The superbill [item 0] was not created: ';
const UNKNOWN = 'It is not known whether the superbill [item 0] was created: ';

const CUT = 'the connection was cut before Candid answered';
const NOT_PROCESSED = 'Candid could not process the request (HTTP 500)';
const NOT_CANDIDS = "Candid's answer is not what was asked for";

const refusal = (status: number, errorName: string): Partial<Fault> => ({
	status,
	body: { errorName, content: {} },
});
const PAGE = { status: 200, body: html(), contentType: 'text/html' };
const TOO_MANY = refusal(429, 'TooManyRequestsError');
const UNAUTHORIZED = refusal(401, 'UnauthorizedError');
const FORBIDDEN = refusal(403, 'UnauthorizedError');
const INVALID = refusal(422, 'UnprocessableEntityError');

/** What Candid does and answers, how many superbills it then holds, and what the message says. */
type Row = [what: string, fault: Partial<Fault>, holds: number, message: string];

const UNANSWERED: Row[] = [
	['a 500 before it', { when: 'before' }, 0, NOT_PROCESSED],
	['a 500 after it', { when: 'after' }, 1, NOT_PROCESSED],
	['a cut before it', { kind: 'cut', cut: 'before-answer-unstored' }, 0, CUT],
	['a cut after it', { kind: 'cut', cut: 'before-answer' }, 1, CUT],
	['a cut in the answer', { kind: 'cut', cut: 'mid-answer' }, 1, CUT],
	['a timeout after it', { kind: 'delay', when: 'after' }, 1, 'the request timed out'],
	[
		'a timeout, and does it later',
		{ kind: 'delay', when: 'after-answer' },
		1,
		'the request timed out',
	],
	['a web page with 200 before it', PAGE, 0, NOT_CANDIDS],
	['a web page with 200 after it', { ...PAGE, kind: 'answer' }, 1, NOT_CANDIDS],
	['an empty answer', { kind: 'answer', status: 200 }, 1, NOT_CANDIDS],
	['an empty object', { kind: 'answer', status: 200, body: {} }, 1, NOT_CANDIDS],
	['an empty list', { kind: 'answer', status: 200, body: [] }, 1, NOT_CANDIDS],
	['a list of text', { kind: 'answer', status: 200, body: { superbills: ['x'] } }, 1, NOT_CANDIDS],
];

const REFUSALS: Array<[...Row, again: boolean]> = [
	['403', FORBIDDEN, 0, 'the credential is not allowed to do this in Candid', true],
	[
		'403 with a web page',
		{ ...PAGE, status: 403 },
		0,
		// n8n 1 drops bodies that are not objects.
		isN8n1
			? 'the request was refused (HTTP 403)'
			: 'something between n8n and Candid answered (HTTP 403)',
		true,
	],
	['404', refusal(404, 'EntityNotFoundError'), 0, 'Candid does not know this ID or address', false],
	['422', INVALID, 0, 'Candid did not accept its data', false],
	['no superbill', { status: 200, body: { superbills: [] } }, 0, 'Candid made none', false],
	['429 without end', { ...TOO_MANY, times: Infinity }, 0, 'Candid is receiving too many', true],
	[
		'401 with a new token, too',
		{ ...UNAUTHORIZED, times: Infinity },
		0,
		'Candid did not accept the access token',
		true,
	],
];

const TIMEOUT = { requestOptions: { timeout: 300 } };

/** The error item of a run of one item. */
async function errorItem() {
	const { output } = await givingUpAfter(
		500,
		async () => await create(['PAT-1'], { node: CONTINUE_ON_FAIL, parameters: TIMEOUT }),
	);
	expect(output).toHaveLength(1);
	expect(output[0]!.binary).toBeUndefined();
	return output[0]!.json;
}

describe('a superbill that Candid answers with', () => {
	it.each(UNANSWERED)(
		'%s has an unknown outcome, and is not requested again',
		async (_, fault, holds, message) => {
			inject(fault);
			expect(await errorItem()).toMatchObject({
				error: `${UNKNOWN}${message}`,
				message: expect.stringContaining(MAY_BE_CREATED) as string,
				details: { patient_external_id: 'PAT-1', date_range_max: '2025-01-12', try_again: true },
			});
			await api.settled();
			expect(held()).toHaveLength(holds);
			expect(creates()).toHaveLength(1);
		},
	);

	it.each(UNANSWERED)(
		"%s is requested again by n8n's Retry On Fail, as another document",
		async (_, fault, holds) => {
			inject(fault);
			const { output, error } = await create(['PAT-1'], {
				node: retryOnFail(2),
				parameters: TIMEOUT,
			});
			expect(error).toBeUndefined();
			await api.settled();
			expect(held()).toHaveLength(holds + 1);
			expect(creates()).toHaveLength(2);
			expect(output).toHaveLength(1);
		},
	);

	it.each(REFUSALS)('%s is not created', async (_, fault, holds, message, again) => {
		inject(fault);
		const { error, details } = await errorItem();
		expect(error).toContain(`${REFUSED}${message}`);
		expect(details).toMatchObject({ patient_external_id: 'PAT-1', try_again: again });
		expect(held()).toHaveLength(holds);
	});

	it.each(REFUSALS)(
		'%s has an unknown outcome if an earlier try was not answered',
		async (_, fault) => {
			inject({ when: 'after' });
			inject(fault);
			const { error } = await givingUpAfter(
				500,
				async () => await create(['PAT-1'], { node: retryOnFail(2) }),
			);
			expect(error?.message).toContain(UNKNOWN);
			expect(error?.description).toContain('An earlier request was not answered');
			expect(held()).toHaveLength(1);
		},
	);

	it.each([
		['429', { ...TOO_MANY, times: 3 }],
		['401 until its token is renewed', UNAUTHORIZED],
	])('%s is created once', async (_, fault) => {
		inject(fault);
		const { output, error } = await create(['PAT-1']);
		expect(error).toBeUndefined();
		expect(output).toHaveLength(1);
		expect(held()).toEqual(['PAT-1']);
	});
});

it.each([
	['an unknown patient', ['PAT-UNKNOWN'], {}],
	['dates without a visit', ['PAT-1'], { dateFrom: '2024-01-01', dateTo: '2024-01-31' }],
])('says that there is none for %s', async (_, patients, parameters) => {
	const { error, output } = await create(patients, { parameters });
	expect(output).toEqual([]);
	expect(error).toMatchObject({
		message: `${REFUSED}Candid made none for this patient and these dates`,
		description:
			"Check 'Patient External ID' and the dates: there may be no visits of this patient between them.",
	});
});

describe('several items', () => {
	it('for the same patient and dates make a request each, in their order', async () => {
		const { output } = await create(['PAT-1', 'PAT-1', 'PAT-2']);
		expect(creates()).toHaveLength(3);
		const ids = output.map(({ json }) => json.superbill_id);
		expect(ids.every((id) => UUID.test(String(id)))).toBe(true);
		expect(new Set(ids).size).toBe(3);
		const ofFirst = api.superbills.filter((one) => one.patientExternalId === 'PAT-1');
		expect(ids.slice(0, 2)).toEqual(ofFirst.map(({ superbillId }) => superbillId));
		expect(output.map(({ pairedItem }) => pairedItem)).toEqual([0, 1, 2].map((item) => ({ item })));
	});

	it('report what was created, and that its files are not in the output', async () => {
		inject({ ...INVALID, skip: 1 });
		const { error, output } = await create(['PAT-1', 'PAT-1', 'PAT-1']);
		expect(output).toEqual([]);
		expect(error?.message).toBe(
			'The superbill [item 1] was not created: Candid did not accept its data',
		);
		expect(String(error?.description).split('\n').slice(2)).toEqual([
			'1 set of superbills created before the run stopped:',
			`• ${api.superbills[0]!.superbillId} [item 0].`,
			'Not started: 1 set of superbills, the superbill [item 2].',
			'Their files are not in the output, because the run stopped. Run the workflow again: that makes new documents and changes no claim.',
		]);
		expect(creates()).toHaveLength(2);
	});

	it("are not created again by n8n's Retry On Fail, and keep their files", async () => {
		inject({ when: 'before', skip: 1 });
		const { error, output } = await create(['PAT-1', 'PAT-1'], { node: retryOnFail(2) });
		expect(error).toBeUndefined();
		expect(held()).toHaveLength(2);
		expect(output.map(({ json }) => json.superbill_id)).toEqual(
			api.superbills.map(({ superbillId }) => superbillId),
		);
		expect(output.every(({ binary }) => binary?.data?.mimeType === 'application/pdf')).toBe(true);
	});

	it('continue after one that was refused if the node continues on fail', async () => {
		const { output } = await create(['PAT-1', 'PAT-UNKNOWN', 'PAT-2'], { node: CONTINUE_ON_FAIL });
		expect(output).toMatchObject([
			{ json: { patient_external_id: 'PAT-1' }, pairedItem: { item: 0 } },
			{
				json: {
					error: expect.stringContaining('Candid made none') as string,
					details: { patient_external_id: 'PAT-UNKNOWN', try_again: false },
				},
				pairedItem: { item: 1 },
			},
			{ json: { patient_external_id: 'PAT-2' }, pairedItem: { item: 2 } },
		]);
		expect(held().sort()).toEqual(['PAT-1', 'PAT-2']);
	});
});

describe('nothing is sent for any item', () => {
	it.each(['', '  ', null, {}, true])('if a patient is %j', async (patient) => {
		const { error } = await create(['PAT-1', patient]);
		expect(error).toMatchObject({
			message: "The superbill [item 1] was not created: 'Patient External ID' is empty",
			description: 'If it is an expression, check its result for this item. Nothing was sent.',
		});
		expect(api.requests).toEqual([]);
	});

	it.each([
		[{ dateFrom: '={{ "" }}' }, "'Date From' is empty"],
		[{ dateTo: '={{ $json.nothing }}' }, "'Date To' is empty"],
		[{ dateFrom: '01/10/2025' }, "'01/10/2025' is not a date"],
		[{ dateTo: '2025-02-30' }, "'2025-02-30' is not a date"],
		[{ dateFrom: '2025-01-13' }, "'Date From' (2025-01-13) is after 'Date To' (2025-01-12)"],
		[
			{ dateFrom: '={{ DateTime.fromISO("2025-02-01T08:00") }}', dateTo: '2025-01-31T23:59:00' },
			"'Date From' (2025-02-01) is after 'Date To' (2025-01-31)",
		],
		[{ format: 'pdf' }, "'Format' has a value that does not exist"],
		[{ format: '={{ "" }}' }, "'Format' has a value that does not exist"],
		[{ format: '={{ $json.nothing }}' }, "'Format' has a value that does not exist"],
		[{ binaryPropertyName: ' ' }, "'Put Output File in Field' is empty"],
	])('with %j', async (parameters, message) => {
		const { error } = await create(['PAT-1'], { parameters });
		expect(error?.message).toBe(`${REFUSED}${message}`);
		expect(error?.description).not.toContain('filter');
		expect(api.requests).toEqual([]);
	});
});

it('sends dates without their times, and one date twice', async () => {
	const day = '2025-01-10T08:30:00.000-05:00';
	const { error } = await create(['PAT-1'], { parameters: { dateFrom: day, dateTo: day } });
	expect(error).toBeUndefined();
	expect(creates()[0]!.body).toEqual({
		patient_external_id: 'PAT-1',
		date_range_min: '2025-01-10',
		date_range_max: '2025-01-10',
		output_format: 'PDF',
		include_merged_patient_data: false,
	});
});
