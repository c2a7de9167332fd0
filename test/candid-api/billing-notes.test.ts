import { ENCOUNTER, UNKNOWN_ID } from '../engine/fixtures';
import { BILLING_NOTES_PATH, ENCOUNTERS_PATH } from './paths';
import { TestServer } from './test-server';

const local = new TestServer();

const create = async (body: object) => await local.sendJson('POST', BILLING_NOTES_PATH, body);

async function encounter(api = local.api): Promise<Record<string, unknown>> {
	const headers = { authorization: `Bearer ${api.issueToken()}` };
	const answer = await fetch(`${api.url}${ENCOUNTERS_PATH}/${ENCOUNTER}`, { headers });
	return (await answer.json()) as Record<string, unknown>;
}

it('an encounter has the billing note that was created for it', async () => {
	const text = 'Records sent with the claim.';
	const [status, answer] = await create({ encounter_id: ENCOUNTER, text });
	const note = answer as Record<string, string>;

	expect(status).toBe(200);
	expect(note).toEqual({
		billing_note_id: expect.any(String),
		encounter_id: ENCOUNTER,
		created_at: expect.any(String),
		author_auth0_id: expect.any(String),
		author_name: 'local-client',
		billing_note_type: 'manual',
		text,
	});
	expect(Date.parse(String(note.created_at)) - Date.now()).toBeCloseTo(0, -4);
	expect((await encounter()).billing_notes).toEqual([note]);
	const { items } = await local.pageOf(ENCOUNTERS_PATH, { search_term: 'ENC-200' });
	expect(items.map((item) => item.billing_notes)).toEqual(expect.arrayContaining([[note], [], []]));
});

it('creating the same note twice makes two', async () => {
	const body = { encounter_id: ENCOUNTER, text: 'Twice' };
	await create(body);
	local.api.inject({ method: 'POST', path: BILLING_NOTES_PATH, kind: 'cut' });
	await expect(create(body)).rejects.toThrow();

	expect(local.api.billingNotes).toMatchObject([{ text: 'Twice' }, { text: 'Twice' }]);
	expect((await encounter()).billing_notes).toHaveLength(2);
});

it.each([
	['text', { encounter_id: ENCOUNTER, text: '' }],
	['text', { encounter_id: ENCOUNTER }],
	['text', { encounter_id: ENCOUNTER, text: 1 }],
	['encounter_id', { text: 'x' }],
	['encounter_id', { encounter_id: 'ENC-2001', text: 'x' }],
])('a wrong %s is refused: %j', async (field, body) => {
	expect(await create(body)).toMatchObject([422, { content: [{ fieldName: field }] }]);
	expect(local.api.billingNotes).toEqual([]);
});

it('an unknown encounter gets no note', async () => {
	expect(await create({ encounter_id: UNKNOWN_ID, text: 'x' })).toEqual([
		404,
		{ errorName: 'EntityNotFoundError', content: { id: UNKNOWN_ID } },
	]);
	expect(local.api.billingNotes).toEqual([]);
});

it('a reset deletes the notes', async () => {
	local.api.addBillingNote({ encounterId: ENCOUNTER, text: 'x' });
	expect((await encounter()).billing_notes).toMatchObject([{ text: 'x' }]);
	local.api.reset();

	expect((await encounter()).billing_notes).toEqual([]);
});

it('an encounter does not show its notes, where the settings say so', async () => {
	const api = await local.startOther({ world: { billingNotesOnEncounter: 'omitted' } });
	api.addBillingNote({ encounterId: ENCOUNTER, text: 'x' });

	expect(await encounter(api)).not.toHaveProperty('billing_notes');
});
