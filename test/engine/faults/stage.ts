import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { INodeParameters, IRun } from 'n8n-workflow';

import { startCandidApi } from '../../candid-api';
import type { CandidApi, Client, Fault, RecordedRequest } from '../../candid-api';
import { isAttachmentCreate } from '../../candid-api/paths';
import { runUpload } from '../harness';
import type { RunSettings } from '../harness';
import { clientCredential } from '../storedCredential';
import type { StoredCredential } from '../storedCredential';
import { toldBy } from './told';
import type { Told, Trial, TrialFile, Where } from './trial';
import { chargeCaptureOf, worldOf } from './worlds';
import type { World } from './worlds';

/** The server is at such a request until it is closed, and does nothing with it. */
const neverEnds = ({ when, delayMs = 0 }: Fault) => when === 'before' && delayMs > 60_000;

/** What a charge capture's list is asked for by. */
const LIST_OF_CHARGE_CAPTURE = /\/by-charge-capture-external-id\//;

const CLIENT_SECRET = 'local-secret';

const SECOND_SECRET = 'second-secret';

/** The other client of each trial's server. */
export const secondClientOf = (clientId: string): Client => ({
	clientId: `${clientId}-second`,
	clientSecret: SECOND_SECRET,
});

/** A server of its own for one trial, and the runs that are played on it. */
export class Stage {
	api!: CandidApi;

	credential!: StoredCredential;

	/** charge capture external ID or encounter ID */
	parent: string;

	/** where n8n keeps the files of the runs */
	readonly paths: Array<{ file: TrialFile; path: string }> = [];

	/** everything that n8n would save of the runs, and what child processes have printed */
	readonly kept: unknown[] = [];

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
		// Of many servers one gets an earlier one's port: with one client they would be the same account.
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

	/** Requests that carry a file, in the order in which they came. */
	get creates(): RecordedRequest[] {
		return this.api.requests.filter(({ method, path }) => isAttachmentCreate(method, path));
	}

	/** Whether a world can make a difference: it does where a charge capture's list is asked for. */
	get dependsOnWorld(): boolean {
		return this.api.requests.some(
			({ method, path }) => method === 'GET' && LIST_OF_CHARGE_CAPTURE.test(path),
		);
	}

	/** @param listener is told after each request that carried a file how many there were */
	onCreateEnd(listener: (createsEnded: number) => void): void {
		this.listeners.push(listener);
	}

	/** Resolves when so many requests that carried a file are over. */
	async createsOver(count: number): Promise<void> {
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
	): Promise<Told[]> {
		const heldBefore = new Set(this.api.attachments.map(({ attachmentId }) => attachmentId));
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
		this.kept.push(result.run satisfies IRun);
		const run = { skip, heldBefore };
		return toldBy(result, files).map((told) => ({ ...told, run }));
	}

	/** Waits until the server has done with all it was sent. */
	async quiet(): Promise<void> {
		while (this.createsEnded < this.creates.length) await sleep(20);
		if (!(this.trial.faults ?? []).some(neverEnds)) await this.api.settled();
	}

	/** What must not be seen outside: tokens and secret. */
	get secrets(): string[] {
		const { accessToken, clientSecret, sessionToken } = this.credential.data;
		const held = [accessToken, clientSecret, String(sessionToken ?? '').split(' ')[1]];
		const sent = this.api.requests.map(({ headers }) => headers.authorization?.split(' ')[1]);
		const all = [...held, SECOND_SECRET, ...sent].map((secret) => String(secret ?? ''));
		return [...new Set(all)].filter(Boolean);
	}

	parameters(skip = false): INodeParameters {
		const { attachTo, options, timeoutMs } = this.trial;
		const parent = { __rl: true, mode: 'id', value: this.parent };
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
