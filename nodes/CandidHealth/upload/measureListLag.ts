import type { IExecutePaginationFunctions } from 'n8n-workflow';

import { isRecord } from '../types/isRecord';
import type { Run } from '../run/run';
import { readBeside, readParentList, send } from './parentList';
import type { Place } from './parentList';
import { consistencyOf } from './listConsistency';

/**
 * What lists of a file's parent have been seen to do. Where nothing is known of them, asks what another
 * charge capture or encounter can tell of which this process knows an attachment: one list, and for a
 * charge capture two requests that say whether it has an encounter.
 */
export async function listLagFor(context: IExecutePaginationFunctions, run: Run, place: Place) {
	const { parent } = place;
	const witness = consistencyOf(parent);
	const other = witness.parentToMeasure(parent);
	if (!witness.lagFor(parent) && other) {
		await witness.measureOnce(
			async () => await measureAt(context, run, { ...place, parent: other }),
		);
	}
	return witness.lagFor(parent);
}

async function measureAt(
	context: IExecutePaginationFunctions,
	run: Run,
	other: Place,
): Promise<void> {
	const witness = consistencyOf(other.parent);
	if (!witness.lagFor(other.parent)) {
		const list = await readParentList(context, run, other);
		if (!('failure' in list)) witness.observe(other.parent, list);
	}
	if (!witness.lagFor(other.parent)) return;
	const has = await hasEncounter(context, run, other);
	if (has === 'no') witness.share(other.parent);
	if (has === 'may') witness.keepApart(other.parent);
}

/**
 * Candid ties a charge capture to its encounter by the charge's claim creation; that the two have the
 * same external ID is usual, and not said. Either sign counts.
 */
async function hasEncounter(
	context: IExecutePaginationFunctions,
	run: Run,
	place: Place,
): Promise<'no' | 'may' | 'not known'> {
	const { parent } = place;
	if (parent.kind === 'encounter') return 'no';
	const charges = await itemsOf(context, run, place, '/api/charge_captures/v1', {
		charge_external_id: parent.id,
	});
	const encounters = await itemsOf(context, run, place, '/api/encounters/v4', {
		external_id: parent.id,
	});
	if (!charges || !encounters) return 'not known';
	const isBilled = charges.some((charge) => isRecord(charge) && charge.claim_creation_id);
	return isBilled || encounters.length > 0 ? 'may' : 'no';
}

async function itemsOf(
	context: IExecutePaginationFunctions,
	run: Run,
	place: Place,
	url: string,
	qs: Record<string, string>,
): Promise<unknown[] | undefined> {
	const result = await readBeside(run, place, async () => {
		const { body } = await send(context, place.request, 'GET', url, { qs });
		return { value: body as unknown };
	});
	if ('failure' in result || !isRecord(result.value)) return undefined;
	return Array.isArray(result.value.items) ? result.value.items : undefined;
}
