import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { INodeParameters, IRun } from 'n8n-workflow';

import { startCandidApi } from '../../candid-api';
import type { CandidApi, Client, Fault, RecordedRequest } from '../../candid-api';
import { isAttachmentCreate } from '../../candid-api/paths';
import { attachmentCreates, locator } from '../fixtures';
import { runUpload } from '../harness';
import type { RunSettings } from '../harness';
import { clientCredential } from '../storedCredential';
import type { StoredCredential } from '../storedCredential';
import { outcomesOf } from './outcomes';
import type { FileOutcome, Trial, TrialFile, Where } from './trial';
import { chargeCaptureOf, worldOf } from './worlds';
import type { World } from './worlds';

/** Whether the server keeps such a request open until it is closed, without storing the file. */
const neverEnds = ({ when, delayMs = 0 }: Fault) => when === 'before' && delayMs > 60_000;

/** Matches the path of a charge capture's list. */
const LIST_OF_CHARGE_CAPTURE = /\/by-charge-capture-external-id\//;

const CLIENT_SECRET = 'local-secret';

const SECOND_SECRET = 'second-secret';

/** The other client of each trial's server. */
export const secondClientOf = (clientId: string): Client => ({
	clientId: `${clientId}-second`,
	clientSecret: SECOND_SECRET,
});

/** The server of one trial, and the runs of the trial on it. */
export class Stage {
	api!: CandidApi;

	credential!: StoredCredential;

	/** charge capture external ID or encounter ID */
	parent: string;

	/** where n8n keeps the files of the runs */
	readonly paths: Array<{ file: TrialFile; path: string }> = [];

	/** everything that n8n would save of the runs, and the output of child processes */
	readonly saved: unknown[] = [];

	private createsEnded = 0;

	private readonly listeners: Array<(createsEnded: number) => void> = [];

	private constructor(
		readonly trial: Trial,
		readonly world: World,
	) {
		this.parent = chargeCaptureOf(world);
	}

	static async open(trial: Trial, world: World): Promise<Stage> {
		const stage = new Stage(trial, world);
		// A server can get the port of an earlier one. With the same client they would be one account to the node.
		const clientId = randomUUID();
		stage.api = await startCandidApi({
			clientId,
			clientSecret: CLIENT_SECRET,
			clients: [secondClientOf(clientId)],
			tokenRequestsPerMinute: 1000,
			requestsPer10Seconds: 100_000,
			...trial.server,
			world: { ...worldOf(world), ...trial.server?.world },
			onRequestEnd: (request) => stage.ended(request),
		});
		if (trial.attachTo === 'encounter') {
			stage.parent = stage.api.addEncounter({ externalId: stage.parent }).encounterId;
		}
		stage.credential = (trial.credential ?? clientCredential)(stage.api);
		Object.assign(stage.credential.data, { clientId, clientSecret: CLIENT_SECRET });
		for (const fault of trial.faults ?? []) stage.api.inject(fault);
		trial.prepare?.(stage);
		return stage;
	}

	/** The requests that carried a file, in the order in which they arrived. */
	get creates(): RecordedRequest[] {
		return attachmentCreates(this.api);
	}

	/** Whether the trial depends on the world: it does if it requested a charge capture's list. */
	get dependsOnWorld(): boolean {
		return this.api.requests.some(
			({ method, path }) => method === 'GET' && LIST_OF_CHARGE_CAPTURE.test(path),
		);
	}

	/** @param listener called after each request that carried a file, with their number so far */
	onCreateEnd(listener: (createsEnded: number) => void): void {
		this.listeners.push(listener);
	}

	/** Resolves when `count` requests that carried a file have ended. */
	async createsEndedReach(count: number): Promise<void> {
		await new Promise<void>((resolve) => {
			this.onCreateEnd((ended) => {
				if (ended >= count) resolve();
			});
		});
	}

	/** Runs the node once over some files. */
	async run(
		files: TrialFile[] = this.trial.files,
		{
			skip = this.trial.skip ?? false,
			...settings
		}: Partial<RunSettings> & Pick<Where, 'skip'> = {},
	): Promise<FileOutcome[]> {
		const existingIds = new Set(this.api.attachments.map(({ attachmentId }) => attachmentId));
		const result = await runUpload({
			credential: this.credential,
			binaryMode: 'filesystem',
			items: files.map((file) => ({
				json: {},
				files: { data: { ...this.inputFile(file), mimeType: 'application/pdf' } },
			})),
			parameters: this.parameters(skip),
			node: this.trial.node ?? { onError: 'continueRegularOutput' },
			...settings,
		});
		this.saved.push(result.run satisfies IRun);
		const run = { skip, existingIds };
		return outcomesOf(result, files).map((outcome) => ({ ...outcome, run }));
	}

	/** Waits until the server has finished all requests. */
	async settled(): Promise<void> {
		while (this.createsEnded < this.creates.length) await sleep(20);
		if (!(this.trial.faults ?? []).some(neverEnds)) await this.api.settled();
	}

	/** Tokens and client secrets, which must not appear in any output. */
	get secrets(): string[] {
		const { accessToken, clientSecret, sessionToken } = this.credential.data;
		const ofCredential = [accessToken, clientSecret, String(sessionToken ?? '').split(' ')[1]];
		const sent = this.api.requests.map(({ headers }) => headers.authorization?.split(' ')[1]);
		const all = [...ofCredential, SECOND_SECRET, ...sent].map((secret) => String(secret ?? ''));
		return [...new Set(all)].filter(Boolean);
	}

	parameters(skip = false): INodeParameters {
		const { attachTo, options, timeoutMs } = this.trial;
		const parent = locator(this.parent);
		return {
			...(attachTo === 'encounter'
				? { attachTo: 'encounter', encounterId: parent }
				: { chargeCaptureExternalId: parent }),
			options: {
				...(options as INodeParameters | undefined),
				...(skip ? { ifAlreadyAttached: 'skip' } : {}),
			},
			...(timeoutMs === undefined ? {} : { requestOptions: { timeout: timeoutMs } }),
		};
	}

	private inputFile(file: TrialFile) {
		const { name, bytes, afterStoring } = file;
		return {
			bytes,
			fileName: name,
			afterStoring: (path: string) => {
				this.paths.push({ file, path });
				afterStoring?.(path);
			},
		};
	}

	private ended({ method, path }: RecordedRequest): void {
		if (!isAttachmentCreate(method, path)) return;
		this.createsEnded++;
		for (const listener of this.listeners) listener(this.createsEnded);
	}
}
