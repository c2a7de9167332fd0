import type { Stage } from '../stage';
import type { Expected, Told, Where } from '../trial';

export const ON_CHARGE_CAPTURE: Where = { attachTo: 'charge capture' };

export const ON_CHARGE_CAPTURE_SKIP: Where = { attachTo: 'charge capture', skip: true };

export const ON_ENCOUNTER: Where = { attachTo: 'encounter' };

export const EVERYWHERE = [ON_CHARGE_CAPTURE, ON_CHARGE_CAPTURE_SKIP, ON_ENCOUNTER];

/**
 * Whether a file that is stored and not acknowledged can be told from an older one: lists of charge
 * captures give no dates, so that there an earlier list is needed.
 */
export const canTellAge = ({ attachTo, skip }: Where) => attachTo === 'encounter' || skip === true;

/**
 * Of six files, two that are stored at about the same time and not acknowledged. Where lists give no
 * dates, the second can be told from an older one if the list that is read for the first came before it.
 */
export const twoUnsaid = (where: Where): Expected =>
	canTellAge(where) ? { stored: 6 } : { stored: [4, 5], unknown: [1, 2] };

/**
 * How many files are stored before a fault, for the process to know how lists behave. What befalls the
 * very first file of a process is in rows of its own.
 */
export const KNOWN_FIRST = { skip: 1 };

/** Stores the first file before the others are sent: which of them is the faster does not matter then. */
export async function playFirstAlone(stage: Stage): Promise<Told[]> {
	const [first, ...others] = stage.trial.files;
	return [...(await stage.run([first!])), ...(await stage.run(others))];
}

export const FOUR_AT_A_TIME = { maxConcurrentUploads: 4 };
