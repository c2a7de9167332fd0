import { setTimeout as sleep } from 'node:timers/promises';
import type { INodeParameters } from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import { Pace, paceOf } from '../../nodes/CandidHealth/run/pace';
import { startCandidApi } from '../candid-api';
import type { CandidApi } from '../candid-api';
import { randomPdf } from '../files/contents';
import { ID_OF_ITEM, attachmentParameters, locator, pdfFile, tokenRequests } from './fixtures';
import { runNode, runUpload } from './harness';
import type { InputItem, RunSettings } from './harness';
import { clientCredential, pastedCredential } from './storedCredential';
import type { StoredCredential } from './storedCredential';

let api: CandidApi;
let credential: StoredCredential;
/** when each request ended */
let ends: number[];

beforeEach(async () => {
	ends = [];
	api = await startCandidApi({ onRequestEnd: () => ends.push(Date.now()) });
	credential = clientCredential(api);
});

afterEach(async () => {
	jest.restoreAllMocks();
	await api.close();
});

const BYTES = randomPdf(300);

/** One file each, and another charge capture for each. */
const items = (count: number, prefix: string): InputItem[] =>
	Array.from({ length: count }, (_, index) => ({
		json: { id: `${prefix}-${index}` },
		files: { data: pdfFile(`${prefix}-${index}.pdf`, BYTES) },
	}));

const perItem = { chargeCaptureExternalId: ID_OF_ITEM };

const upload = async (count: number, prefix: string, more: Partial<RunSettings> = {}) =>
	await runUpload({ credential, items: items(count, prefix), parameters: perItem, ...more });

it('keeps two runs of a process together to 900 requests in 10 seconds, also with different credentials', async () => {
	const other = { credential: pastedCredential(api) };
	const results = await Promise.all([upload(600, 'A'), upload(600, 'B', other)]);
	for (const { error, output } of results) {
		expect(error).toBeUndefined();
		expect(output).toHaveLength(600);
	}
	expect(api.requests.filter(({ status }) => status === 429).length).toBe(0);
	expect(api.attachments).toHaveLength(1_200);
	// One second less than the window, for requests in progress.
	expect(ends[1_000]! - ends[50]!).toBeGreaterThan(9_000);
}, 120_000);

it("'Stop execution' ends a run that waits for its turn, and nothing is sent", async () => {
	paceOf(api.url).pause(25_000);
	const begun = Date.now();
	await upload(3, 'A', { cancelWhen: sleep(300) });
	expect(Date.now() - begun).toBeLessThan(20_000);
	expect(api.requests).toEqual([]);
});

it('lets other runs continue when a waiting run is stopped', async () => {
	paceOf(api.url).pause(8_000);
	const [, other] = await Promise.all([upload(3, 'A', { cancelWhen: sleep(300) }), upload(3, 'B')]);
	expect(other.error).toBeUndefined();
	expect(api.attachments.map(({ fileName }) => fileName).sort()).toEqual([
		'B-0.pdf',
		'B-1.pdf',
		'B-2.pdf',
	]);
});

it('the pace is given the number of files that a run still has to send, without those in progress', async () => {
	const inTurn = jest.spyOn(Pace.prototype, 'inTurn');
	const parameters = { ...perItem, options: { maxConcurrentUploads: 3 } };
	await runUpload({ credential, items: items(9, 'A'), parameters });
	const backlogs = inTurn.mock.calls.map(([{ backlog }]) => backlog);
	expect(backlogs).toEqual([...backlogs].sort((a, b) => b - a));
	expect(backlogs).toHaveLength(9);
	expect(backlogs[0]).toBeGreaterThanOrEqual(6);
	expect(backlogs.slice(-3)).toEqual([2, 1, 0]);
});

describe('one pace is shared by', () => {
	const added = () => api.addAttachment({ chargeCaptureExternalId: 'CC-1001', bytes: BYTES });
	const node = async (parameters: INodeParameters) =>
		await runNode(new CandidHealth(), { credential, items: [{ json: {} }], parameters });
	const oneFile = items(1, 'CC');

	it.each<[string, () => Promise<unknown>]>([
		['uploads', async () => await runUpload({ credential, items: oneFile })],
		[
			"requests of 'Skip'",
			async () => {
				added();
				const parameters = { options: { ifAlreadyAttached: 'skip' } };
				await runUpload({ credential, items: oneFile, parameters });
			},
		],
		[
			'requests for lists after a lost answer',
			async () => {
				await runUpload({ credential, items: items(1, 'known') });
				api.inject({ kind: 'status', status: 500, body: '', method: 'PUT' });
				api.inject({ kind: 'status', status: 500, body: '', path: /create-from/ });
				await runUpload({ credential, items: oneFile, parameters: perItem });
			},
		],
		['lists', async () => await node(attachmentParameters('getAll', { returnAll: true }))],
		[
			'requests for pages',
			async () => {
				const filters = { claimStatuses: [] };
				await node({ resource: 'chargeCapture', operation: 'getAll', returnAll: true, filters });
			},
		],
		[
			'deletes',
			async () => {
				const attachmentId = locator(added().attachmentId);
				await node(attachmentParameters('delete', { attachmentId }));
			},
		],
		[
			'downloads',
			async () => {
				const attachmentId = locator(added().attachmentId);
				await node(attachmentParameters('download', { binaryPropertyName: 'data', attachmentId }));
			},
		],
	])('%s', async (_, play) => {
		const inTurn = jest.spyOn(Pace.prototype, 'inTurn');
		const immediately = jest.spyOn(Pace.prototype, 'immediately');
		await play();
		// Only token requests do not wait, because other requests wait for the token.
		const tokens = tokenRequests(api).length;
		expect(immediately).toHaveBeenCalledTimes(tokens);
		expect(inTurn).toHaveBeenCalledTimes(api.requests.length - tokens);
		expect(api.requests.length).toBeGreaterThan(tokens);
	});
});
