import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { CandidApi, World } from '../candid-api';
import { pdf } from '../files/contents';
import { OwnerSession, type SavedExecution } from './ownerSession';
import { itemsOf, type RealN8n } from './realN8n';
import { PREPARE_MS, prepareTestBed } from './testBed';
import { until } from './until';
import { uploadsTo } from './uploads';

const FOLDER = join(__dirname, '.cache', 'killed-runs');

/** Fifty files for each of four charge captures. */
const FILES = Array.from({ length: 200 }, (_, index) => {
	const chargeCapture = `VISIT-${Math.floor(index / 50) + 1}`;
	return { chargeCapture, fileName: `${chargeCapture} page ${(index % 50) + 10}.pdf` };
});

const WORLDS: Array<World['chargeCaptureList']> = ['at once', 'with an encounter'];

beforeAll(async () => {
	await rm(FOLDER, { recursive: true, force: true });
	await mkdir(FOLDER, { recursive: true });
	for (const { fileName } of FILES) {
		await writeFile(join(FOLDER, fileName), pdf(fileName));
	}
});

describe.each(WORLDS)("when a charge capture's list shows its files %s", (world) => {
	let api: CandidApi;
	let n8n: RealN8n;
	let owner: OwnerSession;
	let workflow: string;

	beforeAll(async () => {
		const readableFolder = FOLDER.replaceAll('\\', '/');
		({ api, n8n } = await prepareTestBed(
			`killed-runs-${WORLDS.indexOf(world)}`,
			{ readableFolder },
			{ world: { chargeCaptureList: world } },
		));
		workflow = await n8n.importWorkflow(join(__dirname, 'testWorkflows', 'upload-folder.json'), {
			FILES_FOLDER: readableFolder,
		});
		await n8n.start();
		owner = await OwnerSession.open(n8n.url);
	}, PREPARE_MS);

	afterAll(async () => {
		await n8n?.stop();
		await api?.close();
	});

	test("after n8n is killed during a run of 200 files, running it again with 'Skip' stores no file twice", async () => {
		api.inject({ kind: 'delay', delayMs: 50, times: Infinity });
		await setUpNode({ maxConcurrentUploads: 4 });
		await owner.startRun(workflow, 'Run by hand');
		await until('half of the files are stored', () => api.attachments.length >= 100);
		await n8n.kill();
		await api.settled();
		api.clearFaults();
		const before = names();
		expect(before.length).toBeLessThan(FILES.length);
		expect(new Set(before).size).toBe(before.length);
		await n8n.start();
		owner = await OwnerSession.open(n8n.url);

		await setUpNode({ ifAlreadyAttached: 'skip' });
		const again = await owner.finishedRun(await owner.startRun(workflow, 'Run by hand'));

		if (world === 'at once') expectAllStored(again);
		else expectNothingStored(again, before);
	});

	const names = () => api.attachments.map(({ fileName }) => fileName).sort();

	function expectAllStored({ status, result }: SavedExecution): void {
		expect([status, result.error]).toEqual(['success', undefined]);
		expect(names()).toEqual(FILES.map(({ fileName }) => fileName));
		const idOf = new Map(api.attachments.map((held) => [held.fileName, held.attachmentId]));
		const output = itemsOf(result, 'Candid Health');
		expect(output.map(({ json }) => [json.file_name, json.attachment_id])).toEqual(
			FILES.map(({ fileName }) => [fileName, idOf.get(fileName)]),
		);
	}

	/** 'Skip' cannot work there: the node uploads one file, does not find it in the list, and deletes it. */
	function expectNothingStored({ status, result }: SavedExecution, before: string[]): void {
		expect(status).toBe('error');
		expect(result.error?.message).toContain("'Skip' cannot tell what is already attached");
		expect(result.error?.description).toContain('and then deleted');
		expect(names()).toEqual(before);
		expect(uploadsTo(api).length).toBeLessThan(FILES.length);
	}

	async function setUpNode(options: object): Promise<void> {
		await owner.changeNode(workflow, 'Candid Health', ({ parameters }) => ({
			parameters: { ...parameters, options },
		}));
	}
});
