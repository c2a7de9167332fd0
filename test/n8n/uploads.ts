import type { CandidApi, RecordedRequest } from '../candid-api';
import { isAttachmentCreate } from '../candid-api/paths';

/** The upload requests that have arrived at the local API, in order. */
export function uploadsTo(api: CandidApi): RecordedRequest[] {
	return api.requests.filter(({ method, path }) => isAttachmentCreate(method, path));
}

/** The file name in an upload request; undefined until the whole request has arrived. */
export function fileNameOf({ fields }: RecordedRequest): string | undefined {
	return fields?.find(({ fileName }) => fileName !== undefined)?.fileName;
}
