import { waits } from '../run/waits';
import { readParentList } from './parentList';
import type { ParentList } from './parentList';
import { sameNamed } from './reconcile';
import { rollBack } from './rollBack';
import { sendUntilStored } from './sendUntilStored';
import { newlyStored } from './upload';
import type { Stored, Upload } from './upload';
import * as words from './uploadWords';

/**
 * Stores a file although it is not known whether lists show what is stored, and waits for it to appear in
 * the list. If it does not, every run with 'Skip' would store all files again. So the new copy is deleted,
 * and nothing more is sent for the account.
 *
 * @returns undefined if it has become known meanwhile whether lists show what is stored
 * @throws NodeApiError
 */
export async function probeList(upload: Upload): Promise<Stored | undefined> {
	const { consistency, ledger, shipment } = upload;
	if (consistency.lagFor(shipment.parent)) return undefined;
	if (!consistency.probes.mayProbe) throw upload.error(words.SKIP_CANNOT_WORK);
	upload.throwIfAborted();
	const id = await sendUntilStored(upload);
	const list = await listShowing(id, upload);
	if (list === 'not read') return newlyStored(id);
	if (list === 'not shown') return await rollBackUnlisted(id, upload);
	const older = sameNamed(list.attachments, upload.sent).find(
		(one) => one.id !== id && !ledger.isClaimed(one.id),
	);
	return older ? await rollBackDuplicate(id, older.id, upload) : newlyStored(id);
}

/** Waits a few seconds for a stored file to appear in the list. */
async function listShowing(
	id: string,
	{ context, run, ledger, shipment }: Upload,
): Promise<ParentList | 'not read' | 'not shown'> {
	const { key } = shipment.parent;
	for (const wait of [0, ...waits.untilListed]) {
		await run.wait(wait);
		if (run.isCancelled) return 'not read';
		const list = await readParentList(context, run, shipment);
		if ('failure' in list) return 'not read';
		ledger.historyOf(key).add(list);
		if (!list.attachments.some((one) => one.id === id)) continue;
		ledger.attachedLists.replace(key, list);
		return list;
	}
	return 'not shown';
}

/** @throws NodeApiError always: the file is not stored as the user wants it */
async function rollBackUnlisted(id: string, upload: Upload): Promise<never> {
	const { context, run, ledger, consistency, shipment } = upload;
	consistency.probes.recordNotListed();
	const result = await rollBack(context, run, shipment, id);
	run.abortAccount(shipment.parent.account, words.SKIP_CANNOT_WORK);
	const explanation = words.explainProbe(id, result);
	if (result !== 'deleted') ledger.recordFinal(shipment, explanation);
	throw upload.error(explanation);
}

/** For a file that was attached already. @throws NodeApiError if the new copy may still be there */
async function rollBackDuplicate(id: string, olderId: string, upload: Upload): Promise<Stored> {
	const { context, run, ledger, shipment } = upload;
	const result = await rollBack(context, run, shipment, id);
	if (result === 'deleted') return { attachmentId: olderId, alreadyAttached: true };
	const explanation = words.explainDuplicate(id, olderId, result);
	ledger.recordFinal(shipment, explanation);
	throw upload.error(explanation);
}
