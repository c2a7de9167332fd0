import type { CandidApiSettings } from '../../candid-api';
import { scaled } from './scaledWaits';

/**
 * It is not known when a charge capture's list shows files that were uploaded by its external ID. The
 * vendor's documentation allows all of these. 'hidden': only files tied to an encounter are shown. '404':
 * the list answers 404 for a charge capture that was not created in Candid.
 */
export const WORLDS = ['at once', 'late', 'hidden', '404'] as const;

export type World = (typeof WORLDS)[number];

/** How long after an upload a list shows it in the world 'late', with real waits; milliseconds. */
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

/** The charge capture of a trial: in the world '404' one that was not created in Candid. */
export const chargeCaptureOf = (world: World) => (world === '404' ? 'CC-NEW-1' : 'CC-1001');
