import type {
	IBinaryData,
	IDataObject,
	IExecutePaginationFunctions,
	IExecuteSingleFunctions,
	IHttpRequestOptions,
	NodeApiError,
} from 'n8n-workflow';

import { isTool } from '../agent/toolCall';
import { failureOf } from '../errors/candidFailure';
import { explain } from '../errors/explain';
import type { Explanation } from '../errors/explain';
import { refuse } from '../request/choice';
import type { Request } from '../request/part';
import { sendInTurn } from '../request/sendInTurn';
import type { Result } from '../request/sendInTurn';
import { paceOf } from '../run/pace';
import type { Run } from '../run/run';
import { extensionIn, plainFileName } from '../upload/fileName';
import { openFileLink } from './fileLink';
import type { Opened, OpenedFile } from './fileLink';
import { receivedFile } from './receivedFile';

/** A file that Candid has given a link to. */
export interface LinkedFile {
	/** gives access to the file without a token */
	link: string;
	/** the name that Candid has for it; may be empty */
	name: string;
	/** the name to use if Candid has none */
	id: string;
	/** the type that Candid has for it; may be empty */
	type: string;
}

/** What a download needs of the item that it is for. */
export interface Place {
	context: IExecutePaginationFunctions;
	run: Run;
	request: Request;
	/** makes the n8n error of a file that was not downloaded */
	failed(explanation: Explanation, status?: number): NodeApiError;
}

/** A file in n8n's storage, or the HTTP status of the link's answer if that was not a file. */
export type Downloaded = { binary: IBinaryData } | { status: number };

/**
 * Opens a link, with retries, and streams the file into n8n's storage.
 *
 * @throws what `failed` makes
 */
export async function downloadFile(place: Place, file: LinkedFile): Promise<Downloaded> {
	const opened = await open(place, file.link);
	if ('status' in opened) return opened;
	try {
		return { binary: await storeBinary(place, file, opened) };
	} finally {
		opened.close();
	}
}

/** Whether the link was refused: it expires, perhaps while other files were downloaded. */
export const isRefused = (file: Downloaded): boolean =>
	'status' in file && file.status >= 400 && file.status < 500;

export const linkNotAnswered = (status: number): Explanation => ({
	reason: `the link to its file did not work (HTTP ${status})`,
	advice: 'Run it again in a few minutes.',
	outcome: 'refused',
	tryAgain: true,
});

/** The binary field to put the file in. */
export const outputField = (context: Pick<IExecuteSingleFunctions, 'getNodeParameter'>): string =>
	String(context.getNodeParameter('binaryPropertyName') ?? '').trim();

/**
 * `preSend` of an operation that outputs a file. The parameter itself has none, because the engine would
 * evaluate its expression more often for uploads, too, which have a parameter of that name (2.41.1).
 */
export async function checkOutputField(
	this: IExecuteSingleFunctions,
	request: IHttpRequestOptions,
): Promise<IHttpRequestOptions> {
	return outputField(this) === '' ? refuse(request, NO_FIELD) : request;
}

const NO_FIELD = {
	reason: "'Put Output File in Field' is empty",
	advice: "Enter a name for the field, such as 'data'.",
};

/**
 * What a tool's answer says besides. n8n passes only the JSON of a tool's output to the model, and none of
 * it to the nodes after the agent (2.41.1).
 */
export const contentNote = (context: IExecuteSingleFunctions): IDataObject =>
	isTool(context) ? CONTENT_NOT_SEEN : {};

const CONTENT_NOT_SEEN: IDataObject = {
	note: 'The file can be downloaded, but its content is not part of this answer: you have not seen it and cannot say what is in it.',
};

async function open(
	{ context, run, request: { options }, failed }: Place,
	link: string,
): Promise<Opened> {
	const { proxy, skipSslCertificateValidation, timeout } = options;
	const network = {
		proxy,
		skipSslCertificateValidation: Boolean(skipSslCertificateValidation),
		timeout,
	};
	const result = await sendInTurn(run, paceOf(link), async (): Promise<Result<Opened>> => {
		const opened = await openFileLink(context, link, network);
		if ('status' in opened && isDown(opened)) return { failure: opened };
		run.recordAnswered();
		return { value: opened };
	});
	if ('value' in result) return result.value;
	const { failure } = result;
	if (isDown(failure)) return { status: failure.status };
	throw failed(explain(failure), failure.status);
}

/** Whether the answer is a server error, after which the link may work later. */
const isDown = <T extends { status?: number }>(answer: T): answer is T & { status: number } =>
	answer.status !== undefined && answer.status >= 500;

/**
 * Stores the file under the name that Candid has for it, and as the type that Candid has for it unless the
 * content is of another kind.
 */
async function storeBinary(
	{ context, failed }: Place,
	{ name, id, type: recorded }: LinkedFile,
	{ file, head, type: answeredType }: OpenedFile,
): Promise<IBinaryData> {
	const fileName = plainFileName(name);
	const received = receivedFile({ recorded, extension: extensionIn(fileName), head }, answeredType);
	if ('reason' in received) throw failed({ ...received, outcome: 'refused', tryAgain: true });
	const stored = context.helpers.prepareBinaryData(file, fileName || id, received.type);
	return await stored.catch((error: unknown) => {
		const failure = failureOf(error);
		throw failed(explain(failure), failure.status);
	});
}
