import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import type { ICredentialDataDecryptedObject, INodeParameters } from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import { startCandidApi } from '../candid-api';
import type { CandidApi, CandidApiSettings, Fault } from '../candid-api';
import { SIGN_IN_PATH } from '../candid-api/paths';
import * as contents from '../files/contents';
import { freePorts } from '../n8n/ports';
import { agentWithTool } from './agentWithTool';
import { givingUpAfter, scaleWaits } from './faults/scaledWaits';
import {
	ATTACHMENT_LISTS,
	CONTINUE_ON_FAIL,
	ID_OF_ITEM,
	ONE_AT_A_TIME,
	UNKNOWN_ID,
	attachmentParameters,
	locator,
	pdfFile,
	pdfItems,
} from './fixtures';
import { runNode, runUpload } from './harness';
import type { InputFile, InputItem, RunResult, RunSettings } from './harness';
import { isN8n1 } from './loadedN8n';
import { StoredCredential, clientCredential } from './storedCredential';
import { ActiveTrigger } from './trigger/activeTrigger';

const PAGE = readFileSync(join(__dirname, '../../docs/troubleshooting.md'), 'utf8');

/** The messages that the page quotes: code in the first cell of a row. */
const QUOTED = [...PAGE.matchAll(/^\| `(.+?)` \|/gm)].map(([, message = '']) => message);

/** The words of a message, with `…` for any text. */
const pattern = (quoted: string) =>
	new RegExp(quoted.split('…').map(escaped).join('.+').replaceAll(' ', '\\s'));

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

let api: CandidApi;

beforeAll(() => scaleWaits(0.01));

beforeEach(async () => (api = await startCandidApi()));

afterEach(async () => await api.close());

/** Starts the local API again, with other settings. */
async function restart(settings: CandidApiSettings): Promise<void> {
	await api.close();
	api = await startCandidApi(settings);
}

const said = ({ error }: RunResult) => `${error?.message}\n${error?.description}`;

const ofItems = ({ output }: RunResult) => JSON.stringify(output.map(({ json }) => json.error));

const upload = async (items: InputItem[], settings: Partial<RunSettings> = {}) =>
	await runUpload({ items, credential: clientCredential(api), ...settings });

/** Uploads a file to CC-1001. */
const file =
	(fileName: string, bytes: Buffer, more: Partial<InputFile> = {}) =>
	async () =>
		said(await upload([{ files: { data: { fileName, bytes, ...more } } }]));

/** Uploads 'superbill.pdf' with these parameters. */
const withParameters = (more: INodeParameters) => async () =>
	said(await upload([{ files: { data: pdfFile() } }], { parameters: more }));

/** Uploads 'superbill.pdf' while this is wrong with Candid or what is between. */
const faulty =
	(fault: Partial<Fault>, settings: Partial<RunSettings> = {}) =>
	async () => {
		api.inject({ kind: 'status', times: Infinity, ...fault });
		return said(await upload([{ files: { data: pdfFile() } }], settings));
	};

/** Uploads 'superbill.pdf' with this in the credential. */
const credential = (more: ICredentialDataDecryptedObject) => async () => {
	const { data } = clientCredential(api);
	const changed = new StoredCredential({ ...data, ...more });
	return said(await upload([{ files: { data: pdfFile() } }], { credential: changed }));
};

/** Runs another operation of the node with one item. */
const operation = (more: INodeParameters, fault?: Partial<Fault>) => async () => {
	const { attachmentId } = api.addAttachment({ chargeCaptureExternalId: 'CC-1001' });
	if (fault) api.inject({ kind: 'status', times: Infinity, ...fault });
	const items = [{ json: { attachmentId } }];
	return said(
		await runNode(new CandidHealth(), {
			items,
			parameters: more,
			credential: clientCredential(api),
		}),
	);
};

const skip = (settings: Partial<RunSettings> = {}) => ({
	...settings,
	parameters: { options: { ifAlreadyAttached: 'skip', ...ONE_AT_A_TIME } },
});

const DOWNLOAD = attachmentParameters('download', {
	attachmentId: locator('={{ $json.attachmentId }}'),
	binaryPropertyName: 'data',
});

const REFUSED = { status: 422, body: { errorName: 'UnprocessableEntityError', content: {} } };

async function threeFiles(): Promise<string> {
	api.inject({ kind: 'status', skip: 1, ...REFUSED });
	const names = ['first.pdf', 'second.pdf', 'third.pdf'];
	const items = names.map((name) => ({ files: { data: pdfFile(name) } }));
	return said(await upload(items, { parameters: { options: ONE_AT_A_TIME } }));
}

/** Makes each message of the page come up. */
const SITUATIONS: Record<string, () => Promise<string>> = {
	"'data' [item 0] was not stored: the item has no binary field that matches 'data'": async () =>
		said(await upload([{ files: { letter: pdfFile(), copy: pdfFile() } }])),
	'The item has no binary data. Check that the node before this one outputs a file.': async () =>
		said(await upload([{}])),
	"the expression in 'Input Binary Field' returns an object that is not a file": withParameters({
		binaryPropertyName: '={{ { name: "superbill.pdf" } }}',
	}),
	"'Input Binary Field' is empty": withParameters({ binaryPropertyName: '={{ "" }}' }),
	"'superbill.pdf' [item 0] was not stored: n8n no longer has its content": file(
		'superbill.pdf',
		contents.pdf(),
		{ afterStoring: (path) => rmSync(path) },
	),

	'it is a TIFF image, which fax services often send': file('scan.tiff', contents.tiff()),
	'it is a HEIC photo': file('photo.heic', contents.heic()),
	'it is too large (25.1 MB)': file('large.pdf', contents.randomPdf(25.05 * 1024 * 1024)),
	'it is an Outlook container (winmail.dat)': file('winmail.dat', contents.winmail()),
	'it is a ZIP archive': file('files.zip', contents.zipArchive()),
	'its name says PDF, but it is a web page': file('superbill.pdf', contents.html()),
	'its name says PDF, but its content is something else': file('scan.pdf', contents.unknown()),
	'its type is unknown: it is text, and its name does not end with .txt or .csv': file(
		'note',
		contents.note(),
	),
	"'MIME Type' says CSV, but its content is PDF": withParameters({
		additionalFields: { mimeType: 'text/csv' },
	}),
	'it is empty (0 bytes)': file('empty.pdf', Buffer.alloc(0)),

	'Parameter "Charge Capture" is required.': async () =>
		await withParameters({ chargeCaptureExternalId: locator('') })().catch(String),
	'no charge capture is selected': withParameters({
		chargeCaptureExternalId: locator('={{ "" }}'),
	}),
	'the external ID begins or ends with a space': withParameters({
		chargeCaptureExternalId: locator('CC-1001 '),
	}),
	"'CC-1001' is not the ID of an encounter": withParameters({
		attachTo: 'encounter',
		encounterId: locator('CC-1001'),
	}),
	'Candid does not know this ID or address': operation({
		resource: 'encounter',
		operation: 'get',
		encounter: locator(UNKNOWN_ID),
	}),
	"'Attach To' has a value that does not exist": withParameters({ attachTo: 'claim' }),
	"The request has no address: check the node's Resource and Operation": withParameters({
		operation: 'replace',
	}),
	"the filter 'Patient External ID' is empty": operation({
		resource: 'chargeCapture',
		operation: 'getAll',
		filters: { patientExternalId: '' },
	}),

	'Candid did not accept the client ID and secret at …': credential({ clientSecret: 'wrong' }),
	'Candid did not accept the access token': credential({
		authentication: 'accessToken',
		accessToken: 'expired',
	}),
	'the credential is not allowed to do this in Candid': faulty({
		status: 403,
		body: { errorName: 'UnauthorizedError', content: {} },
	}),
	'Candid received too many requests for access tokens': faulty({
		status: 429,
		method: 'POST',
		path: SIGN_IN_PATH,
	}),
	'… answered without an access token': faulty({
		kind: 'answer',
		body: contents.html().toString(),
		method: 'POST',
		path: SIGN_IN_PATH,
	}),
	"The credential's Base URL must begin with https://": credential({
		baseUrl: 'http://candid.example.com',
	}),
	'Domain not allowed': credential({
		allowedHttpRequestDomains: 'domains',
		allowedDomains: 'example.com',
	}),
	'The Candid credential can only be used with …': async () => {
		const url = 'https://api.joincandidhealth.com/api/tasks/v3';
		const stored = clientCredential(api);
		return await stored
			.authenticate(stored.data, 'candidHealthApi', { url })
			.then(() => 'sent', String);
	},

	'Candid cannot be reached, the connection was refused': async () => {
		const [unused] = await freePorts(0);
		return await credential({ baseUrl: `http://localhost:${unused}` })();
	},
	'Candid cannot be reached, the host name is not known': credential({
		baseUrl: 'https://candid.invalid',
	}),
	'something between n8n and Candid answered (HTTP 403)': faulty({
		status: 403,
		body: '<h1>Blocked</h1>',
	}),
	'the proxy asks for a user name and password (HTTP 407)': faulty({
		status: 407,
		body: 'Sign in',
	}),
	'the address answered with a redirect (HTTP 302)': faulty({
		status: 302,
		headers: { location: 'https://sign-in.example.com' },
	}),

	"It is not known whether 'superbill.pdf' [item 0] was stored: the request timed out": faulty(
		{ kind: 'delay', times: 1 },
		{ parameters: { requestOptions: { timeout: 300 }, options: { maxTries: 1 } } },
	),
	"It is not known whether 'superbill.pdf' [item 0] was stored: the connection was cut before Candid answered":
		faulty({ kind: 'cut' }),
	"It is not known whether 'superbill.pdf' [item 0] was stored: Candid could not process the request (HTTP 500)":
		faulty({ status: 500 }),
	"It is not known whether 'superbill.pdf' [item 0] was stored: Candid's answer is not an attachment ID":
		faulty({ kind: 'answer', body: contents.html().toString() }),
	'Candid did not accept its data': faulty(REFUSED),
	'Candid is receiving too many requests': async () =>
		await givingUpAfter(100, faulty({ status: 429 })),
	"1 file stored before the run stopped: • 'first.pdf' [item 0] → …": threeFiles,
	"Not started: 1 file, 'third.pdf' [item 2].": threeFiles,

	"'Skip' cannot tell what is already attached, because Candid does not list the files of this charge capture or encounter":
		async () => {
			await restart({ world: { chargeCaptureList: 'with an encounter' } });
			return said(await upload(pdfItems(1), skip()));
		},
	'the list of what is already attached could not be read (…)': faulty(
		{ ...ATTACHMENT_LISTS, status: 500 },
		skip(),
	),
	'an earlier file with the same name must be stored first': async () => {
		api.inject({ kind: 'status', skip: 1, ...REFUSED });
		const items = ['a', 'b', 'c'].map(() => ({ files: { data: pdfFile('scan.pdf') } }));
		return ofItems(await upload(items, skip({ node: CONTINUE_ON_FAIL })));
	},

	'Candid does not list it for this charge capture or encounter': operation({
		...DOWNLOAD,
		attachmentId: locator(UNKNOWN_ID),
	}),
	'the link to its file led to a web page': operation(DOWNLOAD, {
		kind: 'answer',
		method: 'GET',
		path: /signature=/,
		body: contents.html().toString(),
		contentType: 'text/html',
	}),
	'Candid made none for this patient and these dates': operation({
		resource: 'superbill',
		operation: 'create',
		patientExternalId: 'PAT-UNKNOWN',
		dateFrom: '2025-01-10',
		dateTo: '2025-01-12',
	}),

	'Candid was not checked for tasks: …': async () => {
		const trigger = new ActiveTrigger(clientCredential(api), { event: 'taskUpdated' });
		await trigger.activate();
		api.inject({ kind: 'status', method: 'GET', path: /tasks/, times: Infinity });
		await trigger.poll();
		return String(trigger.errors[0]);
	},

	'in a tool of an AI agent, $json is not always the item that the call is about': async () => {
		const parameters = { resource: 'chargeCapture', operation: 'get', chargeCapture: ID_OF_ITEM };
		return JSON.stringify(
			await agentWithTool(clientCredential(api), parameters, { items: 3 })({ id: 'CC-1001' }),
		);
	},
	"n8n does not pass files to a tool of an AI agent, so there is no binary field 'data'":
		async () =>
			JSON.stringify(
				await agentWithTool(
					clientCredential(api),
					attachmentParameters('upload', {
						attachmentType: 'DOCUMENTATION',
						binaryPropertyName: 'data',
					}),
				)({}),
			),
};

it('has a situation for each message of the page, and no other', () => {
	expect(QUOTED.length).toBeGreaterThan(0);
	expect(Object.keys(SITUATIONS)).toEqual(QUOTED);
});

// In n8n 1, messages have less detail.
(isN8n1 ? it.skip : it).each(Object.entries(SITUATIONS))('%s', async (quoted, situation) => {
	expect(await situation()).toMatch(pattern(quoted));
});
