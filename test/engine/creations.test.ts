/** What can become of the requests that create something only once: a claim entry, a billing note. */
import type { INode, INodeParameters } from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import type { CandidApi, Fault } from '../candid-api';
import { BILLING_NOTES_PATH, SUPPLEMENTAL_INFORMATION_PATH } from '../candid-api/paths';
import { givingUpAfter, scaleWaits } from './faults/scaledWaits';
import {
	CONTINUE_ON_FAIL,
	ENCOUNTER,
	FIRST_ATTACHMENT,
	locator,
	retryOnFail,
	startApiForEachTest,
} from './fixtures';
import { runNode } from './harness';
import { isN8n1 } from './loadedN8n';
import type { StoredCredential } from './storedCredential';

let api: CandidApi;
let credential: StoredCredential;

beforeAll(() => scaleWaits(0.02));

startApiForEachTest((started) => ({ api, credential } = started));

interface Creation {
	what: string;
	parameters: INodeParameters;
	/** the request that creates it */
	request: { method: string; path: RegExp };
	/** the request that shows it */
	lookUp: { method: string; path: RegExp };
	/** the IDs that Candid has */
	held(): string[];
	idField: string;
	/** '… was not saved' */
	wasNot: string;
	notKnown: string;
}

const CREATIONS: Creation[] = [
	{
		what: 'a claim entry',
		parameters: {
			resource: 'attachment',
			operation: 'sendWithClaim',
			encounter: locator(ENCOUNTER),
			attachmentId: locator(FIRST_ATTACHMENT),
			reportType: 'LA',
		},
		request: { method: 'PUT', path: new RegExp(SUPPLEMENTAL_INFORMATION_PATH) },
		lookUp: { method: 'GET', path: new RegExp(SUPPLEMENTAL_INFORMATION_PATH) },
		held: () => api.supplementalInformation.map((entry) => entry.supplementalInformationId),
		idField: 'supplemental_information_id',
		wasNot: 'The claim entry of the attachment [item 0] was not saved: ',
		notKnown: 'It is not known whether the claim entry of the attachment [item 0] was saved: ',
	},
	{
		what: 'a billing note',
		parameters: {
			resource: 'billingNote',
			operation: 'create',
			encounter: locator(ENCOUNTER),
			text: 'Records sent.',
		},
		request: { method: 'POST', path: new RegExp(BILLING_NOTES_PATH) },
		lookUp: { method: 'GET', path: /encounters\/v4/ },
		held: () => api.billingNotes.map((note) => note.billingNoteId),
		idField: 'billing_note_id',
		wasNot: 'The billing note [item 0] was not created: ',
		notKnown: 'It is not known whether the billing note [item 0] was created: ',
	},
];

interface Row {
	what: string;
	faults: Array<Partial<Fault>>;
	/** how many Candid has afterwards */
	holds: 0 | 1;
	/** how many requests to create it arrive; default 1 */
	sent?: number;
	/** 'created': it is output, because Candid answers or shows it */
	result: 'created' | 'not created' | 'not known';
	/** begins the message's reason */
	reason?: RegExp;
	tryAgain?: boolean;
	/** what Retry On Fail makes of it, if that is different: the number that Candid has then */
	retried?: { result: Row['result']; holds: number; sent: number };
}

const ALWAYS = { times: Infinity };
const PAGE = { body: '<h1>Log in</h1>', contentType: 'text/html' };
const refusal = (errorName: string) => ({ errorName, content: { message: 'No' } });
const BETWEEN = isN8n1 ? /^the request was refused/ : /^something between n8n and Candid answered/;

const ROWS: Row[] = [
	{
		what: 'a 500 before it is created',
		faults: [{ status: 500 }],
		holds: 0,
		result: 'not known',
		reason: /^Candid could not process the request \(HTTP 500\)/,
	},
	{ what: 'a 500 after it', faults: [{ when: 'after' }], holds: 1, result: 'created' },
	{
		what: 'a connection that is cut before it is created',
		faults: [{ kind: 'cut', cut: 'before-answer-unstored' }],
		holds: 0,
		result: 'not known',
		reason: /^the connection was cut before Candid answered/,
	},
	{
		what: 'a connection that is cut after it',
		faults: [{ kind: 'cut', cut: 'before-answer' }],
		holds: 1,
		result: 'created',
	},
	{
		what: 'an answer that is cut off',
		faults: [{ kind: 'cut', cut: 'mid-answer' }],
		holds: 1,
		result: 'created',
	},
	{ what: 'a timeout', faults: [{ kind: 'delay', when: 'after' }], holds: 1, result: 'created' },
	{
		what: 'a timeout, after which Candid is still working on it',
		faults: [{ kind: 'delay', when: 'after-answer', delayMs: 1500 }],
		holds: 1,
		result: 'not known',
		reason: /^the request timed out/,
	},
	{
		what: 'a 429, three times',
		faults: [{ status: 429, body: refusal('TooManyRequestsError'), times: 3 }],
		holds: 1,
		sent: 4,
		result: 'created',
	},
	{
		what: 'a 401',
		faults: [{ status: 401, body: refusal('UnauthorizedError'), ...ALWAYS }],
		holds: 0,
		// n8n sends it again with a new token.
		sent: 2,
		result: 'not created',
		reason: /^Candid did not accept the access token/,
		tryAgain: true,
		retried: { result: 'not created', holds: 0, sent: 4 },
	},
	{
		what: 'a 403',
		faults: [{ status: 403, body: refusal('UnauthorizedError') }],
		holds: 0,
		result: 'not created',
		reason: /^the credential is not allowed to do this in Candid/,
		tryAgain: true,
		retried: { result: 'created', holds: 1, sent: 2 },
	},
	{
		what: 'a 404',
		faults: [{ status: 404, body: refusal('EntityNotFoundError') }],
		holds: 0,
		result: 'not created',
		reason: /^Candid does not know this ID or address/,
		retried: { result: 'created', holds: 1, sent: 2 },
	},
	{
		what: 'a 422',
		faults: [{ status: 422, body: refusal('UnprocessableEntityError') }],
		holds: 0,
		result: 'not created',
		reason: /^Candid did not accept its data/,
		retried: { result: 'created', holds: 1, sent: 2 },
	},
	{
		what: "a proxy's page with 200 in place of Candid",
		faults: [{ status: 200, ...PAGE }],
		holds: 0,
		result: 'not known',
		reason: /^Candid's answer is not what was asked for/,
	},
	{
		what: "a proxy's page with 200 in place of the answer",
		faults: [{ kind: 'answer', ...PAGE }],
		holds: 1,
		result: 'created',
	},
	{
		what: 'JSON with 200 that is not from Candid',
		faults: [{ status: 200, body: { status: 'ok' } }],
		holds: 0,
		result: 'not known',
		reason: /^Candid's answer is not what was asked for/,
	},
	{
		what: 'an empty list in place of the answer',
		faults: [{ kind: 'answer', body: [] }],
		holds: 1,
		result: 'created',
	},
	{
		what: "a proxy's page with 403",
		faults: [{ status: 403, ...PAGE }],
		holds: 0,
		result: 'not created',
		reason: BETWEEN,
		tryAgain: true,
		retried: { result: 'created', holds: 1, sent: 2 },
	},
];

const CASES = CREATIONS.flatMap((creation) => ROWS.map((row) => ({ creation, row })));

const inject = ({ request }: Creation, faults: Array<Partial<Fault>>) => {
	for (const fault of faults) api.inject({ kind: 'status', ...request, ...fault });
};

const run = async ({ parameters }: Creation, node: Partial<INode> = {}, items = 1) => {
	api.addAttachment({ encounterId: ENCOUNTER, attachmentId: FIRST_ATTACHMENT });
	return await givingUpAfter(
		1500,
		async () =>
			await runNode(new CandidHealth(), {
				credential,
				items: Array.from({ length: items }, () => ({ json: {} })),
				parameters: { ...parameters, requestOptions: { timeout: 400 } },
				node,
			}),
	);
};

const sentIn = ({ request: { method, path } }: Creation) =>
	api.requests.filter((request) => request.method === method && path.test(request.path));

/** Waits until Candid has done what it is still working on. */
const settled = async () => await api.settled();

describe.each(CASES)('$creation.what: $row.what', ({ creation, row }) => {
	const { notKnown, wasNot, idField, held } = creation;

	it(`${row.result}, and Candid has ${row.holds}`, async () => {
		inject(creation, row.faults);
		const { output, error } = await run(creation);
		await settled();
		expect(held()).toHaveLength(row.holds);
		expect(sentIn(creation)).toHaveLength(row.sent ?? 1);
		if (row.result === 'created') {
			expect(error).toBeUndefined();
			expect(output.map(({ json }) => json[idField])).toEqual(held());
			expect(output[0]!.json).not.toHaveProperty('already_included');
			return;
		}
		expect(output).toEqual([]);
		const start = row.result === 'not known' ? notKnown : wasNot;
		expect(error!.message.slice(0, start.length)).toBe(start);
		expect(error!.message.slice(start.length)).toMatch(row.reason!);
		expect(`${error!.message} ${error!.description}`).not.toMatch(/error|problem|failure/i);
		expect(error!.description!.includes('may have')).toBe(row.result === 'not known');
	});

	it('becomes an error item that says whether to run it again, if the node continues on fail', async () => {
		inject(creation, row.faults);
		const { output } = await run(creation, CONTINUE_ON_FAIL);
		await settled();
		expect(held()).toHaveLength(row.holds);
		const [{ json }] = output as [(typeof output)[number]];
		if (row.result === 'created') expect(json[idField]).toBe(held()[0]);
		else {
			expect(json.error).toMatch(row.result === 'not known' ? /^It is not known/ : /was not/);
			expect(json.details).toMatchObject({ try_again: row.tryAgain ?? false });
		}
	});

	it("is not created twice by n8n's Retry On Fail", async () => {
		inject(creation, row.faults);
		const { output, error } = await run(creation, retryOnFail(2));
		await settled();
		const { result, holds, sent } = row.retried ?? { ...row, sent: row.sent ?? 1 };
		expect(held()).toHaveLength(holds);
		expect(sentIn(creation)).toHaveLength(sent);
		if (result === 'created') expect(output.map(({ json }) => json[idField])).toEqual(held());
		else if (result === 'not created') expect(error?.message).toContain(wasNot);
		else {
			expect(error?.message).toBe(
				`${notKnown}an earlier request was not answered, and Candid does not show a new record`,
			);
			expect(error?.description).toContain('It was not sent again.');
		}
	});
});

describe.each(CREATIONS)('$what', (creation) => {
	const { notKnown, wasNot, held, lookUp, idField } = creation;

	it('is found by the second try if the first one could not look for it', async () => {
		inject(creation, [{ when: 'after' }]);
		// The first request is the one before the creation; the others look what became of it.
		api.inject({ kind: 'status', ...lookUp, skip: 1, times: 4 });
		const { output, error } = await run(creation, retryOnFail(2));
		expect(error).toBeUndefined();
		expect(output.map(({ json }) => json[idField])).toEqual(held());
		expect(output[0]!.json).not.toHaveProperty('already_included');
		expect(held()).toHaveLength(1);
		expect(sentIn(creation)).toHaveLength(1);
	});

	it('has an unknown outcome if Candid cannot be read after a lost answer', async () => {
		inject(creation, [{ kind: 'cut' }]);
		api.inject({ kind: 'status', ...lookUp, skip: 1, times: Infinity });
		const { error } = await run(creation);
		expect(error?.message).toBe(`${notKnown}the connection was cut before Candid answered`);
		expect(held()).toHaveLength(1);
	});

	it.each<[string, Partial<Fault>, boolean]>([
		['a 500', { status: 500, ...ALWAYS }, true],
		['a 403', { status: 403, body: refusal('UnauthorizedError') }, true],
		['a 404', { status: 404, body: refusal('EntityNotFoundError') }, false],
		["a proxy's page", { status: 200, ...PAGE, ...ALWAYS }, true],
	])('is not sent, if the request before it gets %s', async (_, fault, tryAgain) => {
		api.inject({ kind: 'status', ...lookUp, ...fault });
		const { output } = await run(creation, CONTINUE_ON_FAIL);
		expect(output[0]!.json.error).toContain(wasNot);
		expect(output[0]!.json.details).toMatchObject({ try_again: tryAgain });
		expect(sentIn(creation)).toEqual([]);
		expect(held()).toEqual([]);
	});

	it('is named in the report of a run that did not do everything', async () => {
		const isNote = idField === 'billing_note_id';
		// Both items are for one record, so they are sent one after another. The second changes the entry.
		const second = isNote ? { skip: 1 } : { method: 'PATCH' };
		inject(creation, [{ ...second, status: 403, body: refusal('UnauthorizedError') }]);
		api.addAttachment({ encounterId: ENCOUNTER, attachmentId: FIRST_ATTACHMENT });
		const { error } = await runNode(new CandidHealth(), {
			credential,
			items: [{ json: { type: 'LA' } }, { json: { type: 'OZ' } }],
			parameters: {
				...creation.parameters,
				...(isNote ? {} : { reportType: '={{ $json.type }}' }),
			},
		});
		expect(error?.message).toContain('[item 1] was not ');
		expect(error?.description?.split('\n').slice(-3)).toEqual(
			isNote
				? [
						'1 billing note created before the run stopped:',
						`• encounter ${ENCOUNTER} [item 0].`,
						'These are in Candid. To create the others, run the workflow again without these items.',
					]
				: [
						'1 claim entry saved before the run stopped:',
						`• attachment ${FIRST_ATTACHMENT} [item 0].`,
						'These are saved. Run the workflow again for the others: no entry is added twice.',
					],
		);
		expect(held()).toHaveLength(1);
	});
});
