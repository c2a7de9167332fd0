import type { Stage } from '../stage';
import type { Expected, FileOutcome, Where } from '../trial';

export const ON_CHARGE_CAPTURE: Where = { attachTo: 'charge capture' };

export const ON_CHARGE_CAPTURE_SKIP: Where = { attachTo: 'charge capture', skip: true };

export const ON_ENCOUNTER: Where = { attachTo: 'encounter' };

export const EVERYWHERE = [ON_CHARGE_CAPTURE, ON_CHARGE_CAPTURE_SKIP, ON_ENCOUNTER];

/**
 * Whether a stored file whose answer was lost can be distinguished from an older one. Lists of charge
 * captures have no dates, so an earlier list is needed there, which 'Skip' reads.
 */
export const canTellAge = ({ attachTo, skip }: Where) => attachTo === 'encounter' || skip === true;

/**
 * Expected of six files, of which two are stored at about the same time without an answer. Where lists
 * have no dates, the second can be distinguished from an older file only if the list that was read for
 * the first does not have it yet.
 */
export const twoUnacknowledged = (where: Where): Expected =>
	canTellAge(where) ? { stored: 6 } : { stored: [4, 5], unknown: [1, 2] };

/**
 * The fault comes after one file was stored, from which the process knows how lists behave. Faults of the
 * very first file of a process have separate rows.
 */
export const AFTER_FIRST = { skip: 1 };

/** Stores the first file before the others are sent, so that it does not matter which of them is faster. */
export async function playFirstAlone(stage: Stage): Promise<FileOutcome[]> {
	const [first, ...others] = stage.trial.files;
	return [...(await stage.run([first!])), ...(await stage.run(others))];
}

export const STATUS_500 = { kind: 'status', status: 500, body: '' } as const;

/** Stored immediately and acknowledged late, so that uploads are in progress when the run ends. */
export const SLOW_ANSWERS = {
	kind: 'delay',
	when: 'after',
	delayMs: 400,
	times: Infinity,
} as const;

/** Long enough for any answer on a busy machine. Only requests that are never answered time out. */
export const TIMEOUT_MS = 10_000;
