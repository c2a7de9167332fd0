import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import type { WriteIntent } from '../../request/writeRequest';
import type { Writer } from '../../request/writer';
import type { Outcomes } from '../../run/outcomes';
import { isRecord } from '../../types/isRecord';

/** Candid's field with the ID of a note. */
const ID = 'billing_note_id';

export const CREATE_NOTE: WriteIntent = {
	subject: 'the billing note',
	action: 'created',
	unanswered: {
		outcome: 'uncertain',
		advice:
			'Candid may have created it anyway. Look at the notes of the encounter before you run it again.',
		tryAgain: false,
	},
	nouns: ['billing note', 'billing notes'],
	named: ({ encounter_id: id }) => `encounter ${id}`,
	advice: 'These are in Candid. To create the others, run the workflow again without these items.',
	id: ID,
	send: createNote,
	findCreated: findNote,
};

/** By `key` of a part: the IDs of the notes with the same text that Candid had before the first request. */
const earlierNotes = new WeakMap<Outcomes, Map<string, Set<unknown>>>();

/**
 * Reads the encounter's notes before it creates one. A note that was not there is newer, whatever the
 * clocks of Candid and n8n say.
 */
async function createNote(writer: Writer): Promise<INodeExecutionData[]> {
	const { outcomes } = writer.run;
	const earlier = earlierNotes.get(outcomes) ?? new Map<string, Set<unknown>>();
	earlierNotes.set(outcomes, earlier);
	if (!writer.mayBeDone) {
		const notes = await sameNotes(writer);
		earlier.delete(writer.part.key);
		if (notes) earlier.set(writer.part.key, new Set(notes.map((note) => note[ID])));
	}
	return await writer.write();
}

/** Finds the note of a request without an answer: one with its text, not there before, and not of another item. */
async function findNote(writer: Writer): Promise<IDataObject | undefined> {
	const { outcomes } = writer.run;
	const earlier = earlierNotes.get(outcomes)?.get(writer.part.key);
	const notes = await sameNotes(writer);
	const own = new Set([...outcomes.done.values()].flat().map(({ json }) => json[ID]));
	return earlier && notes?.find((note) => !earlier.has(note[ID]) && !own.has(note[ID]));
}

/** The encounter's notes with the same text; undefined if Candid's answer has no notes at all. */
async function sameNotes(writer: Writer): Promise<IDataObject[] | undefined> {
	const { ids, body } = writer.part;
	const [encounter] = await writer.read(`/api/encounters/v4/${ids.encounter_id}`);
	const notes: unknown = encounter?.billing_notes;
	if (!Array.isArray(notes)) return undefined;
	const text = normalized(body.text);
	return notes.filter(
		(note): note is IDataObject => isRecord(note) && normalized(note.text) === text,
	);
}

/** Candid may store a text without the spaces around it, or with other line breaks. */
const normalized = (text: unknown) => String(text).trim().replaceAll('\r\n', '\n');
