import type { IExecutePaginationFunctions } from 'n8n-workflow';

import type { Run } from '../run/run';
import type { Ledger } from './ledger';
import { sendUntilStored } from './sendUntilStored';
import type { Shipment } from './shipment';
import { storeUnlessAttached } from './skipAttached';
import { Upload, newlyStored } from './upload';
import type { Settings, Stored } from './upload';
import * as words from './uploadWords';

/**
 * Stores a file once and returns its attachment ID. It is sent again only if Candid cannot have it:
 * because the request never got there, or because a list that can be relied on does not show it.
 *
 * @throws NodeApiError if the file is not stored, or it is not known whether it is
 */
export async function storeFile(
	context: IExecutePaginationFunctions,
	run: Run,
	ledger: Ledger,
	shipment: Shipment,
	settings: Settings,
): Promise<Stored> {
	ledger.begin(shipment);
	const stored = await store(new Upload(context, run, ledger, shipment, settings));
	ledger.recordStored(shipment, stored.attachmentId);
	return stored;
}

async function store(upload: Upload): Promise<Stored> {
	const { ledger, shipment, settings } = upload;
	const final = ledger.finalOutcome(shipment);
	if (final) throw upload.error(final);
	if (!settings.skip) return newlyStored(await sendUntilStored(upload));
	if (!ledger.isNextInLane(shipment)) throw upload.error(words.AFTER_ANOTHER);
	return await storeUnlessAttached(upload);
}
