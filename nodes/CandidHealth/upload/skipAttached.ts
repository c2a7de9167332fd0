import { LONGEST_WAIT_MS } from '../run/waits';
import { measureListLag } from './measureListLag';
import { readParentList } from './parentList';
import type { ParentList } from './parentList';
import { probeList } from './probeList';
import { sameNamed } from './reconcile';
import { sendUntilStored } from './sendUntilStored';
import { newlyStored } from './upload';
import type { Stored, Upload } from './upload';
import * as words from './uploadWords';

/**
 * What 'Skip' does: stores a file unless it is attached already. As long as it is not known whether lists
 * show what is attached, one file is stored as a probe, and the others wait for what that shows.
 *
 * @throws NodeApiError
 */
export async function storeUnlessAttached(upload: Upload): Promise<Stored> {
	for (;;) {
		const attached = await findAttached(upload);
		switch (attached.result) {
			case 'found':
				return { attachmentId: attached.id, alreadyAttached: true };
			case 'absent':
				return newlyStored(await sendUntilStored(upload));
			case 'not known': {
				const probed = await upload.consistency.probes.inTurn(async () => await probeList(upload));
				if (probed) return probed;
			}
		}
	}
}

type Attached = { result: 'found'; id: string } | { result: 'absent' } | { result: 'not known' };

/**
 * Finds the attachment that 'Skip' treats as this file. Each attachment counts for one file of the run only.
 * Files of one lane are stored in their order, so that every run finds the same attachment for a file.
 */
async function findAttached(upload: Upload): Promise<Attached> {
	const { context, run, ledger, consistency, shipment } = upload;
	const { parent, lane } = shipment;
	for (let reliableSince = -Infinity; ; ) {
		upload.throwIfAborted();
		const list = await attachedListSince(upload, reliableSince);
		const listed = sameNamed(list.attachments, upload.sent).map(({ id }) => id);
		const ids = [...listed, ...consistency.recentIn(lane, parent, list)];
		const id = ids.find((one) => !ledger.isClaimed(one));
		if (id !== undefined) return { result: 'found', id };

		const lag = await measureListLag(context, run, shipment);
		if (!lag) return { result: 'not known' };
		reliableSince = upload.reliableSince(lag);
		if (list.requestedAt >= reliableSince) return { result: 'absent' };
		const waitMs = reliableSince - Date.now();
		if (waitMs > LONGEST_WAIT_MS) throw upload.error(words.OTHER_UNCERTAIN);
		await run.wait(waitMs);
	}
}

/** @param time the list was requested at this time or later, milliseconds since the epoch */
async function attachedListSince(upload: Upload, time: number): Promise<ParentList> {
	const { context, run, ledger, shipment } = upload;
	const { key } = shipment.parent;
	const list = await ledger.attachedLists.since(key, time, async () => {
		const read = await readParentList(context, run, shipment);
		if (!('failure' in read)) ledger.historyOf(key).add(read);
		return read;
	});
	if ('failure' in list) throw upload.error(words.attachedListNotRead(list.failure));
	return list;
}
