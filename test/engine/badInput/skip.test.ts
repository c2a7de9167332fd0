import {
	BY_CHARGE_CAPTURE_PATH,
	ATTACHMENTS_PATH,
	CREATE_BY_CHARGE_CAPTURE_PATH,
} from '../../candid-api/paths';
import { SAMPLE_UUID } from '../fixtures';
import {
	api,
	expectOutput,
	expectReadableMessage,
	expectRequest,
	itemOf,
	run,
	withDefaults,
} from './checkCases';
import { EXTERNAL_ID_TEXTS, FILE_NAMES, LONG_TEXT } from './texts';

describe("uploading with 'Skip'", () => {
	it.each([
		...EXTERNAL_ID_TEXTS,
		['of 4 KB', LONG_TEXT.slice(0, 4096)],
		['of 500 emoji', '🩺'.repeat(500)],
	])('reads the list of an external ID %s before it uploads', async (_, id) => {
		const item = () => itemOf({ json: { id, ifAlreadyAttached: 'skip' } });
		const first = await run([item()], {});
		const list = `${BY_CHARGE_CAPTURE_PATH}/${encodeURIComponent(id)}`;
		expect(first.error).toBeUndefined();
		expectOutput(first.output, [{ id }], 'chargeCapture');
		expectListThenUpload(list, 'POST', CREATE_BY_CHARGE_CAPTURE_PATH);
		const create = api.requests.find(({ method }) => method === 'POST');
		expectRequest(create, withDefaults({ id }), 'chargeCapture');

		const { output } = await run([item()], {});
		expect(output[0]?.json).toEqual({ ...first.output[0]!.json, already_attached: true });
		expectListThenUpload(list, 'POST', CREATE_BY_CHARGE_CAPTURE_PATH);
		expect(api.attachments).toHaveLength(1);
	});

	it('reads the list of the encounter whose ID is in the address', async () => {
		const encounter = `https://app.example.com/../${SAMPLE_UUID.toUpperCase()}/files?x=..#y`;
		const item = itemOf({ json: { encounter, ifAlreadyAttached: 'skip' } });
		const { output } = await run([item], { to: 'encounter' });
		expectOutput(output, [{ id: SAMPLE_UUID }], 'encounter');
		expectListThenUpload(
			`${ATTACHMENTS_PATH}/${SAMPLE_UUID}`,
			'PUT',
			`${ATTACHMENTS_PATH}/${SAMPLE_UUID}/v2`,
		);
	});

	it.each([
		['10 KB', '\u00e4'.repeat(5 * 1024)],
		['10 KB of emoji', '🩺'.repeat(2560)],
	])(
		'refuses an external ID of %s, with which the address of the list is too long',
		async (_, id) => {
			const { error } = await run([itemOf({ json: { id, ifAlreadyAttached: 'skip' } })], {});
			expectReadableMessage(error?.message, error?.description, /could not be read/);
			expect(api.attachments).toEqual([]);
		},
	);

	it.each(FILE_NAMES)(
		'recognizes an attached file by its name, also by a name %s',
		async (_, fileName, sentAs) => {
			const item = () => itemOf({ json: { ifAlreadyAttached: 'skip' }, recorded: { fileName } });
			const first = await run([item()], {});
			expectOutput(first.output, [{ fileName: sentAs }], 'chargeCapture');
			const { output } = await run([item()], {});
			expect(output[0]?.json).toEqual({ ...first.output[0]!.json, already_attached: true });
			expect(api.attachments).toHaveLength(1);
		},
	);
});

/** More requests may follow: the node reads lists again to find out whether they can be relied on. */
function expectListThenUpload(list: string, method: string, path: string) {
	expect(api.requests[0]).toMatchObject({ method: 'GET', path: list });
	expect(api.requests.filter((request) => request.method !== 'GET')).toMatchObject([
		{ method, path },
	]);
}
