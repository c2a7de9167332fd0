import { startCandidApi } from '../candid-api';
import type { CandidApi, RecordedRequest } from '../candid-api';
import { SIGN_IN_PATH, isAttachmentCreate } from '../candid-api/paths';
import { givingUpAfter, scaleWaits } from './faults/scaledWaits';
import {
	ATTACHMENT_LISTS,
	CONTINUE_ON_FAIL,
	DUPLICATES,
	ENCOUNTER,
	FOUR_AT_A_TIME,
	ID_OF_ITEM,
	TO_ENCOUNTER,
	attachmentCreates,
	attachmentIdsOf,
	listRequests,
	pdfFile,
	pdfItems,
	storedId,
	storedNames,
	tokenRequests,
} from './fixtures';
import { runUpload } from './harness';
import type { RunSettings } from './harness';
import { isN8n1 } from './loadedN8n';
import { clientCredential } from './storedCredential';
import type { StoredCredential } from './storedCredential';

let api: CandidApi;
let credential: StoredCredential;
/** The requests that have ended, in that order, and when each did. */
let ends: Array<{ request: RecordedRequest; at: number }>;
let onEnd: (request: RecordedRequest) => void;

beforeEach(async () => {
	ends = [];
	onEnd = () => {};
	api = await startCandidApi({
		requestsPer10Seconds: 100_000,
		onRequestEnd: (request) => {
			ends.push({ request, at: Date.now() });
			onEnd(request);
		},
	});
	credential = clientCredential(api);
});

afterEach(async () => {
	scaleWaits(1);
	jest.restoreAllMocks();
	await api.close();
});

const run = async (settings: Omit<RunSettings, 'credential'>) =>
	await runUpload({ credential, ...settings });

const isCreate = ({ method, path }: RecordedRequest) => isAttachmentCreate(method, path);

describe('the access token', () => {
	it('is requested once by two runs at the same time', async () => {
		await Promise.all([run({ items: pdfItems(10) }), run({ items: pdfItems(10) })]);
		expect(api.attachments).toHaveLength(20);
		expect(tokenRequests(api)).toHaveLength(1);
	});

	it('stops the run when it is refused twice in a row, also where the node continues on fail', async () => {
		api.inject({ kind: 'status', status: 401, body: '', times: Infinity });
		const { output } = await run({
			items: pdfItems(40),
			node: CONTINUE_ON_FAIL,
			parameters: { options: FOUR_AT_A_TIME },
		});
		expect(output).toHaveLength(40);
		for (const { json } of output) {
			expect(json.error).toMatch(/was not (stored|sent): Candid did not accept the access token$/);
		}
		expect(attachmentCreates(api).length).toBeLessThanOrEqual(8);
		expect(tokenRequests(api).length).toBeLessThanOrEqual(9);
	});

	it('is requested again after the wait of a 429, once for all items', async () => {
		api.inject({ kind: 'status', status: 429, body: '', path: SIGN_IN_PATH });
		const { output, error } = await run({ items: pdfItems(30) });
		expect(error).toBeUndefined();
		expect(attachmentIdsOf(output).every(Boolean)).toBe(true);
		expect(tokenRequests(api)).toHaveLength(2);
		const [refused, granted] = ends.filter(({ request }) => request.path.includes('/auth/'));
		expect(granted!.at - refused!.at).toBeGreaterThanOrEqual(7000);
	});

	it('is not requested for every item when Candid refuses the client', async () => {
		credential.data.clientSecret = 'wrong';
		const { output } = await run({ items: pdfItems(30), node: CONTINUE_ON_FAIL });
		expect(output).toHaveLength(30);
		expect(tokenRequests(api).length).toBeLessThanOrEqual(4);
	});
});

describe('a 429', () => {
	it.each([
		['for a while', {}, 1200],
		// n8n 1 does not pass headers on.
		['for the time in Retry-After', { headers: { 'retry-after': '3' } }, isN8n1 ? 1200 : 2600],
	])('pauses the whole run %s', async (_, more, pauseMs) => {
		api.inject({ kind: 'status', status: 429, body: '', skip: 6, ...more });
		const { output } = await run({ items: pdfItems(30), parameters: { options: FOUR_AT_A_TIME } });
		expect(output).toHaveLength(30);
		const done = ends.filter(({ request }) => isCreate(request));
		const busy = done.findIndex(({ request }) => request.status === 429);
		const after = done.slice(busy + 1).map(({ at }) => at - done[busy]!.at);
		// Requests that were in progress or had just begun still end; then there is a pause.
		expect(after.filter((ms) => ms < pauseMs).length).toBeLessThanOrEqual(8);
		expect(api.attachments).toHaveLength(30);
	});

	it('makes the rest of the run keep to 1,000 requests in 10 seconds', async () => {
		api.inject({ kind: 'status', status: 429, body: '', skip: 10 });
		const { output } = await run({ items: pdfItems(300) });
		expect(output).toHaveLength(300);
		expect(storedNames(api)).toHaveLength(300);
		const times = ends.filter(({ request }) => isCreate(request)).map(({ at }) => at);
		const busy = ends.find(({ request }) => request.status === 429)!.at;
		const after = times.filter((at) => at > busy + 1000);
		expect(after.length).toBeGreaterThan(200);
		// A slow machine takes longer; none can take less time.
		expect(after.at(-1)! - after[0]!).toBeGreaterThanOrEqual((after.length - 50) * 10);
	});

	it('does not fail a file as long as other files are stored', async () => {
		scaleWaits(0.02);
		const refuseThree = () => api.inject({ kind: 'status', status: 429, body: '', times: 3 });
		refuseThree();
		onEnd = (request) => {
			if (isCreate(request) && request.status === 200) refuseThree();
		};
		const parameters = { options: { maxTries: 1, maxConcurrentUploads: 1 } };
		const { output, error } = await run({ items: pdfItems(3), parameters });
		expect(error).toBeUndefined();
		expect(attachmentIdsOf(output).every(Boolean)).toBe(true);
		expect(storedNames(api)).toEqual(['0.pdf', '1.pdf', '2.pdf']);
		expect(attachmentCreates(api)).toHaveLength(3 + 9);
	});

	it('is reported when nothing has succeeded for five minutes', async () => {
		api.inject({ kind: 'status', status: 429, body: '', times: Infinity });
		const { error } = await givingUpAfter(4_000, async () => await run({ items: pdfItems(1) }));
		expect(error?.message).toBe(
			"'0.pdf' [item 0] was not stored: Candid is receiving too many requests",
		);
		expect(attachmentCreates(api).length).toBeGreaterThan(1);
		expect(storedNames(api)).toEqual([]);
	});
});

it('Max Tries 1 does not send a file again that Candid may have stored', async () => {
	api.inject({ kind: 'status', status: 503, body: '' });
	const { error } = await run({ items: pdfItems(1), parameters: { options: { maxTries: 1 } } });
	expect(error?.message).toMatch(/^It is not known whether '0.pdf' \[item 0\] was stored/);
	expect(attachmentCreates(api)).toHaveLength(1);
});

it('a run in which nothing succeeds for five minutes does not send the remaining files', async () => {
	let clockOffset = 0;
	const now = Date.now.bind(Date);
	jest.spyOn(Date, 'now').mockImplementation(() => now() + clockOffset);
	onEnd = (request) => {
		if (isCreate(request)) clockOffset += 4 * 60_000;
	};
	api.inject({ kind: 'status', status: 503, body: '', times: Infinity });
	const parameters = { options: { maxConcurrentUploads: 1, maxTries: 10 } };
	const { output } = await run({ items: pdfItems(10), node: CONTINUE_ON_FAIL, parameters });
	expect(output).toHaveLength(10);
	expect(output[9]!.json.error).toContain('no request to Candid has succeeded for five minutes');
	expect(attachmentCreates(api).length).toBeLessThanOrEqual(3);
});

/** Stores a file of the same charge capture, so that the node can check whether lists show it. */
const storeAnother = async () =>
	await run({ items: [{ files: { data: pdfFile('another.pdf') } }] });

describe('a file whose answer is lost', () => {
	it('is sent again when a list shows the known attachments and not this file', async () => {
		await storeAnother();
		api.inject({ kind: 'status', status: 503, body: '' });
		const { output } = await run({ items: pdfItems(1) });
		expect(attachmentIdsOf(output)).toEqual([storedId(api, '0.pdf')]);
		expect(attachmentCreates(api)).toHaveLength(3);
		expect(listRequests(api).length).toBeLessThanOrEqual(2);
		expect(storedNames(api)).toEqual(['0.pdf', 'another.pdf']);
	});

	it('is sent again when the list of another charge capture without an encounter shows its known attachment', async () => {
		const known = { items: [{ json: { id: 'CC-7' }, files: { data: pdfFile('known.pdf') } }] };
		await run({ ...known, parameters: { chargeCaptureExternalId: ID_OF_ITEM } });
		api.inject({ kind: 'status', status: 503, body: '' });
		const { output } = await run({ items: pdfItems(1) });
		expect(attachmentIdsOf(output)).toEqual([storedId(api, '0.pdf')]);
		expect(attachmentCreates(api)).toHaveLength(3);
	});

	it.each([
		[
			'a claim creation',
			() => api.addChargeCapture({ chargeExternalId: 'CC-7', status: 'billable' }),
		],
		['an encounter', () => api.addEncounter({ externalId: 'CC-7' })],
	])('is not sent again when that other charge capture has %s', async (_, prepare) => {
		prepare();
		const known = { items: [{ json: { id: 'CC-7' }, files: { data: pdfFile('known.pdf') } }] };
		await run({ ...known, parameters: { chargeCaptureExternalId: ID_OF_ITEM } });
		api.inject({ kind: 'status', status: 503, body: '' });
		const { error } = await run({ items: pdfItems(1) });
		expect(error?.message).toContain('It is not known whether');
		expect(attachmentCreates(api)).toHaveLength(2);
	});

	it('is not sent again when no list has shown a known attachment yet', async () => {
		api.inject({ kind: 'status', status: 503, body: '' });
		const { error } = await run({ items: pdfItems(1) });
		expect(error?.message).toContain("It is not known whether '0.pdf' [item 0] was stored");
		expect(error?.description).toContain('so it was not sent again');
		expect(attachmentCreates(api)).toHaveLength(1);
	});

	it('is not sent again when a known attachment is missing from the list', async () => {
		await storeAnother();
		api.inject({ kind: 'status', status: 503, body: '' });
		api.inject({ kind: 'answer', body: [], ...ATTACHMENT_LISTS, times: 99 });
		const { error } = await run({ items: pdfItems(1) });
		expect(error?.message).toContain('It is not known whether');
		expect(attachmentCreates(api)).toHaveLength(2);
	});

	it('is found on an encounter by its creation time, and not sent again', async () => {
		const createdAt = new Date(Date.now() - 3_600_000).toISOString();
		api.addAttachment({ encounterId: ENCOUNTER, fileName: '0.pdf', createdAt });
		api.inject({ kind: 'status', status: 500, body: '', when: 'after' });
		const { output } = await run({ items: pdfItems(1), parameters: TO_ENCOUNTER });
		expect(attachmentCreates(api)).toHaveLength(1);
		expect(attachmentIdsOf(output)).toEqual([api.attachments[1]!.attachmentId]);
	});

	it('is not assumed to be an attachment of a charge capture that may be older', async () => {
		api.inject({ kind: 'status', status: 500, body: '', when: 'after' });
		const { error } = await run({ items: pdfItems(1) });
		expect(error?.message).toContain("It is not known whether '0.pdf' [item 0] was stored");
		const named = `may be this file or an older one: ${storedId(api, '0.pdf')}.`;
		expect(error?.description).toContain(named);
		expect(attachmentCreates(api)).toHaveLength(1);
	});

	it('is found on a charge capture when an earlier list of the run did not have it', async () => {
		await storeAnother();
		api.inject({ kind: 'status', status: 500, body: '', when: 'before' });
		api.inject({ kind: 'status', status: 500, body: '', when: 'after' });
		const { output } = await run({ items: pdfItems(1) });
		expect(attachmentIdsOf(output)).toEqual([storedId(api, '0.pdf')]);
		expect(attachmentCreates(api)).toHaveLength(3);
	});

	it('has an unknown outcome when the list cannot be read either', async () => {
		await storeAnother();
		api.inject({ kind: 'status', status: 503, body: '' });
		api.inject({ kind: 'status', status: 403, body: '', ...ATTACHMENT_LISTS });
		const { error } = await run({ items: pdfItems(1) });
		expect(error?.message).toContain('It is not known whether');
		expect(error?.description).toContain('The list of attachments could not be read either');
		expect(attachmentCreates(api)).toHaveLength(2);
	});

	it('has an unknown outcome also when a later try was refused', async () => {
		await storeAnother();
		api.inject({ kind: 'cut', cut: 'before-answer-unstored' });
		const body = { errorName: 'UnprocessableEntityError', content: { message: 'No' } };
		api.inject({ kind: 'status', status: 422, body });
		const { error } = await run({ items: pdfItems(1) });
		expect(error?.message).toBe(
			"It is not known whether '0.pdf' [item 0] was stored: Candid did not accept its data",
		);
		expect(error?.description).toContain('An earlier attempt was not answered.');
	});

	it('is found in a list that had to be requested twice', async () => {
		await storeAnother();
		api.inject({ kind: 'status', status: 503, body: '' });
		api.inject({ kind: 'cut', cut: 'mid-answer', ...ATTACHMENT_LISTS });
		const { output } = await run({ items: pdfItems(1) });
		expect(attachmentIdsOf(output)).toEqual([storedId(api, '0.pdf')]);
		expect(listRequests(api).length).toBeGreaterThanOrEqual(2);
	});

	it.each([
		['Candid', { errorName: 'EntityNotFoundError', content: { id: 'CC-0' } }],
		['a proxy', '<p>Not here</p>'],
	])('is not sent again when %s answers the request for the list with a 404', async (_, body) => {
		await storeAnother();
		api.inject({ kind: 'status', status: 503, body: '' });
		api.inject({ kind: 'status', status: 404, ...ATTACHMENT_LISTS, body });
		const { error } = await run({ items: pdfItems(1) });
		expect(error?.message).toContain('It is not known whether');
		expect(attachmentCreates(api)).toHaveLength(2);
	});
});

describe('files with the same name for the same charge capture', () => {
	it('are sent one after another, while files for other charge captures are sent at the same time', async () => {
		api.inject({ kind: 'delay', delayMs: 200, times: Infinity });
		await run({ items: DUPLICATES });
		expect(api.peakUploads).toBe(1);
		api.reset();
		api.inject({ kind: 'delay', delayMs: 200, times: Infinity });
		const { output } = await run({
			items: pdfItems(3).map(({ json, files }) => ({
				json,
				files: { data: { ...files!.data!, fileName: 'scan.pdf' } },
			})),
			parameters: { chargeCaptureExternalId: ID_OF_ITEM },
		});
		expect(output).toHaveLength(3);
		expect(api.peakUploads).toBe(3);
	});

	it('get the right IDs when the answer for one is lost', async () => {
		api.inject({ kind: 'status', status: 500, body: '', when: 'after', skip: 1 });
		const { output } = await run({ items: DUPLICATES, parameters: TO_ENCOUNTER });
		expect(attachmentCreates(api)).toHaveLength(3);
		expect(attachmentIdsOf(output)).toEqual(
			api.attachments.map(({ attachmentId }) => attachmentId),
		);
	});
});

it("'Stop execution' aborts the uploads in progress and starts no others", async () => {
	api.inject({ kind: 'delay', delayMs: 20_000, when: 'before', times: Infinity });
	const begun = Date.now();
	await run({
		items: pdfItems(40),
		parameters: { options: FOUR_AT_A_TIME },
		cancelWhen: new Promise((resolve) => setTimeout(resolve, 500)),
	});
	expect(Date.now() - begun).toBeLessThan(15_000);
	expect(attachmentCreates(api).length).toBeLessThanOrEqual(4);
});

it('a file that is stored after the timeout of its upload is found, and not sent again', async () => {
	api.inject({ kind: 'delay', delayMs: 2000, when: 'before' });
	const { output } = await run({
		items: pdfItems(1),
		parameters: { ...TO_ENCOUNTER, requestOptions: { timeout: 400 } },
	});
	expect(attachmentIdsOf(output)).toEqual([storedId(api, '0.pdf')]);
	expect(attachmentCreates(api)).toHaveLength(1);
});
