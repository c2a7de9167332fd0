import { runInThisContext } from 'node:vm';
import FormData from 'form-data';
import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';

import { startCandidApi } from '../../candid-api';
import type { CandidApi, RecordedRequest } from '../../candid-api';
import { ATTACHMENTS_PATH, CREATE_BY_CHARGE_CAPTURE_PATH } from '../../candid-api/paths';
import { sha256 } from '../../files/contents';
import { CONTINUE_ON_FAIL, SAMPLE_UUID, UUID, attachmentParameters, locator } from '../fixtures';
import { pastedCredential } from '../storedCredential';
import type { StoredCredential } from '../storedCredential';
import { Content, runOddItems } from './oddItems';
import type { OddItem, OddRun } from './oddItems';

/*
 * The cases of the tests in this folder: what they have in common, and how each is checked. Importing
 * this file starts one local API for the test file, which is reset before each test.
 */

export let api: CandidApi;
let credential: StoredCredential;

// Jest gives tests a copy of the process object, which emits no events.
const realProcess = runInThisContext('process') as NodeJS.Process;
const crashes: unknown[] = [];
const onCrash = (reason: unknown) => void crashes.push(reason);

beforeAll(async () => {
	realProcess.on('unhandledRejection', onCrash).on('uncaughtException', onCrash);
	api = await startCandidApi({ requestsPer10Seconds: 1_000_000 });
	api.addEncounter({ encounterId: SAMPLE_UUID, externalId: 'E-1' });
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

/** What Candid must receive of a file, and the node must output. */
export interface ExpectedFile {
	id: string;
	attachmentType: string;
	description?: string;
	/** before it is escaped for the multipart body */
	fileName: string;
	contentType: string;
	content: Buffer;
}

export type Outcome =
	| { accepted: Array<Partial<ExpectedFile>> }
	/** nothing is sent; the pattern matches the end of the message */
	| { refused: RegExp };

export interface Case extends Partial<Pick<OddRun, 'binaryMode' | 'workflow'>> {
	/** continues the name of the test's subject, e.g. 'with a slash' */
	name: string;
	/** replaces values of `GOOD` */
	json?: IDataObject;
	/** what n8n has recorded of the item's one file */
	recorded?: Record<string, unknown>;
	/** the item's binary fields, instead of that file */
	binary?: OddItem['binary'];
	to?: 'chargeCapture' | 'encounter';
	outcome: Outcome;
}

/** @param files default: the item's one file, as it is */
export const accepted = (...files: Array<Partial<ExpectedFile>>): Outcome => ({
	accepted: files.length ? files : [{}],
});

/** @param reason what the message must say after 'was not stored: ' */
export const refused = (reason: RegExp): Outcome => ({ refused: reason });

export const PDF = Buffer.from('%PDF-1.7 a visit');

/** The item's JSON. Every parameter is an expression over it, which is where bad values come from. */
const GOOD = {
	id: 'CC-1001',
	encounter: SAMPLE_UUID,
	field: 'data',
	attachmentType: 'DOCUMENTATION',
	ifAlreadyAttached: 'upload',
	maxTries: 1,
};

const ofItem = (name: string) => `={{ $json.${name} }}`;

const parameters = (to: Case['to'] = 'chargeCapture'): INodeParameters =>
	attachmentParameters('upload', {
		attachTo: to,
		chargeCaptureExternalId: locator(ofItem('id')),
		encounterId: locator(ofItem('encounter')),
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

export const itemOf = ({ json, recorded, binary }: Partial<Case>): OddItem => ({
	json: { ...GOOD, ...json },
	binary: binary ?? { data: new Content(PDF, recorded) },
});

const goodItem = (id: string): OddItem => ({
	json: { ...GOOD, id },
	binary: { data: new Content(PDF, { fileName: 'good.pdf' }) },
});

export const run = async (
	items: OddItem[],
	{ to, binaryMode, workflow }: Partial<Case>,
	more = {},
) =>
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

/** Tests each case: the item by itself, and between two good ones on a node that continues on fail. */
export function check(cases: Case[]) {
	const named = cases.map(
		(each) =>
			[`${each.name} is ${'accepted' in each.outcome ? 'accepted' : 'refused'}`, each] as const,
	);
	it.each(named)('%s', async (_, each) => {
		const { outcome, to } = each;
		const alone = await run([itemOf(each)], each);
		if ('accepted' in outcome) {
			expect(alone.error).toBeUndefined();
			expectStored(alone.output, api.requests, outcome.accepted, to);
		} else {
			expect(alone.output).toEqual([]);
			expectReadableMessage(alone.error?.message, alone.error?.description, outcome.refused);
			expect(api.attachments).toEqual([]);
			expect(api.requests).toEqual([]);
		}

		api.reset();
		const mixed = await run([goodItem('CC-A'), itemOf(each), goodItem('CC-B')], each, {
			node: CONTINUE_ON_FAIL,
		});
		expect(mixed.error).toBeUndefined();
		const [first, ...rest] = mixed.output;
		const last = rest.pop();
		for (const good of [first, last]) {
			expect(good?.json).toMatchObject({ file_name: 'good.pdf' });
			expect(good?.json.attachment_id).toMatch(UUID);
		}
		expect(rest.map(({ pairedItem }) => pairedItem)).toEqual(rest.map(() => ({ item: 1 })));
		if ('accepted' in outcome) {
			const ids = new Set(rest.map(({ json }) => json.attachment_id));
			const others = [first, last].map((good) => good?.json.attachment_id);
			expect(api.attachments.map(({ attachmentId }) => attachmentId).sort()).toEqual(
				[...ids, ...others].sort(),
			);
			expectOutput(rest, outcome.accepted, to);
		} else {
			for (const { json } of rest) expectReadableMessage(json.error, json.message, outcome.refused);
			expect(rest.length).toBeGreaterThan(0);
			expect(api.attachments).toHaveLength(2);
			expect(api.attachments.filter(to === 'encounter' ? () => true : isGood)).toHaveLength(2);
		}
	});
}

export function expectReadableMessage(message: unknown, description: unknown, pattern: RegExp) {
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

export function expectStored(
	output: INodeExecutionData[],
	requests: RecordedRequest[],
	files: Array<Partial<ExpectedFile>>,
	to: Case['to'],
) {
	expect(requests).toHaveLength(files.length);
	files.map(withDefaults).forEach((file) => {
		const stored = api.attachments.find((held) => held.sha256 === sha256(file.content));
		const request = requests.find(
			({ fields }) => fields?.at(-1)?.fileName === encodedFileName(file),
		);
		expect(stored).toMatchObject({
			fileName: encodedFileName(file),
			contentType: file.contentType,
			attachmentType: file.attachmentType,
			size: file.content.length,
		});
		expectRequest(request, file, to);
	});
	expect(api.attachments).toHaveLength(files.length);
	expectOutput(output, files, to);
}

/** Checks that the request has the expected fields and, by its length, nothing else. */
export function expectRequest(
	request: RecordedRequest | undefined,
	file: ExpectedFile,
	to: Case['to'],
) {
	expect(request).toMatchObject({
		server: 'api',
		method: to === 'encounter' ? 'PUT' : 'POST',
		path: to === 'encounter' ? `${ATTACHMENTS_PATH}/${file.id}/v2` : CREATE_BY_CHARGE_CAPTURE_PATH,
		status: 200,
	});
	expect(Object.keys(request!.headers).sort()).toEqual(HEADERS);
	const [, boundary = ''] =
		/^multipart\/form-data; boundary=([-\w]{30,70})$/.exec(request!.headers['content-type']!) ?? [];
	// A boundary must be unpredictable, so that no content can contain it.
	expect(boundaries).not.toContain(boundary);
	boundaries.add(boundary);
	const fields = fieldsOf(file, to);
	expect(request!.fields).toEqual([
		...fields.map(([name, value]) => ({ name, value, size: Buffer.byteLength(value) })),
		{
			name: 'attachment_file',
			fileName: encodedFileName(file),
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

export function expectOutput(
	output: INodeExecutionData[],
	files: Array<Partial<ExpectedFile>>,
	to: Case['to'],
) {
	expect(output.map(({ json }) => json)).toEqual(
		files.map(withDefaults).map((file) => ({
			attachment_id: expect.stringMatching(UUID) as string,
			[to === 'encounter' ? 'encounter_id' : 'charge_capture_external_id']: file.id,
			attachment_type: file.attachmentType,
			...(file.description === undefined ? {} : { description: file.description }),
			file_name: file.fileName,
			content_type: file.contentType,
			file_size: file.content.length,
		})),
	);
	const storedById = new Map(api.attachments.map((each) => [each.attachmentId, each]));
	for (const [index, { json }] of output.entries()) {
		expect(storedById.get(String(json.attachment_id))?.sha256).toBe(
			sha256(withDefaults(files[index]!).content),
		);
	}
}

export const withDefaults = (file: Partial<ExpectedFile>): ExpectedFile => ({
	id: GOOD.id,
	attachmentType: GOOD.attachmentType,
	fileName: 'visit.pdf',
	contentType: 'application/pdf',
	content: PDF,
	...file,
});

function fieldsOf(file: ExpectedFile, to: Case['to']): Array<[string, string]> {
	const fields: Array<[string, string]> =
		to === 'encounter' ? [] : [['charge_capture_external_id', file.id]];
	fields.push(['attachment_type', file.attachmentType]);
	if (file.description !== undefined) fields.push(['description', asUtf8(file.description)]);
	return fields;
}

/** In bytes, by the reference encoder. */
function lengthOf(fields: Array<[string, string]>, file: ExpectedFile, boundary: string): number {
	const form = new FormData();
	form.setBoundary(boundary);
	for (const [name, value] of fields) form.append(name, value);
	const { fileName: filename, contentType } = file;
	form.append('attachment_file', file.content, { filename, contentType });
	return form.getLengthSync();
}

/** WHATWG HTML, 'multipart/form-data encoding algorithm'. */
const encodedFileName = ({ fileName }: ExpectedFile) => fileName.replaceAll('"', '%22');

/** Half a surrogate pair has no UTF-8 form; U+FFFD is sent for it. */
export const asUtf8 = (text: string) => Buffer.from(text).toString();
