import FormData from 'form-data';
import * as fc from 'fast-check';
import { createHash } from 'node:crypto';
import { runInThisContext } from 'node:vm';
import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';

import { startCandidApi } from '../candid-api';
import type { CandidApi, RecordedRequest } from '../candid-api';
import { pdf, randomPdf, tiff } from '../files/contents';
import { Content, runOddItems } from './badInput/oddItems';
import type { OddItem, OddRun } from './badInput/oddItems';
import type { BinaryMode } from './harness';
import { pastedCredential } from './storedCredential';
import type { StoredCredential } from './storedCredential';

const ATTACHMENTS = '/api/encounter-attachments/v1';
const CREATE = `${ATTACHMENTS}/create-from-charge-capture-external-id`;
const ENCOUNTER = 'd5e9c84f-c2b2-4bf4-b4b0-7ffd7a9ffc32';
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const MIB = 1024 * 1024;

const LONE = '\ud800';
const EMOJI = '👩‍⚕️🩺';
const FAKE_HEADER = 'x\r\nX-Evil: 1\r\n\r\ny';
const FAKE_PART =
	'\r\n------n8n-candid-health-0\r\nContent-Disposition: form-data; name="evil"\r\n\r\ny\r\n------n8n-candid-health-0--\r\n';

let api: CandidApi;
let credential: StoredCredential;

// Jest gives tests a copy of the process object, which hears of nothing.
const realProcess = runInThisContext('process') as NodeJS.Process;
const crashes: unknown[] = [];
const onCrash = (reason: unknown) => void crashes.push(reason);

beforeAll(async () => {
	realProcess.on('unhandledRejection', onCrash).on('uncaughtException', onCrash);
	api = await startCandidApi({ requestsPer10Seconds: 1_000_000 });
	api.addEncounter({ encounterId: ENCOUNTER, externalId: 'E-1' });
	credential = pastedCredential(api);
});

afterAll(async () => {
	await api.close();
	realProcess.off('unhandledRejection', onCrash).off('uncaughtException', onCrash);
});

beforeEach(() => api.reset());

afterEach(async () => {
	await new Promise((resolve) => setImmediate(resolve));
	expect(crashes.splice(0)).toEqual([]);
});

/** What arrives at Candid, and comes out, of a file. */
interface Sent {
	id: string;
	attachmentType: string;
	description?: string;
	/** before the escapes of the wire */
	fileName: string;
	contentType: string;
	content: Buffer;
}

type Outcome =
	| { sent: Array<Partial<Sent>> }
	/** nothing leaves n8n; the pattern is that of the message's end */
	| { refused: RegExp };

interface Case extends Partial<Pick<OddRun, 'binaryMode' | 'workflow'>> {
	name: string;
	/** replaces values of `GOOD` */
	json?: IDataObject;
	/** what n8n knows of the item's one file */
	recorded?: Record<string, unknown>;
	/** the item's binary fields, instead of that file */
	binary?: OddItem['binary'];
	to?: 'chargeCapture' | 'encounter';
	outcome: Outcome;
}

const sent = (...files: Array<Partial<Sent>>): Outcome => ({ sent: files.length ? files : [{}] });
const refused = (why: RegExp): Outcome => ({ refused: why });

const PDF = Buffer.from('%PDF-1.7 a visit');

/** Every parameter is an expression over the item's JSON, which is where bad values come from. */
const GOOD = {
	id: 'CC-1001',
	encounter: ENCOUNTER,
	field: 'data',
	attachmentType: 'DOCUMENTATION',
	ifAlreadyAttached: 'upload',
	maxTries: 1,
};

const ofItem = (name: string) => `={{ $json.${name} }}`;

const parameters = (to: Case['to'] = 'chargeCapture'): INodeParameters => ({
	resource: 'attachment',
	operation: 'upload',
	attachTo: to,
	chargeCaptureExternalId: { __rl: true, mode: 'id', value: ofItem('id') },
	encounterId: { __rl: true, mode: 'id', value: ofItem('encounter') },
	attachmentType: ofItem('attachmentType'),
	binaryPropertyName: '={{ $json.fieldOf ? $binary[$json.fieldOf] : $json.field }}',
	additionalFields: {
		description:
			"={{ $json.date ? DateTime.fromISO($json.date, { zone: 'utc' }) : $json.description }}",
		fileName: ofItem('fileName'),
		mimeType: ofItem('mimeType'),
	},
	options: {
		ifAlreadyAttached: ofItem('ifAlreadyAttached'),
		maxConcurrentUploads: ofItem('maxConcurrentUploads'),
		maxTries: ofItem('maxTries'),
	},
	requestOptions: { timeout: 3000 },
});

const itemOf = ({ json, recorded, binary }: Partial<Case>): OddItem => ({
	json: { ...GOOD, ...json },
	binary: binary ?? { data: new Content(PDF, recorded) },
});

const goodItem = (id: string): OddItem => ({
	json: { ...GOOD, id },
	binary: { data: new Content(PDF, { fileName: 'good.pdf' }) },
});

const run = async (items: OddItem[], { to, binaryMode, workflow }: Partial<Case>, more = {}) =>
	await runOddItems({
		items,
		credential,
		parameters: parameters(to),
		binaryMode,
		workflow,
		...more,
	});

const isGood = ({ fileName, chargeCaptureExternalId }: (typeof api.attachments)[number]) =>
	fileName === 'good.pdf' && chargeCaptureExternalId !== 'CC-1001';

/** Runs one bad item by itself, and between two good ones on a node that continues on fail. */
function check(cases: Case[]) {
	it.each(cases.map((each) => [each.name, each] as const))('%s', async (_, each) => {
		const { outcome, to } = each;
		const alone = await run([itemOf(each)], each);
		if ('sent' in outcome) {
			expect(alone.error).toBeUndefined();
			expectStored(alone.output, api.requests, outcome.sent, to);
		} else {
			expect(alone.output).toEqual([]);
			expectClear(alone.error?.message, alone.error?.description, outcome.refused);
			expect(api.attachments).toEqual([]);
			expect(api.requests).toEqual([]);
		}

		api.reset();
		const mixed = await run([goodItem('CC-A'), itemOf(each), goodItem('CC-B')], each, {
			node: { onError: 'continueRegularOutput' },
		});
		expect(mixed.error).toBeUndefined();
		const [first, ...rest] = mixed.output;
		const last = rest.pop();
		for (const good of [first, last]) {
			expect(good?.json).toMatchObject({ file_name: 'good.pdf' });
			expect(good?.json.attachment_id).toMatch(UUID);
		}
		expect(rest.map(({ pairedItem }) => pairedItem)).toEqual(rest.map(() => ({ item: 1 })));
		if ('sent' in outcome) {
			const ids = new Set(rest.map(({ json }) => json.attachment_id));
			const others = [first, last].map((good) => good?.json.attachment_id);
			expect(api.attachments.map(({ attachmentId }) => attachmentId).sort()).toEqual(
				[...ids, ...others].sort(),
			);
			expectOutput(rest, outcome.sent, to);
		} else {
			for (const { json } of rest) expectClear(json.error, json.message, outcome.refused);
			expect(rest.length).toBeGreaterThan(0);
			expect(api.attachments).toHaveLength(2);
			expect(api.attachments.filter(to === 'encounter' ? () => true : isGood)).toHaveLength(2);
		}
	});
}

function expectClear(message: unknown, description: unknown, pattern: RegExp) {
	expect(message).toMatch(/^\S.* \[item \d\] was not (stored|sent): ./u);
	expect(
		String(message)
			.split(/ was not (?:stored|sent): /)
			.pop(),
	).toMatch(pattern);
	expect(description).toMatch(/^\S.*\.$/u);
	for (const text of [message, description].map(String)) {
		expect(text.length).toBeLessThanOrEqual(400);
		expect(text).not.toMatch(/[\p{Cc}\u2028\u2029]|\p{Surrogate}/u);
		expect(text).not.toMatch(/\b(error|problem|failure)\b/i);
		expect(text).not.toMatch(
			/undefined|\[object|Cannot read|is not a function|is not iterable|NaN| {2}at |node_modules/,
		);
	}
}

function expectStored(
	output: INodeExecutionData[],
	requests: RecordedRequest[],
	files: Array<Partial<Sent>>,
	to: Case['to'],
) {
	expect(requests).toHaveLength(files.length);
	files.map(complete).forEach((file) => {
		const stored = api.attachments.find(({ sha256 }) => sha256 === hashOf(file.content));
		const request = requests.find(({ fields }) => fields?.at(-1)?.fileName === onTheWire(file));
		expect(stored).toMatchObject({
			fileName: onTheWire(file),
			contentType: file.contentType,
			attachmentType: file.attachmentType,
			size: file.content.length,
		});
		expectRequest(request, file, to);
	});
	expect(api.attachments).toHaveLength(files.length);
	expectOutput(output, files, to);
}

/** The request has the form that is expected and, by its length, nothing else. */
function expectRequest(request: RecordedRequest | undefined, file: Sent, to: Case['to']) {
	expect(request).toMatchObject({
		server: 'api',
		method: to === 'encounter' ? 'PUT' : 'POST',
		path: to === 'encounter' ? `${ATTACHMENTS}/${file.id}/v2` : CREATE,
		status: 200,
	});
	expect(Object.keys(request!.headers).sort()).toEqual(HEADERS);
	const [, boundary = ''] =
		/^multipart\/form-data; boundary=([-\w]{30,70})$/.exec(request!.headers['content-type']!) ?? [];
	// That no content can contain it, nobody may know it beforehand.
	expect(boundaries).not.toContain(boundary);
	boundaries.add(boundary);
	const fields = fieldsOf(file, to);
	expect(request!.fields).toEqual([
		...fields.map(([name, value]) => ({ name, value, size: Buffer.byteLength(value) })),
		{
			name: 'attachment_file',
			fileName: onTheWire(file),
			contentType: file.contentType,
			size: file.content.length,
		},
	]);
	expect(request!.contentLength).toBe(lengthOf(fields, file, boundary));
	expect(request!.bytesReceived).toBe(request!.contentLength);
}

const boundaries = new Set<string>();

const HEADERS = [
	'accept',
	'accept-encoding',
	'authorization',
	'connection',
	'content-length',
	'content-type',
	'host',
	'user-agent',
];

function expectOutput(output: INodeExecutionData[], files: Array<Partial<Sent>>, to: Case['to']) {
	expect(output.map(({ json }) => json)).toEqual(
		files.map(complete).map((file) => ({
			attachment_id: expect.stringMatching(UUID) as string,
			[to === 'encounter' ? 'encounter_id' : 'charge_capture_external_id']: file.id,
			attachment_type: file.attachmentType,
			...(file.description === undefined ? {} : { description: file.description }),
			file_name: file.fileName,
			content_type: file.contentType,
			file_size: file.content.length,
		})),
	);
	const held = new Map(api.attachments.map((each) => [each.attachmentId, each]));
	for (const [index, { json }] of output.entries()) {
		expect(held.get(String(json.attachment_id))?.sha256).toBe(
			hashOf(complete(files[index]!).content),
		);
	}
}

const complete = (file: Partial<Sent>): Sent => ({
	id: GOOD.id,
	attachmentType: GOOD.attachmentType,
	fileName: 'visit.pdf',
	contentType: 'application/pdf',
	content: PDF,
	...file,
});

function fieldsOf(file: Sent, to: Case['to']): Array<[string, string]> {
	const fields: Array<[string, string]> =
		to === 'encounter' ? [] : [['charge_capture_external_id', file.id]];
	fields.push(['attachment_type', file.attachmentType]);
	if (file.description !== undefined) fields.push(['description', asUtf8(file.description)]);
	return fields;
}

/** Bytes, by the reference encoder. */
function lengthOf(fields: Array<[string, string]>, file: Sent, boundary: string): number {
	const form = new FormData();
	form.setBoundary(boundary);
	for (const [name, value] of fields) form.append(name, value);
	const { fileName: filename, contentType } = file;
	form.append('attachment_file', file.content, { filename, contentType });
	return form.getLengthSync();
}

/** WHATWG HTML, 'multipart/form-data encoding algorithm'. */
const onTheWire = ({ fileName }: Sent) => fileName.replaceAll('"', '%22');

/** Half a surrogate pair has no UTF-8 form; U+FFFD is sent for it. */
const asUtf8 = (text: string) => Buffer.from(text).toString();

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Text that any free text field has to carry unharmed. */
const TEXTS: Array<[name: string, text: string]> = [
	['with a slash', 'a/b'],
	['with dots and slashes', '../../v1'],
	['of percent-encoded dots', '%2e%2e'],
	['with a percent-encoded slash', 'a%2Fb'],
	['with a query and a fragment', 'a?b=c#d'],
	['of emoji', EMOJI],
	['with NUL', 'a\0b'],
	['with control characters', 'a\u0001\u001b[31m\u007f\u0085b'],
	['with a fake header', FAKE_HEADER],
	['with a fake part', FAKE_PART],
	['with quotes', `"a" 'b' \\"c`],
	['with a template', '={{ $json.field }} ${x} {encounter_id}'],
	['of three dots', '...'],
	['with blanks around it', ' CC-1 '],
	['from right to left', '\u202efdp.CC'],
	['named __proto__', '__proto__'],
];

/** Whether an external ID may be so when it is typed, or comes from an expression. */
const isPlain = (text: string) => text === text.trim() && !/\p{Cc}/u.test(text);

const ID_TEXTS = TEXTS.filter(([, text]) => isPlain(text));

const LONG = 'x'.repeat(10 * 1024);

describe('an external ID', () => {
	check([
		...ID_TEXTS.map(([name, id]) => ({ name, json: { id }, outcome: sent({ id }) })),
		...TEXTS.filter(([, text]) => !isPlain(text)).map(([name, id]) => ({
			name,
			json: { id },
			outcome: refused(/^the external ID (contains a line break|begins or ends with a space)/),
		})),
		{ name: 'of 10 KB', json: { id: LONG }, outcome: sent({ id: LONG }) },
		{ name: 'that is a number', json: { id: 1001 }, outcome: sent({ id: '1001' }) },
		{ name: 'that is a fraction', json: { id: 0.5 }, outcome: sent({ id: '0.5' }) },
		{ name: 'that is zero', json: { id: 0 }, outcome: sent({ id: '0' }) },
		...(
			[
				['empty', ''],
				['of spaces', '   '],
				['of line breaks', '\r\n\t'],
				['missing', undefined],
				['null', null],
				['NaN', NaN],
				['Infinity', Infinity],
				['true', true],
				['an object', { id: 1 }],
				['an array', ['CC-1']],
			] as const
		).map(([name, id]) => ({
			name,
			json: { id: id as string },
			outcome: refused(/^no charge capture is selected$/),
		})),
		...['.', '..', ' .. ', '..\n'].map((id) => ({
			name: `that is ${JSON.stringify(id)}`,
			json: { id },
			outcome: refused(/ is not an external ID$/),
		})),
		{
			name: 'with half a surrogate pair',
			json: { id: `a${LONE}` },
			outcome: refused(/^a character is cut in half$/),
		},
		{
			name: 'that is a number too long',
			json: { id: 2 ** 64 },
			outcome: refused(/^the number is too long to be exact$/),
		},
	]);
});

describe('an encounter ID', () => {
	check([
		...[
			['in upper case', ENCOUNTER.toUpperCase()],
			['with blanks around it', ` ${ENCOUNTER}\n`],
			['in an address', `https://app.example.com/encounters/${ENCOUNTER}?tab=1#files`],
			['in a path', `../../${ENCOUNTER}/..`],
		].map(([name, encounter]) => ({
			name: name!,
			to: 'encounter' as const,
			json: { encounter },
			outcome: sent({ id: ENCOUNTER }),
		})),
		...(
			[
				['empty', ''],
				['of spaces', '  '],
				['missing', undefined],
				['null', null],
				['NaN', NaN],
				['an object', {}],
			] as const
		).map(([name, encounter]) => ({
			name,
			to: 'encounter' as const,
			json: { encounter: encounter as string },
			outcome: refused(/^no encounter is selected$/),
		})),
		...(
			[
				...TEXTS.filter(([name]) => name !== 'with blanks around it'),
				['of 10 KB', LONG],
				['a dot', '.'],
				['two dots', '..'],
				['a number', 42],
				['two IDs', `${ENCOUNTER}/${ENCOUNTER.replace('d', 'e')}`],
				['an ID and more', `${ENCOUNTER}0`],
				['with half a surrogate pair', `${ENCOUNTER}${LONE}`],
				['an ID and a header', `${ENCOUNTER}\r\nX-Evil: 1`],
			] as Array<[string, string]>
		).map(([name, encounter]) => ({
			name: `not one: ${name}`,
			to: 'encounter' as const,
			json: { encounter },
			outcome: refused(
				/^('.{1,62}'|the text that is given) is not the ID of an encounter$|^the address contains (no|more than one) ID$|^a character is cut in half$/,
			),
		})),
	]);
});

/** What a file of that name is called when it arrives. */
const NAMES: Array<[name: string, fileName: string, arrivesAs: string]> = [
	['in folders above', '../../x.pdf', 'x.pdf'],
	['of a Windows path', 'C:\\x\\y.pdf', 'y.pdf'],
	['that Windows reserves', 'CON', 'CON'],
	['with quotes', `a "b" 'c'.pdf`, `a "b" 'c'.pdf`],
	['with backslash and quote', 'a\\"b".pdf', '"b".pdf'],
	['with percent signs', '100%22%0d.pdf', '100%22%0d.pdf'],
	[
		'with a fake header and boundary',
		'a.pdf"\r\nContent-Type: text-html\r\n\r\n------n8n-candid-health-0--.pdf',
		'a.pdf" Content-Type: text-html ------n8n-candid-health-0--.pdf',
	],
	['with CR alone and LF alone', 'a\rb\nc.pdf', 'a b c.pdf'],
	['with NUL', 'a\0b.pdf', 'a b.pdf'],
	['with control characters', 'a\u0001\u001b\u0085b.pdf', 'a b.pdf'],
	['of 1,000 characters', `${'a'.repeat(996)}.pdf`, `${'a'.repeat(996)}.pdf`],
	['of 1,000 emoji', `${'🩺'.repeat(1000)}.pdf`, `${'🩺'.repeat(1000)}.pdf`],
	['of emoji at an odd place', `a${'🩺'.repeat(100)}.pdf`, `a${'🩺'.repeat(100)}.pdf`],
	['of emoji', `${EMOJI}.pdf`, `${EMOJI}.pdf`],
	['from right to left', 'a\u202efdp.exe', 'a\u202efdp.exe'],
	['with half a surrogate pair', `a${LONE}.pdf`, 'a\ufffd.pdf'],
	['with a dot at its end', 'a.pdf.', 'a.pdf.'],
	['with a blank at its end', 'a.pdf ', 'a.pdf'],
	['with a semicolon and an equals sign', "a;filename*=UTF-8''b.pdf", "a;filename*=UTF-8''b.pdf"],
	['with another extension', 'a.exe', 'a.exe'],
	['of one blank', ' ', 'data.pdf'],
	['of dots', '...', 'data.pdf'],
	['of two dots and a slash', '../', 'data.pdf'],
	['of control characters', '\r\n\0', 'data.pdf'],
];

describe('a file name', () => {
	check([
		...NAMES.map(([name, fileName, arrivesAs]) => ({
			name,
			recorded: { fileName },
			outcome: sent({ fileName: arrivesAs }),
		})),
		...NAMES.map(([name, fileName, arrivesAs]) => ({
			name: `${name}, in File Name`,
			json: { fileName },
			outcome: sent({ fileName: arrivesAs }),
		})),
		...NAMES.map(([name, fileName]) => ({
			name: `${name}, of a file that is refused`,
			binary: { data: new Content(tiff(), { fileName }) },
			outcome: refused(
				/^(it(s name says| is recorded as) PDF, but )?it is a TIFF image, as fax services send it$/,
			),
		})),
		...NAMES.map(([name, fileName, arrivesAs]) => ({
			name: `${name}, of a file given as a value`,
			json: { fieldOf: 'data' },
			recorded: { fileName },
			outcome: sent({ fileName: arrivesAs.replace(/^data\.pdf$/, 'file.pdf') }),
		})),
		...[undefined, null, ''].map((fileName) => ({
			name: `that is ${JSON.stringify(fileName) ?? 'missing'}`,
			recorded: { fileName },
			outcome: sent({ fileName: 'data.pdf' }),
		})),
		{ name: 'that is a number', recorded: { fileName: 7 }, outcome: sent({ fileName: '7' }) },
		{
			name: 'that is a number, in File Name',
			json: { fileName: 7 },
			outcome: sent({ fileName: '7' }),
		},
		...[{ a: 1 }, ['a.pdf']].flatMap((fileName) => [
			{
				name: `that is ${JSON.stringify(fileName)}`,
				recorded: { fileName },
				outcome: refused(/name/),
			},
			{
				name: `that is ${JSON.stringify(fileName)}, in File Name`,
				json: { fileName },
				outcome: refused(/File Name/),
			},
		]),
	]);
});

/** Of a binary field's name, for a file that has none of its own. */
const FIELD_NAMES: Array<[field: string, arrivesAs: string]> = [
	['__proto__', '__proto__.pdf'],
	['constructor', 'constructor.pdf'],
	['toString', 'toString.pdf'],
	['hasOwnProperty', 'hasOwnProperty.pdf'],
	['../../x', 'x.pdf'],
	['a\\b', 'b.pdf'],
	['a"\r\nX-Evil: 1', 'a" X-Evil: 1.pdf'],
	['a\0b', 'a b.pdf'],
	['..', 'file.pdf'],
	[`${EMOJI}`, `${EMOJI}.pdf`],
	[`a${LONE}`, 'a\ufffd.pdf'],
];

describe('a binary field', () => {
	const nameless = new Content(PDF, { fileName: undefined });
	check([
		...FIELD_NAMES.map(([field, fileName]) => ({
			name: `called ${JSON.stringify(field)}, of a nameless file`,
			json: { field },
			binary: Object.fromEntries([[field, nameless]]),
			outcome: sent({ fileName }),
		})),
		...FIELD_NAMES.map(([field]) => ({
			name: `called ${JSON.stringify(field)} that is not there`,
			json: { field },
			outcome: refused(/^the item has no binary field that matches '.+'$/u),
		})),
		...FIELD_NAMES.map(([field]) => ({
			name: `called ${JSON.stringify(field)} that is no file`,
			json: { field },
			binary: Object.fromEntries([[field, 'text']]),
			outcome: refused(/^its binary field does not contain a file$/),
		})),
	]);
});

const NO_FILES: Array<[name: string, value: unknown]> = [
	['JSON', { visit: 1 }],
	['a string', 'JVBERi0='],
	['null', null],
	['missing', undefined],
	['a number', 7],
	['an array', [1]],
	['an empty object', {}],
	['without content', { mimeType: 'application/pdf' }],
];

/** Values that look like files, whose content cannot be had. */
const NO_CONTENT: Array<[name: string, value: Record<string, unknown>]> = [
	['with an ID that does not exist', { id: 'MODE:none', data: 'MODE' }],
	['with an ID of no mode', { id: 'none', data: '' }],
	['with an ID of an unknown mode', { id: 'moon:none', data: '' }],
	['with an ID that is a path', { id: 'MODE:../../../../../../../../etc/passwd', data: '' }],
	['with an ID that is a number', { id: 7, data: '' }],
	['with an ID that is an object', { id: {}, data: '' }],
	['with content that is null', { data: null }],
	['with content that is a number', { data: 7 }],
	['with content that is an object', { data: {} }],
	['with content that is an array', { data: [1, 2] }],
];

describe.each([
	['default', 'separate'],
	['filesystem', 'separate'],
	['database', 'separate'],
	['filesystem', 'combined'],
	['database', 'combined'],
] as const)('in %s binary mode, %s, a binary value', (binaryMode, separation) => {
	const combined = separation === 'combined';
	const workflow: Case['workflow'] = combined ? { binaryMode: 'combined' } : {};
	const mode = binaryMode === 'filesystem' ? 'filesystem-v2' : binaryMode;
	const having = (value: unknown): Partial<Case> =>
		combined
			? { json: { _files: { data: value } } as IDataObject, binary: {} }
			: { binary: { data: value } };
	const cases = [
		...NO_FILES.map(([name, value]) => ({
			name,
			...having(value),
			outcome: refused(
				combined
					? /^the item has no binary field that matches 'data'$/
					: /^its binary field does not contain a file$/,
			),
		})),
		...NO_CONTENT.map(([name, { id, ...value }]) => ({
			name,
			...having({
				...value,
				...(id === undefined ? {} : { id: typeof id === 'string' ? id.replace('MODE', mode) : id }),
				mimeType: 'application/pdf',
				fileName: 'visit.pdf',
			}),
			outcome: refused(/^n8n no longer has its content$|^its content /),
		})),
		{
			name: 'with empty content',
			...having({ data: '', mimeType: 'application/pdf', fileName: 'visit.pdf' }),
			outcome: refused(/^it is empty \(0 bytes\)$/),
		},
		{
			name: 'with its content in it',
			...having({
				data: PDF.toString('base64'),
				mimeType: 'application/pdf',
				fileName: 'visit.pdf',
			}),
			outcome: sent(),
		},
		...[
			['in lines', PDF.toString('base64').replace(/(.{8})/g, '$1\r\n')],
			['with blanks', ` ${PDF.toString('base64')} `],
			['without padding', PDF.toString('base64').replace(/=+$/, '')],
			['of the URL alphabet', PDF.toString('base64url')],
		].map(([name, data]) => ({
			name: `with base64 content ${name}`,
			...having({ data, mimeType: 'application/pdf', fileName: 'visit.pdf' }),
			outcome: sent(),
		})),
		...[
			['as plain text', 'A note. It is not encoded.'],
			// As many bytes as without the last character, which counts for three quarters of one.
			['with one character too many', 'JVBERi0x%'],
			['as a data URL', `data:application/pdf;base64,${PDF.toString('base64')}`],
		].map(([name, data]) => ({
			name: `with its content ${name}`,
			...having({ data, mimeType: 'application/pdf', fileName: 'visit.pdf' }),
			outcome: refused(/^its content is not Base64/),
		})),
		{
			name: 'stored by n8n',
			binary: { data: new Content(PDF) },
			outcome: sent(),
		},
	];
	check(cases.map((each) => ({ ...each, binaryMode, workflow })));
});

describe('Input Binary Field', () => {
	const file = (index: number) => Buffer.from(`%PDF-1.7 file ${index}`);
	const binary = Object.fromEntries(
		['attachment_0', 'attachment_1', 'Data 2'].map((field, index) => [
			field,
			new Content(file(index), { fileName: `${index}.pdf` }),
		]),
	);
	const files = (...indices: number[]) =>
		sent(...indices.map((index) => ({ fileName: `${index}.pdf`, content: file(index) })));
	const none = refused(/^the item has no binary field that matches '.+'$/u);
	const empty = refused(/^'Input Binary Field' is empty$/);
	check([
		...(
			[
				['*', files(0, 1, 2)],
				['**', files(0, 1, 2)],
				['*, *', files(0, 1, 2)],
				['a*t*_*', files(0, 1)],
				['a*b*c', none],
				[' attachment_1 ,, Data 2 , ', files(1, 2)],
				['Data 2, *', files(2, 0, 1)],
				['__proto__', none],
				['[a-z]*', none],
				['.*', none],
				['attachment_0\r\n', files(0)],
				['data\r\nX-Evil: 1', none],
				['', empty],
				[' , ,', empty],
				[null, empty],
				[undefined, empty],
				[7, none],
				[{}, refused(/'Input Binary Field'/)],
				[['attachment_0'], files(0)],
				[['Data 2', 'attachment_*'], files(2, 0, 1)],
				[['attachment_0', 'attachment_0'], files(0)],
				[['scan'], none],
				[[], empty],
				[{ visit: 1 }, refused(/^'Input Binary Field' gives an object that is not a file$/)],
				[[{ visit: 1 }], refused(/^'Input Binary Field' gives an object that is not a file$/)],
			] as Array<[IDataObject[string], Outcome]>
		).map(([field, outcome]) => ({
			name: `of ${JSON.stringify(field) ?? 'nothing'}`,
			json: { field },
			binary,
			outcome,
		})),
		{ name: 'of 10 KB', json: { field: LONG }, binary, outcome: none },
		{
			name: 'of half a surrogate pair',
			json: { field: `a${LONE}` },
			binary,
			outcome: none,
		},
		{ name: 'of 5,000 stars', json: { field: '*'.repeat(5000) }, binary, outcome: files(0, 1, 2) },
		{
			name: 'of many names',
			json: { field: Array.from({ length: 200 }, (_, index) => `scan_${index}`).join() },
			binary,
			outcome: none,
		},
		{
			name: 'that is not there among 200 others',
			json: { field: 'scan' },
			binary: Object.fromEntries(
				Array.from({ length: 200 }, (_, index) => [`attachment_${index}`, null]),
			),
			outcome: none,
		},
		{
			name: 'of a file and a missing one',
			json: { field: 'scan' },
			binary,
			outcome: none,
		},
	]);
});

describe('a binary value of a Code node', () => {
	const base64 = PDF.toString('base64');
	const visit = { fileName: 'visit.pdf' };
	const asJson = JSON.parse(JSON.stringify(PDF)) as unknown;
	const values: Array<[name: string, value: unknown, stored?: Partial<Sent>]> = [
		['without a type', { data: base64, ...visit }],
		['without a name', { data: base64, mimeType: 'application/pdf' }, { fileName: 'data.pdf' }],
		['of an extension', { data: base64, fileExtension: 'pdf' }, { fileName: 'data.pdf' }],
		['of its content alone', { data: base64 }, { fileName: 'data.pdf' }],
		['with a Buffer', { data: PDF, ...visit }],
		['with bytes', { data: Uint8Array.from(PDF), ...visit }],
		['with a Buffer that went through JSON', { data: asJson, ...visit }],
	];
	check(
		values.map(([name, data, stored]) => ({
			name,
			binaryMode: 'default' as const,
			binary: { data },
			outcome: sent(stored ?? {}),
		})),
	);
});

/** A file of its own for each number, with its content in it. */
const inlineFile = (index: number) => ({
	data: pdf(`file ${index}`).toString('base64'),
	fileName: `${index}.pdf`,
	mimeType: 'application/pdf',
});

const inlineFiles = (...indices: number[]) =>
	sent(...indices.map((index) => ({ fileName: `${index}.pdf`, content: pdf(`file ${index}`) })));

describe('a value in Input Binary Field', () => {
	const values: Array<[name: string, field: unknown, outcome: Outcome]> = [
		['that is a file', inlineFile(0), inlineFiles(0)],
		['that is an array of files', [inlineFile(0), inlineFile(1)], inlineFiles(0, 1)],
		['that is a map of files', { a: inlineFile(0), b: inlineFile(1) }, inlineFiles(0, 1)],
		[
			'that is a map of arrays of files',
			{ a: [inlineFile(0), inlineFile(1)], b: inlineFile(2) },
			inlineFiles(0, 1, 2),
		],
		['that is an array of maps', [{ a: inlineFile(0) }, { a: inlineFile(1) }], inlineFiles(0, 1)],
		[
			'that is an array of a name and a file',
			['data', inlineFile(1)],
			sent({}, { fileName: '1.pdf', content: pdf('file 1') }),
		],
	];
	check(
		values.map(([name, field, outcome]) => ({
			name,
			json: { field } as IDataObject,
			outcome,
		})),
	);
});

describe('Input Binary Field as it is by default', () => {
	const one = new Content(PDF);
	check([
		{ name: 'takes the only file', binary: { attachment_0: one }, outcome: sent() },
		{
			name: 'does not choose one of several files',
			binary: { attachment_0: one, attachment_1: one },
			outcome: refused(/^the item has no binary field that matches 'data'$/),
		},
		{
			name: 'does not take what is no file',
			binary: { attachment_0: 'text' },
			outcome: refused(/^the item has no binary field that matches 'data'$/),
		},
		{
			name: 'takes another file only in place of the default name',
			json: { field: 'scan' },
			binary: { attachment_0: one },
			outcome: refused(/^the item has no binary field that matches 'scan'$/),
		},
	]);

	it('names the fields there are, and the parameter', async () => {
		const item = itemOf({ binary: { attachment_0: one, attachment_1: one } });
		const { error } = await run([item], {});
		expect(error?.description).toContain(
			"The item's binary fields are: 'attachment_0', 'attachment_1'. Set 'Input Binary Field' to",
		);
	});
});

describe('in combined binary mode, a field with several files', () => {
	const having = (field: string) => ({
		workflow: { binaryMode: 'combined' as const },
		json: {
			field,
			scans: [inlineFile(0), inlineFile(1)],
			letters: { b: inlineFile(2) },
		} as IDataObject,
		binary: {},
	});
	check([
		{ name: 'is taken with the others', ...having('*'), outcome: inlineFiles(0, 1, 2) },
		{
			name: 'is not confused with JSON that has an ID and data',
			...having('*'),
			json: {
				field: '*',
				letter: inlineFile(2),
				answer: { id: 'x-1', data: 'text' },
			} as IDataObject,
			outcome: inlineFiles(2),
		},
		{ name: 'is taken by its name', ...having('scans'), outcome: inlineFiles(0, 1) },
		{ name: 'may be an object', ...having('letters'), outcome: inlineFiles(2) },
	]);
});

describe('a recorded type', () => {
	check(
		[
			'Text/CSV; charset=utf-8',
			'application/pdf;\r\nX-Evil: 1',
			'',
			' ',
			'application/pdf\0',
			'nonsense',
			'__proto__',
			'constructor',
			LONG,
			null,
			7,
			{ a: 1 },
			['application/pdf'],
		].map((mimeType) => ({
			name: `of ${JSON.stringify(mimeType).slice(0, 40)} leaves a PDF a PDF`,
			recorded: { mimeType },
			outcome: sent(),
		})),
	);
	check([
		{
			name: 'of 10 KB, of a file that nobody knows',
			binary: { data: new Content(Buffer.from('a'), { mimeType: LONG, fileName: 'a.xyz' }) },
			outcome: refused(/^Candid does not accept files of the type x+…$/),
		},
	]);
});

describe('MIME Type', () => {
	const notAccepted = refused(
		/^'MIME Type' under Additional Fields is .*, which Candid does not accept$/,
	);
	const contradicted = refused(/^'MIME Type' says (CSV|JPEG), but its content is PDF$/);
	const TYPES: Array<[type: unknown, outcome: Outcome]> = [
		['APPLICATION/PDF', sent()],
		[' application/pdf ', sent()],
		['application/pdf;\r\nX-Evil: 1', sent()],
		['application/x-pdf', sent()],
		['', sent()],
		[' ', sent()],
		['application/octet-stream', sent()],
		[null, sent()],
		['Text/CSV; charset=utf-8', contradicted],
		['image/JPG', contradicted],
		['application/pdf\r\nX-Evil: 1', notAccepted],
		['application/pdf\r\n\r\n<html>', notAccepted],
		['application/pdf\0', notAccepted],
		['application/pdf, text/html', notAccepted],
		['nonsense', notAccepted],
		['__proto__', notAccepted],
		['constructor', notAccepted],
		['text/html', notAccepted],
		[7, notAccepted],
		...[{ a: 1 }, ['application/pdf']].map((type): [unknown, Outcome] => [
			type,
			refused(/^'MIME Type' under Additional Fields is not text$/),
		]),
	];
	check(
		TYPES.map(([mimeType, outcome]) => ({
			name: `of ${JSON.stringify(mimeType)}`,
			json: { mimeType: mimeType as string },
			outcome,
		})),
	);
});

describe('content', () => {
	const text = (content: string) => ({
		binary: { data: new Content(Buffer.from(content), { fileName: 'visit.txt' }) },
		outcome: sent({
			fileName: 'visit.txt',
			contentType: 'text/plain',
			content: Buffer.from(content),
		}),
	});
	const everyByte = pdf(Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));
	check([
		{
			name: 'of HTML that says it is a PDF',
			binary: { data: new Content(Buffer.from('<script>alert(1)</script>')) },
			outcome: refused(/^its name says PDF, but it is a web page$/),
		},
		{
			name: 'of every byte',
			binary: { data: new Content(everyByte) },
			outcome: sent({ content: everyByte }),
		},
		{ name: 'of one byte', ...text('x') },
		{ name: 'of line breaks', ...text('\r\n\r\n') },
		{ name: 'like a part', ...text(FAKE_PART) },
		{ name: 'like the end of the body', ...text('\r\n------n8n-candid-health-') },
		{
			name: 'of zero bytes',
			binary: { data: new Content(Buffer.alloc(0)) },
			outcome: refused(/^it is empty \(0 bytes\)$/),
		},
	]);
});

describe.each<BinaryMode>(['default', 'filesystem'])('of %s binary data, content', (binaryMode) => {
	const limit = randomPdf(25 * MIB);
	check([
		{
			name: 'of 25 MiB',
			binaryMode,
			binary: { data: new Content(limit) },
			outcome: sent({ content: limit }),
		},
		{
			name: 'of 25 MiB and a byte',
			binaryMode,
			binary: { data: new Content(randomPdf(25 * MIB + 1)) },
			outcome: refused(/^it is too large \(25\.1 MB\)$/),
		},
	]);
});

describe('a description', () => {
	const LONG_TEXT = `${FAKE_PART}${'visit '.repeat(17_000)}`;
	check([
		...TEXTS.map(([name, description]) => ({
			name,
			json: { description },
			outcome: sent({ description }),
		})),
		{
			name: 'of 100 KB',
			json: { description: LONG_TEXT },
			outcome: sent({ description: LONG_TEXT }),
		},
		{ name: 'of a blank', json: { description: ' ' }, outcome: sent({ description: ' ' }) },
		{ name: 'that is a number', json: { description: 7 }, outcome: sent({ description: '7' }) },
		{
			name: 'that is a date',
			json: { date: '2026-05-04T10:00:00.000Z' },
			outcome: sent({ description: '2026-05-04T10:00:00.000Z' }),
		},
		{
			name: 'that is an object',
			json: { description: { a: 1 } },
			outcome: refused(/description/i),
		},
		...[undefined, null, ''].map((description) => ({
			name: `that is ${JSON.stringify(description) ?? 'missing'}`,
			json: { description },
			outcome: sent(),
		})),
	]);
});

describe('options', () => {
	const nothings = [undefined, null, '', 0, -1, NaN, 0.5, 'many', true, {}, [], '2'];
	check([
		...['maxConcurrentUploads', 'maxTries'].flatMap((option) =>
			[...nothings, 1e9, Infinity, -Infinity].map((value) => ({
				name: `${option} ${typeof value === 'number' ? value : (JSON.stringify(value) ?? 'missing')}`,
				json: { [option]: value } as IDataObject,
				outcome: sent(),
			})),
		),
		...[undefined, null, '', 'nonsense', 'Skip', 7, {}].map((ifAlreadyAttached) => ({
			name: `ifAlreadyAttached ${JSON.stringify(ifAlreadyAttached) ?? 'missing'}`,
			json: { ifAlreadyAttached },
			outcome: refused(/^'If Already Attached' has a value that does not exist$/),
		})),
	]);
});

describe('an attachment type', () => {
	check([
		...['NEW_TYPE', 'EOB\r\nX-Evil: 1', FAKE_PART, EMOJI].map((attachmentType) => ({
			name: `of ${JSON.stringify(attachmentType).slice(0, 30)}`,
			json: { attachmentType },
			outcome: sent({ attachmentType }),
		})),
		...['eob', ' Eob\n'].map((attachmentType) => ({
			name: `of ${JSON.stringify(attachmentType)}`,
			json: { attachmentType },
			outcome: sent({ attachmentType: 'EOB' }),
		})),
		...(['', null, undefined, {}] as const).map((attachmentType) => ({
			name: `that is ${JSON.stringify(attachmentType) ?? 'missing'}`,
			json: { attachmentType },
			outcome: refused(/^no attachment type is selected$/),
		})),
	]);
});

describe("with 'Skip',", () => {
	it.each([...ID_TEXTS, ['of 4 KB', LONG.slice(0, 4096)], ['of 500 emoji', '🩺'.repeat(500)]])(
		'an external ID %s is looked up in its own list',
		async (_, id) => {
			const item = () => itemOf({ json: { id, ifAlreadyAttached: 'skip' } });
			const first = await run([item()], {});
			const list = `${ATTACHMENTS}/by-charge-capture-external-id/${encodeURIComponent(id)}`;
			expect(first.error).toBeUndefined();
			expectOutput(first.output, [{ id }], 'chargeCapture');
			expectListThenUpload(list, 'POST', CREATE);
			const create = api.requests.find(({ method }) => method === 'POST');
			expectRequest(create, complete({ id }), 'chargeCapture');

			const { output } = await run([item()], {});
			expect(output[0]?.json).toEqual({ ...first.output[0]!.json, already_attached: true });
			expectListThenUpload(list, 'POST', CREATE);
			expect(api.attachments).toHaveLength(1);
		},
	);

	it("an encounter's list is that of the ID in the address", async () => {
		const encounter = `https://app.example.com/../${ENCOUNTER.toUpperCase()}/files?x=..#y`;
		const item = itemOf({ json: { encounter, ifAlreadyAttached: 'skip' } });
		const { output } = await run([item], { to: 'encounter' });
		expectOutput(output, [{ id: ENCOUNTER }], 'encounter');
		expectListThenUpload(`${ATTACHMENTS}/${ENCOUNTER}`, 'PUT', `${ATTACHMENTS}/${ENCOUNTER}/v2`);
	});

	it.each([
		['10 KB', '\u00e4'.repeat(5 * 1024)],
		['10 KB of emoji', '🩺'.repeat(2560)],
	])('an external ID of %s is refused where its address is too long', async (_, id) => {
		const { error } = await run([itemOf({ json: { id, ifAlreadyAttached: 'skip' } })], {});
		expectClear(error?.message, error?.description, /could not be read/);
		expect(api.attachments).toEqual([]);
	});

	it.each(NAMES)('a file name %s is found again', async (_, fileName, arrivesAs) => {
		const item = () => itemOf({ json: { ifAlreadyAttached: 'skip' }, recorded: { fileName } });
		const first = await run([item()], {});
		expectOutput(first.output, [{ fileName: arrivesAs }], 'chargeCapture');
		const { output } = await run([item()], {});
		expect(output[0]?.json).toEqual({ ...first.output[0]!.json, already_attached: true });
		expect(api.attachments).toHaveLength(1);
	});
});

/** What else is sent is there to find out whether lists can be relied on. */
function expectListThenUpload(list: string, method: string, path: string) {
	expect(api.requests[0]).toMatchObject({ method: 'GET', path: list });
	expect(api.requests.filter((request) => request.method !== 'GET')).toMatchObject([
		{ method, path },
	]);
}

const anyText = fc.oneof(
	fc.string({ unit: 'grapheme', maxLength: 40 }),
	fc.string({ unit: 'binary', maxLength: 40 }),
	fc.string({
		unit: fc.constantFrom('a', '.', '/', '\\', '"', ' ', '\r', '\n', '\0', '%', ';', LONE, '🩺'),
		maxLength: 12,
	}),
);

it('whatever the texts are, a file is stored exactly as they say, or refused in plain words', async () => {
	await fc.assert(
		fc.asyncProperty(anyText, anyText, anyText, async (id, fileName, description) => {
			api.reset();
			const item = itemOf({ json: { id, description }, recorded: { fileName } });
			const { output, error } = await run([item], {});
			if (['', '.', '..'].includes(id) || !isPlain(id) || asUtf8(id) !== id) {
				expectClear(
					error?.message,
					error?.description,
					/is selected$|is not an external ID$|is cut in half$|a space$|control character$/,
				);
				expect(api.requests).toEqual([]);
				return;
			}
			const file = {
				id,
				description: description === '' ? undefined : description,
				fileName: expectedName(fileName),
			};
			expect(error).toBeUndefined();
			expectStored(output, api.requests, [file], 'chargeCapture');
		}),
		{ numRuns: 60 },
	);
});

/** Without folders and control characters; a name of which nothing is left is the field's. */
function expectedName(fileName: string): string {
	const start = Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\')) + 1;
	const name = asUtf8(fileName.slice(start))
		// eslint-disable-next-line no-control-regex
		.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
		.trim();
	return name.replaceAll('.', '') === '' ? 'data.pdf' : name;
}
