import { LONGEST_WAIT_MS, waits } from '../run/waits';
import { othersSettledAt } from '../run/lane';
import type { UncertainFile } from './ledger';
import { measureListLag } from './measureListLag';
import { readParentList } from './parentList';
import type { ParentList } from './parentList';
import { reconcile } from './reconcile';
import type { Upload } from './upload';
import * as words from './uploadWords';

/**
 * Checks whether an uncertain file is stored, once Candid has had time to finish.
 *
 * @returns the attachment ID; undefined if a list that can be relied on does not show the file
 * @throws NodeApiError if it cannot be found out
 */
export async function reconcileUpload(upload: Upload): Promise<string | undefined> {
	const { context, run, ledger, shipment, uncertain } = upload;
	if (!uncertain) return undefined;
	const pauses = [...waits.untilListed];
	let waitUntil = uncertain.settledAt;
	for (;;) {
		await run.wait(waitUntil - Date.now());
		if (run.isCancelled) throw upload.uncertainError(uncertain, '');
		const list = await listOrThrow(upload, uncertain);
		const id = idIn(list, upload, uncertain);
		if (id !== undefined) return id;
		const lag = await measureListLag(context, run, shipment);
		if (lag) {
			waitUntil = uncertain.settledAt + lag.lagMs;
			if (list.requestedAt >= waitUntil) break;
			if (waitUntil - Date.now() <= LONGEST_WAIT_MS) continue;
			throw upload.uncertainError(uncertain, words.LIST_TOO_SLOW);
		}
		// Other files of the run that are stored meanwhile may show how late lists are.
		const pause = pauses.shift();
		if (pause === undefined || !(await run.waitForOthers(pause))) {
			throw upload.uncertainError(uncertain, words.NOT_IN_LIST);
		}
	}
	if (!uncertain.inProgress) ledger.clearUncertain(shipment);
	return undefined;
}

async function listOrThrow(upload: Upload, uncertain: UncertainFile): Promise<ParentList> {
	const list = await readParentList(upload.context, upload.run, upload.shipment);
	if (!('failure' in list)) return list;
	throw upload.uncertainError(uncertain, words.listNotRead(list.failure));
}

/** @throws NodeApiError if the list has attachments that may or may not be the file */
function idIn(list: ParentList, upload: Upload, uncertain: UncertainFile): string | undefined {
	const { consistency, ledger, shipment } = upload;
	const { parent, lane } = shipment;
	const { sentAt } = uncertain;
	const history = ledger.historyOf(parent.key);
	const lag = consistency.lagFor(parent);
	const match = reconcile(list, upload.sent, {
		history,
		sentAt,
		isOther: (id) => consistency.stored.has(parent, id) || ledger.isClaimed(id),
		reliableSince: lag ? upload.reliableSince(lag) : Infinity,
		otherUncertain: othersSettledAt(lane, uncertain) !== undefined,
	});
	history.add(list);
	if (match.result === 'ambiguous') {
		throw upload.uncertainError(uncertain, words.candidates(match.ids));
	}
	if (match.result === 'absent') return undefined;
	consistency.stored.add(parent, match.id, { lane, sentAt });
	ledger.clearUncertain(shipment);
	return match.id;
}
