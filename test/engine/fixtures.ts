import type {
	INode,
	INodeExecutionData,
	INodeParameterResourceLocator,
	INodeParameters,
} from 'n8n-workflow';

import { startCandidApi } from '../candid-api';
import type { CandidApi, CandidApiSettings } from '../candid-api';
import { SIGN_IN_PATH, isAttachmentCreate } from '../candid-api/paths';
import { randomPdf, tiff } from '../files/contents';
import type { InputFile, InputItem } from './harness';
import { pastedCredential } from './storedCredential';
import type { StoredCredential } from './storedCredential';

/** Candid's ID of an encounter that every local API has from the start (ENC-2001). */
export const ENCOUNTER = 'e0000000-0000-4000-8000-000000002001';

/** Candid's ID of a task about it that every local API has from the start. */
export const TASK = '10000000-0000-4000-8000-000000003001';

/** IDs for attachments that a test adds itself. */
export const FIRST_ATTACHMENT = 'a7700000-0000-4000-8000-000000000001';
export const SECOND_ATTACHMENT = 'a7700000-0000-4000-8000-000000000002';

/** A valid UUID, with digits and letters. No local API has it from the start. */
export const SAMPLE_UUID = 'd5e9c84f-c2b2-4bf4-b4b0-7ffd7a9ffc32';

/** A valid UUID that no local API ever has. */
export const UNKNOWN_ID = 'ffffffff-ffff-4fff-8fff-ffffffffffff';

/** A UUID as Candid and the node write it: in lower case. */
export const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Matches requests for lists of attachments, of charge captures and encounters alike. */
export const ATTACHMENT_LISTS = { method: 'GET', path: /^\/api\/encounter-attachments\// };

/** Node settings: On Error 'Continue'. */
export const CONTINUE_ON_FAIL = { onError: 'continueRegularOutput' } as const;

/** Node settings: n8n's Retry On Fail, without a wait between the tries. */
export const retryOnFail = (maxTries: number): Partial<INode> => ({
	retryOnFail: true,
	maxTries,
	waitBetweenTries: 0,
});

/** Values of the node's Options. */
export const FOUR_AT_A_TIME = { maxConcurrentUploads: 4 };
export const ONE_AT_A_TIME = { maxConcurrentUploads: 1 };

/** The value of a resource locator parameter. */
export const locator = (value: string, mode = 'id'): INodeParameterResourceLocator => ({
	__rl: true,
	mode,
	value,
});

/** A resource locator whose value is the field `id` of each item. */
export const ID_OF_ITEM = locator('={{ $json.id }}');

/** Parameters that attach files to the seeded encounter instead of a charge capture. */
export const TO_ENCOUNTER: INodeParameters = {
	attachTo: 'encounter',
	encounterId: locator(ENCOUNTER),
};

/** The node's parameters for an operation on attachments, of CC-1001 unless `more` says otherwise. */
export const attachmentParameters = (
	operation: string,
	more: INodeParameters = {},
): INodeParameters => ({
	resource: 'attachment',
	operation,
	attachTo: 'chargeCapture',
	chargeCaptureExternalId: locator('CC-1001'),
	...more,
});

export const pdfFile = (fileName = 'superbill.pdf', bytes = randomPdf(2000)): InputFile => ({
	bytes,
	fileName,
	mimeType: 'application/pdf',
});

/** Sizes in bytes: one file that is sent in one piece, and one that is streamed. */
export const SMALL_AND_LARGE = [2_000, 1_000_000];

/** A file that Candid does not accept. */
export const TIFF_SCAN: InputFile = {
	bytes: tiff(),
	fileName: 'scan.tiff',
	mimeType: 'image/tiff',
};

/** One file each: 0.pdf for CC-0, 1.pdf for CC-1, … */
export const pdfItems = (count: number): InputItem[] =>
	Array.from({ length: count }, (_, index) => ({
		json: { id: `CC-${index}` },
		files: { data: pdfFile(`${index}.pdf`) },
	}));

/** Three items with files of the same name, for the same charge capture. */
export const DUPLICATES: InputItem[] = [0, 1, 2].map(() => ({
	files: { data: pdfFile('scan.pdf') },
}));

/** The requests that carried a file, in the order in which they arrived. */
export const attachmentCreates = (api: CandidApi) =>
	api.requests.filter(({ method, path }) => isAttachmentCreate(method, path));

/** The requests for lists of attachments. */
export const listRequests = (api: CandidApi) =>
	api.requests.filter(
		({ method, path }) => method === ATTACHMENT_LISTS.method && ATTACHMENT_LISTS.path.test(path),
	);

/** The requests for access tokens. */
export const tokenRequests = (api: CandidApi) =>
	api.requests.filter(({ path }) => path === SIGN_IN_PATH);

/** The ID of the stored attachment with that file name. */
export const storedId = (api: CandidApi, name: string) =>
	api.attachments.find(({ fileName }) => fileName === name)?.attachmentId;

/** The file names of the stored attachments, sorted. */
export const storedNames = (api: CandidApi) =>
	api.attachments.map(({ fileName }) => fileName).sort();

export const attachmentIdsOf = (output: INodeExecutionData[]) =>
	output.map(({ json }) => json.attachment_id);

interface ApiSettings extends CandidApiSettings {
	/** default: a credential with a pasted token */
	credentialFor?: (api: CandidApi) => StoredCredential;
}

/**
 * Starts a local API before each test of the file, and closes it afterwards.
 *
 * @param use gets the API and a credential for it, before the test begins
 */
export function startApiForEachTest(
	use: (started: { api: CandidApi; credential: StoredCredential }) => void,
	{ credentialFor = pastedCredential, ...settings }: ApiSettings = {},
): void {
	let api: CandidApi;
	beforeEach(async () => {
		api = await startCandidApi(settings);
		use({ api, credential: credentialFor(api) });
	});
	afterEach(async () => await api.close());
}
