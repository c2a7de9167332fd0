import { startCandidApi } from '../candid-api';
import type { CandidApi } from '../candid-api';
import {
	ATTACHMENT_LISTS,
	CONTINUE_ON_FAIL,
	DUPLICATES,
	FOUR_AT_A_TIME,
	ID_OF_ITEM,
	TO_ENCOUNTER,
	TIFF_SCAN,
	attachmentCreates,
	attachmentIdsOf,
	listRequests,
	pdfFile,
	pdfItems,
	retryOnFail,
	storedId,
	storedNames,
} from './fixtures';
import { runUpload } from './harness';
import type { RunSettings } from './harness';
import { clientCredential } from './storedCredential';
import type { StoredCredential } from './storedCredential';

/*
 * Runs that are repeated: with 'If Already Attached' set to 'Skip' and by n8n's Retry On Fail, and what
 * a run that fails reports, so that it can be repeated.
 */

/** A refusal that comes from Candid itself, not from a proxy. */
const REFUSAL = { errorName: 'AnyError', content: {} };

let api: CandidApi;
let credential: StoredCredential;

beforeEach(async () => {
	api = await startCandidApi({ requestsPer10Seconds: 100_000 });
	credential = clientCredential(api);
});

afterEach(async () => await api.close());

const run = async (settings: Omit<RunSettings, 'credential'>) =>
	await runUpload({ credential, ...settings });

describe("'If Already Attached: Skip'", () => {
	const skip = { options: { ifAlreadyAttached: 'skip' } };

	it('does not send what is attached already, with one list for each charge capture', async () => {
		const attached = api.addAttachment({ chargeCaptureExternalId: 'CC-1001', fileName: '1.pdf' });
		const { output } = await run({ items: pdfItems(4), parameters: skip });
		// One before anything is sent, and one to check that it shows the first file.
		expect(listRequests(api)).toHaveLength(2);
		expect(attachmentCreates(api)).toHaveLength(3);
		expect(storedNames(api)).toEqual(['0.pdf', '1.pdf', '2.pdf', '3.pdf']);
		expect(attachmentIdsOf(output)).toEqual(
			['0.pdf', '1.pdf', '2.pdf', '3.pdf'].map((name) => storedId(api, name)),
		);
		expect(output.map(({ json }) => json.already_attached)).toEqual([
			undefined,
			true,
			undefined,
			undefined,
		]);
		expect(output[1]!.json).toMatchObject({
			attachment_id: attached.attachmentId,
			file_name: '1.pdf',
		});
	});

	it('reads few lists for many files on several charge captures', async () => {
		const many = Array.from({ length: 60 }, (_, index) => ({
			json: { id: `CC-${index % 3}` },
			files: { data: pdfFile(`${index}.pdf`) },
		}));
		const { output } = await run({
			items: many,
			parameters: { ...skip, chargeCaptureExternalId: ID_OF_ITEM },
		});
		expect(attachmentIdsOf(output).every(Boolean)).toBe(true);
		expect(storedNames(api)).toHaveLength(60);
		// One for each before anything is sent, one after the first file, and one for each of the others.
		expect(listRequests(api).length).toBeLessThanOrEqual(6);
		const again = await run({
			items: many,
			parameters: { ...skip, chargeCaptureExternalId: ID_OF_ITEM },
		});
		expect(again.output.every(({ json }) => json.already_attached)).toBe(true);
		expect(attachmentCreates(api)).toHaveLength(60);
		expect(listRequests(api).length).toBeLessThanOrEqual(9);
	});

	it.each([
		['another attachment type', { attachmentType: 'EOB' }],
		['another name', { fileName: '00.pdf' }],
		['another charge capture', { chargeCaptureExternalId: 'CC-1' }],
	])('sends a file when only one with %s is attached', async (_, more) => {
		api.addAttachment({ chargeCaptureExternalId: 'CC-1001', fileName: '0.pdf', ...more });
		await run({ items: pdfItems(1), parameters: skip });
		expect(attachmentCreates(api)).toHaveLength(1);
	});

	it('lets an interrupted run be completed by running it again, any number of times', async () => {
		const files = pdfItems(6);
		api.inject({ kind: 'status', status: 422, body: '', skip: 3, times: Infinity });
		const { error } = await run({ items: files, parameters: skip });
		expect(error).toBeDefined();
		api.clearFaults();
		const again = await run({ items: files, parameters: skip });
		const third = await run({ items: files, parameters: skip });
		expect(storedNames(api)).toEqual(['0.pdf', '1.pdf', '2.pdf', '3.pdf', '4.pdf', '5.pdf']);
		expect(attachmentIdsOf(again.output)).toEqual(attachmentIdsOf(third.output));
		expect(third.output.every(({ json }) => json.already_attached)).toBe(true);
	});

	it('matches each attachment with one file when several have the same name', async () => {
		api.inject({ kind: 'status', status: 422, body: REFUSAL, skip: 1 });
		const first = await run({ items: DUPLICATES, node: CONTINUE_ON_FAIL, parameters: skip });
		expect(first.output.map(({ json }) => json.error)).toEqual([
			undefined,
			expect.stringContaining('Candid did not accept its data'),
			expect.stringContaining('an earlier file with the same name must be stored first'),
		]);
		const second = await run({ items: DUPLICATES, parameters: skip });
		expect(api.attachments).toHaveLength(3);
		expect(attachmentIdsOf(second.output)).toEqual(
			api.attachments.map(({ attachmentId }) => attachmentId),
		);
		const contents = second.output.map((_, index) => DUPLICATES[index]!.files!.data!.bytes);
		expect(api.attachments.map(({ bytes }) => bytes.equals(contents.shift()!))).toEqual([
			true,
			true,
			true,
		]);
	});

	it('stores a file once when two runs have it at the same time', async () => {
		const files = pdfItems(5);
		const runs = await Promise.all([
			run({ items: files, parameters: skip }),
			run({ items: files, parameters: skip }),
		]);
		expect(storedNames(api)).toEqual(['0.pdf', '1.pdf', '2.pdf', '3.pdf', '4.pdf']);
		expect(attachmentIdsOf(runs[0]!.output)).toEqual(attachmentIdsOf(runs[1]!.output));
	});

	it('names the file that was uploaded to check what lists show', async () => {
		await api.close();
		api = await startCandidApi({ world: { chargeCaptureList: 'with an encounter' } });
		credential = clientCredential(api);
		// The list of the first file arrives last, so that another file is uploaded for the check.
		api.inject({ kind: 'delay', delayMs: 1000, method: 'GET', path: /CC-0$/ });
		const { error } = await run({
			items: pdfItems(8),
			parameters: { ...skip, chargeCaptureExternalId: ID_OF_ITEM },
		});
		expect(error?.message).toContain("'Skip' cannot tell what is already attached");
		expect(attachmentCreates(api)).toHaveLength(1);
		const name = attachmentCreates(api)[0]!.fields!.find(({ fileName }) => fileName)!.fileName!;
		expect(`${error!.message} ${error!.description}`).toMatch(
			new RegExp(
				`'${name}' \\[item \\d\\].* was uploaded as a test \\(attachment [\\w-]+\\) and then deleted`,
			),
		);
		expect(api.attachments).toEqual([]);
	});

	it('sends nothing when the list cannot be read', async () => {
		api.inject({ kind: 'status', status: 403, body: '', ...ATTACHMENT_LISTS, times: 99 });
		const { error } = await run({ items: pdfItems(1), parameters: skip });
		expect(error?.message).toContain('the list of what is already attached could not be read');
		expect(attachmentCreates(api)).toEqual([]);
	});
});

describe("n8n's Retry On Fail", () => {
	it('continues where the previous try stopped', async () => {
		api.inject({ kind: 'status', status: 422, body: '', skip: 5 });
		const { output, error } = await run({ items: pdfItems(20), node: retryOnFail(2) });
		expect(error).toBeUndefined();
		expect(attachmentIdsOf(output)).toEqual(
			Array.from({ length: 20 }, (_, index) => storedId(api, `${index}.pdf`)),
		);
		expect(attachmentCreates(api)).toHaveLength(21);
		expect(api.attachments).toHaveLength(20);
	});

	it('continues also where the node continues on fail and its first item failed', async () => {
		api.inject({ kind: 'status', status: 422, body: '' });
		const node = { ...retryOnFail(2), ...CONTINUE_ON_FAIL };
		const parameters = { options: { maxConcurrentUploads: 1 } };
		const { output } = await run({ items: pdfItems(5), node, parameters });
		expect(attachmentIdsOf(output)).toEqual(
			[0, 1, 2, 3, 4].map((index) => storedId(api, `${index}.pdf`)),
		);
		expect(attachmentCreates(api)).toHaveLength(6);
	});

	it('checks whether a file was stored before sending it again', async () => {
		api.inject({ kind: 'status', status: 500, body: '', when: 'after' });
		api.inject({ kind: 'status', status: 403, body: '', ...ATTACHMENT_LISTS });
		const { output } = await run({
			items: pdfItems(1),
			node: retryOnFail(2),
			parameters: TO_ENCOUNTER,
		});
		expect(attachmentIdsOf(output)).toEqual([storedId(api, '0.pdf')]);
		expect(attachmentCreates(api)).toHaveLength(1);
	});

	it('sends a file once when an expression gives another description at each try', async () => {
		api.inject({ kind: 'status', status: 422, body: '', skip: 2 });
		const { output } = await run({
			items: pdfItems(3),
			node: retryOnFail(2),
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

	it('reports in the end what was stored in any of its tries', async () => {
		api.inject({ kind: 'status', status: 422, body: '', skip: 3, times: Infinity });
		const { error } = await run({
			items: pdfItems(8),
			node: retryOnFail(2),
			parameters: { options: { maxConcurrentUploads: 1 } },
		});
		for (const index of [0, 1, 2]) {
			expect(error?.description).toContain(
				`'${index}.pdf' [item ${index}] → ${storedId(api, `${index}.pdf`)}`,
			);
		}
		expect(error?.description).toContain("Not started: 4 files, '4.pdf' [item 4], '5.pdf'");
	});
});

describe('a run that fails', () => {
	it('reports what was stored, what was not stored and why, and what was not started', async () => {
		api.inject({ kind: 'status', status: 403, body: REFUSAL, skip: 40, times: Infinity });
		const { error } = await run({ items: pdfItems(300), parameters: { options: FOUR_AT_A_TIME } });
		expect(error?.message).toMatch(
			/^'\d+\.pdf' \[item \d+\] was not stored: the credential is not/,
		);
		const lines = error!.description!.split('\n');
		expect(lines.length).toBeLessThanOrEqual(20);
		expect(lines).toContain('40 files stored before the run stopped:');
		expect(lines).toContain(`• '0.pdf' [item 0] → ${storedId(api, '0.pdf')}`);
		expect(error!.description).toMatch(/Not started: 25[6-9] files, '4\d\.pdf' \[item 4\d\]/);
		expect(error!.description).toContain("'If Already Attached' (under Options) set to 'Skip'");
		expect(storedNames(api)).toHaveLength(40);
	});

	it('adds nothing to the message about a single file', async () => {
		api.inject({ kind: 'status', status: 403, body: '' });
		const { error } = await run({ items: pdfItems(1) });
		expect(error!.description).not.toContain('\n');
	});

	it("starts nothing in later batches with n8n's batching", async () => {
		api.inject({ kind: 'status', status: 403, body: '', skip: 2, times: Infinity });
		const { error } = await run({
			items: pdfItems(12),
			parameters: { requestOptions: { batching: { batch: { batchSize: 3, batchInterval: 300 } } } },
		});
		expect(attachmentCreates(api)).toHaveLength(3);
		expect(error?.description).toContain('2 files stored before the run stopped:');
		expect(error?.description).toContain("Not started: 9 files, '3.pdf' [item 3],");
	});

	it('sends nothing after a batch with an invalid file', async () => {
		const [first, ...rest] = pdfItems(6);
		const { error } = await run({
			items: [{ ...first, files: { data: TIFF_SCAN } }, ...rest],
			parameters: { requestOptions: { batching: { batch: { batchSize: 2, batchInterval: 100 } } } },
		});
		expect(error?.message).toContain("'scan.tiff' [item 0] was not stored");
		expect(error?.description).toContain('Not started: 4 files,');
		expect(attachmentCreates(api)).toEqual([]);
	});
});
