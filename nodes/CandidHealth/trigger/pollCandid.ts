import { NodeOperationError } from 'n8n-workflow';
import type { IDataObject, INodeExecutionData, IPollFunctions } from 'n8n-workflow';

import { simplified } from '../request/simplify';
import { isRecord } from '../types/isRecord';
import { sourceOf } from './sources';
import type { Source } from './sources';

/**
 * Polls in progress, by the static data they work on. n8n starts a poll even if the one before has not
 * ended (2.41.1, active-workflow-triggers.js), and both would output the same items.
 */
const inProgress = new WeakSet<object>();

/**
 * The node's `poll`. Outputs what is new in Candid since the last poll.
 *
 * What it remembers is one value of the static data, replaced only when all was read. n8n saves it when a
 * poll has output, and when a workflow is activated or n8n starts, but not after a poll without output
 * (2.41.1, trigger-execution-context.factory.js). So after a restart a poll may work with older static
 * data than the last poll has left. That is harmless: since then nothing was output.
 *
 * @returns null if there is nothing new
 * @throws NodeApiError when Candid cannot be read
 */
export async function pollCandid(this: IPollFunctions): Promise<INodeExecutionData[][] | null> {
	const source = await sourceOf(this);
	if (this.getMode() === 'manual') return [[await newestItem(this, source)]];
	const staticData = this.getWorkflowStaticData('node');
	if (inProgress.has(staticData)) return null;
	inProgress.add(staticData);
	try {
		const saved: unknown = staticData.progress;
		const isOwn = isRecord(saved) && saved.key === source.key;
		const { state, records } = await source.poll(isOwn ? saved.state : undefined, maxItems(this));
		staticData.progress = { key: source.key, state };
		return records.length > 0 ? [records.map((record) => itemOf(this, source, record))] : null;
	} finally {
		inProgress.delete(staticData);
	}
}

/** For 'Fetch Test Event', in n8n's way: an example, and an explanation if there is none. */
async function newestItem(context: IPollFunctions, source: Source): Promise<INodeExecutionData> {
	const record = await source.newest();
	if (record) return itemOf(context, source, record);
	throw new NodeOperationError(context.getNode(), `Candid has no ${source.subject} to show`, {
		description: 'Publish the workflow: it starts when there is one.',
	});
}

function maxItems(context: IPollFunctions): number {
	const limit = Number(context.getNodeParameter('options.maxItems', 500));
	return limit >= 1 ? Math.floor(limit) : 500;
}

const itemOf = (
	context: IPollFunctions,
	{ simplified: pick }: Source,
	record: IDataObject,
): INodeExecutionData => ({
	json:
		context.getNodeParameter('simplify', true) === true
			? (simplified(record, pick) as IDataObject)
			: record,
});
