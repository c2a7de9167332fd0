import type { CandidApi, RecordedRequest } from '../candid-api';
import { isAttachmentCreate } from '../candid-api/paths';

/** The uploads that have arrived at the local API, in order. */
export function uploadsTo(api: CandidApi): RecordedRequest[] {
	return api.requests.filter(({ method, path }) => isAttachmentCreate(method, path));
}

/** The name of the file that an upload brings, once all of it has arrived. */
export function fileNameOf({ fields }: RecordedRequest): string | undefined {
	return fields?.find(({ fileName }) => fileName !== undefined)?.fileName;
}
