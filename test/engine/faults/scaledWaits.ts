import { waits } from '../../../nodes/CandidHealth/run/waits';

type Waits = Record<string, number | number[]>;

const real = structuredClone(waits) as Waits;

/** The time after which a run gives up is not scaled, because the requests until then are not faster either. */
const NOT_SCALED = 'unreachable';

let factor = 1;

/** Multiplies all waits of the node in this process by `by`; 1 restores the real ones. */
export function scaleWaits(by: number): void {
	factor = by;
	for (const [name, wait] of Object.entries(real)) {
		if (name !== NOT_SCALED) (waits as Waits)[name] = times(wait);
	}
}

/** A time of a trial, scaled like the node's waits, in milliseconds. */
export const scaled = (ms: number) => ms * factor;

export const waitsFactor = () => factor;

const times = (wait: number | number[]) =>
	Array.isArray(wait) ? wait.map((ms) => ms * factor) : wait * factor;

/** While `play` runs, runs of this process end after `ms` in which nothing has succeeded. */
export async function givingUpAfter<T>(ms: number, play: () => Promise<T>): Promise<T> {
	const { unreachable } = waits;
	waits.unreachable = ms;
	try {
		return await play();
	} finally {
		waits.unreachable = unreachable;
	}
}
