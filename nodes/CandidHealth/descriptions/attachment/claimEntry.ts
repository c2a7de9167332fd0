import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import { invalidAnswer } from '../../errors/explain';
import type { WriteIntent } from '../../request/writeRequest';
import type { Writer } from '../../request/writer';

/** Candid's field with the ID of an entry. */
const ID = 'supplemental_information_id';

/** The claim entry of an attachment: Candid's 'supplemental information'. */
export const SAVE_CLAIM_ENTRY: WriteIntent = {
	subject: 'the claim entry of the attachment',
	action: 'saved',
	unanswered: {
		outcome: 'uncertain',
		advice:
			'Candid may have saved it anyway. Run it again in a few minutes: it looks for the entry first, and does not add a second one.',
		tryAgain: false,
	},
	nouns: ['claim entry', 'claim entries'],
	named: ({ attachment_id: id }, [item]) =>
		item?.json[INCLUDED] === true || item?.json[EXCLUDED] === true ? undefined : `attachment ${id}`,
	unchanged: 'Already up to date',
	advice: 'These are saved. Run the workflow again for the others: no entry is added twice.',
	id: ID,
	replaceable: true,
	send: saveEntry,
	findCreated: async (writer) =>
		(await readEntries(writer)).find((entry) => hasSameValues(writer, entry)),
};

/** Added to the output if Candid already has the entry with the same values. */
const INCLUDED = 'already_included';
const EXCLUDED = 'already_excluded';

/** Candid does not merge entries, so an entry is added only for an attachment that has none. */
async function saveEntry(writer: Writer): Promise<INodeExecutionData[]> {
	const entries = await readEntries(writer);
	const [first, second] = entries;
	if (!first) return await writer.write();
	if (entries.every((entry) => hasSameValues(writer, entry))) {
		// An earlier request that was not answered may have added it.
		if (writer.mayBeDone) return [{ json: first }];
		const flag = first.attachment_inclusion === 'not_included' ? EXCLUDED : INCLUDED;
		return [{ json: { ...first, [flag]: true } }];
	}
	if (second) throw writer.error(several(entries.length));
	const url = `${writer.part.url}/${encodeURIComponent(String(first[ID]))}`;
	return await writer.write({ method: 'PATCH', url, repeatable: true });
}

/** The entries of the attachment. Only a list of entries shows that there is none. */
async function readEntries(writer: Writer): Promise<IDataObject[]> {
	const { url, ids } = writer.part;
	const all = await writer.read(url);
	const other = all.find((entry) => typeof entry[ID] !== 'string');
	if (other) throw writer.error(invalidAnswer(other, 'a list of claim entries'));
	return all.filter((entry) => String(entry.attachment_id).toLowerCase() === ids.attachment_id);
}

/** Whether an entry has all values that the node has. A field that is left empty in the node can have any. */
const hasSameValues = ({ part }: Writer, entry: IDataObject) =>
	Object.entries(part.body).every(
		([name, value]) => name === 'attachment_id' || entry[name] === value,
	);

const several = (count: number) => ({
	reason: `the claim has ${count} entries for it, and they differ`,
	advice: 'Nothing was changed. Remove all but one of them in Candid, then run it again.',
	outcome: 'refused' as const,
	tryAgain: false,
});
