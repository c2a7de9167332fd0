import { setTimeout as sleep } from 'node:timers/promises';

import type { CandidApi } from '../../candid-api';
import { stillOpen } from '../openFiles';
import { secretsIn } from './secrets';
import { Stage } from './stage';
import { tallyOf } from './tally';
import type { Tally } from './tally';
import { nameOf } from './trial';
import type { FileOutcome, Trial } from './trial';
import type { World } from './worlds';

/** Longer than the waits of all tries together, also on a slow machine. */
const BOUND_MS = 180_000;

export interface TrialReport {
	name: string;
	world: World;
	/** whether the trial could end differently in another world */
	dependsOnWorld: boolean;
	tally: Tally;
	outcomes: FileOutcome[];
	/** how long the runs took */
	seconds: number;
	inTime: boolean;
	/** paths of files of the trial that are still open */
	open: string[];
	/** paths to secrets in what n8n would save */
	leaks: string[];
	secrets: string[];
	/** attachment IDs of files that are stored with an unknown outcome, and that no message names */
	unnamed: string[];
	/** the error of the trial's own check, or of the trial itself */
	checkError?: unknown;
}

/** Plays a trial in each of the worlds, or only in the first if the others make no difference. */
export async function playInWorlds(trial: Trial, worlds: readonly World[]): Promise<TrialReport[]> {
	const [first, ...others] = worlds;
	const report = await playTrial(trial, first!);
	if (!report.dependsOnWorld) return [report];
	return [
		report,
		...(await Promise.all(others.map(async (world) => await playTrial(trial, world)))),
	];
}

/** Plays a trial on a separate server and compares what was reported with what the server has stored. */
export async function playTrial(trial: Trial, world: World): Promise<TrialReport> {
	const stage = await Stage.open(trial, world);
	const older = new Set(stage.api.attachments.map(({ attachmentId }) => attachmentId));
	const startedAt = Date.now();
	const tooLong = sleep(BOUND_MS, undefined, { ref: false });
	let trialError: unknown;
	const playing = (trial.play ?? (async () => await stage.run()))(stage).catch((error: unknown) => {
		trialError = error;
		return [];
	});
	const outcomes = await Promise.race([playing, tooLong]);
	const seconds = (Date.now() - startedAt) / 1000;
	await Promise.race([stage.settled(), sleep(BOUND_MS, undefined, { ref: false })]);
	const { attachments } = stage.api;
	const report: TrialReport = {
		name: nameOf(trial),
		world,
		dependsOnWorld: stage.dependsOnWorld,
		tally: tallyOf(trial.files, outcomes ?? [], attachments, {
			older,
			mayLeaveCopies: trial.mayLeaveCopies,
		}),
		outcomes: outcomes ?? [],
		seconds,
		inTime: outcomes !== undefined,
		open: await stillOpen((open) => stage.paths.some(({ path }) => open.startsWith(path))),
		leaks: secretsIn(stage.saved, stage.secrets),
		secrets: stage.secrets,
		unnamed: unnamedIds(outcomes ?? [], attachments),
		checkError: trialError ?? checkErrorOf(stage),
	};
	await stage.api.close();
	return report;
}

function unnamedIds(outcomes: FileOutcome[], attachments: CandidApi['attachments']): string[] {
	return outcomes
		.filter(({ outcome }) => outcome === 'unknown')
		.flatMap(({ file, text }) =>
			attachments
				.filter(
					({ sha256, attachmentId }) => sha256 === file.sha256 && !text.includes(attachmentId),
				)
				.map(({ attachmentId }) => attachmentId),
		);
}

function checkErrorOf(stage: Stage): unknown {
	try {
		if (stage.world === 'at once') stage.trial.check?.(stage);
		stage.trial.checkEverywhere?.(stage);
		return undefined;
	} catch (error) {
		return error;
	}
}
