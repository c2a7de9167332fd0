import type { IExecutePaginationFunctions } from 'n8n-workflow';

import type { Run } from '../run/run';
import { isRecord } from '../types/isRecord';
import { consistencyOf } from './listConsistency';
import type { ObservedLag } from './listConsistency';
import { readParentList } from './parentList';
import { readInTurn, sendSideRequest } from '../request/sideRequest';
import type { Place } from './shipment';

/**
 * Finds out how late lists of a charge capture or encounter are. If that has not been observed yet, it reads
 * the list of another one where this process has stored a file. For a charge capture, two more requests find
 * out whether the other one has an encounter.
 *
 * @returns undefined if it cannot be found out
 */
export async function measureListLag(
	context: IExecutePaginationFunctions,
	run: Run,
	place: Place,
): Promise<ObservedLag | undefined> {
	const { parent } = place;
	const consistency = consistencyOf(parent);
	const known = consistency.lagFor(parent);
	if (known) return known;
	const other = consistency.parentToMeasure(parent);
	if (!other) return undefined;
	await consistency.measureOnce(
		async () => await measureAt(context, run, { ...place, parent: other }),
	);
	return consistency.lagFor(parent);
}

async function measureAt(
	context: IExecutePaginationFunctions,
	run: Run,
	other: Place,
): Promise<void> {
	const { parent } = other;
	const consistency = consistencyOf(parent);
	if (!consistency.lagFor(parent)) await readParentList(context, run, other);
	if (!consistency.lagFor(parent)) return;
	const encounter = await findEncounter(context, run, other);
	if (encounter === 'none') consistency.share(parent);
	if (encounter === 'possible') consistency.neverShare(parent);
}

/**
 * Whether a charge capture may have an encounter. If it has one, it has a `claim_creation_id`. The encounter
 * usually has the same external ID too, but Candid does not promise that. Either one is enough.
 */
async function findEncounter(
	context: IExecutePaginationFunctions,
	run: Run,
	place: Place,
): Promise<'none' | 'possible' | 'not known'> {
	const { parent } = place;
	if (parent.kind === 'encounter') return 'none';
	const chargeCaptures = await itemsOf(context, run, place, '/api/charge_captures/v1', {
		charge_external_id: parent.id,
	});
	const encounters = await itemsOf(context, run, place, '/api/encounters/v4', {
		external_id: parent.id,
	});
	if (!chargeCaptures || !encounters) return 'not known';
	const isBilled = chargeCaptures.some((one) => isRecord(one) && one.claim_creation_id);
	return isBilled || encounters.length > 0 ? 'possible' : 'none';
}

/** @returns undefined if they cannot be read */
async function itemsOf(
	context: IExecutePaginationFunctions,
	run: Run,
	place: Place,
	url: string,
	qs: Record<string, string>,
): Promise<unknown[] | undefined> {
	const result = await readInTurn(run, place.parent.account, async () => {
		const { body } = await sendSideRequest(context, place.request, 'GET', url, { qs });
		return { value: body as unknown };
	});
	if ('failure' in result || !isRecord(result.value)) return undefined;
	return Array.isArray(result.value.items) ? result.value.items : undefined;
}
