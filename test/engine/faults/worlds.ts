import type { CandidApiSettings } from '../../candid-api';
import { scaled } from './scaledWaits';

/**
 * What a charge capture's list shows of files that came by its external ID is not known, and the
 * vendor's pages allow all of these. 'hidden' shows only what is tied to an encounter; '404' does not
 * know a charge capture that Candid itself has not heard of.
 */
export const WORLDS = ['at once', 'late', 'hidden', '404'] as const;

export type World = (typeof WORLDS)[number];

/** How long a list lags behind in the world 'late', with real waits; milliseconds. */
const LAG_MS = 5_000;

/** The lag is scaled as the node's waits are. */
export function worldOf(world: World): NonNullable<CandidApiSettings['world']> {
	switch (world) {
		case 'at once':
			return { chargeCaptureList: 'at once' };
		case 'late':
			return { chargeCaptureList: { lateMs: scaled(LAG_MS) } };
		case 'hidden':
			return { chargeCaptureList: 'with an encounter' };
		case '404':
			return { chargeCaptureList: '404 until known' };
	}
}

/** The charge capture of a trial: in the world '404' one that Candid has not heard of. */
export const chargeCaptureOf = (world: World) => (world === '404' ? 'CC-NEW-1' : 'CC-1001');
