import type { INodeExecutionData } from 'n8n-workflow';

import { startCandidApi } from '../candid-api';
import type { CandidApi, RecordedRequest } from '../candid-api';
import { randomPdf, tiff } from '../files/contents';
import { givingUpAfter, scaleWaits } from './faults/scaledWaits';
import { runUpload } from './harness';
import type { InputFile, InputItem, RunSettings } from './harness';
import { isN8n1 } from './loadedN8n';
import { clientCredential } from './storedCredential';
import type { StoredCredential } from './storedCredential';

const ENCOUNTER = 'e0000000-0000-4000-8000-000000002001';
const LISTS = /^\/api\/encounter-attachments\/v1\/(by-charge-capture-external-id\/)?[^/]+$/;

/** Candid's own answer. */
const REFUSAL = { errorName: 'AnyError', content: {} };

let api: CandidApi;
let credential: StoredCredential;
/** When each request ended, in the order of their ends. */
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

const pdf = (fileName: string): InputFile => ({
	bytes: randomPdf(500),
	fileName,
	mimeType: 'application/pdf',
});

/** One file each: 0.pdf for CC-0, 1.pdf for CC-1, … */
const items = (count: number): InputItem[] =>
	Array.from({ length: count }, (_, index) => ({
		json: { id: `CC-${index}` },
		files: { data: pdf(`${index}.pdf`) },
	}));

const chargeCaptureExternalId = { __rl: true, mode: 'id', value: '={{ $json.id }}' };

const onEncounter = {
	attachTo: 'encounter',
	encounterId: { __rl: true, mode: 'id', value: ENCOUNTER },
};

const fourAtATime = { options: { maxConcurrentUploads: 4 } };

const continues = { onError: 'continueRegularOutput' } as const;

const isCreate = ({ method, path }: RecordedRequest) =>
	method === 'PUT' || path.endsWith('create-from-charge-capture-external-id');

const creates = () => api.requests.filter(isCreate);
const lists = () => api.requests.filter(({ method, path }) => method === 'GET' && LISTS.test(path));
const tokenRequests = () => api.requests.filter(({ path }) => path === '/api/auth/v2/token');

const ids = (output: INodeExecutionData[]) => output.map(({ json }) => json.attachment_id);
const storedId = (name: string) =>
	api.attachments.find(({ fileName }) => fileName === name)?.attachmentId;
const names = () => api.attachments.map(({ fileName }) => fileName).sort();

describe('a token', () => {
	it('is asked for once by two runs at once', async () => {
		await Promise.all([run({ items: items(10) }), run({ items: items(10) })]);
		expect(api.attachments).toHaveLength(20);
		expect(tokenRequests()).toHaveLength(1);
	});

	it('that is refused twice in a row stops the run, also where it continues on fail', async () => {
		api.inject({ kind: 'status', status: 401, body: '', times: Infinity });
		const { output } = await run({
			items: items(40),
			node: continues,
			parameters: fourAtATime,
		});
		expect(output).toHaveLength(40);
		for (const { json } of output) {
			expect(json.error).toMatch(/was not (stored|sent): Candid did not accept the access token$/);
		}
		expect(creates().length).toBeLessThanOrEqual(8);
		expect(tokenRequests().length).toBeLessThanOrEqual(9);
	});

	it('that Candid gives too often is waited for, by all with one request', async () => {
		api.inject({ kind: 'status', status: 429, body: '', path: '/api/auth/v2/token' });
		const { output, error } = await run({ items: items(30) });
		expect(error).toBeUndefined();
		expect(ids(output).every(Boolean)).toBe(true);
		expect(tokenRequests()).toHaveLength(2);
		const [refused, granted] = ends.filter(({ request }) => request.path.includes('/auth/'));
		expect(granted!.at - refused!.at).toBeGreaterThanOrEqual(7000);
	});

	it('is not asked for again and again for a client that is refused', async () => {
		credential.data.clientSecret = 'wrong';
		const { output } = await run({ items: items(30), node: continues });
		expect(output).toHaveLength(30);
		expect(tokenRequests().length).toBeLessThanOrEqual(4);
	});
});

describe('too many requests', () => {
	it.each([
		['for a while', {}, 1200],
		// n8n 1 does not pass headers on.
		['for as long as Candid asks', { headers: { 'retry-after': '3' } }, isN8n1 ? 1200 : 2600],
	])('hold up the whole run %s', async (_, more, pauseMs) => {
		api.inject({ kind: 'status', status: 429, body: '', skip: 6, ...more });
		const { output } = await run({ items: items(30), parameters: fourAtATime });
		expect(output).toHaveLength(30);
		const done = ends.filter(({ request }) => isCreate(request));
		const busy = done.findIndex(({ request }) => request.status === 429);
		const after = done.slice(busy + 1).map(({ at }) => at - done[busy]!.at);
		// Those that were on their way besides it end, or had just begun; then there is silence.
		expect(after.filter((ms) => ms < pauseMs).length).toBeLessThanOrEqual(8);
		expect(api.attachments).toHaveLength(30);
	});

	it('make the rest of the run keep to 1,000 requests in 10 seconds', async () => {
		api.inject({ kind: 'status', status: 429, body: '', skip: 10 });
		const { output } = await run({ items: items(300) });
		expect(output).toHaveLength(300);
		expect(names()).toHaveLength(300);
		const times = ends.filter(({ request }) => isCreate(request)).map(({ at }) => at);
		const busy = ends.find(({ request }) => request.status === 429)!.at;
		const after = times.filter((at) => at > busy + 1000);
		expect(after.length).toBeGreaterThan(200);
		// A slow machine makes it longer, none makes it shorter.
		expect(after.at(-1)! - after[0]!).toBeGreaterThanOrEqual((after.length - 50) * 10);
	});

	it('come and go, and no file fails as long as others are stored', async () => {
		scaleWaits(0.02);
		const refuseThree = () => api.inject({ kind: 'status', status: 429, body: '', times: 3 });
		refuseThree();
		onEnd = (request) => {
			if (isCreate(request) && request.status === 200) refuseThree();
		};
		const parameters = { options: { maxTries: 1, maxConcurrentUploads: 1 } };
		const { output, error } = await run({ items: items(3), parameters });
		expect(error).toBeUndefined();
		expect(ids(output).every(Boolean)).toBe(true);
		expect(names()).toEqual(['0.pdf', '1.pdf', '2.pdf']);
		expect(creates()).toHaveLength(3 + 9);
	});

	it('without end are reported when nothing has succeeded for five minutes', async () => {
		api.inject({ kind: 'status', status: 429, body: '', times: Infinity });
		const { error } = await givingUpAfter(4_000, async () => await run({ items: items(1) }));
		expect(error?.message).toBe(
			"'0.pdf' [item 0] was not stored: Candid is receiving too many requests",
		);
		expect(creates().length).toBeGreaterThan(1);
		expect(names()).toEqual([]);
	});
});

it('Max Tries 1 sends nothing again that Candid has looked at', async () => {
	api.inject({ kind: 'status', status: 503, body: '' });
	const { error } = await run({ items: items(1), parameters: { options: { maxTries: 1 } } });
	expect(error?.message).toMatch(/^It is not known whether '0.pdf' \[item 0\] was stored/);
	expect(creates()).toHaveLength(1);
});

it('when nothing succeeds for five minutes, what is left is not sent', async () => {
	let ahead = 0;
	const now = Date.now.bind(Date);
	jest.spyOn(Date, 'now').mockImplementation(() => now() + ahead);
	onEnd = (request) => {
		if (isCreate(request)) ahead += 4 * 60_000;
	};
	api.inject({ kind: 'status', status: 503, body: '', times: Infinity });
	const parameters = { options: { maxConcurrentUploads: 1, maxTries: 10 } };
	const { output } = await run({ items: items(10), node: continues, parameters });
	expect(output).toHaveLength(10);
	expect(output[9]!.json.error).toContain('nothing has succeeded at Candid for five minutes');
	expect(creates().length).toBeLessThanOrEqual(3);
});

/** Lets this process know an attachment of the charge capture that lists can be held to. */
const storeAnother = async () => await run({ items: [{ files: { data: pdf('another.pdf') } }] });

describe('a file whose answer is lost', () => {
	it('is sent again when a list that shows what is known does not show it', async () => {
		await storeAnother();
		api.inject({ kind: 'status', status: 503, body: '' });
		const { output } = await run({ items: items(1) });
		expect(ids(output)).toEqual([storedId('0.pdf')]);
		expect(creates()).toHaveLength(3);
		expect(lists().length).toBeLessThanOrEqual(2);
		expect(names()).toEqual(['0.pdf', 'another.pdf']);
	});

	it('is sent again when the list of another charge capture without an encounter shows what is known', async () => {
		const known = { items: [{ json: { id: 'CC-7' }, files: { data: pdf('known.pdf') } }] };
		await run({ ...known, parameters: { chargeCaptureExternalId } });
		api.inject({ kind: 'status', status: 503, body: '' });
		const { output } = await run({ items: items(1) });
		expect(ids(output)).toEqual([storedId('0.pdf')]);
		expect(creates()).toHaveLength(3);
	});

	it.each([
		[
			'a claim creation',
			() => api.addChargeCapture({ chargeExternalId: 'CC-7', status: 'billable' }),
		],
		['an encounter', () => api.addEncounter({ externalId: 'CC-7' })],
	])('is not sent again when the other charge capture has %s', async (_, prepare) => {
		prepare();
		const known = { items: [{ json: { id: 'CC-7' }, files: { data: pdf('known.pdf') } }] };
		await run({ ...known, parameters: { chargeCaptureExternalId } });
		api.inject({ kind: 'status', status: 503, body: '' });
		const { error } = await run({ items: items(1) });
		expect(error?.message).toContain('It is not known whether');
		expect(creates()).toHaveLength(2);
	});

	it('is not sent again where no list has been seen to show what is known', async () => {
		api.inject({ kind: 'status', status: 503, body: '' });
		const { error } = await run({ items: items(1) });
		expect(error?.message).toContain("It is not known whether '0.pdf' [item 0] was stored");
		expect(error?.description).toContain('so it was not sent again');
		expect(creates()).toHaveLength(1);
	});

	it('is not sent again when a known attachment is missing from the list', async () => {
		await storeAnother();
		api.inject({ kind: 'status', status: 503, body: '' });
		api.inject({ kind: 'answer', body: [], method: 'GET', path: LISTS, times: 99 });
		const { error } = await run({ items: items(1) });
		expect(error?.message).toContain('It is not known whether');
		expect(creates()).toHaveLength(2);
	});

	it('is found on an encounter by the time of its creation, and is not sent again', async () => {
		const createdAt = new Date(Date.now() - 3_600_000).toISOString();
		api.addAttachment({ encounterId: ENCOUNTER, fileName: '0.pdf', createdAt });
		api.inject({ kind: 'status', status: 500, body: '', when: 'after' });
		const { output } = await run({ items: items(1), parameters: onEncounter });
		expect(creates()).toHaveLength(1);
		expect(ids(output)).toEqual([api.attachments[1]!.attachmentId]);
	});

	it('is not taken for one on a charge capture that may be older', async () => {
		api.inject({ kind: 'status', status: 500, body: '', when: 'after' });
		const { error } = await run({ items: items(1) });
		expect(error?.message).toContain("It is not known whether '0.pdf' [item 0] was stored");
		const named = `may be this file or an older one: ${storedId('0.pdf')}.`;
		expect(error?.description).toContain(named);
		expect(creates()).toHaveLength(1);
	});

	it('is found on a charge capture when an earlier list of the run did not have it', async () => {
		await storeAnother();
		api.inject({ kind: 'status', status: 500, body: '', when: 'before' });
		api.inject({ kind: 'status', status: 500, body: '', when: 'after' });
		const { output } = await run({ items: items(1) });
		expect(ids(output)).toEqual([storedId('0.pdf')]);
		expect(creates()).toHaveLength(3);
	});

	it('is not known to be stored when the list cannot be read either', async () => {
		await storeAnother();
		api.inject({ kind: 'status', status: 503, body: '' });
		api.inject({ kind: 'status', status: 403, body: '', method: 'GET', path: LISTS });
		const { error } = await run({ items: items(1) });
		expect(error?.message).toContain('It is not known whether');
		expect(error?.description).toContain('The list of attachments could not be read either');
		expect(creates()).toHaveLength(2);
	});

	it('is not called not stored because a later attempt was refused', async () => {
		await storeAnother();
		api.inject({ kind: 'cut', cut: 'before-answer-unstored' });
		const body = { errorName: 'UnprocessableEntityError', content: { message: 'No' } };
		api.inject({ kind: 'status', status: 422, body });
		const { error } = await run({ items: items(1) });
		expect(error?.message).toBe(
			"It is not known whether '0.pdf' [item 0] was stored: Candid did not accept its data",
		);
		expect(error?.description).toContain('An earlier attempt was not answered.');
	});

	it('is looked for by a list that is asked for again', async () => {
		await storeAnother();
		api.inject({ kind: 'status', status: 503, body: '' });
		api.inject({ kind: 'cut', cut: 'mid-answer', method: 'GET', path: LISTS });
		const { output } = await run({ items: items(1) });
		expect(ids(output)).toEqual([storedId('0.pdf')]);
		expect(lists().length).toBeGreaterThanOrEqual(2);
	});

	it.each([
		['Candid', { errorName: 'EntityNotFoundError', content: { id: 'CC-0' } }],
		['a proxy', '<p>Not here</p>'],
	])('is not sent again when %s answers the list with a 404', async (_, body) => {
		await storeAnother();
		api.inject({ kind: 'status', status: 503, body: '' });
		api.inject({ kind: 'status', status: 404, method: 'GET', path: LISTS, body });
		const { error } = await run({ items: items(1) });
		expect(error?.message).toContain('It is not known whether');
		expect(creates()).toHaveLength(2);
	});
});

describe('files that a list could not tell apart', () => {
	const twins: InputItem[] = [0, 1, 2].map(() => ({ files: { data: pdf('scan.pdf') } }));

	it('are sent one after another, and others beside them', async () => {
		api.inject({ kind: 'delay', delayMs: 200, times: Infinity });
		await run({ items: twins });
		expect(api.peakUploads).toBe(1);
		api.reset();
		api.inject({ kind: 'delay', delayMs: 200, times: Infinity });
		const { output } = await run({
			items: items(3).map(({ json, files }) => ({
				json,
				files: { data: { ...files!.data!, fileName: 'scan.pdf' } },
			})),
			parameters: { chargeCaptureExternalId },
		});
		expect(output).toHaveLength(3);
		expect(api.peakUploads).toBe(3);
	});

	it('get the right IDs when the answer to one is lost', async () => {
		api.inject({ kind: 'status', status: 500, body: '', when: 'after', skip: 1 });
		const { output } = await run({ items: twins, parameters: onEncounter });
		expect(creates()).toHaveLength(3);
		expect(ids(output)).toEqual(api.attachments.map(({ attachmentId }) => attachmentId));
	});
});

describe("'If Already Attached: Skip'", () => {
	const skip = { options: { ifAlreadyAttached: 'skip' } };

	it('sends nothing that is there, with one list for each parent', async () => {
		const there = api.addAttachment({ chargeCaptureExternalId: 'CC-1001', fileName: '1.pdf' });
		const { output } = await run({ items: items(4), parameters: skip });
		// One before anything is sent, and one to see whether the first file shows in it.
		expect(lists()).toHaveLength(2);
		expect(creates()).toHaveLength(3);
		expect(names()).toEqual(['0.pdf', '1.pdf', '2.pdf', '3.pdf']);
		expect(ids(output)).toEqual(['0.pdf', '1.pdf', '2.pdf', '3.pdf'].map(storedId));
		expect(output.map(({ json }) => json.already_attached)).toEqual([
			undefined,
			true,
			undefined,
			undefined,
		]);
		expect(output[1]!.json).toMatchObject({
			attachment_id: there.attachmentId,
			file_name: '1.pdf',
		});
	});

	it('reads few lists for many files on several charge captures', async () => {
		const many = Array.from({ length: 60 }, (_, index) => ({
			json: { id: `CC-${index % 3}` },
			files: { data: pdf(`${index}.pdf`) },
		}));
		const { output } = await run({ items: many, parameters: { ...skip, chargeCaptureExternalId } });
		expect(ids(output).every(Boolean)).toBe(true);
		expect(names()).toHaveLength(60);
		// One for each before anything is sent, one after the first file, and one more for the others.
		expect(lists().length).toBeLessThanOrEqual(6);
		const again = await run({ items: many, parameters: { ...skip, chargeCaptureExternalId } });
		expect(again.output.every(({ json }) => json.already_attached)).toBe(true);
		expect(creates()).toHaveLength(60);
		expect(lists().length).toBeLessThanOrEqual(9);
	});

	it.each([
		['another attachment type', { attachmentType: 'EOB' }],
		['another name', { fileName: '00.pdf' }],
		['another charge capture', { chargeCaptureExternalId: 'CC-1' }],
	])('does not take one of %s for the file', async (_, more) => {
		api.addAttachment({ chargeCaptureExternalId: 'CC-1001', fileName: '0.pdf', ...more });
		await run({ items: items(1), parameters: skip });
		expect(creates()).toHaveLength(1);
	});

	it('makes a run that was interrupted go on, however often', async () => {
		const files = items(6);
		api.inject({ kind: 'status', status: 422, body: '', skip: 3, times: Infinity });
		const { error } = await run({ items: files, parameters: skip });
		expect(error).toBeDefined();
		api.clearFaults();
		const again = await run({ items: files, parameters: skip });
		const third = await run({ items: files, parameters: skip });
		expect(names()).toEqual(['0.pdf', '1.pdf', '2.pdf', '3.pdf', '4.pdf', '5.pdf']);
		expect(ids(again.output)).toEqual(ids(third.output));
		expect(third.output.every(({ json }) => json.already_attached)).toBe(true);
	});

	it('takes each attachment for one file, where several have one name', async () => {
		const twins: InputItem[] = [0, 1, 2].map(() => ({ files: { data: pdf('scan.pdf') } }));
		api.inject({ kind: 'status', status: 422, body: REFUSAL, skip: 1 });
		const first = await run({ items: twins, node: continues, parameters: skip });
		expect(first.output.map(({ json }) => json.error)).toEqual([
			undefined,
			expect.stringContaining('Candid did not accept its data'),
			expect.stringContaining('an earlier file with the same name must be stored first'),
		]);
		const second = await run({ items: twins, parameters: skip });
		expect(api.attachments).toHaveLength(3);
		expect(ids(second.output)).toEqual(api.attachments.map(({ attachmentId }) => attachmentId));
		const contents = second.output.map((_, index) => twins[index]!.files!.data!.bytes);
		expect(api.attachments.map(({ bytes }) => bytes.equals(contents.shift()!))).toEqual([
			true,
			true,
			true,
		]);
	});

	it('stores a file once that two runs bring at once', async () => {
		const files = items(5);
		const runs = await Promise.all([
			run({ items: files, parameters: skip }),
			run({ items: files, parameters: skip }),
		]);
		expect(names()).toEqual(['0.pdf', '1.pdf', '2.pdf', '3.pdf', '4.pdf']);
		expect(ids(runs[0]!.output)).toEqual(ids(runs[1]!.output));
	});

	it('names the file that it had to store to see what lists show, whichever that is', async () => {
		await api.close();
		api = await startCandidApi({ world: { chargeCaptureList: 'with an encounter' } });
		credential = clientCredential(api);
		// The first file's list comes last, so that another file is the one.
		api.inject({ kind: 'delay', delayMs: 1000, method: 'GET', path: /CC-0$/ });
		const { error } = await run({
			items: items(8),
			parameters: { ...skip, chargeCaptureExternalId },
		});
		expect(error?.message).toContain("'Skip' cannot tell what is already attached");
		expect(creates()).toHaveLength(1);
		const name = creates()[0]!.fields!.find(({ fileName }) => fileName)!.fileName!;
		expect(`${error!.message} ${error!.description}`).toMatch(
			new RegExp(
				`'${name}' \\[item \\d\\].* was uploaded as a test \\(attachment [\\w-]+\\) and then deleted`,
			),
		);
		expect(api.attachments).toEqual([]);
	});

	it('sends nothing when it cannot be seen what is there', async () => {
		api.inject({ kind: 'status', status: 403, body: '', method: 'GET', path: LISTS, times: 99 });
		const { error } = await run({ items: items(1), parameters: skip });
		expect(error?.message).toContain('the list of what is already attached could not be read');
		expect(creates()).toEqual([]);
	});
});

describe("n8n's Retry On Fail", () => {
	const retry = { retryOnFail: true, maxTries: 2, waitBetweenTries: 0 };

	it('goes on where the try before it stopped', async () => {
		api.inject({ kind: 'status', status: 422, body: '', skip: 5 });
		const { output, error } = await run({ items: items(20), node: retry });
		expect(error).toBeUndefined();
		expect(ids(output)).toEqual(Array.from({ length: 20 }, (_, index) => storedId(`${index}.pdf`)));
		expect(creates()).toHaveLength(21);
		expect(api.attachments).toHaveLength(20);
	});

	it('does so where the node continues on fail and its first item is one that failed', async () => {
		api.inject({ kind: 'status', status: 422, body: '' });
		const node = { ...retry, ...continues };
		const parameters = { options: { maxConcurrentUploads: 1 } };
		const { output } = await run({ items: items(5), node, parameters });
		expect(ids(output)).toEqual([0, 1, 2, 3, 4].map((index) => storedId(`${index}.pdf`)));
		expect(creates()).toHaveLength(6);
	});

	it('looks before it sends what may be stored', async () => {
		api.inject({ kind: 'status', status: 500, body: '', when: 'after' });
		api.inject({ kind: 'status', status: 403, body: '', method: 'GET', path: LISTS });
		const { output } = await run({ items: items(1), node: retry, parameters: onEncounter });
		expect(ids(output)).toEqual([storedId('0.pdf')]);
		expect(creates()).toHaveLength(1);
	});

	it('sends what an expression names anew at each try but once', async () => {
		api.inject({ kind: 'status', status: 422, body: '', skip: 2 });
		const { output } = await run({
			items: items(3),
			node: retry,
			parameters: {
				additionalFields: { description: '={{ Math.random() }}' },
				options: { maxConcurrentUploads: 1 },
			},
		});
		expect(output).toHaveLength(3);
		expect(api.attachments).toHaveLength(3);
		const described = api.attachments.map(({ description }) => description);
		expect(output.map(({ json }) => json.description)).toEqual(described);
	});

	it('reports at the end what any of its tries has stored', async () => {
		api.inject({ kind: 'status', status: 422, body: '', skip: 3, times: Infinity });
		const { error } = await run({
			items: items(8),
			node: retry,
			parameters: { options: { maxConcurrentUploads: 1 } },
		});
		for (const index of [0, 1, 2]) {
			expect(error?.description).toContain(
				`'${index}.pdf' [item ${index}] → ${storedId(`${index}.pdf`)}`,
			);
		}
		expect(error?.description).toContain("Not started: 4 files, '4.pdf' [item 4], '5.pdf'");
	});
});

describe('a run that fails', () => {
	it('says what it has stored, what not and why, and what it has not begun', async () => {
		api.inject({ kind: 'status', status: 403, body: REFUSAL, skip: 40, times: Infinity });
		const { error } = await run({ items: items(300), parameters: fourAtATime });
		expect(error?.message).toMatch(
			/^'\d+\.pdf' \[item \d+\] was not stored: the credential is not/,
		);
		const lines = error!.description!.split('<br>\n');
		expect(lines.length).toBeLessThanOrEqual(20);
		expect(lines).toContain('40 files stored before the run stopped:');
		expect(lines).toContain(`- '0.pdf' [item 0] → ${storedId('0.pdf')}`);
		expect(error!.description).toMatch(/Not started: 25[6-9] files, '4\d\.pdf' \[item 4\d\]/);
		expect(error!.description).toContain("'If Already Attached' (under Options) set to 'Skip'");
		expect(names()).toHaveLength(40);
	});

	it('adds nothing to the message about a single file', async () => {
		api.inject({ kind: 'status', status: 403, body: '' });
		const { error } = await run({ items: items(1) });
		expect(error!.description).not.toContain('<br>');
	});

	it("with n8n's batching starts nothing in the batches after it", async () => {
		api.inject({ kind: 'status', status: 403, body: '', skip: 2, times: Infinity });
		const { error } = await run({
			items: items(12),
			parameters: { requestOptions: { batching: { batch: { batchSize: 3, batchInterval: 300 } } } },
		});
		expect(creates()).toHaveLength(3);
		expect(error?.description).toContain('2 files stored before the run stopped:');
		expect(error?.description).toContain("Not started: 9 files, '3.pdf' [item 3],");
	});

	it("with n8n's batching sends nothing after a batch that has a file to refuse", async () => {
		const [first, ...rest] = items(6);
		const scan = { bytes: tiff(), fileName: 'scan.tiff', mimeType: 'image/tiff' };
		const { error } = await run({
			items: [{ ...first, files: { data: scan } }, ...rest],
			parameters: { requestOptions: { batching: { batch: { batchSize: 2, batchInterval: 100 } } } },
		});
		expect(error?.message).toContain("'scan.tiff' [item 0] was not stored");
		expect(error?.description).toContain('Not started: 4 files,');
		expect(creates()).toEqual([]);
	});
});

it("'Stop execution' aborts what is on its way and starts nothing else", async () => {
	api.inject({ kind: 'delay', delayMs: 20_000, when: 'before', times: Infinity });
	const begun = Date.now();
	await run({
		items: items(40),
		parameters: fourAtATime,
		cancelWhen: new Promise((resolve) => setTimeout(resolve, 500)),
	});
	expect(Date.now() - begun).toBeLessThan(15_000);
	expect(creates().length).toBeLessThanOrEqual(4);
});

it('a file that is stored long after its timeout is found, and not sent again', async () => {
	api.inject({ kind: 'delay', delayMs: 2000, when: 'before' });
	const { output } = await run({
		items: items(1),
		parameters: { ...onEncounter, requestOptions: { timeout: 400 } },
	});
	expect(ids(output)).toEqual([storedId('0.pdf')]);
	expect(creates()).toHaveLength(1);
});
