import { setTimeout as sleep } from 'node:timers/promises';

import type { CandidApi } from '../../candid-api';
import { stillOpen } from './openFiles';
import { secretsIn } from './secrets';
import { Stage } from './stage';
import { tallyOf } from './tally';
import type { Tally } from './tally';
import { nameOf } from './trial';
import type { Told, Trial } from './trial';
import type { World } from './worlds';

/** Longest waits of all tries together, with much room for a slow machine. */
const BOUND_MS = 180_000;

export interface TrialReport {
	name: string;
	world: World;
	/** whether another world could make a difference */
	dependsOnWorld: boolean;
	tally: Tally;
	told: Told[];
	/** how long the runs took */
	seconds: number;
	inTime: boolean;
	/** paths of files of the trial that are still open */
	open: string[];
	/** places in what n8n keeps at which a secret stands */
	leaks: string[];
	secrets: string[];
	/** attachment IDs of files that are stored, not known to be, and not named */
	unnamed: string[];
	/** what the trial's own check says */
	complaint?: unknown;
}

/** Plays a trial in each of the worlds; only in the first, if the others could make no difference. */
export async function playInWorlds(trial: Trial, worlds: readonly World[]): Promise<TrialReport[]> {
	const [first, ...others] = worlds;
	const report = await playTrial(trial, first!);
	if (!report.dependsOnWorld) return [report];
	return [
		report,
		...(await Promise.all(others.map(async (world) => await playTrial(trial, world)))),
	];
}

/** Plays a trial on a server of its own and compares what was told with what the server holds. */
export async function playTrial(trial: Trial, world: World): Promise<TrialReport> {
	const stage = await Stage.open(trial, world);
	const older = new Set(stage.api.attachments.map(({ attachmentId }) => attachmentId));
	const startedAt = Date.now();
	const tooLong = sleep(BOUND_MS, undefined, { ref: false });
	let complaint: unknown;
	const playing = (trial.play ?? (async () => await stage.run()))(stage).catch((error: unknown) => {
		complaint = error;
		return [];
	});
	const told = await Promise.race([playing, tooLong]);
	const seconds = (Date.now() - startedAt) / 1000;
	await Promise.race([stage.quiet(), sleep(BOUND_MS, undefined, { ref: false })]);
	const held = stage.api.attachments;
	const report: TrialReport = {
		name: nameOf(trial),
		world,
		dependsOnWorld: stage.dependsOnWorld,
		tally: tallyOf(trial.files, told ?? [], held, { older, mayLeaveCopies: trial.mayLeaveCopies }),
		told: told ?? [],
		seconds,
		inTime: told !== undefined,
		open: await stillOpen(stage.paths.map(({ path }) => path)),
		leaks: secretsIn(stage.kept, stage.secrets),
		secrets: stage.secrets,
		unnamed: unnamed(told ?? [], held),
		complaint: complaint ?? complaintOf(stage),
	};
	await stage.api.close();
	return report;
}

function unnamed(told: Told[], held: CandidApi['attachments']): string[] {
	return told
		.filter(({ outcome }) => outcome === 'unknown')
		.flatMap(({ file, words }) =>
			held
				.filter(
					({ sha256, attachmentId }) => sha256 === file.sha256 && !words.includes(attachmentId),
				)
				.map(({ attachmentId }) => attachmentId),
		);
}

function complaintOf(stage: Stage): unknown {
	try {
		if (stage.world === 'at once') stage.trial.check?.(stage);
		stage.trial.checkEverywhere?.(stage);
		return undefined;
	} catch (error) {
		return error;
	}
}
