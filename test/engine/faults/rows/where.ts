import type { Where } from '../trial';

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
 * How many files are stored before a fault, for the process to know how lists behave. What befalls the
 * very first file of a process is in rows of its own.
 */
export const KNOWN_FIRST = { skip: 1 };

export const FOUR_AT_A_TIME = { maxConcurrentUploads: 4 };
