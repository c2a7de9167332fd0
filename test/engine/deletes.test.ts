import type { INode, INodeParameters } from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import { readRequest } from '../../nodes/CandidHealth/request/readRequest';
import { paceOf } from '../../nodes/CandidHealth/run/pace';
import type { CandidApi, Fault } from '../candid-api';
import { givingUpAfter, scaleWaits } from './faults/scaledWaits';
import {
	CONTINUE_ON_FAIL,
	attachmentParameters,
	locator,
	retryOnFail,
	startApiForEachTest,
} from './fixtures';
import { runNode } from './harness';
import type { StoredCredential } from './storedCredential';

let api: CandidApi;
let credential: StoredCredential;

beforeAll(() => scaleWaits(0.1));

startApiForEachTest((started) => ({ api, credential } = started));

const DELETE = attachmentParameters('delete', {
	chargeCaptureExternalId: locator('={{ $json.parent }}'),
	attachmentId: locator('={{ $json.id }}'),
});

/** Adds attachments, each to another charge capture: CC-0, CC-1, … */
const addMany = (count: number) =>
	Array.from(
		{ length: count },
		(_, index) => api.addAttachment({ chargeCaptureExternalId: `CC-${index}` }).attachmentId,
	);

const run = async (ids: string[], node: Partial<INode> = {}, parameters: INodeParameters = {}) =>
	await runNode(new CandidHealth(), {
		credential,
		items: ids.map((id, index) => ({ json: { id, parent: `CC-${index}` } })),
		parameters: { ...DELETE, ...parameters },
		node,
	});

/** Injects a fault for deletes; with a path, only for those of one charge capture. */
const inject = (fault: Partial<Fault>) =>
	api.inject({ kind: 'status', status: 500, method: 'DELETE', ...fault });

const OF_ITEM_1 = /CC-1$/;

const UNAUTHORIZED = { errorName: 'UnauthorizedError', content: {} };

const TOO_MANY = {
	status: 429,
	body: { errorName: 'TooManyRequestsError', content: {} },
} as const;

const attachmentIds = () => api.attachments.map(({ attachmentId }) => attachmentId);

/** The attachments that Candid was asked to delete, in order. */
const requested = () =>
	api.requests.map(({ body }) => (body as { attachment_id: string }).attachment_id);

const linesOf = (description: unknown) => String(description).split('\n');

const ADVICE =
	'These are deleted for good. To delete the others, run the workflow again without these items.';

describe('the message of a run that did not delete everything', () => {
	it('names every deleted attachment with its item, and no other', async () => {
		const ids = addMany(50);
		inject({ skip: 9 });
		const { error, output } = await run(ids);
		expect(output).toEqual([]);
		expect(error?.message).toMatch(
			/^It is not known whether the attachment \[item \d+\] was deleted: /,
		);
		const deleted = ids.filter((id) => !attachmentIds().includes(id));
		expect(deleted.length).toBeGreaterThanOrEqual(9);
		expect(deleted.length).toBeLessThan(50);

		const lines = linesOf(error?.description);
		expect(lines).toContain(`${deleted.length} attachments deleted before the run stopped:`);
		const named = lines.filter((line) => /^• .* \[item \d+\]\.?$/.test(line));
		const more = lines.map((line) => Number(/^• and (\d+) more\.$/.exec(line)?.[1] ?? 0));
		expect(named.length + Math.max(...more)).toBe(deleted.length);
		for (const line of named) {
			const [, id, item] = /^• (\S+) \[item (\d+)\]\.?$/.exec(line)!;
			expect(deleted).toContain(id);
			expect(ids[Number(item)]).toBe(id);
		}
		expect(
			lines.some((line) => /^Not started: \d+ attachments, the attachment \[item/.test(line)),
		).toBe(true);
		expect(lines.at(-1)).toBe(ADVICE);
	});

	it('uses the singular for one attachment', async () => {
		const [first = '', second = ''] = addMany(2);
		inject({ path: OF_ITEM_1, status: 403, body: UNAUTHORIZED });
		const { error } = await run([first, second]);
		expect(linesOf(error?.description).slice(-3)).toEqual([
			'1 attachment deleted before the run stopped:',
			`• ${first} [item 0].`,
			ADVICE,
		]);
	});

	it.each([
		['of one item', 1],
		['of several items', 3],
	])('%s does not mention deleted attachments when nothing was deleted', async (_, count) => {
		inject({ times: 9, status: 503 });
		const { error } = await run(addMany(count));
		expect(error?.description).toContain('Candid may have deleted it');
		expect(error?.description).not.toContain('for good');
		expect(error?.description).not.toContain('before the run stopped');
	});

	it('names what was deleted before a later batch with an invalid ID', async () => {
		const [first = ''] = addMany(1);
		const { error } = await run([first, 'not-an-id'], {}, batches(1));
		expect(error?.message).toContain("'not-an-id' is not the ID of an attachment");
		expect(error?.description).toContain(`• ${first} [item 0]`);
	});
});

/** n8n's batching: n8n starts `batchSize` items at a time. */
const batches = (batchSize: number): INodeParameters => ({
	requestOptions: { batching: { batch: { batchSize, batchInterval: 100 } } },
});

describe("n8n's Retry On Fail", () => {
	it('deletes the remaining attachments, and sends no request again for those deleted', async () => {
		const ids = addMany(50);
		inject({ skip: 9, when: 'before' });
		const { error, output } = await run(ids, retryOnFail(2));
		expect(error).toBeUndefined();
		expect(output.map(({ json, pairedItem }) => [json, pairedItem])).toEqual(
			ids.map((_, item) => [{ deleted: true }, { item }]),
		);
		expect(attachmentIds()).toEqual([]);
		expect(requested()).toHaveLength(51);
		expect(new Set(requested()).size).toBe(50);
	});

	it('reports what was deleted in all its tries', async () => {
		const ids = addMany(3);
		inject({ path: OF_ITEM_1, when: 'before', times: 2 });
		const { error } = await run(ids, retryOnFail(2));
		expect(error?.message).toContain('[item 1] was deleted: Candid could not process');
		expect(linesOf(error?.description).slice(2)).toEqual([
			'2 attachments deleted before the run stopped:',
			`• ${ids[0]} [item 0]`,
			`• ${ids[2]} [item 2].`,
			ADVICE,
		]);
		expect(requested().sort()).toEqual([...ids, ids[1]].sort());
	});

	const UNANSWERED: Array<[string, Partial<Fault>]> = [
		['a 500', { status: 500, when: 'after' }],
		['a 503 that is a web page', { status: 503, when: 'after', body: '<h1>Down</h1>' }],
		['a cut connection', { kind: 'cut', cut: 'before-answer' }],
		['a timeout', { kind: 'delay', when: 'after' }],
		['a JSON text', { kind: 'answer', status: 200, body: '"ok"', contentType: 'application/json' }],
		[
			'a web page',
			{ kind: 'answer', status: 200, body: '<h1>Log in</h1>', contentType: 'text/html' },
		],
	];

	it.each(UNANSWERED)(
		'reports an unknown outcome when %s came first and the attachment is gone then',
		async (_, fault) => {
			const [id = ''] = addMany(1);
			inject(fault);
			const { error } = await run([id], retryOnFail(2), { requestOptions: { timeout: 300 } });
			expect(attachmentIds()).toEqual([]);
			expect(requested()).toEqual([id, id]);
			expect(error).toMatchObject({
				message:
					'It is not known whether the attachment [item 0] was deleted: an earlier request was not answered, and Candid no longer has this ID',
				description: 'It was deleted by that request, or was never there. Check the ID.',
			});
		},
	);

	const REFUSALS: Array<[string, Partial<Fault>]> = [
		['a 404 that is not from Candid', { status: 404, body: '<h1>Not found</h1>' }],
		['a 403', { status: 403, body: UNAUTHORIZED }],
		['429 without end', { ...TOO_MANY, times: Infinity }],
	];

	it.each(REFUSALS)(
		'reports an unknown outcome when the first request was not answered and %s came second',
		async (_, fault) => {
			const [id = ''] = addMany(1);
			inject({ when: 'after' });
			inject({ ...fault, when: 'before' });
			const { error } = await givingUpAfter(500, async () => await run([id], retryOnFail(2)));
			expect(error?.message).toMatch(
				/^It is not known whether the attachment \[item 0\] was deleted/,
			);
			expect(error?.description).toContain('An earlier request was not answered');
			expect(requested().length).toBeGreaterThanOrEqual(2);
		},
	);

	it('reports that an attachment was not deleted when the outcome of every try is known', async () => {
		const [id = ''] = addMany(1);
		inject({ status: 404, times: 2, body: { errorName: 'EntityNotFoundError', content: { id } } });
		const { error } = await run([id], retryOnFail(2));
		expect(error?.message).toBe(
			'The attachment [item 0] was not deleted: Candid does not know this ID or address',
		);
	});
});

describe('a delete that Candid answers with 429', () => {
	it('is sent again until Candid accepts it', async () => {
		const ids = addMany(3);
		inject({ ...TOO_MANY, times: 5 });
		const { output, error } = await run(ids);
		expect(error).toBeUndefined();
		expect(output).toHaveLength(3);
		expect(attachmentIds()).toEqual([]);
	});

	it('counts as not started when another one fails while it waits for its turn', async () => {
		const ids = addMany(20);
		// At the lower pace they are sent one by one.
		paceOf(api.url).slowDown(performance.now());
		inject({ path: OF_ITEM_1, status: 403, body: UNAUTHORIZED });
		const { error } = await run(ids);
		expect(error?.message).toMatch(/^The attachment \[item 1\] was not deleted: the credential/);
		expect(error?.description).toContain(`• ${ids[0]} [item 0]`);
		expect(error?.description).not.toContain('not sent');
		const done = ids.length - attachmentIds().length;
		expect(error?.description).toContain(`Not started: ${ids.length - done - 1} attachments`);
		expect(requested()).toHaveLength(done + 1);
		expect(done).toBeLessThan(ids.length - 1);
	});
});

describe('a node that continues on fail', () => {
	it('deletes the others, and says in each error item whether to run it again', async () => {
		const ids = addMany(3);
		const body = { errorName: 'UnprocessableEntityError', content: {} };
		inject({ path: OF_ITEM_1, status: 422, body });
		const { output } = await run(ids, CONTINUE_ON_FAIL);
		expect(output).toMatchObject([
			{ json: { deleted: true }, pairedItem: { item: 0 } },
			{
				json: {
					error: expect.stringContaining('[item 1] was not deleted') as string,
					details: { attachment_id: ids[1], try_again: false },
				},
				pairedItem: { item: 1 },
			},
			{ json: { deleted: true }, pairedItem: { item: 2 } },
		]);
		expect(attachmentIds()).toEqual([ids[1]]);
	});

	it.each([
		[{ ...TOO_MANY, times: Infinity }, true],
		[{ status: 404, body: { errorName: 'EntityNotFoundError', content: { id: 'x' } } }, false],
	])('answers %j with the try_again value %p', async (fault, again) => {
		inject(fault);
		const { output } = await givingUpAfter(
			500,
			async () => await run(addMany(1), CONTINUE_ON_FAIL),
		);
		expect(output[0]?.json.details).toMatchObject({ try_again: again });
	});
});

describe('a delete without an attachment ID', () => {
	it.each([' ', '={{ "" }}', '={{ null }}', '={{ undefined }}', '={{ $json.nothing }}'])(
		'is not sent when the attachment ID is %j',
		async (value) => {
			const kept = addMany(1);
			const attachmentId = locator(value);
			const { error } = await run(['x'], {}, { attachmentId });
			expect(error?.message).toBe(
				'The attachment [item 0] was not deleted: no attachment is selected',
			);
			expect(api.requests).toEqual([]);
			expect(attachmentIds()).toEqual(kept);
		},
	);
});

it('a write cannot be sent without its report', () => {
	// @ts-expect-error: `readRequest` is for reads; `writeRequest` needs the texts of a report
	expect(readRequest({ subject: 'the attachment', action: 'deleted' })).toBeInstanceOf(Function);
});
