/** Which of an encounter's notes a request without an answer has created. */
import { sleep } from 'n8n-workflow';
import type { INode, INodeParameters } from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import { startCandidApi } from '../candid-api';
import type { CandidApi, Fault } from '../candid-api';
import { BILLING_NOTES_PATH, ENCOUNTERS_PATH } from '../candid-api/paths';
import { scaleWaits } from './faults/scaledWaits';
import { CONTINUE_ON_FAIL, ENCOUNTER, locator, retryOnFail, startApiForEachTest } from './fixtures';
import { runNode } from './harness';
import { pastedCredential } from './storedCredential';
import type { StoredCredential } from './storedCredential';

let api: CandidApi;
let credential: StoredCredential;

beforeAll(() => scaleWaits(0.02));

startApiForEachTest((started) => ({ api, credential } = started));

const TEXT = 'Records sent.';

/** Creates a note on the same encounter for each text. */
const run = async (
	texts: string[],
	node: Partial<INode> = {},
	parameters: INodeParameters = {},
	as = credential,
) =>
	await runNode(new CandidHealth(), {
		credential: as,
		items: texts.map((text) => ({ json: { text } })),
		parameters: {
			resource: 'billingNote',
			operation: 'create',
			encounter: locator(ENCOUNTER),
			text: '={{ $json.text }}',
			...parameters,
		},
		node,
	});

const add = (text = TEXT) => api.addBillingNote({ encounterId: ENCOUNTER, text });

const noteIds = (of = api) => of.billingNotes.map(({ billingNoteId }) => billingNoteId);

const inject = (fault: Partial<Fault>, to = api) =>
	to.inject({ kind: 'status', method: 'POST', path: BILLING_NOTES_PATH, ...fault });

const creates = () => api.requests.filter(({ path }) => path === BILLING_NOTES_PATH);

const UNKNOWN = 'It is not known whether the billing note [item 0] was created: ';

const MINUTE = 60_000;

it('creates one note for an item, even if the text is different at the next try', async () => {
	const body = { errorName: 'UnauthorizedError', content: {} };
	inject({ skip: 1, status: 403, body, when: 'before' });
	const parameters = { text: '={{ $json.text + " " + $now.toMillis() }}' };
	const { output, error } = await run(['First', 'Second'], retryOnFail(2), parameters);
	expect(error).toBeUndefined();
	expect(output.map(({ json }) => String(json.text).split(' ')[0])).toEqual(['First', 'Second']);
	expect(creates()).toHaveLength(3);
	expect(api.billingNotes).toHaveLength(2);
});

describe.each([
	['the same clock', 0],
	['a clock that is ten minutes ahead', 10 * MINUTE],
	['a clock that is ten minutes behind', -10 * MINUTE],
])('a request without an answer, to Candid with %s', (_, offset) => {
	beforeEach(() => api.offsetClock(offset));

	it('never outputs a note that was there before, even if it was created a moment ago', async () => {
		add();
		inject({ status: 500 });
		const { error, output } = await run([TEXT]);
		expect(output).toEqual([]);
		expect(error?.message).toBe(`${UNKNOWN}Candid could not process the request (HTTP 500)`);
		expect(error?.description).toMatch(
			/Candid may have created it anyway\. Look at the notes of the encounter before you run it again\.$/,
		);
	});

	it('outputs the note that it has created beside an older one', async () => {
		add();
		inject({ when: 'after' });
		const { error, output } = await run([TEXT]);
		expect(error).toBeUndefined();
		expect(api.billingNotes).toHaveLength(2);
		expect(output.map(({ json }) => json.billing_note_id)).toEqual(noteIds().slice(1));
	});
});

it('does not output a note with another text', async () => {
	// Somebody else adds a note after the encounter was read.
	inject({ kind: 'delay', when: 'after-answer', delayMs: 2000 });
	const running = run([TEXT], {}, { requestOptions: { timeout: 400 } });
	while (creates().length === 0) await sleep(20);
	add('Something else');
	const { error } = await running;
	expect(error?.message).toBe(`${UNKNOWN}the request timed out`);
});

it('recognizes its text if Candid has stored it with other spaces and line breaks', async () => {
	inject({ kind: 'delay', when: 'after-answer', delayMs: 2000 });
	const running = run([' First\r\nsecond \n'], {}, { requestOptions: { timeout: 400 } });
	while (creates().length === 0) await sleep(20);
	add('First\nsecond');
	const { output } = await running;
	expect(output.map(({ json }) => json.billing_note_id)).toEqual(noteIds().slice(0, 1));
});

describe('the same text in several items', () => {
	it('makes a note for each', async () => {
		const { output } = await run([TEXT, TEXT, TEXT]);
		expect(api.billingNotes).toHaveLength(3);
		expect(output.map(({ json }) => json.billing_note_id)).toEqual(noteIds());
	});

	it('outputs no note twice if no answer arrives', async () => {
		inject({ when: 'after', times: 3 });
		const { output, error } = await run([TEXT, TEXT, TEXT]);
		expect(error).toBeUndefined();
		expect(output.map(({ json }) => json.billing_note_id)).toEqual(noteIds());
		expect(new Set(noteIds()).size).toBe(3);
	});

	it('does not output the note of another item in place of one that may not have been created', async () => {
		inject({ status: 500 });
		const { output } = await run([TEXT, TEXT], CONTINUE_ON_FAIL);
		expect(output[0]!.json.error).toMatch(/^It is not known whether/);
		expect(output[1]!.json.billing_note_id).toBe(noteIds()[0]);
		expect(noteIds()).toHaveLength(1);
	});

	it('is continued by Retry On Fail where the first try has stopped', async () => {
		inject({ skip: 1, status: 403, body: { errorName: 'UnauthorizedError' } });
		const { output, error } = await run([TEXT, TEXT, TEXT], retryOnFail(2));
		expect(error).toBeUndefined();
		expect(output.map(({ json }) => json.billing_note_id)).toEqual(noteIds());
		expect(noteIds()).toHaveLength(3);
		expect(creates()).toHaveLength(4);
	});

	it('is found by Retry On Fail, which compares with the notes from before the first try', async () => {
		add();
		inject({ when: 'after' });
		api.inject({
			kind: 'status',
			method: 'GET',
			path: `${ENCOUNTERS_PATH}/${ENCOUNTER}`,
			skip: 1,
			times: 4,
		});
		const { output, error } = await run([TEXT], retryOnFail(2));
		expect(error).toBeUndefined();
		expect(output.map(({ json }) => json.billing_note_id)).toEqual(noteIds().slice(1));
		expect(noteIds()).toHaveLength(2);
	});
});

it('items for one encounter are sent in their order', async () => {
	const texts = Array.from({ length: 12 }, (_, index) => `Note ${index}`);
	await run(texts);
	expect(api.billingNotes.map(({ text }) => text)).toEqual(texts);
});

it.each<[string, Partial<Fault>, number]>([
	['was created', { when: 'after' }, 1],
	['was not created', { status: 500 }, 0],
])(
	'nothing is known without the notes of the encounter, if the note %s',
	async (_, fault, count) => {
		const without = await startCandidApi({ world: { billingNotesOnEncounter: 'omitted' } });
		try {
			inject(fault, without);
			const node = retryOnFail(2);
			const { error } = await run([TEXT], node, {}, pastedCredential(without));
			expect(error?.message).toMatch(/^It is not known whether the billing note \[item 0\]/);
			expect(without.billingNotes).toHaveLength(count);
			const sent = without.requests.filter(({ path }) => path === BILLING_NOTES_PATH);
			expect(sent).toHaveLength(1);
		} finally {
			await without.close();
		}
	},
);

it.each(['={{ "" }}', '={{ " " }}', '={{ null }}', '={{ undefined }}', '={{ {} }}', ' '])(
	'a note without text is refused before anything is sent: %j',
	async (text) => {
		const { error } = await run(['x', 'y'], {}, { text });
		expect(error?.message).toMatch(
			/^The billing note \[item \d\] was not created: 'Text' is empty$/,
		);
		expect(error?.description).toContain('Nothing was sent.');
		expect(api.requests).toEqual([]);
	},
);

it('a number becomes text', async () => {
	await run(['x'], {}, { text: '={{ 42 }}' });
	expect(api.billingNotes).toMatchObject([{ text: '42' }]);
});

it.each([
	['={{ 12345678901234567890 }}', 'the number is too long to be exact'],
	['={{ "Records 😀".slice(0, 9) }}', 'a character is cut in half'],
])('a text that Candid would get with a change is refused: %s', async (text, reason) => {
	const { error } = await run(['x'], {}, { text });
	expect(error?.message).toBe(`The billing note [item 0] was not created: in 'Text', ${reason}`);
	expect(api.requests).toEqual([]);
});

it('the output and the messages have no name of the patient', async () => {
	const { output } = await run([TEXT]);
	inject({ status: 500 });
	const { error } = await run([TEXT]);
	const { requests } = api;
	expect(requests.some(({ path }) => path.startsWith(ENCOUNTERS_PATH))).toBe(true);
	expect(JSON.stringify([output, error?.message, error?.description])).not.toMatch(/Ada|Sample/);
});
